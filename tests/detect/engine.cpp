// The engine over whole rules: what it says, when, and that late housekeeping cannot change it.
#include "detect/engine.hpp"
#include "base/limits.hpp"
#include "detect/ruleset.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

namespace {

constexpr const char* share_rule = R"(
title: Many refusals
name: many-refusals
level: medium
logsource: {product: vedette}
detection:
  denied: {outcome: denied}
  condition: denied
vedette:
  window: 10m
  measures:
    denials: {count: denied}
    ratio: {share: denied}
  levels:
    - severity: medium
      when: {denials: {gte: 5}, ratio: {gte: 0.5}}
      why: "{denials} refusals, {ratio} of all calls"
)";

constexpr const char* volume_rule = R"(
title: Many calls
name: many-calls
level: medium
logsource: {product: vedette}
detection:
  any: {outcome: ok}
  condition: any
vedette:
  window: 1h
  measures: {calls: {count: all}}
  volume: [{measure: calls, floor: 10, hard: 100000, factor: 1.5}]
  new_for: {identity: low, account: low, tenant: low}
)";

struct stand {
  std::shared_ptr<const ruleset> rules;
  entity_ref ref{{"t"}, base::entity_kind::identity, "alice"};
  entity_state state;
  base::arena memory;
  fold_output out;
  int next = 0;

  explicit stand(const char* yaml) {
    const rule_source source{"test.yaml", yaml};
    auto loaded = ruleset::load(std::span{&source, 1});
    INFO((loaded ? std::string{} : to_string(loaded.err())));
    REQUIRE(loaded);
    rules = *loaded;
  }

  base::event event(base::event_time t, bool matches) {
    base::event e;
    e.time = t;
    e.id = memory.copy("e" + std::to_string(next++));
    e.identity = "alice";
    e.service = "s3.amazonaws.com";
    if (matches) {
      auto m = memory.array<base::match>(1);
      m[0].marks = 1;
      e.matches = m;
    }
    return e;
  }
};

const base::event_time day_start{std::chrono::days{20'000}};

} // namespace

TEST_CASE("engine: a share is judged with all calls of its window however late it is settled",
          "[detect][engine]") {
  stand s{share_rule};
  engine folds{s.rules, voice::settled};
  // Six refusals among fourteen calls that went well: three in ten, no alert.
  for (int i = 0; i < 20; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + std::chrono::seconds{i}, i % 3 == 0 && i < 18),
               day_start + 20s, false, s.out);
  // Hours of other calls, which push the minutes of that window out of the activity counter.
  for (int i = 0; i < 300; ++i) {
    const auto t = day_start + 1h + std::chrono::minutes{i};
    folds.fold(s.ref, s.state, s.event(t, false), t, false, s.out);
  }
  folds.finish(s.ref, s.state, s.out);
  CHECK(s.out.alerts.empty());
}

TEST_CASE("engine: a live node speaks at once and ends with what replay says", "[detect][engine]") {
  stand live{share_rule}, replay{share_rule};
  engine at_once{live.rules, voice::at_once}, settled{replay.rules, voice::settled};
  for (int i = 0; i < 8; ++i) {
    const auto t = day_start + std::chrono::seconds{i};
    at_once.fold(live.ref, live.state, live.event(t, true), t, false, live.out);
    settled.fold(replay.ref, replay.state, replay.event(t, true), t, false, replay.out);
    CHECK(live.out.alerts.size() == (i >= 4 ? 1U : 0U));
  }
  REQUIRE(live.out.alerts.size() == 1);
  CHECK(live.out.alerts.front().state == base::alert_state::provisional);
  CHECK(engine::has_news(live.state));
  live.out.clear();
  at_once.settle(live.ref, live.state, day_start + 2h, live.out);
  at_once.report(live.ref, live.state, live.out);
  settled.finish(replay.ref, replay.state, replay.out);
  REQUIRE(live.out.alerts.size() == 1);
  REQUIRE(replay.out.alerts.size() == 1);
  auto a = live.out.alerts.front(), b = replay.out.alerts.front();
  CHECK(a.state == base::alert_state::final);
  a.revision = b.revision = 0;
  CHECK(a == b);
  CHECK(!engine::has_news(live.state));
}

TEST_CASE("engine: what was said before its windows closed is said again with their figures",
          "[detect][engine]") {
  stand live{share_rule}, replay{share_rule};
  engine at_once{live.rules, voice::at_once}, settled{replay.rules, voice::settled};
  const auto both = [&](base::event_time t, bool matches) {
    at_once.fold(live.ref, live.state, live.event(t, matches), t, false, live.out);
    settled.fold(replay.ref, replay.state, replay.event(t, matches), t, false, replay.out);
  };
  for (int i = 0; i < 8; ++i)
    both(day_start + std::chrono::seconds{i}, true);
  // Its only source seemed to have nothing more to say, and then had: calls that no rule matches.
  at_once.conclude(live.ref, live.state, live.out);
  CHECK(live.out.alerts.back().state == base::alert_state::final);
  for (int i = 8; i < 12; ++i)
    both(day_start + std::chrono::seconds{i}, false);
  at_once.settle(live.ref, live.state, day_start + 2h, live.out);
  at_once.report(live.ref, live.state, live.out);
  settled.finish(replay.ref, replay.state, replay.out);
  REQUIRE(replay.out.alerts.size() == 1);
  auto a = live.out.alerts.back(), b = replay.out.alerts.front();
  CHECK(a.revision == 3);
  a.revision = b.revision = 0;
  CHECK(a == b);
}

TEST_CASE("engine: what was said as final is not said as provisional again for nothing",
          "[detect][engine]") {
  stand s{share_rule};
  engine folds{s.rules, voice::at_once};
  const auto many = [&](base::event_time from) {
    for (int i = 0; i < 8; ++i)
      folds.fold(s.ref, s.state, s.event(from + std::chrono::seconds{i}, true), from, false, s.out);
  };
  many(day_start);
  many(day_start + 1h);
  folds.conclude(s.ref, s.state, s.out);
  REQUIRE(s.out.alerts.back().state == base::alert_state::final);
  // The first hour's window closes behind the end of the source; the second one's stays open.
  folds.settle(s.ref, s.state, day_start + 1h, s.out);
  s.out.clear();
  folds.conclude(s.ref, s.state, s.out);
  CHECK(s.out.alerts.empty());
  CHECK(!engine::has_news(s.state)); // or a report would say it
}

TEST_CASE("engine: a provisional verdict that does not hold is withdrawn", "[detect][engine]") {
  stand s{share_rule};
  engine folds{s.rules, voice::at_once};
  for (int i = 0; i < 6; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + std::chrono::seconds{i}, true), day_start + 6s,
               false, s.out);
  REQUIRE(s.out.alerts.size() == 1);
  for (int i = 0; i < 30; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + std::chrono::seconds{i}, false), day_start + 31s,
               false, s.out);
  s.out.clear();
  folds.settle(s.ref, s.state, day_start + 2h, s.out);
  REQUIRE(s.out.alerts.size() == 1);
  CHECK(s.out.alerts.front().state == base::alert_state::withdrawn);
  CHECK(s.out.alerts.front().revision == 2);
}

TEST_CASE("engine: limits::entity_groups bounds the groups of one entity", "[detect][engine]") {
  constexpr const char* by_session = R"(
title: Anything
name: anything
level: low
logsource: {product: vedette}
detection: {any: {outcome: ok}, condition: any}
vedette: {by: session}
)";
  stand s{by_session};
  engine folds{s.rules, voice::settled};
  for (std::size_t i = 0; i < base::limits::entity_groups + 20; ++i) {
    auto e = s.event(day_start + std::chrono::seconds{i}, true);
    e.session = s.memory.copy("session-" + std::to_string(i));
    folds.fold(s.ref, s.state, e, e.time, false, s.out);
  }
  CHECK(s.state.groups.size() == base::limits::entity_groups);
}

TEST_CASE("engine: a rule whose measures changed does not read its old state", "[detect][engine]") {
  stand s{share_rule};
  engine before{s.rules, voice::settled};
  for (int i = 0; i < 8; ++i)
    before.fold(s.ref, s.state, s.event(day_start + std::chrono::seconds{i}, true), day_start + 8s,
                false, s.out);
  REQUIRE(s.state.groups.size() == 1);
  // Fewer measures under the same name: what is stored of the second must not be looked at.
  stand changed{R"(
title: Many refusals
name: many-refusals
level: medium
logsource: {product: vedette}
detection: {denied: {outcome: denied}, condition: denied}
vedette: {window: 10m, measures: {denials: {count: denied}}, levels: [{severity: low, when: {denials: {gte: 3}}, why: "x"}]}
)"};
  engine after{changed.rules, voice::settled};
  s.out.clear();
  for (int i = 10; i < 14; ++i)
    after.fold(s.ref, s.state, s.event(day_start + std::chrono::seconds{i}, true), day_start + 20s,
               false, s.out);
  after.finish(s.ref, s.state, s.out);
  REQUIRE(s.out.alerts.size() == 1);
  CHECK(s.out.alerts.front().count == 4);
}

TEST_CASE("engine: events too late for every window still count for their day's baseline",
          "[detect][engine]") {
  struct row {
    int on_time, late; ///< calls on each of twenty days
    int now;           ///< calls within an hour, three days after
    double usual;      ///< that the alert compares with; negative: silence
    const char* why;
  };
  const row rows[] = {
      {50, 0, 70, -1, "within one and a half times the usual"},
      {50, 0, 80, 50, "above it"},
      {50, 60, 80, -1, "the late ones show that sixty is usual"},
      {50, 60, 95, 60, "which is above that, too"},
      {0, 60, 80, -1, "a source that is always late has a past as well"},
      {0, 60, 95, 60, "and an end to what is usual"},
      {50, 20, 80, 50, "fewer late ones than came on time teach nothing new"},
  };
  for (const auto& r : rows) {
    INFO(r.on_time << " on time, " << r.late << " late, then " << r.now << ": " << r.why);
    stand s{volume_rule};
    engine folds{s.rules, voice::settled};
    auto watermark = day_start;
    const auto burst = [&](base::event_time at, int n, bool late) {
      for (int i = 0; i < n; ++i) {
        const auto e = s.event(at + std::chrono::seconds{i}, true);
        watermark = std::max(watermark, e.time);
        folds.fold(s.ref, s.state, e, watermark, late, s.out);
      }
    };
    for (int day = 0; day < 20; ++day) {
      const auto noon = day_start + std::chrono::days{day} + 12h;
      burst(noon, r.on_time, false);
      watermark = std::max(watermark, noon + 8h);
      burst(noon + 3h, r.late, true);
    }
    REQUIRE(s.out.alerts.empty());
    burst(day_start + 22 * 24h + 12h, r.now, false);
    folds.finish(s.ref, s.state, s.out);
    if (r.usual < 0) {
      CHECK(s.out.alerts.empty());
    } else {
      REQUIRE(s.out.alerts.size() == 1);
      CHECK(s.out.alerts.front().count == static_cast<std::uint64_t>(r.now));
      REQUIRE(s.out.alerts.front().evidence.size() >= 2);
      CHECK(s.out.alerts.front().evidence[1].second == std::to_string(static_cast<int>(r.usual)));
    }
  }
}

TEST_CASE("engine: a day already told is told again when late events make it larger",
          "[detect][engine]") {
  stand s{volume_rule};
  engine folds{s.rules, voice::settled};
  for (int i = 0; i < 20; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + 12h + std::chrono::seconds{i}, true),
               day_start + 12h + 20s, false, s.out);
  folds.settle(s.ref, s.state, day_start + 48h, s.out);
  REQUIRE(s.out.maxima.size() == 1);
  CHECK(s.out.maxima[0].value == 20);
  s.out.clear();
  for (int i = 0; i < 30; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + 15h + std::chrono::seconds{i}, true),
               day_start + 48h, true, s.out);
  folds.settle(s.ref, s.state, day_start + 49h, s.out);
  REQUIRE(s.out.maxima.size() == 1);
  CHECK(s.out.maxima[0].value == 30);
  CHECK(s.out.maxima[0].day == base::day_of(day_start));
  s.out.clear();
  folds.settle(s.ref, s.state, day_start + 50h, s.out);
  CHECK(s.out.maxima.empty());
}

TEST_CASE("engine: an event dated ahead of the watermark teaches nothing and says nothing",
          "[detect][engine]") {
  stand s{volume_rule};
  engine folds{s.rules, voice::settled};
  for (int i = 0; i < 50; ++i)
    folds.fold(s.ref, s.state, s.event(day_start + std::chrono::days{300}, true), day_start, true,
               s.out);
  folds.settle(s.ref, s.state, day_start + std::chrono::days{400}, s.out);
  CHECK(s.out.maxima.empty());
  folds.finish(s.ref, s.state, s.out);
  CHECK(s.out.alerts.empty());
}

TEST_CASE("engine: a rule that speaks of single events speaks of late ones too, in a sequence",
          "[detect][engine]") {
  stand s{R"(
title: Made and raised
name: made-and-raised
level: low
logsource: {product: vedette}
detection: {made: {action: a}, raised: {action: b}, condition: made or raised}
vedette:
  sequence: {steps: [made, raised], within: 10m, severity: high}
  levels: [{severity: low, when: {made: true}, why: "made"}]
)"};
  engine folds{s.rules, voice::settled};
  auto raise = s.event(day_start + 1min, true);
  auto mark = s.memory.array<base::match>(1);
  mark[0].marks = 2;
  raise.matches = mark;
  folds.fold(s.ref, s.state, raise, day_start + 1min, false, s.out);
  // Had it come in time, the two would be a sequence.
  folds.fold(s.ref, s.state, s.event(day_start, true), day_start + 2h, true, s.out);
  folds.finish(s.ref, s.state, s.out);
  REQUIRE(s.out.alerts.size() == 1);
  CHECK(s.out.alerts.front().severity == base::severity::low);
  CHECK(s.out.alerts.front().late);
  CHECK(s.out.alerts.front().why == "made");
}
