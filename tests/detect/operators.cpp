// What the parts of the operators promise by themselves.
#include "base/hash.hpp"
#include "base/limits.hpp"
#include "detect/operators/day_maxima.hpp"
#include "detect/operators/distinct_set.hpp"
#include "detect/operators/first_seen.hpp"
#include "detect/operators/grid.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <map>
#include <set>

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

TEST_CASE("grid: a window covers its length and at most one bucket more", "[detect][grid]") {
  const auto window = GENERATE(values<base::duration>({1min, 10min, 30min, 1h, 2h, 6h, 30h}));
  const bucket_grid grid{window};
  const base::event_time t{std::chrono::days{20'000} + 12'345s};
  const auto last = grid.bucket_of(t);
  const auto start = grid.start_of(grid.first_of_window(last));
  CHECK(start <= t - window);
  CHECK(start > t - window - 2 * grid.width());
  // The oldest event the lateness allows finds all its windows among the 64 buckets.
  const auto oldest = grid.bucket_of(t - base::limits::lateness);
  CHECK(last - grid.first_of_window(oldest) < bucket_grid::horizon);
  CHECK(grid.start_of(oldest) <= t - base::limits::lateness);
}

TEST_CASE("distinct: counts exactly up to limits::distinct_exact in every window",
          "[detect][distinct]") {
  test::random r{7};
  distinct_set set;
  std::map<std::uint64_t, std::set<int>> truth;
  for (int i = 0; i < 9000; ++i) {
    const auto hash = base::hash64(std::to_string(r.below(4000)));
    const int bit = static_cast<int>(r.below(64));
    set.insert(hash, bit);
    truth[hash].insert(bit);
  }
  REQUIRE(set.sampled() == 0);
  for (int lo = 0; lo < 64; lo += 5)
    for (int hi = lo; hi < 64; hi += 7) {
      double expected = 0;
      for (const auto& [hash, at] : truth)
        expected += at.lower_bound(lo) != at.end() && *at.lower_bound(lo) <= hi;
      CHECK(set.count(bits(lo, hi)) == expected);
    }
  set.shift(10);
  double left = 0;
  for (const auto& [hash, at] : truth)
    left += at.lower_bound(10) != at.end();
  CHECK(set.count(~std::uint64_t{0}) == left);
  CHECK(static_cast<double>(set.size()) == left);
}

TEST_CASE("distinct: beyond the exact limit memory stays and the estimate is close",
          "[detect][distinct]") {
  distinct_set set;
  for (int i = 0; i < 200'000; ++i)
    set.insert(base::hash64(std::to_string(i)), i % 64);
  CHECK(set.size() <= base::limits::distinct_exact);
  CHECK(set.heap_bytes() <= base::limits::distinct_exact * 4 * sizeof(distinct_set::value));
  CHECK(set.count(~std::uint64_t{0}) == Approx(200'000).epsilon(0.1));
  const auto back = distinct_set::restore(set.values(), set.sampled());
  CHECK(back.values() == set.values());
  CHECK(back.count(bits(3, 9)) == set.count(bits(3, 9)));
}

TEST_CASE("first-seen: a value is new again only after its time to live", "[detect][first-seen]") {
  const base::event_time t{std::chrono::days{20'000}};
  first_seen_set set;
  set.observe(1, t, 24h);
  set.observe(1, t + 23h, 24h);
  CHECK(set.first(1) == t);
  set.observe(1, t + 46h, 24h);
  CHECK(set.first(1) == t);
  set.observe(1, t + 71h, 24h);
  CHECK(set.first(1) == t + 71h);
  SECTION("a late event moves the start back") {
    set.observe(1, t + 71h - 10min, 24h);
    CHECK(set.first(1) == t + 71h - 10min);
  }
  CHECK(!set.first(2));
}

TEST_CASE("first-seen: limits::first_seen_values bounds it and the oldest goes first",
          "[detect][first-seen]") {
  const base::event_time t{std::chrono::days{20'000}};
  first_seen_set set;
  for (std::uint64_t i = 1; i <= base::limits::first_seen_values + 10; ++i)
    set.observe(i, t + std::chrono::seconds{i}, 30 * 24h);
  CHECK(set.size() == base::limits::first_seen_values);
  CHECK(!set.first(1));
  CHECK(set.first(base::limits::first_seen_values + 10));
}

TEST_CASE("baseline: only closed days are compared with, and growth is slow",
          "[detect][baseline]") {
  day_maxima days;
  const base::day_number today = 20'040;
  const base::event_time noon{std::chrono::days{today} + 12h};
  SECTION("today and yesterday do not count") {
    days.note(today, 0, 900, false);
    days.note(today - 1, 0, 800, false);
    CHECK(days.learned(0, noon, 30) == 0);
    days.note(today - 2, 0, 100, false);
    CHECK(days.learned(0, noon, 30) == 100);
  }
  SECTION("days beyond the span do not count") {
    days.note(today - 31, 0, 50, false);
    CHECK(days.learned(0, noon, 30) == 50);
    CHECK(days.learned(0, noon + 24h, 30) == 0);
  }
  SECTION("a frozen day teaches nothing") {
    days.note(today - 3, 0, 100, false);
    days.note(today - 2, 0, 5000, true);
    CHECK(days.learned(0, noon, 30) == 100);
  }
  SECTION("one day grows what is learned by half at most") {
    days.note(today - 3, 0, 100, false);
    days.note(today - 2, 0, 5000, false);
    CHECK(days.learned(0, noon, 30) == 150);
  }
  SECTION("measures are apart") {
    days.note(today - 2, 1, 7, false);
    CHECK(days.learned(0, noon, 30) == 0);
    CHECK(days.learned(1, noon, 30) == 7);
  }
}
