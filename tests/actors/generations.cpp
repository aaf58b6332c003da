// Generations of rules in one partition's fold: an entry means for ever what it meant when it was
// written, and the rules in force go on with what the ones before remembered.
#include "tests/actors/fold_host.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

/// Fires at `threshold` matched events within the window.
std::string counting_refusals(const std::string& name, int threshold, const char* window = "10m") {
  return fmt::format(R"(
title: {0}
name: {0}
level: medium
logsource: {{product: vedette}}
detection: {{denied: {{outcome: denied}}, condition: denied}}
vedette:
  window: {2}
  measures: {{denials: {{count: denied}}}}
  levels: [{{severity: medium, when: {{denials: {{gte: {1}}}}}, why: "{{denials}} refusals"}}]
)",
                     name, threshold, window);
}

/// Provisional until the watermark has passed: a value that was not seen before may turn out late.
std::string novelty(const std::string& name) {
  return fmt::format(R"(
title: {0}
name: {0}
level: medium
logsource: {{product: vedette}}
detection: {{denied: {{outcome: denied}}, condition: denied}}
vedette:
  window: 10m
  measures: {{regions: {{novel: region, ttl: 30d}}}}
  levels: [{{severity: medium, when: {{regions: {{gte: 1}}}}, why: "{{regions}} new regions"}}]
)",
                     name);
}

/// One event per second, each matched by the given rule of the given generation.
schemas::batch_entry batch(const shelf& content, std::uint64_t generation, const char* rule,
                           std::uint64_t sequence, std::initializer_list<int> seconds) {
  const auto& rules = *content.all.at(generation)->rules;
  const auto* of = rules.find(rule);
  REQUIRE(of != nullptr);
  auto events = std::make_shared<base::event_batch>();
  events->tenant.value = "t";
  events->generation = {generation};
  for (int s : seconds) {
    base::event e;
    e.time = start + std::chrono::seconds{s};
    e.id = events->memory.copy(fmt::format("{}-{}-{}", rule, sequence, s));
    e.identity = "alice";
    e.service = "s3.amazonaws.com";
    auto values = events->memory.array<std::string_view>(of->slots);
    for (auto& v : values)
      v = events->memory.copy(fmt::format("value-{}", s));
    auto m = events->memory.array<base::match>(1);
    m[0].rule.value = static_cast<std::uint16_t>(of - rules.rules().data());
    m[0].marks = 1;
    m[0].values = values;
    e.matches = m;
    events->events.push_back(e);
  }
  schemas::batch_entry b;
  b.tenant.value = "t";
  b.source = "src";
  b.session = 1;
  b.sequence = sequence;
  b.received = start + 1h + std::chrono::seconds{std::max(seconds)};
  b.events = std::move(events);
  return b;
}

/// Rules A and B; then B, A and C, so that every index means another rule.
std::shared_ptr<shelf> reordered_generations() {
  auto all = std::make_shared<shelf>();
  all->put(1, {{"1.yaml", counting_refusals("a", 3)}, {"2.yaml", counting_refusals("b", 2)}});
  all->put(2, {{"1.yaml", counting_refusals("b", 2)},
               {"2.yaml", counting_refusals("a", 3)},
               {"3.yaml", counting_refusals("c", 1)}});
  return all;
}

/// Before the source is silent: wanted only when a window closes by then or an alert waits.
schemas::tick_entry tick_at(base::duration later, base::duration watermark) {
  return {start + 1h + later, {{{"t"}, "src", start + watermark, true}}};
}

std::vector<std::string> said(const std::vector<partition_state::emission>& all) {
  std::vector<std::string> out;
  for (const auto& e : all)
    for (const auto& a : e.alerts)
      out.push_back(fmt::format("{} {} {} {} {}", a.rule.value, a.id, a.revision, a.count,
                                to_string(a.state)));
  return out;
}

} // namespace

TEST_CASE("generations: a tail is folded by the rules that wrote it, whatever is in force now",
          "[actors][generations]") {
  struct life {
    int crash_after; ///< entries; 0: never
    bool checkpoint;
    const char* why;
  };
  const auto one = GENERATE(values<life>({{0, false, "the truth"},
                                          {2, false, "all of it is tail"},
                                          {2, true, "nothing is tail"},
                                          {3, false, "the switch is tail"},
                                          {3, true, "the switch is in the checkpoint"},
                                          {4, false, "both generations are tail"},
                                          {5, true, "everything is in the checkpoint"}}));
  INFO(one.why);
  const auto content = reordered_generations();
  host h{content};
  std::vector<partition_state::emission> out;
  const auto add = [&](std::vector<partition_state::emission> more) {
    std::move(more.begin(), more.end(), std::back_inserter(out));
  };
  int step = 0;
  const auto live = [&](auto write) {
    add(write());
    if (++step != one.crash_after)
      return;
    if (one.checkpoint)
      h.checkpoint();
    const auto again = h.restart();
    // Nothing was written as emitted, so all of it is said again and nothing else.
    CHECK(said(again) == said(out));
  };
  live([&] { return h.take(batch(*content, 1, "a", 1, {1, 2})); });
  live([&] { return h.take(batch(*content, 1, "b", 2, {3})); });
  live([&] { return h.switch_to(2); });
  live([&] { return h.take(batch(*content, 2, "b", 3, {4})); });
  live([&] { return h.take(batch(*content, 2, "a", 4, {5})); });
  add(h.take(batch(*content, 2, "c", 5, {6})));
  const auto lines = said(out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].substr(0, 2) == "b ");
  CHECK(lines[1].substr(0, 2) == "a ");
  CHECK(lines[2].substr(0, 2) == "c ");
  CHECK(out[1].alerts[0].count == 3);
  CHECK(h.fold->generation() == base::generation{2});
}

TEST_CASE("generations: a batch that was under way while the rules changed is folded by its own",
          "[actors][generations]") {
  const auto content = reordered_generations();
  host h{content};
  CHECK(h.switch_to(2).empty());
  CHECK(h.take(batch(*content, 1, "b", 1, {1})).empty());
  const auto raised = h.take(batch(*content, 1, "b", 2, {2}));
  REQUIRE(said(raised).size() == 1);
  CHECK(raised[0].alerts[0].rule.value == "b");
  // The window it opened closes under the rules in force.
  const auto closing = tick_at(30s, 2h);
  REQUIRE(h.fold->wants_tick(closing));
  (void)h.write(state::entry_kind::tick, schemas::encode(closing));
  CHECK_FALSE(h.fold->wants_tick(tick_at(50s, 3h)));
}

TEST_CASE("generations: what stands of a rule that is gone becomes final, and nothing waits for it",
          "[actors][generations]") {
  auto content = std::make_shared<shelf>();
  content->put(1, {{"1.yaml", novelty("n")}, {"2.yaml", counting_refusals("b", 2)}});
  content->put(2, {{"2.yaml", counting_refusals("b", 2)}});
  const bool before = GENERATE(true, false);
  INFO((before ? "said before the switch" : "said by a batch that came after it"));
  host h{content};
  std::vector<partition_state::emission> first, last;
  if (before) {
    first = h.take(batch(*content, 1, "n", 1, {1}));
    last = h.switch_to(2);
  } else {
    (void)h.switch_to(2);
    first = last = h.take(batch(*content, 1, "n", 1, {1}));
  }
  REQUIRE(!first.empty());
  CHECK(first[0].alerts.front().state == base::alert_state::provisional);
  REQUIRE(!last.empty());
  CHECK(last[0].alerts.back().state == base::alert_state::final);
  CHECK(last[0].alerts.back().id == first[0].alerts.front().id);
  CHECK_FALSE(h.fold->wants_tick(tick_at(50s, 5h)));
  (void)h.restart();
  CHECK_FALSE(h.fold->wants_tick(tick_at(50s, 5h)));
}

TEST_CASE("generations: a log that names content which is not there stops the start and says what",
          "[actors][generations]") {
  const auto content = reordered_generations();
  host h{content};
  const auto refused = [&](const char* hash) {
    const auto left = h.try_restart();
    REQUIRE(!left);
    CHECK(left.err().code == base::ec::unsupported);
    INFO(left.err().context);
    CHECK(left.err().context.find(hash) != std::string::npos);
    CHECK(left.err().context.find("restore") != std::string::npos);
  };
  const auto hash2 = content->all.at(2)->hash;
  SECTION("a batch of the tail") {
    (void)h.take(batch(*content, 1, "a", 1, {1, 2}));
    content->all.erase(1);
    refused("generation 1");
  }
  SECTION("the switch") {
    (void)h.switch_to(2);
    content->all.erase(2);
    refused(hash2.c_str());
  }
  SECTION("the checkpoint") {
    (void)h.switch_to(2);
    h.checkpoint();
    content->all.erase(2);
    refused(hash2.c_str());
  }
  SECTION("other files under the number") {
    (void)h.take(batch(*content, 1, "a", 1, {1, 2}));
    (void)h.switch_to(2);
    content->put(2, {{"1.yaml", counting_refusals("b", 2)}}, nullptr, std::string(64, 'f'));
    refused(hash2.c_str());
  }
  SECTION("a batch ahead of the entry that puts its rules in force") {
    (void)h.write(state::entry_kind::answered, schemas::encode(schemas::answered_entry{{1}}));
    const state::log_entry e{{0},
                             {1},
                             {++h.appended},
                             state::entry_kind::batch,
                             fold_version,
                             schemas::encode(batch(*content, 2, "a", 1, {1}))};
    REQUIRE(h.store->log().append(std::span{&e, 1}));
    const auto left = h.try_restart();
    REQUIRE(!left);
    CHECK(left.err().code == base::ec::corrupt);
  }
}

TEST_CASE("generations: a window that was open goes on under rules that did not change its shape",
          "[actors][generations]") {
  auto content = std::make_shared<shelf>();
  content->put(1, {{"1.yaml", counting_refusals("a", 3)}});
  content->put(2, {{"1.yaml", counting_refusals("a", 4)}});
  content->put(3, {{"1.yaml", counting_refusals("a", 3, "20m")}});
  host h{content};
  CHECK(h.take(batch(*content, 1, "a", 1, {1, 2})).empty());
  SECTION("another threshold: the two events count") {
    (void)h.switch_to(2);
    CHECK(h.take(batch(*content, 2, "a", 2, {3})).empty());
    const auto raised = h.take(batch(*content, 2, "a", 3, {4}));
    REQUIRE(said(raised).size() == 1);
    CHECK(raised[0].alerts[0].count == 4);
  }
  SECTION("another window: it begins anew") {
    (void)h.switch_to(3);
    CHECK(h.take(batch(*content, 3, "a", 2, {3, 4})).empty());
    const auto raised = h.take(batch(*content, 3, "a", 3, {5}));
    REQUIRE(said(raised).size() == 1);
    CHECK(raised[0].alerts[0].count == 3);
  }
}

TEST_CASE("generations: a rule that changes its shape, and back, never uses an alert's id again",
          "[actors][generations]") {
  auto content = std::make_shared<shelf>();
  content->put(1, {{"1.yaml", counting_refusals("a", 1)}});
  content->put(2, {{"1.yaml", counting_refusals("a", 1, "20m")}});
  content->put(3, {{"1.yaml", counting_refusals("a", 1)}});
  host h{content};
  std::vector<std::string> ids;
  const auto raise = [&](std::uint64_t generation, std::uint64_t sequence, int second) {
    const auto note = [&](const std::vector<partition_state::emission>& raised) {
      for (const auto& e : raised)
        for (const auto& a : e.alerts)
          if (ids.empty() || ids.back() != a.id)
            ids.push_back(a.id);
    };
    note(h.take(batch(*content, generation, "a", sequence, {second})));
    // Another episode of the same severity is said with the next report.
    note(h.write(state::entry_kind::tick,
                 schemas::encode(tick_at(std::chrono::seconds{second + 20}, {}))));
  };
  constexpr int quiet = 6 * 24 * 3600;
  raise(1, 1, 1);
  raise(1, 2, quiet);
  (void)h.switch_to(2);
  raise(2, 3, quiet + 60);
  h.checkpoint();
  (void)h.restart();
  raise(2, 4, 2 * quiet + 60);
  (void)h.switch_to(3);
  raise(3, 5, 2 * quiet + 120);
  REQUIRE(ids.size() == 5);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t k = i + 1; k < ids.size(); ++k)
      CHECK(ids[i] != ids[k]);
}

TEST_CASE("generations: a rule that is back says the same in a copy that has the entity in memory",
          "[actors][generations]") {
  auto content = std::make_shared<shelf>();
  content->put(1, {{"1.yaml", novelty("a")}});
  content->put(2, {{"1.yaml", counting_refusals("b", 2)}});
  content->put(3, {{"1.yaml", novelty("a")}, {"2.yaml", counting_refusals("b", 2)}});
  host here{content}, elsewhere{content};
  const auto both = [&](auto write) {
    const auto one = said(write(here)), other = said(write(elsewhere));
    CHECK(one == other);
    return one;
  };
  both([&](host& h) { return h.take(batch(*content, 1, "a", 1, {1, 540})); });
  CHECK(both([](host& h) { return h.switch_to(2); }).size() == 1); // final, its windows open
  elsewhere.checkpoint();
  (void)elsewhere.restart(); // what waits for nothing is in its store alone
  both([](host& h) { return h.switch_to(3); });
  const auto tick = [](base::duration later, base::duration watermark) {
    return [=](host& h) {
      return h.write(state::entry_kind::tick, schemas::encode(tick_at(later, watermark)));
    };
  };
  both(tick(1min, 22min)); // the first of them is closed, the second is not
  INFO("an event of another rule brings the entity, and with it the open window");
  both([&](host& h) { return h.take(batch(*content, 3, "b", 2, {1'400})); });
  both(tick(2min, 50min));
  both([&](host& h) { return h.take(batch(*content, 3, "a", 3, {3'000, 3'001})); });
  both(tick(2h, 2h));
}
