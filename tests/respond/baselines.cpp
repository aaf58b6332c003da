// Day maxima and the severity ladder.
#include "respond/baselines/day_maxima.hpp"
#include "respond/baselines/ladder.hpp"
#include "tests/respond/samples.hpp"

#include <algorithm>
#include <map>

using namespace vedette;
using namespace vedette::respond;

namespace {

const base::rule_id downloads{"downloads"};
constexpr base::day_number today = 20'000;

day_maximum on(base::day_number day, double value, std::string account = "a") {
  return {std::move(account), downloads, "objects", day, value};
}

novelty ask(const day_maxima& m, double value, std::string account = "a",
            base::day_number day = today) {
  return m.how_wide_is_new({.rule = downloads,
                            .measure = "objects",
                            .account = std::move(account),
                            .day = day,
                            .value = value});
}

} // namespace

TEST_CASE("baselines: how wide a volume is new follows the closed days of account and tenant") {
  struct row {
    std::string why;
    std::vector<day_maximum> told;
    double value;
    novelty expected;
  };
  const std::vector<row> rows = {
      {"nobody watched yet, so nothing is known to be new", {}, 5000, novelty::identity},
      {"watched for 13 days only", {on(today - 13, 10)}, 5000, novelty::identity},
      {"watched for 14 days", {on(today - 14, 10)}, 5000, novelty::tenant},
      {"exactly the factor is not more than the factor",
       {on(today - 20, 100)},
       150,
       novelty::identity},
      {"more than the factor", {on(today - 20, 100)}, 151, novelty::tenant},
      {"another account did more: new for the account only",
       {on(today - 20, 10), on(today - 20, 5000, "b")},
       200,
       novelty::account},
      {"a colleague in the account did as much", {on(today - 20, 900)}, 1000, novelty::identity},
      {"yesterday is not closed yet",
       {on(today - 20, 10), on(today - 1, 5000)},
       1000,
       novelty::tenant},
      {"today does not compare with itself",
       {on(today - 20, 10), on(today, 5000)},
       1000,
       novelty::tenant},
      {"the day before yesterday is closed, and lifts by half at most",
       {on(today - 20, 1000), on(today - 2, 5000)},
       2200,
       novelty::identity},
      {"31 days back still counts",
       {on(today - 40, 1), on(today - 31, 5000)},
       1000,
       novelty::identity},
      {"32 days back does not", {on(today - 40, 1), on(today - 32, 5000)}, 1000, novelty::tenant},
      {"an account watched for two days cannot call it new, the tenant can",
       {on(today - 20, 10, "b"), on(today - 2, 10)},
       1000,
       novelty::tenant},
      {"an account watched for two days, and others did as much",
       {on(today - 20, 5000, "b"), on(today - 2, 10)},
       1000,
       novelty::identity},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    day_maxima m;
    for (const auto& one : r.told)
      m.tell(one);
    CHECK(ask(m, r.value) == r.expected);
  }
}

TEST_CASE("baselines: watching without anything to tell is a history of zero") {
  day_maxima m;
  m.watched("a", today - 30);
  CHECK(ask(m, 120) == novelty::tenant);
  CHECK(ask(m, 120, "b") == novelty::tenant);
  CHECK(ask(m, 0) == novelty::identity);
}

TEST_CASE("baselines: no single day lifts the usual maximum by more than half") {
  day_series s;
  for (base::day_number d = today - 20; d < today - 10; ++d)
    s.tell(d, 100);
  s.tell(today - 5, 10'000);
  CHECK(s.usual_maximum(today) == 150.0);
  s.tell(today - 4, 10'000);
  CHECK(s.usual_maximum(today) == 225.0);
  CHECK(s.usual_maximum(today, 2) == std::nullopt);
  CHECK(s.usual_maximum(today, 3) == 10'000.0);
}

TEST_CASE("baselines: the table is a function of the set of maxima, not of order or repeats") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    samples::dice dice{seed};
    std::vector<day_maximum> told;
    for (int i = 0; i < 200; ++i)
      told.push_back(on(today - static_cast<int>(dice.below(30)),
                        static_cast<double>(dice.below(1000)), dice.below(2) ? "a" : "b"));
    day_maxima first, second;
    for (const auto& one : told)
      first.tell(one);
    for (std::size_t i = told.size(); i > 1; --i)
      std::swap(told[i - 1], told[dice.below(i)]);
    for (const auto& one : told) {
      second.tell(one);
      if (dice.below(3) == 0)
        second.tell(one);
    }
    CHECK(first == second);
  }
}

TEST_CASE("baselines: the ring answers like a map that forgets nothing") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    samples::dice dice{seed};
    day_series ring;
    std::map<base::day_number, double> all;
    auto day = today;
    for (int i = 0; i < 120; ++i) {
      day += static_cast<int>(dice.below(4)) - 1 + (dice.below(40) == 0 ? 45 : 0);
      const auto value = static_cast<double>(dice.below(500));
      ring.tell(day, value);
      auto [it, added] = all.emplace(day, value);
      it->second = std::max(it->second, value);
    }
    const auto newest = all.rbegin()->first;
    std::optional<double> usual;
    for (auto d = newest - (limits::baseline_days - 1); d <= newest - 2; ++d)
      if (auto it = all.find(d); it != all.end())
        usual = !usual || *usual <= 0 ? it->second
                                      : std::max(*usual, std::min(it->second, *usual * 1.5));
    CHECK(ring.usual_maximum(newest) == usual);
  }
}

TEST_CASE("baselines: a claim raises severity to its width and never lowers it") {
  day_maxima m;
  m.tell(on(today - 20, 10));
  m.tell(on(today - 20, 5000, "b"));
  struct row {
    std::string why;
    base::severity before;
    double value;
    base::severity expected;
    std::string width;
  };
  const std::vector<row> rows = {
      {"new for the account", base::severity::low, 200, base::severity::medium, "\"account\""},
      {"new for the tenant", base::severity::low, 9000, base::severity::high, "\"tenant\""},
      {"not new elsewhere", base::severity::low, 12, base::severity::low, "\"identity\""},
      {"worse already", base::severity::critical, 200, base::severity::critical, "\"account\""},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    base::alert a;
    a.rule = downloads;
    a.account = "a";
    a.severity = r.before;
    a.claim = base::volume_claim{.measure = "objects", .value = r.value, .day = today};
    climb_ladder(a, m, 14);
    climb_ladder(a, m, 14);
    CHECK(a.severity == r.expected);
    REQUIRE(a.evidence.size() == 1);
    CHECK(a.evidence.front() == std::pair<std::string, std::string>{"new_for", r.width});
  }
}

TEST_CASE("baselines: limits::baseline_series bounds the table and counts what it refuses") {
  day_maxima m;
  for (std::size_t i = 0; i < limits::baseline_series + 10; ++i)
    m.tell({"a", base::rule_id{"rule" + std::to_string(i)}, "objects", today, 1});
  CHECK(m.series() == limits::baseline_series);
  CHECK(m.refused() > 0);
}
