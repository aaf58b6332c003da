// Travel, sequence and single-event operators against brute force over all events, in order and in
// every order the lateness allows.
#include "base/geo.hpp"
#include "detect/operators/sequence_state.hpp"
#include "detect/operators/single_state.hpp"
#include "detect/operators/travel_state.hpp"
#include "tests/detect/stream.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <tuple>
#include <utility>

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

namespace {

/// A verdict and the events that count for it.
struct held {
  base::event_time at;
  std::vector<std::size_t> events;
  base::severity severity;
  figures values;
  int level = reason::none;
};

/// Cuts verdicts, ascending by time, into episodes.
std::string episodes_of(const rule& r, const test::stream& s, const std::vector<held>& verdicts,
                        bool level_zero) {
  std::vector<episode> out;
  std::set<std::size_t> counted;
  for (const auto& v : verdicts) {
    if (out.empty() || v.at - out.back().last_verdict > r.quiet) {
      out.emplace_back();
      out.back().ordinal = static_cast<std::uint32_t>(out.size());
      out.back().since = out.back().first = out.back().last = v.at;
    }
    auto& ep = out.back();
    ep.last_verdict = v.at;
    ++ep.verdicts;
    const bool stronger =
        ep.verdicts == 1 || std::tie(v.severity, v.values) > std::tie(ep.severity, ep.values);
    if (stronger) {
      ep.severity = v.severity;
      ep.values = v.values;
      ep.why.level = level_zero ? 0 : v.level;
    }
    for (auto i : v.events)
      if (counted.insert(i).second) {
        ++ep.count;
        ep.first = std::min(ep.first, s.events[i].time);
        ep.last = std::max(ep.last, s.events[i].time);
        add_sample(ep.samples, s.events[i], base::limits::alert_events);
      }
  }
  std::string text;
  for (const auto& ep : out)
    text += test::describe(ep) + "\n";
  return text;
}

template <class State, class Op>
std::string operator_on(const rule& r, const Op& op, const test::stream& s,
                        const std::vector<std::size_t>& order) {
  State state;
  std::string text;
  for (auto i : order) {
    added a;
    if constexpr (std::is_same_v<State, single_state>)
      a = state.add(r, op, s.events[i], s.matches[i], false);
    else
      a = state.add(r, op, s.events[i], s.matches[i]);
    if (a.retires)
      text += test::describe(a.retired) + "\n";
  }
  if (state.episodes().has_two())
    text += test::describe(state.episodes().current()) + "\n";
  if (state.episodes().newest().open())
    text += test::describe(state.episodes().newest()) + "\n";
  return text;
}

rule some_rule() {
  rule r;
  r.quiet = 3h;
  r.marks = {"a", "b", "c"};
  r.adjustments = {{2, 1, base::severity::high}};
  return r;
}

} // namespace

TEST_CASE("travel: equals brute force over all pairs in any order", "[detect][travel][oracle]") {
  const auto seed = GENERATE(range(1, 101));
  const bool exits = GENERATE(false, true), shared = GENERATE(false, true);
  test::random r{static_cast<std::uint64_t>(seed)};
  const auto s = test::make_stream(r, {30, 24h, 3, 3, 1, true});
  const auto rule = some_rule();
  travel_operator op{.within = 60min,
                     .km_min = 500,
                     .kmh_max = 900,
                     .at_least = 60s,
                     .severity = base::severity::medium,
                     .why = ""};
  if (exits)
    op.unless_both = 0;
  if (shared)
    op.traveller = 0;
  // One verdict per pair, at its later sighting.
  std::vector<held> verdicts;
  for (std::size_t j = 0; j < s.events.size(); ++j)
    for (std::size_t i = 0; i < j; ++i) {
      const auto &a = s.events[i], &b = s.events[j];
      if (!a.has_place || !b.has_place || b.time - a.time > 60min)
        continue;
      if (exits && (s.matches[i].marks & 1) != 0 && (s.matches[j].marks & 1) != 0)
        continue;
      if (shared && s.matches[i].values[0] != s.matches[j].values[0])
        continue;
      const double km = base::distance_km(a.place, b.place);
      const double hours =
          std::max(60.0, std::chrono::duration<double>(b.time - a.time).count()) / 3600;
      if (km < 500 || km / hours <= 900)
        continue;
      const bool raised = ((s.matches[i].marks | s.matches[j].marks) >> 2 & 1) != 0;
      verdicts.push_back({b.time,
                          {i, j},
                          raised ? base::severity::high : base::severity::medium,
                          {km / hours, km}});
    }
  INFO("seed " << seed << (exits ? " exits" : "") << (shared ? " shared" : ""));
  const auto expected = episodes_of(rule, s, verdicts, false);
  CHECK(operator_on<travel_state>(rule, op, s, s.in_order()) == expected);
  CHECK(operator_on<travel_state>(rule, op, s, s.shuffled(r)) == expected);
}

TEST_CASE("sequence: equals brute force over all chains in any order",
          "[detect][sequence][oracle]") {
  const auto seed = GENERATE(range(1, 101));
  const bool ordered = GENERATE(true, false);
  const bool same = GENERATE(false, true), levels = GENERATE(false, true);
  test::random r{static_cast<std::uint64_t>(seed)};
  const auto s = test::make_stream(r, {40, 40h, 3, 3, 1, false});
  const auto rule = some_rule();
  sequence_operator op{.within = 10min,
                       .steps = {0, 1, 0},
                       .ordered = ordered,
                       .severity = base::severity::medium,
                       .why = ""};
  if (same)
    op.same = 0;
  if (levels) // the third selection says something by itself, and raises
    op.levels = {{base::severity::info, {}, 0b101, 0b010, ""}};
  const auto key = [&](std::size_t i) { return same ? s.matches[i].values[0] : "x"; };
  const auto has = [&](std::size_t i, unsigned mark) {
    return (s.matches[i].marks >> mark & 1) != 0;
  };
  std::vector<held> verdicts;
  for (std::size_t k = 0; k < s.events.size(); ++k) {
    bool holds = false;
    std::vector<std::size_t> span;
    for (std::size_t i = 0; i <= k; ++i)
      if (s.events[k].time - s.events[i].time <= 10min && key(i) == key(k))
        span.push_back(i);
    if (levels && (s.matches[k].marks & 0b111) == 0b101)
      verdicts.push_back({s.events[k].time, {k}, base::severity::low, {}, 0});
    if (key(k).empty())
      continue;
    if (ordered) {
      for (auto i : span)
        for (auto j : span)
          holds =
              holds || (has(i, 0) && has(j, 1) && has(k, 0) &&
                        s.events[i].time < s.events[j].time && s.events[j].time < s.events[k].time);
    } else {
      bool a = false, b = false;
      for (auto i : span) {
        a = a || has(i, 0);
        b = b || has(i, 1);
      }
      holds = a && b;
    }
    if (!holds)
      continue;
    bool raised = false;
    for (auto i : span)
      raised = raised || has(i, 2);
    verdicts.push_back(
        {s.events[k].time, span, raised ? base::severity::high : base::severity::medium, {}});
  }
  INFO("seed " << seed << (ordered ? " ordered" : " unordered") << (same ? " same" : "")
               << (levels ? " levels" : ""));
  const auto expected = episodes_of(rule, s, verdicts, false);
  CHECK(operator_on<sequence_state>(rule, op, s, s.in_order()) == expected);
  CHECK(operator_on<sequence_state>(rule, op, s, s.shuffled(r)) == expected);
}

TEST_CASE("single: each matching event counts once in any order", "[detect][single][oracle]") {
  const auto seed = GENERATE(range(1, 101));
  test::random r{static_cast<std::uint64_t>(seed)};
  const auto s = test::make_stream(r, {60, 40h, 3, 3, 0, false});
  const auto rule = some_rule();
  single_operator op;
  op.levels = {{base::severity::low, {}, 0b001, 0b010, ""}};
  std::vector<held> verdicts;
  for (std::size_t i = 0; i < s.events.size(); ++i)
    if ((s.matches[i].marks & 0b011) == 0b001)
      verdicts.push_back(
          {s.events[i].time,
           {i},
           (s.matches[i].marks & 0b100) != 0 ? base::severity::medium : base::severity::low,
           {}});
  INFO("seed " << seed);
  const auto expected = episodes_of(rule, s, verdicts, true);
  CHECK(operator_on<single_state>(rule, op, s, s.in_order()) == expected);
  CHECK(operator_on<single_state>(rule, op, s, s.shuffled(r)) == expected);
}
