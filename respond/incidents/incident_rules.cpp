#include "respond/incidents/incident_rules.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace vedette::respond {
namespace {

bool fits(const incident_step& step, const incident_alert& a) {
  return a.state != base::alert_state::withdrawn && a.severity >= step.min_severity &&
         std::find(step.rules.begin(), step.rules.end(), a.rule) != step.rules.end();
}

// Walks from one first alert: taking the earliest fitting alert for each next step leaves the most
// room for the steps after it, so no other choice can succeed where this one fails.
bool walks(const incident_rule& rule, const std::vector<const incident_alert*>& by_time,
           std::size_t first) {
  const auto& start = *by_time[first];
  std::size_t step = 1;
  for (std::size_t i = first + 1; i < by_time.size() && step < rule.steps.size(); ++i) {
    const auto& a = *by_time[i];
    if (a.time - start.time > rule.within)
      return false;
    if ((!rule.same_identity || a.identity == start.identity) && fits(rule.steps[step], a))
      ++step;
  }
  return step == rule.steps.size();
}

} // namespace

bool holds(const incident_rule& rule, const incident& i) {
  if (rule.steps.empty())
    return false;
  // Among equal times the alert of an earlier step comes first.
  auto step_of = [&](const incident_alert& a) {
    std::size_t s = 0;
    while (s < rule.steps.size() && !fits(rule.steps[s], a))
      ++s;
    return s;
  };
  std::vector<const incident_alert*> by_time;
  for (const auto& a : i.alerts)
    if (step_of(a) < rule.steps.size())
      by_time.push_back(&a);
  std::sort(by_time.begin(), by_time.end(), [&](const auto* a, const auto* b) {
    return std::tuple{a->time, step_of(*a), std::string_view{a->id}} <
           std::tuple{b->time, step_of(*b), std::string_view{b->id}};
  });
  for (std::size_t first = 0; first < by_time.size(); ++first)
    if (fits(rule.steps.front(), *by_time[first]) && walks(rule, by_time, first))
      return true;
  return false;
}

} // namespace vedette::respond
