// From an alert to the exact steps a playbook would take: which playbooks start, and each step with
// its placeholders filled. Pure functions; called by tenant_state when an alert arrives or the
// playbooks change, and by cases.
#pragma once

#include "base/result.hpp"
#include "respond/playbooks/playbook.hpp"

#include <span>
#include <string>
#include <vector>

namespace vedette::respond {

/// Whether the playbook starts for this alert of this incident. `new_rules` are the incident rules
/// that began to hold with it. Withdrawn alerts start nothing. O(rules + conditions).
[[nodiscard]] bool starts(const playbook& p, const plan_context& c,
                          std::span<const std::string> new_rules);

/// One step for one element, filled or with the reason why it cannot be.
struct planned_step {
  std::size_t step = 0;
  std::string item;
  action_plan plan;      ///< with an error, only what could be filled
  base::status complete; ///< why a placeholder could not be filled
};

/// All steps whose conditions hold, in order; a step with `for_each` once per element.
/// `c.item` is ignored. O(steps x elements x size).
[[nodiscard]] std::vector<planned_step> plan(const playbook& p, const plan_context& c);
/// One step for `c.item`. Does not look at its conditions.
[[nodiscard]] planned_step plan_step(const playbook& p, std::size_t step, const plan_context& c);

} // namespace vedette::respond
