// Whatever happens in whatever order: the fold is a function of its log, checkpoints lose nothing,
// repeats are harmless, and no action ever runs that should not.
#include "respond/tenant_state.hpp"
#include "tests/respond/samples.hpp"

#include <cstdlib>
#include <map>
#include <set>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using samples::at;
using samples::dice;

namespace {

std::string content() {
  auto second = samples::contain("approval: two");
  second.replace(second.find("name: contain"), 13, "name: second");
  second.replace(second.find("rules: [theft]"), 14,
                 "rules: [theft, leak], incident_rules: [chain]");
  auto third = samples::contain("approval: none\n    on_failure: stop");
  third.replace(third.find("name: contain"), 13, "name: third");
  third.replace(third.find("rules: [theft]"), 14, "rules: [leak]");
  third.replace(third.find("class: may-repeat"), 17, "class: at-most-once\n    on_failure: stop");
  return samples::contain() + "---" + second + "---" + third + R"(---
type: incident-rule
name: chain
title: Chain
severity: critical
within: 12h
steps: [{rules: [leak]}, {rules: [theft]}]
)";
}

/// Makes up inputs that fit what the state is doing, now and then ones that do not.
class world {
 public:
  world(std::uint64_t seed, std::shared_ptr<const playbook_set> playbooks)
      : dice_{seed}, playbooks_{std::move(playbooks)} {}

  input next(const tenant_state& s, const outputs& last) {
    now_ += std::chrono::seconds{dice_.below(300)};
    if (!last.intents.empty() && dice_.below(10) > 0)
      return samples::committed(last, now_);
    const auto all = s.actions({.limit = 1000});
    const auto some = all.empty() ? std::string{"none"} : all[dice_.below(all.size())]->id;
    switch (dice_.below(12)) {
    case 0:
    case 1:
    case 2:
      return alert_arrived{an_alert(), now_};
    case 3:
      return day_maxima_told{{{"1", base::rule_id{"theft"}, "objects",
                               base::day_of(now_) - static_cast<int>(dice_.below(35)),
                               static_cast<double>(dice_.below(1000))}},
                             now_};
    case 4:
    case 5:
      if (auto ready = s.runnable_actions(); !ready.empty())
        return action_attempt{
            ready[dice_.below(ready.size())].id, {{"was", std::to_string(dice_.below(9))}}, now_};
      return action_attempt{some, {}, now_};
    case 6:
    case 7:
      for (const auto* a : all)
        if (a->state == action_state::attempted && dice_.below(2))
          return action_outcome{
              a->id, static_cast<attempt_result>(dice_.below(3)), "text", {}, now_};
      return action_outcome{some, attempt_result::done, "text", {}, now_};
    case 8:
    case 9:
      return a_command(s, some);
    case 10:
      return dice_.below(4) ? input{tick{now_, now_ - 1h}} : input{responder_changed{now_}};
    default:
      if (dice_.below(8))
        return tick{now_, {}};
      auto settings = samples::daring();
      settings.kind_budgets["notify"] = static_cast<std::uint32_t>(dice_.below(4));
      settings.tenant_mode = static_cast<mode>(dice_.below(3));
      if (dice_.below(3) == 0)
        settings.tenant.break_glass = {"user0"};
      return configured{playbooks_, settings, now_};
    }
  }

 private:
  base::alert an_alert() {
    const auto id = std::to_string(dice_.below(40));
    auto a = samples::alert(id, dice_.below(2) ? "theft" : "leak",
                            static_cast<base::severity>(2 + dice_.below(3)),
                            std::chrono::hours{std::stoi(id) % 30});
    a.entity = a.identity_id = "arn:aws:iam::1:user/user" + std::to_string(dice_.below(6));
    a.session = dice_.below(3) ? "" : "session" + std::to_string(dice_.below(4));
    a.ips = {"203.0.113." + std::to_string(dice_.below(20))};
    a.revision = 1 + static_cast<std::uint32_t>(dice_.below(6));
    a.state = static_cast<base::alert_state>(dice_.below(8) ? dice_.below(2) : 2);
    if (dice_.below(3) == 0)
      a.claim = base::volume_claim{.measure = "objects",
                                   .value = static_cast<double>(dice_.below(2000)),
                                   .day = base::day_of(now_)};
    return a;
  }

  input a_command(const tenant_state& s, const std::string& some) {
    const auto what = static_cast<verb>(dice_.below(7));
    auto id = some;
    // Mostly what the command is meant for, or the rarer states would hardly be met.
    const auto fitting = what == verb::revert ? action_state::done : action_state::waiting_approval;
    for (const auto* a : s.actions({.state = fitting, .limit = 1000}))
      if (what <= verb::revert && dice_.below(3))
        id = a->id;
    if (what == verb::acknowledge || what == verb::close) {
      const auto list = s.incidents({.limit = 1000});
      id = list.empty() || (what == verb::close && dice_.below(3))
               ? "none"
               : list[dice_.below(list.size())]->id;
    }
    const auto* a = s.find_action(id);
    return operator_command{what,
                            id,
                            "person" + std::to_string(dice_.below(3)),
                            "",
                            a && dice_.below(6) ? a->plan_hash : "",
                            now_};
  }

  dice dice_;
  std::shared_ptr<const playbook_set> playbooks_;
  base::receive_time now_ = at();
};

/// How many times the usual number of seeds: VEDETTE_ROUNDS for long runs.
std::uint64_t rounds() {
  const char* said = std::getenv("VEDETTE_ROUNDS");
  const auto n = said ? std::strtoull(said, nullptr, 10) : 1;
  return n > 0 ? n : 1;
}

void check_invariants(const tenant_state& s) {
  std::map<std::string, int> touching;
  for (const auto* a : s.actions({.limit = 100'000})) {
    const bool on_its_way =
        a->state == action_state::runnable || a->state == action_state::attempted;
    if (on_its_way) {
      REQUIRE(a->intent_committed);
      REQUIRE(a->plan_hash == hash_of(a->plan));
      std::set<std::string> people;
      for (const auto& given : a->approvals)
        people.insert(given.who);
      REQUIRE(people.size() >= approvals_needed(a->plan));
      if (!only_speaks(a->plan.kind))
        REQUIRE(++touching[a->plan.target] == 1);
    }
    if (s.frozen())
      REQUIRE(a->state != action_state::runnable);
    if (a->state == action_state::refused || a->state == action_state::failed ||
        a->state == action_state::expired)
      REQUIRE_FALSE(a->reason.empty());
    REQUIRE(s.find_incident(a->incident) != nullptr);
  }
  for (const auto* i : s.incidents({.limit = 100'000}))
    REQUIRE(i->state != incident_state::merged);
}

struct history {
  std::vector<input> log;
  std::vector<outputs> said;
  tenant_state::data end;
};

history live(std::uint64_t seed, const std::shared_ptr<const playbook_set>& set, int steps) {
  tenant_state s{samples::acme, set, samples::daring()};
  world w{seed, set};
  history h;
  outputs last;
  for (int n = 0; n < steps; ++n) {
    h.log.push_back(w.next(s, last));
    last = s.fold(h.log.back());
    h.said.push_back(last);
    if (n % 8 == 0)
      check_invariants(s);
  }
  h.end = s.checkpoint();
  return h;
}

} // namespace

TEST_CASE("fold: folding the same log again says and remembers the same") {
  const auto set = samples::playbooks(content());
  std::map<action_state, int> seen;
  for (std::uint64_t seed = 1; seed <= 40 * rounds(); ++seed) {
    INFO("seed " << seed);
    const auto h = live(seed, set, 300);
    tenant_state again{samples::acme, set, samples::daring()};
    for (std::size_t n = 0; n < h.log.size(); ++n)
      REQUIRE(again.fold(h.log[n]) == h.said[n]);
    REQUIRE(again.checkpoint() == h.end);
    for (const auto& [id, a] : h.end.actions.actions)
      ++seen[a.state];
  }
  // The histories are worth something only if they visit the states there are.
  for (auto s : {action_state::done, action_state::failed, action_state::expired,
                 action_state::rejected, action_state::refused, action_state::reverted,
                 action_state::waiting_approval, action_state::attempted}) {
    INFO(to_string(s));
    CHECK(seen[s] > 0);
  }
}

TEST_CASE("fold: going on from a checkpoint taken anywhere says and remembers the same") {
  const auto set = samples::playbooks(content());
  for (std::uint64_t seed = 101; seed <= 100 + 40 * rounds(); ++seed) {
    INFO("seed " << seed);
    const auto h = live(seed, set, 300);
    dice dice{seed};
    const auto cut = dice.below(h.log.size());
    tenant_state before{samples::acme, set, samples::daring()};
    for (std::size_t n = 0; n < cut; ++n)
      before.fold(h.log[n]);
    tenant_state after{before.checkpoint(), set, before.settings()};
    for (std::size_t n = cut; n < h.log.size(); ++n)
      REQUIRE(after.fold(h.log[n]) == h.said[n]);
    REQUIRE(after.checkpoint() == h.end);
  }
}

TEST_CASE("fold: every input may come twice") {
  const auto set = samples::playbooks(content());
  for (std::uint64_t seed = 201; seed <= 200 + 40 * rounds(); ++seed) {
    INFO("seed " << seed);
    const auto h = live(seed, set, 300);
    tenant_state twice{samples::acme, set, samples::daring()};
    for (const auto& in : h.log) {
      twice.fold(in);
      const auto again = twice.fold(in);
      INFO("input of kind " << in.index());
      INFO((again.intents.empty() ? ""
                                  : again.intents[0].plan.step + " " + again.intents[0].note + " " +
                                        again.intents[0].plan.target));
      REQUIRE(again.publish.empty());
      REQUIRE(again.intents.empty());
    }
    REQUIRE(twice.checkpoint() == h.end);
  }
}

TEST_CASE("fold: whatever the order revisions arrive in, the highest one stays") {
  for (std::uint64_t seed = 301; seed <= 320; ++seed) {
    INFO("seed " << seed);
    dice dice{seed};
    std::vector<base::alert> told;
    for (int id = 0; id < 20; ++id)
      for (std::uint32_t revision = 1; revision <= 5; ++revision) {
        auto a = samples::alert(std::to_string(id), "other");
        a.revision = revision;
        a.count = revision * 10;
        told.push_back(a);
      }
    for (std::size_t i = told.size(); i > 1; --i)
      std::swap(told[i - 1], told[dice.below(i)]);
    tenant_state s{samples::acme, nullptr, {}};
    std::uint64_t number = 0;
    for (const auto& a : told)
      for (const auto& p : s.fold(alert_arrived{a, at()}).publish)
        REQUIRE(p.number == ++number);
    for (int id = 0; id < 20; ++id)
      CHECK(s.find_alert(std::to_string(id))->alert.count == 50);
  }
}
