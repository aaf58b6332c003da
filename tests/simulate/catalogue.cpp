#include "nodes/simulate/catalogue.hpp"
#include "nodes/simulate/prng.hpp"
#include "nodes/simulate/text.hpp"
#include "tests/simulate/support.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace vedette;
using namespace vedette::simulate;

TEST_CASE("every action of the catalogue is named once and expands to JSON") {
  options o;
  o.identities_per_tenant = 40;
  const world all = make_world(o);
  const tenant& t = all.tenants[0];
  prng random{1, 1};
  simdjson::dom::parser parser;
  std::set<std::string> names;
  call c;
  session s;
  s.key = "AKIAABCDEFGHIJKLMNOP";
  for (const action& a : all_actions()) {
    const std::string name = std::string{a.service} + ":" + std::string{a.name};
    INFO(name);
    CHECK(names.insert(name).second);
    CHECK(&find_action(name) == &a);
    start_call(c, t, t.identities[0], s, o.start);
    c.what = &a;
    c.bucket = "some-bucket";
    c.key = "some/key";
    // Arguments stand in quotes, for a number, or for members and list items: the last two are the
    // caller's business, so they get an innocent form of it.
    c.arg = {"7", "7", "7", "7"};
    if (a.name == "PutBucketVersioning")
      c.arg[0] = R"("Status":"Enabled")";
    if (a.name == "CreateRole")
      c.arg[1] = R"(\"Service\":\"ec2.amazonaws.com\")";
    std::string record;
    write_record(record, c, random);
    REQUIRE(parser.parse(record).error() == simdjson::SUCCESS);
    deny(c);
    record.clear();
    write_record(record, c, random);
    REQUIRE(parser.parse(record).error() == simdjson::SUCCESS);
  }
  CHECK(names.size() > 120);
}

TEST_CASE("times are written as CloudTrail and as IAM write them") {
  struct row {
    const char* time;
    const char* shown;
    const char* why;
  };
  const row rows[] = {{"2026-01-12T00:00:05Z", "Jan 12, 2026 12:00:05 AM", "midnight is twelve"},
                      {"2026-12-01T12:30:00Z", "Dec 1, 2026 12:30:00 PM", "so is noon"},
                      {"2024-02-29T23:59:59Z", "Feb 29, 2024 11:59:59 PM", "a leap day"}};
  for (const row& w : rows) {
    INFO(w.why);
    const auto t = *base::parse_rfc3339(w.time);
    std::string plain, shown;
    put_time(plain, t);
    put_long_time(shown, t);
    CHECK(plain == w.time);
    CHECK(shown == w.shown);
  }
}

TEST_CASE("one seed and stream repeat, another stream differs, and draws stay in bounds") {
  prng a{1, 1}, b{1, 1}, other{1, 2};
  CHECK(a.next() == b.next());
  CHECK(a.next() != other.next());
  bool low = false, high = false;
  for (int i = 0; i < 10'000; ++i) {
    const auto x = a.between(3, 9);
    REQUIRE(x >= 3);
    REQUIRE(x <= 9);
    low = low || x == 3;
    high = high || x == 9;
  }
  CHECK(low);
  CHECK(high);
}
