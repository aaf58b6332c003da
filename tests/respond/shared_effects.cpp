// Several actions that want one effect: who takes it back, and to what.
#include "respond/tenant_state.hpp"
#include "tests/respond/samples.hpp"

#include <string>
#include <vector>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using samples::alert;
using samples::at;
using samples::carry_out;
using samples::committed;
using samples::only;

TEST_CASE(
    "actions: reverting the last of an effect takes it back, reverting one of two releases it") {
  auto text = samples::contain("approval: none");
  auto second = text;
  second.replace(second.find("name: contain"), 13, "name: more");
  tenant_state s{samples::acme, samples::playbooks(text + "---" + second), samples::daring()};
  s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
  while (!s.runnable_actions().empty())
    carry_out(s, s.runnable_actions()[0].id, at(1min));
  const auto one =
      only(s.actions({.state = action_state::done, .playbook = "contain", .limit = 1}));
  REQUIRE(one.plan.step == "revoke");
  const auto other = *s.actions({.playbook = "more", .limit = 1})[0];

  CHECK_FALSE(s.fold(operator_command{verb::revert, one.id, "ann", "", "", at(2min)}).refused);
  CHECK(s.find_action(one.id)->state == action_state::reverted);
  CHECK(s.find_action(one.id)->reason.find(other.id) != std::string::npos);
  CHECK(s.actions({.state = action_state::planned}).empty());

  const auto asked = s.fold(operator_command{verb::revert, other.id, "ann", "", "", at(3min)});
  REQUIRE(asked.intents.size() == 1);
  const auto back = asked.intents[0];
  CHECK(back.reverts == other.id);
  CHECK(back.plan.calls == other.plan.inverse);
  CHECK(s.fold(operator_command{verb::revert, other.id, "ann", "", "", at(3min)}).refused);
  s.fold(committed(asked, at(3min)));
  CHECK(s.find_action(back.id)->state == action_state::waiting_approval);
  s.fold(operator_command{verb::approve, back.id, "bob", "", back.plan_hash, at(4min)});
  carry_out(s, back.id, at(5min));
  CHECK(s.find_action(other.id)->state == action_state::reverted);
  CHECK(s.fold(operator_command{verb::revert, other.id, "ann", "", "", at(6min)}).refused);
}

TEST_CASE("actions: who keeps an effect knows what was there before the first of them") {
  auto text = samples::contain("approval: none");
  auto second = text;
  second.replace(second.find("name: contain"), 13, "name: more");
  tenant_state s{samples::acme, samples::playbooks(text + "---" + second), samples::daring()};
  s.fold(committed(s.fold(alert_arrived{alert("1", "theft"), at()}), at()));
  int attempts = 0;
  std::vector<std::string> revoked;
  while (!s.runnable_actions().empty()) {
    const auto next = s.runnable_actions()[0];
    ++attempts;
    if (next.plan.step == "revoke")
      revoked.push_back(next.id);
    s.fold(action_attempt{next.id, {{"seen", std::to_string(attempts)}}, at(1min * attempts)});
    s.fold(action_outcome{
        next.id, attempt_result::done, "", {{"made", next.id}}, at(1min * attempts)});
  }
  REQUIRE(revoked.size() == 2);
  const auto before = s.find_action(revoked[0])->prior;
  CHECK(s.find_action(revoked[1])->prior != before);
  // The later one is given up: the earlier one knows what was there already.
  auto other = s;
  CHECK_FALSE(
      other.fold(operator_command{verb::revert, revoked[1], "ann", "", "", at(9min)}).refused);
  CHECK(other.find_action(revoked[0])->prior == before);
  // The earlier one is given up: the later one had only seen what that had done.
  CHECK_FALSE(s.fold(operator_command{verb::revert, revoked[0], "ann", "", "", at(9min)}).refused);
  CHECK(s.find_action(revoked[1])->prior == before);
  CHECK(s.find_action(revoked[1])->results.at("made") == revoked[1]);
}
