// An action from its turn to its outcome: what is asked of the responder, and what the log knows.
#include "tests/actors/small_node.hpp"
#include "tests/support/catch.hpp"

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using respond::attempt_result;

namespace {

/// A tenant whose playbooks act by themselves, and a responder for what they do.
std::shared_ptr<shelf> acting() {
  auto all = std::make_shared<shelf>();
  const respond::playbook_source source{"p.yaml", R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000001
name: mend
title: Mend
mode: auto
trigger: {rules: [deletion], min_severity: low}
workflow:
  - name: restart
    kind: restore_audit
    class: verifiable
    approval: none
    target: "trail"
    calls: [{api: "cloudtrail:StartLogging", with: {Name: main}}]
    inverse: [{api: "cloudtrail:StopLogging", with: {Name: main}}]
)"};
  auto set = respond::load_playbooks({&source, 1});
  REQUIRE(set);
  all->put(1, {{"b.yaml", any_delete}}, *set);
  auto with = std::make_shared<content_generation>(*all->all.at(1));
  with->activities = *ingest::taxonomy::load({});
  with->executors = {"restore_audit"};
  with->tenants["t"].response.mode = "auto";
  with->tenants["t"].break_glass = {"emergency"};
  all->all[1] = with;
  return all;
}

/// Id and plan hash of the action of that step; empty when there is none.
std::pair<std::string, std::string> action_of(stage& s, std::string_view step) {
  simdjson::dom::parser parser;
  const auto json = s.list(tenant_query::about::actions);
  INFO(json);
  simdjson::dom::array items;
  const simdjson::padded_string text{json};
  REQUIRE(parser.parse(text).get(items) == simdjson::SUCCESS);
  for (const auto a : items) {
    std::string_view name, id, hash;
    if (a["step"].get(name) == simdjson::SUCCESS && name == step &&
        a["action_id"].get(id) == simdjson::SUCCESS &&
        a["plan_hash"].get(hash) == simdjson::SUCCESS)
      return {std::string{id}, std::string{hash}};
  }
  return {};
}

action_report looked(respond::prior_values prior) {
  return {attempt_result::done, {}, std::move(prior)};
}

} // namespace

TEST_CASE("attempt: the target is looked at first, and what was so goes with the order",
          "[actors][response]") {
  stage s{state::make_memory_store(), acting(), 1};
  s.carry_out = [](const action_order& o) -> action_report {
    if (o.looks_only)
      return looked({{"logging", "false"}});
    return {attempt_result::done, "called", {}, {{"id", "7"}}};
  };
  s.send(1, "DeleteTrail");
  s.settle();
  REQUIRE(s.orders.size() == 2);
  CHECK(s.orders[0].looks_only);
  CHECK(!s.orders[0].action.attempted_at);
  CHECK(!s.orders[1].looks_only);
  CHECK(s.orders[1].action.prior == respond::prior_values{{"logging", "false"}});
  CHECK(s.orders[1].action.attempted_at == s.now);
  for (const auto& o : s.orders)
    CHECK(o.settings.break_glass == std::vector<std::string>{"emergency"});

  // Taken back, it is told what was done, with what was so before and what was answered.
  respond::operator_command back;
  back.what = respond::verb::revert;
  back.id = s.orders[0].action.id;
  back.who = "ana";
  back.at = s.now;
  caf::anon_send(s.home, tenant_command{{"t"}, back});
  s.settle();
  const auto [id, hash] = action_of(s, "restart.revert");
  REQUIRE(!id.empty());
  respond::operator_command yes = back;
  yes.what = respond::verb::approve;
  yes.id = id;
  yes.plan_hash = hash;
  caf::anon_send(s.home, tenant_command{{"t"}, yes});
  s.settle();
  REQUIRE(s.orders.size() == 3);
  const auto& last = s.orders.back();
  CHECK(!last.looks_only);
  REQUIRE(last.reverted);
  CHECK(last.reverted->id == s.orders[0].action.id);
  CHECK(last.reverted->prior == respond::prior_values{{"logging", "false"}});
  CHECK(last.reverted->results == respond::prior_values{{"id", "7"}});
  CHECK(last.reverted->attempted_at == s.now);
}

TEST_CASE("attempt: an action that is frozen while its target is looked at is not called",
          "[actors][response]") {
  stage s{state::make_memory_store(), acting(), 1};
  s.carry_out = [&s](const action_order& o) -> action_report {
    if (o.looks_only) {
      respond::operator_command stop;
      stop.what = respond::verb::freeze;
      stop.who = "ana";
      stop.at = s.now;
      caf::anon_send(s.home, tenant_command{{"t"}, stop});
    }
    return {attempt_result::done, "called"};
  };
  s.send(1, "DeleteTrail");
  s.settle();
  REQUIRE(s.orders.size() == 1);
  CHECK(s.orders[0].looks_only);
}

TEST_CASE("attempt: one whose target cannot be looked at is made again, and not called",
          "[actors][response]") {
  stage s{state::make_memory_store(), acting(), 1};
  int looks = 0;
  s.carry_out = [&](const action_order& o) -> action_report {
    if (o.looks_only && ++looks == 1)
      return {attempt_result::try_again, "overloaded"};
    return {attempt_result::done, {}, {{"logging", "false"}}};
  };
  s.send(1, "DeleteTrail");
  s.settle();
  REQUIRE(s.orders.size() >= 2);
  CHECK(s.orders[0].looks_only);
  CHECK(s.orders[1].looks_only); // nothing was seen before, so it is looked at again
  REQUIRE(s.orders.size() == 3);
  CHECK(s.orders[2].action.prior == respond::prior_values{{"logging", "false"}});
}
