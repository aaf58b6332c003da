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

const base::event_time start{std::chrono::days{20'000}};

} // namespace

TEST_CASE("engine: a share is judged with all calls of its window however late it is settled",
          "[detect][engine]") {
  stand s{share_rule};
  engine folds{s.rules, voice::settled};
  // Six refusals among fourteen calls that went well: three in ten, no alert.
  for (int i = 0; i < 20; ++i)
    folds.fold(s.ref, s.state, s.event(start + std::chrono::seconds{i}, i % 3 == 0 && i < 18),
               start + 20s, false, s.out);
  // Hours of other calls, which push the minutes of that window out of the activity counter.
  for (int i = 0; i < 300; ++i) {
    const auto t = start + 1h + std::chrono::minutes{i};
    folds.fold(s.ref, s.state, s.event(t, false), t, false, s.out);
  }
  folds.finish(s.ref, s.state, s.out);
  CHECK(s.out.alerts.empty());
}

TEST_CASE("engine: a live node speaks at once and ends with what replay says", "[detect][engine]") {
  stand live{share_rule}, replay{share_rule};
  engine at_once{live.rules, voice::at_once}, settled{replay.rules, voice::settled};
  for (int i = 0; i < 8; ++i) {
    const auto t = start + std::chrono::seconds{i};
    at_once.fold(live.ref, live.state, live.event(t, true), t, false, live.out);
    settled.fold(replay.ref, replay.state, replay.event(t, true), t, false, replay.out);
    CHECK(live.out.alerts.size() == (i >= 4 ? 1U : 0U));
  }
  REQUIRE(live.out.alerts.size() == 1);
  CHECK(live.out.alerts.front().state == base::alert_state::provisional);
  CHECK(engine::has_news(live.state));
  live.out.clear();
  at_once.settle(live.ref, live.state, start + 2h, live.out);
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

TEST_CASE("engine: a provisional verdict that does not hold is withdrawn", "[detect][engine]") {
  stand s{share_rule};
  engine folds{s.rules, voice::at_once};
  for (int i = 0; i < 6; ++i)
    folds.fold(s.ref, s.state, s.event(start + std::chrono::seconds{i}, true), start + 6s, false,
               s.out);
  REQUIRE(s.out.alerts.size() == 1);
  for (int i = 0; i < 30; ++i)
    folds.fold(s.ref, s.state, s.event(start + std::chrono::seconds{i}, false), start + 31s, false,
               s.out);
  s.out.clear();
  folds.settle(s.ref, s.state, start + 2h, s.out);
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
    auto e = s.event(start + std::chrono::seconds{i}, true);
    e.session = s.memory.copy("session-" + std::to_string(i));
    folds.fold(s.ref, s.state, e, e.time, false, s.out);
  }
  CHECK(s.state.groups.size() == base::limits::entity_groups);
}

TEST_CASE("engine: a rule whose measures changed does not read its old state", "[detect][engine]") {
  stand s{share_rule};
  engine before{s.rules, voice::settled};
  for (int i = 0; i < 8; ++i)
    before.fold(s.ref, s.state, s.event(start + std::chrono::seconds{i}, true), start + 8s, false,
                s.out);
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
    after.fold(s.ref, s.state, s.event(start + std::chrono::seconds{i}, true), start + 20s, false,
               s.out);
  after.finish(s.ref, s.state, s.out);
  REQUIRE(s.out.alerts.size() == 1);
  CHECK(s.out.alerts.front().count == 4);
}
