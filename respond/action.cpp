#include "respond/action.hpp"

#include "base/hash.hpp"
#include "respond/spelling.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

constexpr std::string_view action_state_names[] = {
    "planned", "waiting_approval", "approved", "runnable", "attempted", "done",
    "failed",  "expired",          "rejected", "refused",  "reverted"};

void spell_calls(std::string& out, const std::vector<vendor_call>& calls) {
  spell(out, std::to_string(calls.size()));
  for (const auto& c : calls) {
    spell(out, c.api);
    spell(out, std::to_string(c.parameters.size()));
    for (const auto& [name, value] : c.parameters) {
      spell(out, name);
      spell(out, value);
    }
  }
}

void describe_calls(std::string_view name, const std::vector<vendor_call>& calls,
                    base::json_writer& out) {
  out.key(name).begin_array();
  for (const auto& c : calls) {
    out.begin_object().member("api", c.api).key("with").begin_object();
    for (const auto& [key, value] : c.parameters)
      out.member(key, value);
    out.end_object().end_object();
  }
  out.end_array();
}

} // namespace

std::string_view to_string(action_state s) noexcept {
  return action_state_names[static_cast<int>(s)];
}

std::optional<action_state> parse_action_state(std::string_view text) noexcept {
  for (int i = 0; i <= static_cast<int>(action_state::reverted); ++i)
    if (action_state_names[i] == text)
      return static_cast<action_state>(i);
  return std::nullopt;
}

bool is_final(action_state s) noexcept {
  return s >= action_state::done;
}

std::string action_id(const base::tenant_id& tenant, std::string_view incident,
                      std::string_view playbook, std::string_view step, std::string_view target) {
  return base::to_hex(
      base::hash128_of(spelled("action", tenant.value, incident, playbook, step, target)));
}

std::string hash_of(const action_plan& p) {
  auto bytes = spelled(p.playbook, p.step, std::to_string(p.position), to_string(p.kind),
                       to_string(p.repeats), to_string(p.approval), to_string(p.mode), p.target,
                       std::to_string(p.time_to_live.count()), p.stop_on_failure ? "1" : "0");
  spell_calls(bytes, p.calls);
  spell_calls(bytes, p.inverse);
  return base::to_hex(base::sha256(bytes));
}

std::size_t approvals_needed(const action_plan& plan) noexcept {
  const auto asked = static_cast<std::size_t>(plan.approval);
  switch (plan.mode) {
  case mode::dry_run:
    return 0;
  case mode::approve:
    return std::max<std::size_t>(asked, 1);
  case mode::automatic:
    return asked;
  }
  return asked;
}

void describe(const action& a, base::json_writer& out) {
  out.begin_object()
      .member("action_id", a.id)
      .member("tenant", a.tenant.value)
      .member("number", a.number)
      .member("incident", a.incident)
      .member("alert", a.alert)
      .member("playbook", a.plan.playbook)
      .member("step", a.plan.step)
      .member("kind", to_string(a.plan.kind))
      .member("class", to_string(a.plan.repeats))
      .member("mode", to_string(a.plan.mode))
      .member("target", a.plan.target)
      .member("state", to_string(a.state))
      .member("reason", a.reason)
      .member("note", a.note)
      .member("approvals_needed", std::uint64_t{approvals_needed(a.plan)});
  out.key("approvals").begin_array();
  for (const auto& given : a.approvals)
    out.begin_object()
        .member("who", given.who)
        .member("at", base::format_rfc3339(given.at))
        .end_object();
  out.end_array()
      .member("attempts", a.attempts)
      .member("reverts", a.reverts)
      .member("plan_hash", a.plan_hash)
      .member("planned_at", base::format_rfc3339(a.planned_at))
      .member("expires_at", base::format_rfc3339(a.expires_at));
  if (a.attempted_at)
    out.member("attempted_at", base::format_rfc3339(*a.attempted_at));
  if (is_final(a.state))
    out.member("finished_at", base::format_rfc3339(a.finished_at));
  describe_calls("calls", a.plan.calls, out);
  describe_calls("inverse", a.plan.inverse, out);
  out.end_object();
}

} // namespace vedette::respond
