// One response step against one target: what exactly would be called, whether it may be, and how it
// went. The id is derived, so planning the same thing twice finds the action that is already there,
// and an executor can use the id as the idempotency key of its calls.
//
//   planned ──intent committed──> waiting_approval ──enough people──> approved ──its turn──>
//   runnable
//      │                                │                                │                     │
//      └── refused, failed, expired, rejected (final, each with a reason)┘     attempted ──> done |
//      failed
//
// Nothing is runnable before its intent is in the log; nothing is called before `attempted` is.
#pragma once

#include "base/ids.hpp"
#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "respond/playbooks/steps.hpp"
#include "respond/settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::respond {

/// One vendor call with its parameters filled in. Values may still hold "${attempt.…}",
/// "${result.…}" and "${prior.…}": the executor fills these when it runs
/// (playbooks/text_template.hpp).
struct vendor_call {
  std::string api; ///< "iam:PutRolePolicy"
  std::vector<std::pair<std::string, std::string>> parameters;

  friend bool operator==(const vendor_call&, const vendor_call&) = default;
};

/// Exactly what people approve.
struct action_plan {
  std::string playbook;
  std::string step;
  std::uint32_t position = 0; ///< the step's place in its playbook, 0-based
  step_kind kind = step_kind::notify;
  step_class repeats = step_class::idempotent;
  approval_rule approval = approval_rule::one;
  respond::mode mode = respond::mode::dry_run;
  std::string target; ///< the one thing that is touched
  std::vector<vendor_call> calls;
  std::vector<vendor_call> inverse; ///< empty: cannot be taken back
  base::duration time_to_live = std::chrono::hours{1};
  bool stop_on_failure = false; ///< later steps of the run do not go on without this one

  friend bool operator==(const action_plan&, const action_plan&) = default;
};

enum class action_state : std::uint8_t {
  planned, ///< intent not in the log yet
  waiting_approval,
  approved, ///< may run when the steps before it are over and its target is free
  runnable,
  attempted, ///< a call may be under way
  done,
  failed,
  expired,
  rejected,
  refused,
  reverted, ///< was done, and has been taken back or released
};

[[nodiscard]] std::string_view to_string(action_state s) noexcept;
[[nodiscard]] std::optional<action_state> parse_action_state(std::string_view text) noexcept;
/// True from `done` on: the action will not run (again).
[[nodiscard]] bool is_final(action_state s) noexcept;
/// Nothing was called yet.
[[nodiscard]] constexpr bool not_started(action_state s) noexcept {
  return s < action_state::attempted;
}

struct approval_given {
  std::string who;
  base::receive_time at;

  friend bool operator==(const approval_given&, const approval_given&) = default;
};

/// Values of a target before it was changed, by name: what "${prior.NAME}" stands for.
using prior_values = std::map<std::string, std::string, std::less<>>;

struct action {
  std::string id; ///< 32 hex digits
  base::tenant_id tenant;
  std::string incident;
  std::string alert;        ///< the alert whose values filled the plan
  std::string item;         ///< the element of `for_each` it is for; empty without one
  std::uint64_t number = 0; ///< order of planning within the tenant, from 1
  action_plan plan;
  std::string plan_hash; ///< SHA-256 of the plan, hex; approvals are bound to it

  action_state state = action_state::planned;
  std::string reason; ///< why it is refused, failed, …, or what the executor answered
  std::string note;   ///< dry run: what would have stood in the way
  bool intent_committed = false;
  bool counted = false; ///< it took from the hour's budgets when it was planned
  std::vector<approval_given> approvals;
  std::uint32_t attempts = 0;
  prior_values prior;   ///< read before the first attempt; what a revert goes back to
  prior_values results; ///< values the target answered: "${result.NAME}" of the inverse
  std::string reverts;  ///< id of the action this one takes back

  base::receive_time planned_at, expires_at, finished_at;
  std::optional<base::receive_time> attempted_at;

  friend bool operator==(const action&, const action&) = default;
};

/// hash(tenant, incident, playbook, step, target); O(length).
[[nodiscard]] std::string action_id(const base::tenant_id& tenant, std::string_view incident,
                                    std::string_view playbook, std::string_view step,
                                    std::string_view target);
/// SHA-256 over every field of the plan, lengths included, as hex. O(size).
[[nodiscard]] std::string hash_of(const action_plan& plan);
/// People that must agree before it runs, given its mode: a dry run needs nobody.
[[nodiscard]] std::size_t approvals_needed(const action_plan& plan) noexcept;

/// The action as `vedette actions show` and GET /v1/actions/{id} print it.
void describe(const action& a, base::json_writer& out);

} // namespace vedette::respond
