// The fold of one partition without any actor: what it recovers, drops, and says again.
#include "base/limits.hpp"
#include "tests/actors/fold_host.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* counting_rule = R"(
title: Three refusals
name: three-refusals
level: medium
logsource: {product: vedette}
detection: {denied: {outcome: denied}, condition: denied}
vedette:
  window: 10m
  measures: {denials: {count: denied}}
  levels: [{severity: medium, when: {denials: {gte: 3}}, why: "{denials} refusals"}]
)";

std::shared_ptr<testing::shelf> counting_shelf() {
  auto all = std::make_shared<testing::shelf>();
  all->put(1, {{"test.yaml", counting_rule}});
  return all;
}

/// A batch of one event per given second, all matching.
schemas::batch_entry batch(std::uint64_t sequence, std::initializer_list<int> seconds,
                           std::string_view id = "e") {
  auto events = std::make_shared<base::event_batch>();
  events->tenant.value = "t";
  events->generation = {1};
  for (int s : seconds) {
    base::event e;
    e.time = start + std::chrono::seconds{s};
    e.id = events->memory.copy(std::string{id} + std::to_string(s));
    e.identity = "alice";
    e.service = "s3.amazonaws.com";
    auto m = events->memory.array<base::match>(1);
    m[0].marks = 1;
    e.matches = m;
    events->events.push_back(e);
  }
  schemas::batch_entry b;
  b.tenant.value = "t";
  b.source = "src";
  b.session = 1;
  b.sequence = sequence;
  b.received = start + 1h;
  b.events = std::move(events);
  return b;
}

/// One generation that counts refusals.
struct counting_host : testing::host {
  counting_host() : testing::host{counting_shelf()} {}
};

} // namespace

TEST_CASE(
    "partition: what a fold raised before a crash is said again, and not after it was emitted",
    "[actors][partition]") {
  counting_host h;
  CHECK(h.take(batch(1, {1, 2})).empty());
  auto raised = h.take(batch(2, {3}));
  REQUIRE(raised.size() == 1);
  REQUIRE(raised[0].alerts.size() == 1);
  const auto id = raised[0].alerts[0].id;
  SECTION("the crash came before the emitted entry") {
    const auto left = h.restart();
    REQUIRE(left.size() == 1);
    CHECK(left[0].alerts[0].id == id);
    CHECK(left[0].of_entry == 2);
  }
  SECTION("the crash came after it") {
    (void)h.write(state::entry_kind::emitted, schemas::encode(raised[0]));
    CHECK(h.restart().empty());
    CHECK(h.fold->outbox().size() == 1);
    (void)h.write(state::entry_kind::answered, schemas::encode(schemas::answered_entry{{3}}));
    CHECK(h.fold->outbox().empty());
    CHECK(h.restart().empty());
    CHECK(h.fold->outbox().empty());
  }
}

TEST_CASE("partition: a checkpoint and the tail give what the whole log gives",
          "[actors][partition]") {
  const int checkpoint_after = GENERATE(1, 2, 3, 4);
  counting_host whole, cut;
  std::vector<partition_state::emission> a, b;
  for (int i = 1; i <= 5; ++i) {
    const auto part = batch(static_cast<std::uint64_t>(i), {i * 2, i * 2 + 1});
    for (auto& e : whole.take(part))
      a.push_back(e);
    for (auto& e : cut.take(part))
      b.push_back(e);
    if (i == checkpoint_after) {
      REQUIRE(cut.store->entities().apply(*cut.fold->checkpoint()));
      cut.fold->checkpointed(cut.fold->applied());
      (void)cut.restart();
    }
  }
  CHECK(a == b);
  CHECK(whole.fold->knows(batch(3, {})));
  CHECK(cut.fold->knows(batch(3, {})));
  CHECK(!cut.fold->knows(batch(6, {})));
}

TEST_CASE("partition: an id seen before is dropped, also after a restart", "[actors][partition]") {
  counting_host h;
  auto first = batch(1, {1, 2});
  CHECK(h.fold->without_duplicates({"t"}, first.events) == first.events);
  (void)h.take(first);
  const auto again = batch(2, {2, 3});
  CHECK(h.fold->without_duplicates({"t"}, again.events)->events.size() == 1);
  CHECK(again.events->events.size() == 2); // whoever sends it again sends all of it
  (void)h.restart();
  CHECK(h.fold->without_duplicates({"t"}, batch(3, {1, 2, 9}).events)->events.size() == 1);
}

TEST_CASE("partition: what one tenant has sent is no duplicate of another's with the same id",
          "[actors][partition]") {
  counting_host h;
  const auto mine = batch(1, {1, 2});
  (void)h.take(mine);
  auto theirs = batch(1, {1, 2});
  theirs.tenant.value = "u";
  CHECK(h.fold->without_duplicates(theirs.tenant, theirs.events) == theirs.events);
  CHECK(h.fold->without_duplicates(mine.tenant, mine.events)->events.empty());
  (void)h.take(theirs);
  (void)h.restart();
  CHECK(h.fold->without_duplicates(theirs.tenant, theirs.events)->events.empty());
}

TEST_CASE("partition: ids of a batch that was not appended after all are forgotten",
          "[actors][partition]") {
  counting_host h;
  (void)h.take(batch(1, {1}));
  const auto lost = batch(2, {1, 2});
  CHECK(h.fold->without_duplicates({"t"}, lost.events)->events.size() == 1);
  REQUIRE(h.fold->reload_ids());
  const auto again = h.fold->without_duplicates({"t"}, lost.events);
  REQUIRE(again->events.size() == 1);
  CHECK(again->events.front().id == lost.events->events.back().id);
}

TEST_CASE("partition: an event further ahead than limits::ahead does not make others late",
          "[actors][partition]") {
  counting_host h;
  auto future = batch(1, {1});
  auto& e = std::const_pointer_cast<base::event_batch>(future.events)->events.front();
  e.time = future.received + base::limits::ahead + 24h;
  (void)h.take(future);
  CHECK(h.fold->figures().ahead == 1);
  const auto raised = h.take(batch(2, {1, 2, 3}, "n"));
  CHECK(h.fold->figures().late == 0);
  REQUIRE(raised.size() == 1);
  CHECK(raised[0].alerts[0].count == 3);
}

TEST_CASE(
    "partition: what finds its window closed by a source that is far ahead is counted as late",
    "[actors][partition]") {
  counting_host h;
  (void)h.take(batch(1, {3'500}));
  auto behind = batch(1, {1, 2, 3}, "n");
  behind.source = "slow";
  CHECK(h.take(behind).empty());
  CHECK(h.fold->figures().late == 3);
}

TEST_CASE("partition: an entry of another fold version is not folded, and the error says which",
          "[actors][partition]") {
  counting_host h;
  const state::log_entry e{{0}, {1}, {1}, state::entry_kind::tick, fold_version + 1, "x"};
  REQUIRE(h.store->log().append(std::span{&e, 1}));
  const auto left = h.try_restart();
  REQUIRE(!left);
  CHECK(left.err().code == base::ec::unsupported);
  CHECK(left.err().context.find("fold version 2") != std::string::npos);
}

TEST_CASE(
    "partition: what a source that went on elsewhere made provisional is final when it ends again",
    "[actors][partition]") {
  auto rule = std::string{counting_rule};
  rule.replace(rule.find("{gte: 3}"), 8, "{gte: 3, lt: 9}"); // may be taken back, so it waits
  auto shelf = std::make_shared<testing::shelf>();
  shelf->put(1, {{"test.yaml", rule}});
  testing::host h{shelf};
  auto now = start + 1h;
  const auto tick = [&](bool holds, base::duration watermark) {
    schemas::tick_entry t;
    t.now = now += 1min;
    t.sources.push_back({{"t"}, "src", start + watermark, holds});
    return h.write(state::entry_kind::tick, schemas::encode(t));
  };
  const auto last_state = [](const std::vector<partition_state::emission>& said) {
    REQUIRE(!said.empty());
    return said.back().alerts.back().state;
  };
  REQUIRE(!h.take(batch(1, {0, 1, 2, 595})).empty());
  CHECK(last_state(tick(false, 595s)) == base::alert_state::final);
  // Its next events are other partitions'. One window closes, another does not yet.
  CHECK(last_state(tick(true, base::limits::lateness + 100s)) == base::alert_state::provisional);
  CHECK(last_state(tick(false, base::limits::lateness + 100s)) == base::alert_state::final);
}

TEST_CASE("ledger: a resend is known whatever came between", "[actors][partition]") {
  state::batch_ledger ledger;
  const state::batch_ledger::collector who{{"t"}, "s", 7};
  for (std::uint64_t s : {3, 1, 9, 2})
    ledger.take(who, s, 0, start);
  for (std::uint64_t s : {1, 2, 3, 9})
    CHECK(ledger.knows(who, s));
  CHECK(!ledger.knows(who, 4));
  CHECK(!ledger.knows({{"t"}, "s", 8}, 1));
  for (std::uint64_t s = 10; s < 10 + 2 * state::batch_ledger::above_max; s += 2)
    ledger.take(who, s, 0, start);
  CHECK(ledger.all().begin()->second.above.size() <= state::batch_ledger::above_max);
  // The bound takes nothing back of what the collector will not send again.
  ledger.take(who, 1'000'002, 1'000'001, {});
  ledger.take(who, 5, 3, {});
  CHECK(ledger.knows(who, 1'000'000));
  CHECK_FALSE(ledger.knows(who, 1'000'001));
  CHECK(ledger.knows(who, 1'000'002));
}
