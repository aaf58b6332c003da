#include "respond/playbooks/planner.hpp"

#include "respond/buckets.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool all_hold(const std::vector<condition>& conditions, const plan_context& c) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const condition& one) { return holds(one, c); });
}

base::status fill(const std::vector<call_template>& from, const plan_context& c,
                  std::vector<vendor_call>& out) {
  for (const auto& t : from) {
    vendor_call call{t.api, {}};
    for (const auto& [name, value] : t.parameters) {
      auto text = value.fill(c);
      if (!text)
        return base::error{text.err().code, t.api + " " + name + ": " + text.err().context};
      call.parameters.emplace_back(name, std::move(*text));
    }
    out.push_back(std::move(call));
  }
  return {};
}

std::vector<std::string> elements(each e, const base::alert& a) {
  switch (e) {
  case each::once:
    return {std::string{}};
  case each::resources:
    return a.resources;
  case each::buckets:
    return buckets_of(a.resources);
  case each::ips:
    return a.ips;
  case each::regions:
    return a.regions;
  }
  return {};
}

} // namespace

bool starts(const playbook& p, const plan_context& c, std::span<const std::string> new_rules) {
  const auto& t = p.trigger;
  if (c.alert.state == base::alert_state::withdrawn)
    return false;
  if (!t.clouds.empty() && !contains(t.clouds, c.alert.cloud))
    return false;
  const bool by_alert = contains(t.rules, c.alert.rule.value) && c.alert.severity >= t.min_severity;
  const bool by_incident =
      c.incident.severity >= t.min_severity &&
      std::any_of(new_rules.begin(), new_rules.end(),
                  [&](const std::string& rule) { return contains(t.incident_rules, rule); });
  return (by_alert || by_incident) && all_hold(p.conditions, c);
}

planned_step plan_step(const playbook& p, std::size_t index, const plan_context& c) {
  const auto& s = p.steps[index];
  planned_step out;
  out.step = index;
  out.item = c.item;
  out.plan.playbook = p.name;
  out.plan.step = s.name;
  out.plan.position = static_cast<std::uint32_t>(index);
  out.plan.kind = s.kind;
  out.plan.repeats = s.repeats;
  out.plan.approval = s.approval;
  out.plan.mode = c.settings.effective(p.mode, p.name, to_string(s.kind));
  out.plan.time_to_live = s.time_to_live;
  out.plan.stop_on_failure = s.stop_on_failure;
  auto target = s.target.fill(c);
  if (!target) {
    out.plan.target = c.item;
    out.complete = base::error{target.err().code, "target: " + target.err().context};
    return out;
  }
  out.plan.target = std::move(*target);
  out.complete = fill(s.calls, c, out.plan.calls);
  if (out.complete)
    out.complete = fill(s.inverse, c, out.plan.inverse);
  return out;
}

std::vector<planned_step> plan(const playbook& p, const plan_context& c) {
  std::vector<planned_step> out;
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    for (auto& item : elements(p.steps[i].each, c.alert)) {
      const plan_context for_item{c.alert, c.incident, c.settings, std::move(item), c.planned_at};
      if (all_hold(p.steps[i].conditions, for_item))
        out.push_back(plan_step(p, i, for_item));
    }
  return out;
}

} // namespace vedette::respond
