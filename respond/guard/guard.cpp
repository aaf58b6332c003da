#include "respond/guard/guard.hpp"

#include "base/ascii.hpp"
#include "respond/playbooks/text_template.hpp"

#include <algorithm>
#include <string_view>

namespace vedette::respond {
namespace {

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return base::lower(x) == base::lower(y); });
}

bool quotes(std::string_view document, std::string_view entry) {
  const auto it = std::search(document.begin(), document.end(), entry.begin(), entry.end(),
                              [](char x, char y) { return base::lower(x) == base::lower(y); });
  return it != document.end() && document.find("NotLike") == std::string_view::npos &&
         document.find("NotEquals") == std::string_view::npos;
}

bool touches(std::string_view value, std::string_view entry) {
  if (value.starts_with('{') || value.starts_with('['))
    return quotes(value, entry);
  const auto leaf = leaf_of(value);
  return same(value, entry) || (!leaf.empty() && same(leaf, leaf_of(entry)));
}

std::string blast_radius(const guard_question& q) {
  if (q.targets <= q.targets_max)
    return {};
  return "blast radius: this would be target " + std::to_string(q.targets) + " of the run and " +
         q.plan.playbook + " allows " + std::to_string(q.targets_max);
}

std::string budget(const guard_question& q) {
  const auto kind = to_string(q.plan.kind);
  const auto kind_budget = q.settings.budget(kind);
  if (q.kind_in_hour >= kind_budget)
    return "budget: " + std::to_string(q.kind_in_hour) + " " + std::string{kind} +
           " actions were planned for this tenant within the hour and " +
           std::to_string(kind_budget) + " are allowed";
  if (q.playbook_in_hour >= q.playbook_budget)
    return "budget: " + q.plan.playbook + " planned " + std::to_string(q.playbook_in_hour) +
           " actions for this tenant within the hour and " + std::to_string(q.playbook_budget) +
           " are allowed";
  return {};
}

} // namespace

std::string break_glass_hit(const action_plan& plan, const std::vector<std::string>& break_glass) {
  if (only_speaks(plan.kind))
    return {};
  for (const auto& entry : break_glass) {
    if (entry.empty())
      continue;
    if (touches(plan.target, entry))
      return entry;
    for (const auto& call : plan.calls)
      for (const auto& parameter : call.parameters)
        if (touches(parameter.second, entry))
          return entry;
  }
  return {};
}

guard_answer judge(const guard_question& q) {
  if (!q.complete)
    return {action_state::refused, q.complete.err().context, {}};
  if (auto entry = break_glass_hit(q.plan, q.settings.tenant.break_glass); !entry.empty())
    return {action_state::refused, "break-glass: " + entry + " is never touched", {}};

  auto in_the_way = blast_radius(q);
  if (in_the_way.empty())
    in_the_way = budget(q);
  std::string no_executor;
  if (!q.settings.executors.contains(to_string(q.plan.kind)))
    no_executor = "nothing here carries out " + std::string{to_string(q.plan.kind)} +
                  ": see respond.executors and docs/playbooks.md";

  if (q.plan.mode == mode::dry_run) {
    auto note = in_the_way.empty() ? std::string{} : "would be refused: " + in_the_way;
    if (!no_executor.empty())
      note += (note.empty() ? "" : "; ") + std::string{"would fail: "} + no_executor;
    return {action_state::planned, {}, std::move(note)};
  }
  if (!in_the_way.empty())
    return {action_state::refused, std::move(in_the_way), {}};
  if (!no_executor.empty())
    return {action_state::failed, std::move(no_executor), {}};
  return {};
}

} // namespace vedette::respond
