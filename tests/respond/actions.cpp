// How an action moves from plan to outcome, through the whole fold.
#include "respond/tenant_state.hpp"
#include "tests/respond/samples.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using samples::alert;
using samples::at;
using samples::carry_out;
using samples::committed;
using samples::only;

namespace {

/// A tenant whose playbook "contain" has started for one alert, with its intents in the log.
struct started {
  explicit started(std::string_view containment = "approval: one", std::string_view mode = "auto",
                   respond_settings settings = samples::daring(), std::string_view limits = "")
      : state{samples::acme, samples::playbooks(samples::contain(containment, mode, limits)),
              std::move(settings)} {
    planned = state.fold(alert_arrived{alert("1", "theft"), at(1min)});
    after_commit = state.fold(committed(planned, at(1min)));
  }
  const action& step(std::string_view name) const {
    for (const auto* a : state.actions({}))
      if (a->plan.step == name)
        return *a;
    FAIL("no step " << name);
    std::abort();
  }
  outputs command(verb what, const std::string& id, const std::string& who = "ann",
                  base::duration when = 2min) {
    const auto* a = state.find_action(id);
    return state.fold(
        operator_command{what, id, who, "for a reason", a ? a->plan_hash : "", at(when)});
  }

  tenant_state state;
  outputs planned, after_commit;
};

} // namespace

TEST_CASE("actions: nothing is runnable before its intent is in the log") {
  tenant_state s{samples::acme, samples::playbooks(samples::contain("approval: none")),
                 samples::daring()};
  const auto out = s.fold(alert_arrived{alert("1", "theft"), at()});
  CHECK(out.intents.size() == 2);
  CHECK(out.runnable.empty());
  CHECK(s.uncommitted_intents().size() == 2);
  const auto refused = s.fold(action_attempt{out.intents[0].id, {}, at()});
  CHECK(refused.refused);
  const auto after = s.fold(committed(out, at()));
  REQUIRE(after.runnable.size() == 1);
  CHECK(after.runnable[0].plan.step == "tell");
  CHECK(s.runnable_actions().size() == 1);
  CHECK(s.uncommitted_intents().empty());
}

TEST_CASE("actions: the steps of a run go one after the other") {
  started s{"approval: none"};
  REQUIRE(s.after_commit.runnable.size() == 1);
  const auto next = carry_out(s.state, s.step("tell").id, at(2min));
  REQUIRE(next.runnable.size() == 1);
  CHECK(next.runnable[0].plan.step == "revoke");
  CHECK(carry_out(s.state, s.step("revoke").id, at(3min)).runnable.empty());
  CHECK(s.step("revoke").state == action_state::done);
  CHECK(s.step("revoke").reason == "said the target");
}

TEST_CASE("actions: by mode and approval rule, an action waits for as many people as it should") {
  struct row {
    std::string why, containment, playbook;
    respond::mode tenant;
    std::size_t people;
  };
  for (const auto& r : std::vector<row>{
           {"dry run needs nobody", "approval: two", "auto", mode::dry_run, 0},
           {"a playbook that is a dry run", "approval: two", "dry_run", mode::automatic, 0},
           {"approve mode needs one at least", "approval: none", "auto", mode::approve, 1},
           {"approve mode and two", "approval: two", "approve", mode::automatic, 2},
           {"auto and none", "approval: none", "auto", mode::automatic, 0},
           {"auto and two", "approval: two", "auto", mode::automatic, 2}}) {
    INFO(r.why);
    auto settings = samples::daring();
    settings.tenant_mode = r.tenant;
    started s{r.containment, r.playbook, settings};
    const auto id = s.step("revoke").id;
    for (std::size_t n = 0; n < r.people; ++n) {
      CHECK(s.step("revoke").state == action_state::waiting_approval);
      CHECK_FALSE(s.command(verb::approve, id, "person " + std::to_string(n)).refused);
    }
    CHECK(s.step("revoke").state == action_state::approved);
    CHECK(s.command(verb::approve, id, "one more").refused);
  }
}

TEST_CASE("actions: one person approving twice is still one person") {
  started s{"approval: two"};
  const auto id = s.step("revoke").id;
  CHECK_FALSE(s.command(verb::approve, id, "ann").refused);
  CHECK(s.command(verb::approve, id, "ann").refused);
  CHECK(s.step("revoke").state == action_state::waiting_approval);
  CHECK(s.step("revoke").approvals.size() == 1);
  CHECK(limits::approvals >= 2);
}

TEST_CASE("actions: the admins of several nodes are one person") {
  started s{"approval: two"};
  const auto id = s.step("revoke").id;
  CHECK_FALSE(s.command(verb::approve, id, "admin@n2").refused);
  CHECK(s.command(verb::approve, id, "admin").refused);
  CHECK(s.command(verb::approve, id, "admin@n3").refused);
  CHECK(s.step("revoke").state == action_state::waiting_approval);
  CHECK_FALSE(s.command(verb::approve, id, "administrator").refused);
  CHECK(s.step("revoke").state == action_state::approved);
}

TEST_CASE(
    "actions: an approval is bound to the plan that was seen, and a changed plan needs a new one") {
  started s{"approval: two"};
  const auto id = s.step("revoke").id;
  const auto stale =
      s.state.fold(operator_command{verb::approve, id, "ann", "", "another hash", at(2min)});
  REQUIRE(stale.refused);
  CHECK(stale.refused->code == base::ec::conflict);
  CHECK_FALSE(s.command(verb::approve, id, "ann").refused);

  auto text = samples::contain("approval: two");
  auto same = s.state.fold(configured{samples::playbooks(text), samples::daring(), at(3min)});
  CHECK(same.intents.empty());
  CHECK(s.step("revoke").approvals.size() == 1);

  const auto before = s.step("revoke").plan_hash;
  text.replace(text.find("iam:PutRolePolicy"), 17, "iam:PutUserPolicy");
  const auto changed =
      s.state.fold(configured{samples::playbooks(text), samples::daring(), at(4min)});
  REQUIRE(changed.intents.size() == 1);
  CHECK(changed.intents[0].plan_hash != before);
  CHECK(s.step("revoke").approvals.empty());
  CHECK(s.step("revoke").state == action_state::planned);
  // The commit of the old intent, still on its way, does not speak for the new plan.
  s.state.fold(intents_committed{{{id, before}}, at(4min)});
  CHECK(s.step("revoke").state == action_state::planned);
  s.state.fold(committed(changed, at(5min)));
  CHECK(s.step("revoke").state == action_state::waiting_approval);
}

TEST_CASE("actions: when playbooks aim at another target, that is another action") {
  started s;
  const auto old = s.step("revoke").id;
  auto text = samples::contain();
  text.replace(text.find("target: \"${identity.id}\""), 24, "target: \"${identity.id|leaf}\"");
  const auto out = s.state.fold(configured{samples::playbooks(text), samples::daring(), at(2min)});
  CHECK(s.state.find_action(old)->state == action_state::refused);
  CHECK(s.state.find_action(old)->reason == "its target is now anna");
  REQUIRE(out.intents.size() == 1);
  CHECK(out.intents[0].plan.target == "anna");
  CHECK(out.intents[0].id ==
        action_id(samples::acme, out.intents[0].incident, "contain", "revoke", "anna"));
}

TEST_CASE("actions: a step that left the playbooks, or met a new break-glass entry, is refused") {
  started s;
  auto settings = samples::daring();
  settings.tenant.break_glass = {"anna"};
  s.state.fold(configured{samples::playbooks(samples::contain()), settings, at(2min)});
  CHECK(s.step("revoke").state == action_state::refused);
  CHECK(s.step("tell").state == action_state::runnable);
  s.state.fold(configured{std::make_shared<playbook_set>(), settings, at(3min)});
  CHECK(s.step("tell").state == action_state::refused);
  CHECK(s.step("tell").reason.find("no longer") != std::string::npos);
}

TEST_CASE("actions: rejected, expired and unknown ones say so") {
  started s;
  CHECK_FALSE(s.command(verb::reject, s.step("revoke").id).refused);
  CHECK(s.step("revoke").state == action_state::rejected);
  CHECK(s.step("revoke").reason == "by ann: for a reason");
  CHECK(s.command(verb::reject, s.step("revoke").id).refused);
  CHECK(s.command(verb::approve, "nothing").refused->code == base::ec::not_found);

  started t;
  t.state.fold(tick{at(1min + 59min), {}});
  CHECK(t.step("revoke").state == action_state::waiting_approval);
  t.state.fold(tick{at(1min + 60min), {}});
  CHECK(t.step("revoke").state == action_state::expired);
  CHECK(t.step("tell").state == action_state::expired);
}

TEST_CASE("actions: an attempt after the time to live is refused before any call") {
  started s{"approval: none"};
  const auto id = s.step("tell").id;
  const auto out = s.state.fold(action_attempt{id, {}, at(3h)});
  CHECK(out.refused);
  CHECK(s.step("tell").state == action_state::expired);
}

TEST_CASE("actions: freeze holds everything, also what was runnable, until it is lifted") {
  started s{"approval: none"};
  const auto id = s.step("tell").id;
  s.command(verb::freeze, "", "boss");
  CHECK(s.state.frozen());
  CHECK(s.state.runnable_actions().empty());
  const auto tried = s.state.fold(action_attempt{id, {}, at(3min)});
  REQUIRE(tried.refused);
  CHECK(tried.refused->context.find("frozen by boss") != std::string::npos);
  const auto other =
      s.state.fold(alert_arrived{alert("2", "theft", base::severity::high, 30h), at(4min)});
  CHECK(s.state.fold(committed(other, at(4min))).runnable.empty());
  const auto lifted = s.command(verb::unfreeze, "", "boss", 5min);
  CHECK_FALSE(lifted.runnable.empty());
  CHECK(lifted.runnable[0].id == id);
}

TEST_CASE("actions: what became of a call decides what happens next, by the step's class") {
  struct row {
    std::string why, step_class;
    attempt_result result;
    action_state expected;
  };
  using enum action_state;
  for (const auto& r : std::vector<row>{
           {"done", "idempotent", attempt_result::done, done},
           {"failed", "idempotent", attempt_result::failed, failed},
           {"overloaded, harmless to repeat", "verifiable", attempt_result::try_again, runnable},
           {"overloaded, at most once", "at-most-once", attempt_result::try_again, failed}}) {
    INFO(r.why);
    auto text = samples::contain("approval: none");
    text.replace(text.find("class: may-repeat"), 17, "class: " + r.step_class);
    tenant_state s{samples::acme, samples::playbooks(text), samples::daring()};
    s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
    const auto id = s.runnable_actions().at(0).id;
    carry_out(s, id, at(1min), r.result);
    CHECK(s.find_action(id)->state == r.expected);
    const auto late = s.fold(action_outcome{id, attempt_result::done, "", {}, at(2min)});
    CHECK(late.refused);
    CHECK(s.find_action(id)->state == r.expected);
  }
}

TEST_CASE("actions: trying again ends after limits::action_attempts") {
  started s{"approval: none"};
  const auto id = s.step("tell").id;
  for (std::uint32_t n = 0; n < limits::action_attempts; ++n) {
    REQUIRE(s.step("tell").state == action_state::runnable);
    carry_out(s.state, id, at(2min), attempt_result::try_again);
  }
  CHECK(s.step("tell").state == action_state::failed);
  CHECK(s.step("tell").reason.starts_with("gave up after 5 attempts"));
}

TEST_CASE("actions: when a responder dies in a call, only what may be repeated is") {
  for (const std::string step_class : {"idempotent", "verifiable", "may-repeat", "at-most-once"}) {
    INFO(step_class);
    auto text = samples::contain("approval: none");
    text.replace(text.find("class: may-repeat"), 17, "class: " + step_class);
    tenant_state s{samples::acme, samples::playbooks(text), samples::daring()};
    s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
    const auto id = s.runnable_actions().at(0).id;
    s.fold(action_attempt{id, {{"status", "before"}}, at(1min)});
    const auto out = s.fold(responder_changed{at(2min)});
    const bool repeats = step_class != "at-most-once";
    CHECK(s.find_action(id)->state == (repeats ? action_state::runnable : action_state::failed));
    CHECK(std::any_of(out.runnable.begin(), out.runnable.end(),
                      [&](const action& a) { return a.id == id; }) == repeats);
    if (!repeats)
      continue;
    s.fold(action_attempt{id, {{"status", "after"}}, at(3min)});
    CHECK(s.find_action(id)->prior.at("status") == "before");
    CHECK(s.find_action(id)->attempts == 2);
  }
}

TEST_CASE("actions: a step that had to succeed and did not stops the steps after it") {
  auto text = samples::contain("approval: none");
  text.replace(text.find("    target: \"people\""), 20,
               "    on_failure: stop\n    target: \"people\"");
  tenant_state s{samples::acme, samples::playbooks(text), samples::daring()};
  s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
  carry_out(s, s.runnable_actions().at(0).id, at(1min), attempt_result::failed);
  const auto& revoke = only(s.actions({.state = action_state::refused}));
  CHECK(revoke.plan.step == "revoke");
  CHECK(revoke.reason == "a step before it did not succeed");
}

TEST_CASE("actions: steps that touch one target go one at a time, whatever run they are of") {
  auto text = samples::contain("approval: none");
  auto second = text;
  second.replace(second.find("name: contain"), 13, "name: more");
  tenant_state s{samples::acme, samples::playbooks(text + "---" + second), samples::daring()};
  s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
  REQUIRE(s.runnable_actions().size() == 2); // telling people touches nothing
  carry_out(s, s.runnable_actions()[1].id, at(1min));
  carry_out(s, s.runnable_actions()[0].id, at(1min));
  REQUIRE(s.runnable_actions().size() == 1);
  const auto first = s.runnable_actions()[0];
  CHECK(first.plan.step == "revoke");
  s.fold(action_attempt{first.id, {}, at(2min)});
  CHECK(s.runnable_actions().empty());
  const auto next = s.fold(action_outcome{first.id, attempt_result::done, "", {}, at(2min)});
  REQUIRE(next.runnable.size() == 1);
  CHECK(next.runnable[0].plan.target == first.plan.target);
}

TEST_CASE("actions: a withdrawn alert ends what waits and asks to take back what was done") {
  started s{"approval: one"};
  carry_out(s.state, s.step("tell").id, at(2min));
  s.command(verb::approve, s.step("revoke").id);
  carry_out(s.state, s.step("revoke").id, at(3min));
  auto gone = alert("1", "theft");
  gone.revision = 2;
  gone.state = base::alert_state::withdrawn;
  const auto out = s.state.fold(alert_arrived{gone, at(4min)});
  REQUIRE(out.intents.size() == 1);
  CHECK(out.intents[0].reverts == s.step("revoke").id);
  CHECK(approvals_needed(out.intents[0].plan) == 1);

  started t{"approval: one"};
  t.state.fold(alert_arrived{gone, at(4min)});
  CHECK(t.step("revoke").state == action_state::refused);
  CHECK(t.step("revoke").reason == "its alert was withdrawn");
}

TEST_CASE("actions: in a dry run every step is recorded as done and nothing needs approval") {
  started s{"approval: two", "auto", respond_settings{}};
  CHECK(s.planned.intents.size() == 2);
  CHECK(s.step("revoke").note.find("would fail: nothing here carries out") != std::string::npos);
  while (!s.state.runnable_actions().empty())
    carry_out(s.state, s.state.runnable_actions()[0].id, at(2min));
  CHECK(s.step("revoke").state == action_state::done);
  CHECK(s.command(verb::approve, s.step("revoke").id).refused);
}

TEST_CASE("actions: without an executor a step fails before anybody is asked to approve it") {
  auto settings = samples::daring();
  settings.executors.erase("revoke_sessions");
  started s{"approval: two", "auto", settings};
  CHECK(s.step("revoke").state == action_state::failed);
  CHECK(s.planned.intents.size() == 1);
}

TEST_CASE("actions: ids and plan hashes depend on every part") {
  const auto id = action_id(samples::acme, "i", "p", "s", "t");
  CHECK(id.size() == 32);
  for (const auto& other :
       {action_id(base::tenant_id{"b"}, "i", "p", "s", "t"),
        action_id(samples::acme, "j", "p", "s", "t"), action_id(samples::acme, "i", "q", "s", "t"),
        action_id(samples::acme, "i", "p", "r", "t"), action_id(samples::acme, "i", "p", "s", "u"),
        action_id(samples::acme, "i", "ps", "", "t")})
    CHECK(other != id);
  action_plan plan;
  plan.calls = {{"api", {{"a", "b"}}}};
  const auto hash = hash_of(plan);
  CHECK(hash.size() == 64);
  void (*const changes[])(action_plan&) = {[](auto& p) { p.target = "x"; },
                                           [](auto& p) { p.mode = mode::approve; },
                                           [](auto& p) { p.kind = step_kind::webhook; },
                                           [](auto& p) { p.approval = approval_rule::two; },
                                           [](auto& p) { p.calls[0].api = "other"; },
                                           [](auto& p) { p.calls[0].parameters[0].second = "c"; },
                                           [](auto& p) {
                                             p.calls[0].parameters[0] = {"ab", ""};
                                           },
                                           [](auto& p) { p.inverse = p.calls; },
                                           [](auto& p) { p.time_to_live *= 2; },
                                           [](auto& p) { p.stop_on_failure = true; },
                                           [](auto& p) { p.repeats = step_class::at_most_once; },
                                           [](auto& p) { p.position = 1; },
                                           [](auto& p) { p.step = "x"; },
                                           [](auto& p) { p.playbook = "x"; }};
  int n = 0;
  for (auto change : changes) {
    INFO("change " << n++);
    auto changed = plan;
    change(changed);
    CHECK(hash_of(changed) != hash);
  }
}

TEST_CASE("actions: budget and blast radius hold across alerts, and come back with the hour") {
  auto settings = samples::daring();
  settings.kind_budgets["revoke_sessions"] = 2;
  tenant_state s{samples::acme, samples::playbooks(samples::contain("approval: none")), settings};
  auto theft_by = [](int n) {
    auto a = alert(std::to_string(n), "theft");
    a.entity = a.identity_id = "arn:aws:iam::1:user/u" + std::to_string(n);
    a.session.clear();
    return a;
  };
  for (int n = 0; n < 3; ++n)
    s.fold(alert_arrived{theft_by(n), at(1min)});
  const auto& refused = only(s.actions({.state = action_state::refused}));
  CHECK(refused.plan.step == "revoke");
  CHECK(refused.reason.find("budget: 2 revoke_sessions") != std::string::npos);
  s.fold(alert_arrived{theft_by(3), at(62min)});
  CHECK(s.actions({.state = action_state::refused}).size() == 1);

  tenant_state t{
      samples::acme,
      samples::playbooks(samples::contain("approval: none", "auto", "limits: {targets_max: 2}")),
      samples::daring()};
  for (int n = 0; n < 3; ++n) {
    auto a = theft_by(n);
    a.session = "shared"; // one incident
    t.fold(alert_arrived{a, at(1min)});
  }
  CHECK(only(t.actions({.state = action_state::refused}))
            .reason.starts_with("blast radius: this would be target 3"));
}

TEST_CASE("actions: limits::actions_kept and limits::incident_actions bound what is kept") {
  tenant_state s{samples::acme, samples::playbooks(samples::contain("approval: none")),
                 respond_settings{}};
  const auto runs = limits::actions_kept / 2 + 20;
  for (std::size_t n = 0; n < runs; ++n) {
    auto a = alert(std::to_string(n), "theft");
    a.entity = a.identity_id = "u" + std::to_string(n);
    a.session.clear();
    s.fold(committed(s.fold(alert_arrived{a, at()}), at()));
    if (n < 100)
      while (!s.runnable_actions().empty())
        carry_out(s, s.runnable_actions()[0].id, at());
  }
  const auto d = s.checkpoint();
  CHECK(d.actions.actions.size() == limits::actions_kept);
  CHECK(d.actions.planned == 2 * runs);
  CHECK(d.actions.not_planned == 0);

  tenant_state t{samples::acme, samples::playbooks(samples::contain("approval: none")),
                 respond_settings{}};
  for (std::size_t n = 0; n < limits::incident_actions + 10; ++n) {
    auto a = alert(std::to_string(n), "theft");
    a.identity_id = "u" + std::to_string(n);
    t.fold(alert_arrived{a, at()});
  }
  CHECK(t.checkpoint().actions.actions.size() == limits::incident_actions);
  CHECK(t.checkpoint().actions.not_planned > 0);
}

TEST_CASE("actions: texts from outside are cut at limits::free_text_bytes") {
  started s;
  const auto id = s.step("revoke").id;
  s.state.fold(operator_command{verb::reject, id, "ann", std::string(5000, 'x'), "", at(2min)});
  CHECK(s.step("revoke").reason.size() == limits::free_text_bytes);
}
