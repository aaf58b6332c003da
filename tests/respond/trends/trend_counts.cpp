#include "respond/trends/trend_counts.hpp"
#include "tests/respond/samples.hpp"

#include <map>
#include <string>
#include <tuple>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using base::severity;

namespace {

using counted =
    std::map<std::tuple<base::day_number, std::string, severity, resource_class>, std::uint32_t>;

counted all_of(const trend_counts& c) {
  counted out;
  for_each(c, 0, 1 << 20,
           [&](base::day_number day, std::string_view rule, severity s, resource_class what,
               std::uint32_t alerts) {
             out[{day, std::string{rule}, s, what}] += alerts;
           });
  return out;
}

const trend_place somewhere{20'000, severity::high, resource_class::bucket};
base::rule_id rule(std::size_t n) {
  return {"rule-" + std::to_string(n)};
}

} // namespace

TEST_CASE("trends: what is taken back leaves nothing") {
  trend_counts c;
  c.add({"a"}, somewhere);
  c.add({"a"}, somewhere);
  c.add({"b"}, somewhere);
  CHECK(all_of(c) == counted{{{20'000, "a", severity::high, resource_class::bucket}, 2},
                             {{20'000, "b", severity::high, resource_class::bucket}, 1}});
  c.take_back({"a"}, somewhere);
  c.take_back({"a"}, somewhere);
  c.take_back({"b"}, somewhere);
  CHECK(all_of(c).empty());
  CHECK(c.all().days.empty());
  c.take_back({"a"}, somewhere);
  CHECK(all_of(c).empty());
}

TEST_CASE("trends: the newest days are kept, whatever comes late") {
  trend_counts c;
  const auto at = [](base::day_number day) {
    return trend_place{day, severity::low, resource_class::other};
  };
  c.add({"a"}, at(10'000));
  c.add({"a"}, at(10'000 + limits::trend_days - 1));
  CHECK(c.all().days.size() == 2);
  c.add({"a"}, at(10'000 + limits::trend_days));
  CHECK(c.all().days.size() == 2);
  c.add({"a"}, at(10'000));
  c.take_back({"a"}, at(10'000));
  CHECK(c.all().days.size() == 2);
  CHECK(c.all().days.begin()->first == 10'000 + limits::trend_days - 1);
}

TEST_CASE("trends: a full day counts what is new to it together, and takes it back from there") {
  trend_counts c;
  for (std::size_t n = 0; n < limits::trend_cells; ++n)
    c.add(rule(n), somewhere);
  c.add({"late"}, somewhere);
  c.add({"later"}, somewhere);
  const auto others = [&] {
    const auto all = all_of(c);
    const auto found =
        all.find({20'000, std::string{trend_others}, severity::high, resource_class::bucket});
    return found == all.end() ? 0U : found->second;
  };
  CHECK(others() == 2);
  c.take_back(rule(0), somewhere); // its cell stays, or "late" would be taken back from a new one
  c.add({"late"}, somewhere);
  CHECK(others() == 3);
  for (int i = 0; i < 2; ++i)
    c.take_back({"late"}, somewhere);
  c.take_back({"later"}, somewhere);
  CHECK(others() == 0);
  c.add(rule(0), somewhere);
  CHECK(all_of(c).size() == limits::trend_cells);
  CHECK(c.all().days.at(20'000).size() == limits::trend_cells);
}

TEST_CASE("trends: rules beyond the table and names beyond reason are counted together") {
  trend_counts c;
  for (std::size_t n = 0; n < limits::trend_rules; ++n)
    c.add(rule(n),
          {static_cast<base::day_number>(20'000 + n / 100), severity::low, resource_class::other});
  c.add({"one more"}, somewhere);
  CHECK(c.all().rules.size() == limits::trend_rules);
  CHECK(all_of(c).at({20'000, std::string{trend_others}, severity::high, resource_class::bucket}) ==
        1);
  trend_counts d;
  d.add({std::string(limits::trend_rule_bytes, 'x')}, somewhere);
  d.add({std::string(limits::trend_rule_bytes + 1, 'x')}, somewhere);
  CHECK(d.all().rules.size() == 1);
  CHECK(all_of(d).size() == 2);
}

TEST_CASE("trends: a place is packed into 32 bits and comes out of them") {
  samples::dice dice{7};
  for (int i = 0; i < 1000; ++i) {
    const trend_place p{static_cast<base::day_number>(dice.below(1 << 17)),
                        static_cast<severity>(dice.below(5)),
                        static_cast<resource_class>(dice.below(resource_classes))};
    REQUIRE(unpack(pack(p)) == p);
  }
  CHECK(pack(std::nullopt) == 0);
  for (const std::uint32_t damaged : {0U, 1U, 0x8000005fU, 0x8000000fU, 0xffffffffU})
    CHECK_FALSE(unpack(damaged));
}

TEST_CASE("trends: an alert counts on the day of its first event, no later than it was taken in") {
  auto a = samples::alert("1", "theft");
  const auto day_of_alerts = base::day_of(samples::at());
  CHECK(place_of(a, samples::at(1h))->day == day_of_alerts);
  a.first_event = samples::at(-24h);
  CHECK(place_of(a, samples::at(1h))->day == day_of_alerts - 1);
  a.first_event = samples::at(24h * 365 * 100);
  CHECK(place_of(a, samples::at(1h))->day == day_of_alerts);
  a.first_event = base::event_time{-24h};
  CHECK(place_of(a, samples::at(1h))->day == 0);
  a.state = base::alert_state::withdrawn;
  CHECK_FALSE(place_of(a, samples::at(1h)));
}

TEST_CASE("trends: stored counts that contradict themselves are told") {
  trend_counts c;
  c.add({"a"}, somewhere);
  c.add({"b"}, somewhere);
  const auto good = c.all();
  CHECK(trend_counts::check(good).empty());
  struct row {
    const char* why;
    void (*spoil)(trend_counts::data&);
  };
  for (const auto& r :
       {row{"a rule twice",
            [](auto& d) {
              d.rules = {"a", "a"};
            }},
        row{"a rule without a name", [](auto& d) { d.rules = {"a"}; }},
        row{"a day after the newest", [](auto& d) { d.newest = 19'999; }},
        row{"a day that had to go", [](auto& d) { d.newest = 20'000 + limits::trend_days; }},
        row{"before 1970", [](auto& d) { d.days[-1]; }},
        row{"a cell twice", [](auto& d) { d.days[20'000].push_back(d.days[20'000].back()); }}}) {
    INFO(r.why);
    auto bad = good;
    r.spoil(bad);
    CHECK_FALSE(trend_counts::check(bad).empty());
  }
}
