// The read side of tenant_state: what the API lists. Nothing here changes anything.
#include "respond/tenant_state.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

bool involves(const incident& i, const std::string& identity) {
  return std::any_of(i.alerts.begin(), i.alerts.end(),
                     [&](const incident_alert& a) { return a.identity == identity; });
}

} // namespace

std::vector<std::string> tenant_state::actions_of(std::string_view incident_id) const {
  std::vector<std::string> out;
  const auto* i = incidents_.find(incident_id);
  if (!i)
    return out;
  auto append = [&](std::string_view id) {
    const auto& ids = actions_.of_incident(id);
    out.insert(out.end(), ids.begin(), ids.end());
  };
  append(i->id);
  for (const auto& id : i->took_over)
    append(id);
  std::sort(out.begin(), out.end(), [&](const auto& x, const auto& y) {
    return actions_.find(x)->number < actions_.find(y)->number;
  });
  return out;
}

std::vector<const known_alert*> tenant_state::alerts(const alert_filter& f) const {
  std::vector<const known_alert*> out;
  const auto& order = alerts_.by_number();
  for (auto it = order.upper_bound(f.after); it != order.end() && out.size() < f.limit; ++it) {
    const auto* known = alerts_.find(it->second);
    const auto& a = known->alert;
    const bool wanted =
        a.severity >= f.min_severity && (f.rule.empty() || a.rule.value == f.rule) &&
        (f.identity.empty() || a.identity_id == f.identity) && (!f.state || a.state == *f.state) &&
        (!f.since || a.time >= *f.since) && (!f.until || a.time < *f.until) &&
        (f.incident.empty() || incidents_.home_of(a.id) == f.incident);
    if (wanted)
      out.push_back(known);
  }
  return out;
}

std::vector<const incident*> tenant_state::incidents(const incident_filter& f) const {
  std::vector<const incident*> out;
  for (const auto& [id, i] : incidents_.all().incidents) {
    const bool state = f.state ? i.state == *f.state : i.state != incident_state::merged;
    if (state && i.severity >= f.min_severity && (f.before == 0 || i.number < f.before) &&
        (f.identity.empty() || involves(i, f.identity)))
      out.push_back(&i);
  }
  std::sort(out.begin(), out.end(),
            [](const auto* x, const auto* y) { return x->number > y->number; });
  if (out.size() > f.limit)
    out.resize(f.limit);
  return out;
}

std::vector<const action*> tenant_state::actions(const action_filter& f) const {
  std::vector<const action*> out;
  const auto& order = actions_.by_number();
  auto it = f.before == 0 ? order.end() : order.lower_bound(f.before);
  while (it != order.begin() && out.size() < f.limit) {
    const auto& a = *actions_.find((--it)->second);
    if ((!f.state || a.state == *f.state) && (f.incident.empty() || a.incident == f.incident) &&
        (f.playbook.empty() || a.plan.playbook == f.playbook))
      out.push_back(&a);
  }
  return out;
}

} // namespace vedette::respond
