// Which alerts become one incident, and how bad it is.
#include "respond/incidents/incident_book.hpp"
#include "tests/respond/samples.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using samples::alert;
using samples::at;

namespace {

base::alert stranger(std::string id, base::duration after = 0s) {
  auto a = alert(std::move(id), "other-rule", base::severity::medium, after);
  a.entity = a.identity_id = "arn:aws:iam::111122223333:role/other";
  a.session = "ASIAOTHEROTHE~ffffffff";
  return a;
}

base::tenant_settings offices() {
  base::tenant_settings t;
  t.corporate_networks.push_back(*base::ip_network::parse("198.51.100.0/24"));
  t.own_networks.push_back(*base::ip_network::parse("192.0.2.7"));
  return t;
}

joined take(incident_book& book, const base::alert& a, std::span<const incident_rule> rules = {}) {
  return book.take(a, at(1h), 24h, offices(), rules);
}

} // namespace

TEST_CASE("incidents: two alerts join when they share something that tells apart") {
  struct row {
    std::string why;
    void (*change)(base::alert& first, base::alert& second);
    bool joins;
  };
  const row rows[] = {
      {"nothing in common", [](auto&, auto&) {}, false},
      {"same identity", [](auto& f, auto& s) { s.identity_id = f.identity_id; }, true},
      {"same session", [](auto& f, auto& s) { s.session = f.session; }, true},
      {"same address",
       [](auto& f, auto& s) {
         f.ips = {"203.0.113.9"};
         s.ips = {"203.0.113.8", "203.0.113.9"};
       },
       true},
      {"same private address", [](auto& f, auto& s) { f.ips = s.ips = {"10.0.0.7"}; }, false},
      {"same office", [](auto& f, auto& s) { f.ips = s.ips = {"198.51.100.20"}; }, false},
      {"same egress of our own", [](auto& f, auto& s) { f.ips = s.ips = {"192.0.2.7"}; }, false},
      {"same main resource",
       [](auto& f, auto& s) { f.resources = s.resources = {"arn:aws:s3:::b"}; }, true},
      {"same resource, but not the main one of both",
       [](auto& f, auto& s) {
         f.resources = {"x", "b"};
         s.resources = {"b"};
       },
       false},
      {"an address entity and the address of another",
       [](auto& f, auto& s) {
         f.ips = {"203.0.113.9"};
         s.kind = base::entity_kind::address;
         s.entity = "203.0.113.9";
       },
       true},
      {"within the span",
       [](auto& f, auto& s) {
         s.identity_id = f.identity_id;
         s.time = f.time + 24h;
       },
       true},
      {"after the span",
       [](auto& f, auto& s) {
         s.identity_id = f.identity_id;
         s.time = f.time + 24h + 1s;
       },
       false},
      {"before it, within the span",
       [](auto& f, auto& s) {
         s.identity_id = f.identity_id;
         s.time = f.time - 24h;
       },
       true},
      {"before it, beyond the span",
       [](auto& f, auto& s) {
         s.identity_id = f.identity_id;
         s.time = f.time - 25h;
       },
       false},
      {"empty identities are not the same identity",
       [](auto& f, auto& s) {
         f.identity_id = s.identity_id = "";
         f.entity = s.entity = "";
         f.session = s.session = "";
       },
       false},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    incident_book book;
    auto first = alert("1", "theft");
    auto second = stranger("2");
    second.kind = base::entity_kind::identity;
    r.change(first, second);
    const auto one = take(book, first);
    const auto two = take(book, second);
    CHECK(one.opened);
    CHECK(two.opened != r.joins);
    CHECK((one.incident == two.incident) == r.joins);
  }
}

TEST_CASE("incidents: the id comes from the tenant and the first alert alone") {
  incident_book one, other;
  const auto id = take(one, alert("1", "theft")).incident;
  CHECK(id == incident_id(samples::acme, "1"));
  CHECK(id.size() == 32);
  take(other, stranger("9"));
  CHECK(take(other, alert("1", "theft")).incident == id);
  CHECK(incident_id(base::tenant_id{"acm"}, "e1") != incident_id(base::tenant_id{"acme"}, "1"));
}

TEST_CASE("incidents: an alert that connects two merges them, and the older goes on") {
  incident_book book;
  const auto older = take(book, alert("1", "theft")).incident;
  const auto newer = take(book, stranger("2")).incident;
  REQUIRE(older != newer);
  auto bridge = stranger("3");
  bridge.session = alert("1", "theft").session;
  const auto joined = take(book, bridge);
  CHECK(joined.incident == older);
  CHECK(joined.merged == std::vector<std::string>{newer});
  CHECK(book.find(newer)->state == incident_state::merged);
  CHECK(book.find(newer)->merged_into == older);
  CHECK(book.survivor(newer)->id == older);
  CHECK(book.home_of("2") == older);
  CHECK(book.find(older)->alerts.size() == 3);
  CHECK(book.find(older)->took_over == std::vector<std::string>{newer});
  CHECK(take(book, stranger("4")).incident == older);
}

TEST_CASE("incidents: an address behind which many identities stand joins nobody") {
  incident_book book;
  std::string last;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < limits::address_identities + 5; ++i) {
    auto a = stranger(std::to_string(i));
    a.entity = a.identity_id = "user" + std::to_string(i);
    a.session.clear();
    a.ips = {"203.0.113.9"};
    opened += take(book, a).opened ? 1U : 0U;
  }
  // The first opens one; those after limits::address_identities + 1 identities each open their own.
  CHECK(opened == 5);
}

TEST_CASE("incidents: a closed incident keeps its alerts and takes no new ones") {
  incident_book book;
  const auto first = take(book, alert("1", "theft")).incident;
  book.find(first)->state = incident_state::closed;
  auto again = alert("1", "theft", base::severity::critical);
  again.revision = 2;
  CHECK(take(book, again).incident == first);
  CHECK(book.find(first)->severity == base::severity::critical);
  const auto next = take(book, alert("2", "theft"));
  CHECK(next.opened);
  CHECK(next.incident != first);
}

TEST_CASE("incidents: nothing stretches one beyond seven spans") {
  incident_book book;
  std::vector<std::string> ids;
  for (int hour = 0; hour <= 200; hour += 20)
    ids.push_back(take(book, alert(std::to_string(hour), "theft", base::severity::low,
                                   std::chrono::hours{hour}))
                      .incident);
  CHECK(ids[8] == ids[0]); // 160 h
  CHECK(ids[9] != ids[0]); // 180 h is more than 168 h
}

TEST_CASE("incidents: severity is the worst alert's, raised by the number of stages seen") {
  struct row {
    std::string why;
    std::vector<std::tuple<std::string, base::severity, std::vector<std::string>>> alerts;
    base::severity expected;
  };
  using enum base::severity;
  const std::vector<row> rows = {
      {"one alert is what it is", {{"a", medium, {"x", "y", "z"}}}, medium},
      {"two stages are no chain", {{"a", medium, {"x"}}, {"b", low, {"y"}}}, medium},
      {"three stages by two rules", {{"a", medium, {"x", "y"}}, {"b", low, {"z"}}}, high},
      {"five stages by three rules",
       {{"a", medium, {"v", "w"}}, {"b", low, {"x", "y"}}, {"c", low, {"z"}}},
       critical},
      {"info alerts show no stage", {{"a", medium, {"x", "y"}}, {"b", info, {"z"}}}, medium},
      {"critical is the end", {{"a", critical, {"x", "y"}}, {"b", low, {"z"}}}, critical},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    incident_book book;
    std::string id;
    int n = 0;
    for (const auto& [rule, severity, tactics] : r.alerts) {
      auto a = alert(std::to_string(++n), rule, severity);
      for (const auto& t : tactics)
        a.attack.push_back({t, ""});
      id = take(book, a).incident;
    }
    CHECK(book.find(id)->severity == r.expected);
  }
}

TEST_CASE("incidents: a withdrawn alert no longer counts, and opens nothing") {
  incident_book book;
  auto gone = alert("9", "theft");
  gone.state = base::alert_state::withdrawn;
  CHECK(take(book, gone).incident.empty());
  CHECK(book.all().incidents.empty());

  const auto id = take(book, alert("1", "theft", base::severity::low)).incident;
  auto bad = alert("2", "theft", base::severity::high);
  take(book, bad);
  CHECK(book.find(id)->severity == base::severity::high);
  bad.state = base::alert_state::withdrawn;
  bad.revision = 2;
  take(book, bad);
  CHECK(book.find(id)->severity == base::severity::low);
}

TEST_CASE("incidents: an incident rule holds when its steps happened in order, in time, by one "
          "identity") {
  const incident_rule chain{
      .name = "chain",
      .title = "Chain",
      .steps = {{{"a"}, base::severity::medium}, {{"b", "c"}, base::severity::info}},
      .within = 2h,
      .same_identity = true,
      .severity = base::severity::critical};
  struct row {
    std::string why;
    std::vector<base::alert> alerts;
    bool expected;
  };
  auto by_other = [](base::alert a) {
    a.identity_id = "somebody else";
    return a;
  };
  auto withdrawn = [](base::alert a) {
    a.state = base::alert_state::withdrawn;
    return a;
  };
  using enum base::severity;
  const std::vector<row> rows = {
      {"in order", {alert("1", "a", high), alert("2", "b", low, 1h)}, true},
      {"the other choice of the second step",
       {alert("1", "a", high), alert("2", "c", low, 1h)},
       true},
      {"told in the other order", {alert("2", "b", low, 1h), alert("1", "a", high)}, true},
      {"at the same time", {alert("2", "b", low), alert("1", "a", high)}, true},
      {"the wrong way round", {alert("1", "a", high, 1h), alert("2", "b", low)}, false},
      {"too late", {alert("1", "a", high), alert("2", "b", low, 2h + 1s)}, false},
      {"a later first step is in time",
       {alert("1", "a", high), alert("3", "a", high, 3h), alert("2", "b", low, 4h)},
       true},
      {"too mild a first step", {alert("1", "a", low), alert("2", "b", low, 1h)}, false},
      {"by two identities", {alert("1", "a", high), by_other(alert("2", "b", low, 1h))}, false},
      {"half of it withdrawn", {alert("1", "a", high), withdrawn(alert("2", "b", low, 1h))}, false},
      {"only half of it", {alert("1", "a", high)}, false},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    incident_book book;
    std::string id;
    for (const auto& a : r.alerts)
      if (auto where = take(book, a, {&chain, 1}).incident; !where.empty())
        id = where;
    const auto& i = *book.find(id);
    CHECK(holds(chain, i) == r.expected);
    CHECK((i.severity == critical) == r.expected);
    CHECK(i.rules.size() == (r.expected ? 1U : 0U));
  }
}

TEST_CASE("incidents: every bound of one incident and of the book holds") {
  incident_book book;
  std::string id;
  for (std::size_t n = 0; n < limits::incident_timeline + 50; ++n) {
    auto a = alert(std::to_string(n), "theft");
    a.resources = {"resource" + std::to_string(n)};
    id = take(book, a).incident;
  }
  const auto& i = *book.find(id);
  CHECK(i.alerts.size() == limits::incident_alerts);
  CHECK(i.alerts_not_listed == limits::incident_timeline + 50 - limits::incident_alerts);
  CHECK(i.keys.size() == limits::incident_keys);
  CHECK(i.timeline.size() == limits::incident_timeline);
  CHECK(i.timeline_not_listed > 0);
  CHECK(i.timeline.front().text == "opened by alert theft");

  auto again = alert(std::to_string(limits::incident_alerts + 1), "theft");
  again.revision = 2;
  const auto not_listed = i.alerts_not_listed;
  take(book, again);
  CHECK(book.find(id)->alerts_not_listed == not_listed);

  for (std::size_t n = 0; n < limits::incidents_kept + 5; ++n) {
    auto a = stranger("s" + std::to_string(n));
    a.entity = a.identity_id = a.session = "x" + std::to_string(n);
    take(book, a);
  }
  CHECK(book.all().incidents.size() == limits::incidents_kept);
  for (const auto& [key, entry] : book.all().keys)
    REQUIRE(book.find(entry.incident) != nullptr);
  for (const auto& [key, home] : book.all().homes)
    if (!book.find(home))
      REQUIRE(key.front() !=
              's'); // only alerts that were counted, not listed, outlive their incident
}
