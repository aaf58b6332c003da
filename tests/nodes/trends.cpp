// /v1/trends over scripted aggregators, the tables that people see, and counting from a file.
#include "nodes/client/alert_tally.hpp"
#include "nodes/client/trends_text.hpp"
#include "nodes/server/api/trend_answers.hpp"
#include "respond/alert_json.hpp"
#include "respond/trends/trend_report.hpp"
#include "tests/nodes/support.hpp"

#include <string>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using io::role;

namespace {

/// Of November and December 2025; the node's clock says 2026-01-02.
struct counting_node : scripted_node {
  counting_node() {
    settings.tenants["acme"];
    settings.tenants["globex"];
    respond::trend_counts c;
    const auto fill = [&](const char* first, int days, int alerts) {
      for (int d = 0; d < days; ++d)
        for (int n = 0; n < alerts; ++n)
          c.add({"theft"}, {*respond::parse_day(first) + d, base::severity::high,
                            respond::resource_class::key});
    };
    fill("2025-11-01", 30, 1);
    fill("2025-12-01", 31, 3);
    c.add({"noise"},
          {*respond::parse_day("2026-01-02"), base::severity::low, respond::resource_class::user});
    base::json_writer w;
    respond::describe(c, 0, 1 << 20, w);
    tenants["acme"].counts = std::string{w.text()};
    tenants["globex"].counts = "{\"exact_from\":20423,\"rules\":[\"theft\",\"(others)\"],"
                               "\"counts\":[[20424,1,4,0,7]]}";
  }
};

std::string alert_line(const std::string& id, std::uint32_t revision, const char* first,
                       base::alert_state state = base::alert_state::final) {
  base::alert told;
  told.id = id;
  told.tenant = {"acme"};
  told.rule = {"snapshots-export-multiple"};
  told.severity = base::severity::high;
  told.state = state;
  told.revision = revision;
  told.first_event = *base::parse_rfc3339(first);
  told.resources = {"snap-0123456789abcdef0"};
  return respond::to_json(told, "");
}

/// Without the blanks that align columns.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' || (!out.empty() && out.back() != ' '))
      out += c;
  return out;
}

const auto now = *base::parse_rfc3339("2026-01-02T03:04:05Z");

} // namespace

TEST_CASE_METHOD(counting_node, "trends: a tenant's counts become its report", "[nodes]") {
  const auto answer = get(someone({role::viewer}, {"acme"}), "/v1/trends");
  REQUIRE(answer.status == 200);
  const auto doc = json_of(answer);
  const auto v = doc.root();
  CHECK(text_at(v, "since") == "2025-11-01");
  CHECK(text_at(v, "until") == "2026-01-03");
  CHECK(number_at(v, "all.alerts") == 30 + 93 + 1);
  CHECK(texts_at(v, "all.periods") == std::vector<std::string>{"30", "93", "1"});
  CHECK(text_at(v, "all.growth.percent") == "210.0");
  CHECK(list_at(v, "tenants").size() == 1);
  CHECK(answer.body.find("globex") == std::string::npos);
}

TEST_CASE_METHOD(counting_node,
                 "trends: a report is of all tenants the token sees, or of the one named",
                 "[nodes]") {
  const auto all = json_of(get(everyone({role::viewer}), "/v1/trends?by=week"));
  CHECK(number_at(all.root(), "all.alerts") == 124 + 7);
  CHECK(list_at(all.root(), "tenants").size() == 2);
  CHECK(text_at(all.root(), "exact_from") == "2025-12-01");
  const auto one = json_of(get(everyone({role::viewer}), "/v1/trends?tenant=globex"));
  CHECK(number_at(one.root(), "all.alerts") == 7);
  CHECK(text_at(list_at(one.root(), "rules").front(), "rule") == "(others)");
}

TEST_CASE_METHOD(counting_node, "trends: aggregators are asked for the days that are wanted",
                 "[nodes]") {
  const auto who = someone({role::viewer}, {"acme"});
  const auto doc = json_of(get(
      who,
      "/v1/trends?since=2025-12-01&until=2026-01-01T12:00:00Z&by=day&severity=high&rule=theft"));
  CHECK(number_at(doc.root(), "all.alerts") == 93);
  CHECK(list_at(doc.root(), "periods").size() == 31);
  const auto asked = told().ranges;
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].since == base::parse_rfc3339("2025-12-01T00:00:00Z"));
  CHECK(asked[0].until == base::parse_rfc3339("2026-01-01T00:00:00Z"));
  for (const auto* wrong :
       {"by=year", "since=yesterday", "until=2025-13-01", "severity=huge", "bye=day"})
    CHECK(get(who, std::string{"/v1/trends?"} + wrong).status == 400);
}

TEST_CASE_METHOD(counting_node, "trends: who does not answer, or not in counts, is named",
                 "[nodes]") {
  tenants["globex"].silent = true;
  auto doc = json_of(get(everyone({role::viewer}), "/v1/trends"));
  CHECK(texts_at(doc.root(), "unreachable") == std::vector<std::string>{"globex"});
  CHECK(number_at(doc.root(), "all.alerts") == 124);
  for (const auto* odd :
       {"[]x", R"({"rules":["a"],"counts":[[1,1,0,0,1]]})",
        R"({"rules":["a"],"counts":[[1,0,5,0,1]]})", R"({"rules":["a"],"counts":[[1,0,0,13,1]]})",
        R"({"rules":["a"],"counts":[[1,0,0,0,0]]})", R"({"rules":["a"],"counts":[[-1,0,0,0,1]]})",
        R"({"rules":["a"],"counts":[7]})", R"({"rules":["a"],"counts":[[1,0,0,0]]})"}) {
    INFO(odd);
    respond::trend_table t{{}};
    CHECK_FALSE(add_counts(t, "acme", odd));
    CHECK(t.tenants().empty());
  }
}

TEST_CASE_METHOD(counting_node, "trends: people see periods, averages, rises and shares",
                 "[nodes]") {
  const auto one = json_of(get(someone({role::viewer}, {"acme"}), "/v1/trends"));
  const auto text = squeezed(client::trends_text(one.root()));
  INFO(text);
  for (const auto* part :
       {"Alerts from 2025-11-01 to 2026-01-02 UTC, by month; growth from 2025-11 to 2025-12\n",
        "PERIOD ALERTS HIGH LOW\n", "2025-12 93 93 0\n", "2026-01 * 1 0 1\n",
        "together 124 123 1\n", "per day 1.98 1.98 0.00\n", "growth +210.0 % +210.0 % -\n",
        "* not whole", "SEVERITY RULE ALERTS PER DAY SHARE GROWTH\n",
        "high theft 123 1.98 100.0 % +210.0 %\n", "2025-12 high 30 93 +210.0 %\n",
        "key 123 1.98 99.2 % +210.0 %\n"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.find("TENANT") == std::string::npos);
  const auto all = json_of(get(everyone({role::viewer}), "/v1/trends"));
  const auto both = client::trends_text(all.root());
  INFO(both);
  CHECK(both.find("Before 2025-12-01 there may have been more") != std::string::npos);
  CHECK(both.find("PER DAY AND TENANT") != std::string::npos);
  CHECK(both.find("globex") != std::string::npos);
  const auto none = json_of(get(everyone({role::viewer}), "/v1/trends?rule=nosuch"));
  CHECK(client::trends_text(none.root()).ends_with("No alerts.\n"));
}

TEST_CASE("tally: alerts of a file count once, by their highest revision", "[nodes]") {
  client::alert_tally t{now};
  for (const auto& line :
       {alert_line("a", 2, "2025-12-01T10:00:00Z"), alert_line("a", 1, "2025-11-30T10:00:00Z"),
        alert_line("a", 2, "2025-12-01T10:00:00Z"), alert_line("b", 1, "2025-12-02T10:00:00Z"),
        alert_line("b", 2, "2025-12-02T10:00:00Z", base::alert_state::withdrawn),
        alert_line("c", 1, "2027-01-01T00:00:00Z")})
    REQUIRE(t.take(line));
  const auto r = respond::report_of(t.table({}, ""));
  CHECK(r.all.alerts == 2);
  CHECK(r.since == *respond::parse_day("2025-12-01"));
  CHECK(r.until == base::day_of(now) + 1);
  CHECK(r.classes.front().name == "snapshot");
  CHECK(respond::report_of(t.table({}, "globex")).all.alerts == 0);
}

TEST_CASE("tally: what is no alert is refused with what it lacks", "[nodes]") {
  struct row {
    const char* line;
    const char* why;
  };
  for (const auto& r :
       {row{"nonsense", "an alert"}, row{"{}", "alert_id"}, row{R"({"alert_id":"a"})", "rule"},
        row{R"({"alert_id":"a","rule":"r"})", "severity"},
        row{R"({"alert_id":"a","rule":"r","severity":"low"})", "state"},
        row{R"({"alert_id":"a","rule":"r","severity":"low","state":"final"})", "first_event"}}) {
    client::alert_tally t{now};
    const auto done = t.take(r.line);
    REQUIRE_FALSE(done);
    CHECK(done.err().context.find(r.why) != std::string::npos);
    CHECK(respond::report_of(t.table({}, "")).tenants.empty());
  }
}

TEST_CASE("tally: a log that ends in the past is over, all of its days are whole", "[nodes]") {
  client::alert_tally t{now};
  REQUIRE(t.take(alert_line("a", 1, "2024-01-01T00:00:00Z")));
  REQUIRE(t.take(alert_line("b", 1, "2024-01-31T23:59:59Z")));
  const auto r = respond::report_of(t.table({}, ""));
  REQUIRE(r.periods.size() == 1);
  CHECK(r.periods.front().whole);
  CHECK(r.whole_days == 31);
}
