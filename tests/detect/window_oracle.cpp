// The window operator against a brute-force evaluator that keeps every event and knows no buckets'
// bookkeeping: for every bucket with events it looks at all events of the window again.
#include "detect/operators/window_state.hpp"
#include "tests/detect/stream.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

namespace {

rule window_rule(base::duration window) {
  rule r;
  r.id.value = "under-test";
  r.quiet = std::chrono::days{2};
  r.marks = {"a", "b"};
  r.slots = 1;
  window_operator op;
  op.window = window;
  op.measures = {
      {"events", measure_kind::count, {}, 0, {}, {}, 0},
      {"a_events", measure_kind::count, std::uint8_t{0}, 0, {}, {}, 0},
      {"values", measure_kind::distinct, {}, 0, {}, {}, 0},
      {"new_values", measure_kind::novel, std::uint8_t{1}, 0, {}, std::chrono::days{3}, 0},
      {"units", measure_kind::sum, {}, 0, sum_of::units, {}, 0},
      {"share_a", measure_kind::share, {}, 0, {}, {}, 1},
  };
  op.levels = {
      {base::severity::low, {{0, comparison::gte, 8}}, 0, 0, ""},
      {base::severity::medium, {{2, comparison::gt, 6}, {1, comparison::gte, 3}}, 0, 0, ""},
      {base::severity::high, {{3, comparison::gte, 4}, {5, comparison::gte, 0.4}}, 0, 0, ""},
      {base::severity::critical, {{4, comparison::gte, 90}}, 0, 0, ""},
  };
  r.op = op;
  return r;
}

/// Everything again for each window; O(events²).
std::vector<episode> brute_force(const rule& r, const test::stream& s) {
  const auto& op = std::get<window_operator>(r.op);
  const bucket_grid grid{op.window};
  std::map<std::int64_t, std::vector<std::size_t>> by_bucket;
  for (std::size_t i = 0; i < s.events.size(); ++i)
    by_bucket[grid.bucket_of(s.events[i].time)].push_back(i);
  std::vector<episode> out;
  std::set<std::size_t> counted;
  for (const auto& [last, newest] : by_bucket) {
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < s.events.size(); ++i) {
      const auto b = grid.bucket_of(s.events[i].time);
      if (b >= grid.first_of_window(last) && b <= last)
        inside.push_back(i);
    }
    const auto start = grid.start_of(grid.first_of_window(last));
    const auto has = [&](std::size_t i, unsigned mark) {
      return (s.matches[i].marks >> mark & 1) != 0;
    };
    double events = 0, a_events = 0, units = 0, minutes = 0;
    std::set<std::string_view> values, new_values;
    for (auto i : inside) {
      ++events;
      a_events += has(i, 0);
      units += s.events[i].count;
      const auto v = s.matches[i].values[0];
      if (v.empty())
        continue;
      values.insert(v);
      if (!has(i, 1))
        continue;
      // Known when some marked occurrence lies before the window and within the time to live of
      // the next one, and so on up to this one.
      std::optional<base::event_time> run;
      std::optional<base::event_time> before;
      for (std::size_t j = 0; j < s.events.size(); ++j) {
        if (s.matches[j].values[0] != v || !has(j, 1) || s.events[j].time > s.events[i].time)
          continue;
        if (!before || s.events[j].time - *before > std::chrono::days{3})
          run = s.events[j].time;
        before = s.events[j].time;
      }
      if (*run >= start)
        new_values.insert(v);
    }
    const auto from = std::chrono::floor<std::chrono::minutes>(start);
    const auto to = std::chrono::floor<std::chrono::minutes>(grid.start_of(last + 1) - 1ns);
    for (const auto& e : s.events) {
      const auto m = std::chrono::floor<std::chrono::minutes>(e.time);
      minutes += m >= from && m <= to;
    }
    const figures f{events,
                    a_events,
                    double(values.size()),
                    double(new_values.size()),
                    units,
                    a_events / std::max({minutes, a_events, 1.0})};
    int level = reason::none;
    if (f[0] >= 8)
      level = 0;
    if (f[2] > 6 && f[1] >= 3)
      level = 1;
    if (f[3] >= 4 && f[5] >= 0.4)
      level = 2;
    if (f[4] >= 90)
      level = 3;
    if (level == reason::none)
      continue;
    const auto verdict = s.events[newest.back()].time;
    if (out.empty() || verdict - out.back().last_verdict > r.quiet) {
      out.emplace_back();
      out.back().ordinal = static_cast<std::uint32_t>(out.size());
      out.back().since = verdict;
      out.back().first = s.events[inside.front()].time;
      counted.clear();
    }
    auto& ep = out.back();
    ep.last_verdict = verdict;
    ++ep.verdicts;
    ep.last = std::max(ep.last, verdict);
    const auto severity =
        std::get<window_operator>(r.op).levels[static_cast<std::size_t>(level)].severity;
    if (ep.values.empty() || severity > ep.severity || (severity == ep.severity && f > ep.values)) {
      ep.severity = severity;
      ep.why.level = level;
      ep.values = f;
    }
    for (auto i : inside)
      if (counted.insert(i).second) {
        ++ep.count;
        ep.first = std::min(ep.first, s.events[i].time);
      }
  }
  return out;
}

std::vector<episode> operator_on(const rule& r, const test::stream& s,
                                 const std::vector<std::size_t>& order) {
  const auto& op = std::get<window_operator>(r.op);
  const bucket_grid grid{op.window};
  window_state state;
  activity_counter activity;
  const window_context c{r, op, grid, activity, s.events.front().time};
  std::vector<episode> out;
  base::event_time watermark;
  const auto settle = [&](base::event_time at) {
    const auto before = state.settled();
    if (state.settle(c, at) && before.verdicts > 0 && before.ordinal != state.settled().ordinal)
      out.push_back(before);
  };
  for (auto i : order) {
    const auto& e = s.events[i];
    watermark = std::max(watermark, e.time);
    settle(watermark);
    activity.add(e.time);
    state.add(c, e, s.matches[i], watermark);
  }
  settle(base::event_time::max());
  if (state.settled().verdicts > 0)
    out.push_back(state.settled());
  return out;
}

std::string describe(const std::vector<episode>& list, bool samples) {
  std::string out;
  for (auto ep : list) {
    if (!samples)
      ep.samples.clear();
    out += test::describe(ep) + "\n";
  }
  return out;
}

} // namespace

TEST_CASE("window: equals the brute-force evaluator on random streams",
          "[detect][window][oracle]") {
  const auto seed = GENERATE(range(1, 61));
  const auto window = GENERATE(values<base::duration>({10min, 30min, 1h}));
  test::random r{static_cast<std::uint64_t>(seed)};
  const auto s = test::make_stream(
      r, {150, seed % 3 == 0 ? base::duration{std::chrono::days{12}} : base::duration{12h}, 12, 2,
          1, false});
  const auto rule = window_rule(window);
  INFO("seed " << seed << " window " << base::format_duration(window));
  const auto expected = describe(brute_force(rule, s), false);
  CHECK(describe(operator_on(rule, s, s.in_order()), false) == expected);
}

TEST_CASE("window: any order within the lateness gives the same episodes", "[detect][window]") {
  const auto seed = GENERATE(range(1, 121));
  test::random r{static_cast<std::uint64_t>(seed)};
  const auto s = test::make_stream(r, {150, 12h, 12, 2, 1, false});
  const auto rule = window_rule(seed % 2 == 0 ? base::duration{10min} : base::duration{1h});
  INFO("seed " << seed);
  const auto expected = describe(operator_on(rule, s, s.in_order()), true);
  CHECK(!expected.empty());
  for (int i = 0; i < 3; ++i)
    CHECK(describe(operator_on(rule, s, s.shuffled(r)), true) == expected);
}
