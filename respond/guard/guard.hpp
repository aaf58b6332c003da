// May this action be planned? The rules that stand between a playbook and a customer's cloud, as
// one pure function. tenant_state asks it once per planned action and records the answer as the
// action's outcome; nothing is dropped in silence.
//
//   refused in every mode   a value the step needs is missing; the target is on the break-glass
//   list refused unless dry run  more different targets than the playbook's blast radius; the
//   hour's budget
//                           of the tenant for this kind, or of the playbook, is spent
//   failed unless dry run   no executor that is switched on has the kind
//
// A dry run notes what the last two rows would have said and goes on: people judge a playbook by
// the complete list of what it would do. The kill switch (freeze) is no matter of planning: see
// action_book.
#pragma once

#include "base/result.hpp"
#include "respond/action.hpp"
#include "respond/settings.hpp"

#include <cstdint>
#include <string>

namespace vedette::respond {

struct guard_question {
  const action_plan& plan;
  const respond_settings& settings;
  const base::status& complete; ///< whether all placeholders could be filled
  std::size_t targets = 0;      ///< different targets of this run so far, this one included
  std::size_t targets_max = 0;
  std::size_t kind_in_hour = 0;     ///< actions of this kind planned in the last hour
  std::size_t playbook_in_hour = 0; ///< and of this playbook
  std::size_t playbook_budget = 0;
};

struct guard_answer {
  action_state state = action_state::planned; ///< planned, refused or failed
  std::string reason;                         ///< why not
  std::string note;                           ///< dry run: what would have stood in the way
};

/// O(parameters x break-glass entries).
[[nodiscard]] guard_answer judge(const guard_question& q);

/// The break-glass entry that the plan would touch, or nothing. An entry is an ARN or a name; it is
/// met when the target or any parameter equals it, or the last part of one equals the last part of
/// the other, letter case aside (IAM names are unique without case). Documents count as touched
/// when they quote the whole entry other than to exempt it ("…NotLike", "…NotEquals").
[[nodiscard]] std::string break_glass_hit(const action_plan& plan,
                                          const std::vector<std::string>& break_glass);

} // namespace vedette::respond
