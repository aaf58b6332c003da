#include "base/hash.hpp"
#include "base/ip_address.hpp"
#include "nodes/simulate/late.hpp"
#include "tests/simulate/support.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

using namespace vedette;
using namespace vedette::simulate;
using namespace vedette::simulate::testing;

namespace {

std::uint64_t fingerprint(const options& o, std::uint64_t records) {
  generator g{o};
  std::string tenant, record;
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < records && g.next(tenant, record); ++i)
    hash = base::mix(hash, base::hash64(record, base::hash64(tenant)));
  return hash;
}

} // namespace

TEST_CASE("the same options give the same bytes twice, and on every machine") {
  options o;
  const auto first = fingerprint(o, 50'000);
  CHECK(first == fingerprint(o, 50'000));
  // A change here is a change of every data set ever generated: say so in docs/simulate.md.
  CHECK(first == 0x850f054ecdae725bULL);
  o.seed = 2;
  CHECK(first != fingerprint(o, 50'000));
}

TEST_CASE("records are valid JSON of CloudTrail's shape, in order of event time, with unique ids") {
  options o;
  o.events = 60'000;
  generator g{o};
  reader r;
  std::unordered_set<std::string> ids;
  std::string last;
  std::size_t bytes = 0, smallest = SIZE_MAX, largest = 0;
  const auto n = for_each_record(g, [&](const std::string&, const std::string& record) {
    const facts f = r.read(record);
    REQUIRE(record.find('\n') == std::string::npos);
    REQUIRE(ids.insert(f.id).second);
    REQUIRE(f.id.size() == 36);
    REQUIRE(f.time >= last);
    REQUIRE(base::parse_rfc3339(f.time).has_value());
    REQUIRE(f.account.size() == 12);
    REQUIRE_FALSE(f.name.empty());
    REQUIRE((f.type == "AWSService" || !identity_of(f).empty()));
    REQUIRE((base::ip_address::parse(f.address).has_value() ||
             f.address.find("amazonaws.com") != std::string::npos));
    last = f.time;
    bytes += record.size();
    smallest = std::min(smallest, record.size());
    largest = std::max(largest, record.size());
  });
  CHECK(n == o.events);
  CHECK(bytes / n >= 1200);
  CHECK(bytes / n <= 1800);
  CHECK(smallest > 600);
  CHECK(largest < 16'000);
}

TEST_CASE("a record has AWS's own order of fields") {
  options o;
  o.events = 5'000;
  generator g{o};
  constexpr std::string_view order[] = {"\"eventVersion\":\"1.11\"",
                                        "\"userIdentity\":",
                                        "\"eventTime\":",
                                        "\"eventSource\":",
                                        "\"eventName\":",
                                        "\"awsRegion\":",
                                        "\"sourceIPAddress\":",
                                        "\"userAgent\":",
                                        "\"requestParameters\":",
                                        "\"responseElements\":",
                                        "\"eventID\":",
                                        "\"readOnly\":",
                                        "\"eventType\":",
                                        "\"managementEvent\":",
                                        "\"recipientAccountId\":",
                                        "\"eventCategory\":"};
  for_each_record(g, [&](const std::string&, const std::string& record) {
    std::size_t at = 0;
    for (const auto field : order) {
      at = record.find(field, at);
      INFO(field << " in " << record);
      REQUIRE(at != std::string::npos);
    }
  });
}

TEST_CASE("the number of records is met at any rate, and an attack is never cut short") {
  struct row {
    std::uint64_t events;
    int tenants;
    std::chrono::hours span;
    const char* scenario;
    bool exact;
    const char* why;
  };
  const row rows[] = {
      {1, 1, std::chrono::hours{24}, "benign", true, "one record is a run too"},
      {500, 3, std::chrono::hours{24}, "benign", true, "too few for any nightly job"},
      {20'000, 2, std::chrono::hours{1}, "benign", true, "an hour has no night"},
      {20'000, 5, std::chrono::hours{24 * 9}, "benign", true,
       "a rollout on Monday, small jobs on nine days"},
      {40'000, 3, std::chrono::hours{24}, "mixed", true, "attacks and jobs count too"},
      {100, 3, std::chrono::hours{24}, "mixed", false, "attacks alone are more than asked for"}};
  for (const row& w : rows) {
    INFO(w.why);
    options o;
    o.events = w.events;
    o.tenants = w.tenants;
    o.span = w.span;
    o.scenario = w.scenario;
    generator g{o};
    const auto n = for_each_record(g, [](const auto&, const auto&) {});
    if (w.exact)
      CHECK(n == w.events);
    else
      CHECK(n > w.events);
  }
}

TEST_CASE("late delivery holds the same records, shuffled within 20 minutes, a few of them twice") {
  options o;
  o.events = 30'000;
  o.scenario = "benign";
  std::multiset<std::string> in_order;
  generator ordered{o};
  for_each_record(ordered,
                  [&](const auto&, const std::string& record) { in_order.insert(record); });

  o.delivery = delivery::late;
  generator late{o};
  reader r;
  std::set<std::string> seen;
  std::uint64_t repeats = 0, backwards = 0;
  base::event_time newest{};
  base::duration worst{};
  for_each_record(late, [&](const auto&, const std::string& record) {
    REQUIRE(in_order.count(record) == 1);
    if (!seen.insert(record).second)
      ++repeats;
    const auto at = *base::parse_rfc3339(r.read(record).time);
    backwards += at < newest ? 1 : 0;
    worst = std::max(worst, newest - at);
    newest = std::max(newest, at);
  });
  CHECK(seen.size() == in_order.size());
  CHECK(repeats > 50);
  CHECK(repeats < 400);
  CHECK(backwards > 10'000);
  CHECK(worst > std::chrono::minutes{5});
  CHECK(worst <= std::chrono::minutes{20});
}

TEST_CASE("late delivery holds no more than its bound, and gives out all it holds") {
  late_delivery late{1};
  const base::event_time now = std::chrono::sys_days{std::chrono::January / 12 / 2026};
  std::string record;
  for (std::size_t i = 0; i < late_records_max; ++i) {
    record = std::to_string(i);
    REQUIRE_FALSE(late.ready(now)); // nothing is delivered before its file closes
    late.push(0, 0, now, record);
    if (late.ready(now))
      break;
  }
  std::set<std::string> seen;
  std::uint32_t tenant = 0;
  std::size_t held = 0;
  for (; !late.empty(); ++held) {
    CHECK((held > 0 || late.ready(now)));
    late.pop(tenant, record);
    seen.insert(record);
  }
  CHECK(held == late_records_max);
  CHECK(seen.size() < held); // some came twice
  CHECK(seen.size() > held * 98 / 100);
}

TEST_CASE("options that cannot be generated are refused with a reason") {
  struct row {
    void (*spoil)(options&);
    const char* names;
    const char* why;
  };
  const row rows[] = {
      {[](options& o) { o.scenario = "nonsense"; }, "nonsense", "not in the list"},
      {[](options& o) { o.tenants = 0; }, "tenants", "nobody to write for"},
      {[](options& o) { o.events = 0; }, "events", "nothing to write"},
      {[](options& o) { o.events = events_max + 1; }, "events", "planning would overflow"},
      {[](options& o) { o.span = std::chrono::minutes{5}; }, "span", "no room for a session"},
      {[](options& o) { o.span = span_max + std::chrono::hours{1}; }, "span",
       "planning would overflow"},
      {[](options& o) { o.identities_per_tenant = 5; }, "identities", "not one of each kind"},
      {[](options& o) { o.attacks_per_tenant = -1; }, "attacks", "fewer than none"}};
  for (const row& w : rows) {
    INFO(w.why);
    options o;
    CHECK(check(o).empty());
    w.spoil(o);
    CHECK(check(o).find(w.names) != std::string::npos);
  }
}
