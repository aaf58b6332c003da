// What the tests of respond start from: alerts, settings and playbooks that are as plain as they
// can be, so that each test says only what it is about.
#pragma once

#include "base/alert.hpp"
#include "respond/inputs.hpp"
#include "respond/playbooks/loader.hpp"
#include "respond/settings.hpp"
#include "respond/tenant_state.hpp"
#include "respond/trends/periods.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::respond::samples {

using namespace std::chrono_literals;

inline const base::tenant_id acme{"acme"};

inline base::event_time at(base::duration after = 0s) {
  return *base::parse_rfc3339("2026-03-10T08:00:00Z") + after;
}

/// The day of a text such as "2026-03-10".
inline base::day_number day(std::string_view text) {
  const auto found = parse_day(text);
  REQUIRE(found);
  return *found;
}

/// An alert of a user, on AWS, verdict `after` the start of the test's morning.
inline base::alert alert(std::string id, std::string rule,
                         base::severity severity = base::severity::high,
                         base::duration after = 0s) {
  base::alert a;
  a.id = std::move(id);
  a.tenant = acme;
  a.rule = base::rule_id{rule};
  a.title = "Title of " + rule;
  a.severity = severity;
  a.state = base::alert_state::final;
  a.entity = a.identity_id = "arn:aws:iam::111122223333:user/anna";
  a.identity_type = "user";
  a.time = a.first_event = a.last_event = at(after);
  a.cloud = "aws";
  a.account = "111122223333";
  a.session = "AKIAEXAMPLEKE~0a1b2c3d";
  a.why = "because";
  return a;
}

inline std::shared_ptr<const playbook_set> playbooks(std::string text) {
  const playbook_source source{"test.yaml", std::move(text)};
  auto set = load_playbooks({&source, 1});
  INFO((set ? "" : set.err().context));
  REQUIRE(set);
  return *set;
}

/// Two steps on the identity: speak, then contain. `containment` holds the lines that differ.
inline std::string contain(std::string_view containment = "approval: one",
                           std::string_view mode = "auto", std::string_view limits = "") {
  return R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000001
name: contain
title: Contain
mode: )" +
         std::string{mode} + R"(
trigger: {rules: [theft], min_severity: high}
)" + std::string{limits} +
         R"(
workflow:
  - name: tell
    kind: notify
    class: may-repeat
    approval: none
    target: "people"
    calls: [{api: "vedette:Notify", with: {text: "${alert.title}"}}]
  - name: revoke
    kind: revoke_sessions
    class: idempotent
    target: "${identity.id}"
    calls: [{api: "iam:PutRolePolicy", with: {RoleName: "${identity.id|leaf}"}}]
    inverse: [{api: "iam:DeleteRolePolicy", with: {RoleName: "${identity.id|leaf}"}}]
    )" + std::string{containment} +
         "\n";
}

/// A tenant that lets everything run and a build that can do everything.
inline respond_settings daring() {
  respond_settings s;
  s.tenant_mode = mode::automatic;
  for (int k = 0; k < step_kinds; ++k)
    s.executors.insert(std::string{to_string(static_cast<step_kind>(k))});
  return s;
}

inline intents_committed committed(const outputs& out, base::receive_time when) {
  intents_committed in{{}, when};
  for (const auto& a : out.intents)
    in.actions.push_back({a.id, a.plan_hash});
  return in;
}

/// Attempts and finishes one action.
inline outputs carry_out(tenant_state& s, const std::string& id, base::receive_time when,
                         attempt_result result = attempt_result::done) {
  auto tried = s.fold(action_attempt{id, {}, when});
  INFO((tried.refused ? tried.refused->context : ""));
  REQUIRE_FALSE(tried.refused);
  return s.fold(action_outcome{id, result, "said the target", {}, when});
}

inline const action& only(const std::vector<const action*>& actions) {
  REQUIRE(actions.size() == 1);
  return *actions.front();
}

/// A small generator of our own, so that a seed means the same everywhere.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

} // namespace vedette::respond::samples
