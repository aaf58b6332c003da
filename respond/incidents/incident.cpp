#include "respond/incidents/incident.hpp"

#include "base/hash.hpp"
#include "respond/limits.hpp"
#include "respond/spelling.hpp"

#include <algorithm>
#include <set>

namespace vedette::respond {
namespace {

constexpr std::string_view incident_state_names[] = {"open", "acknowledged", "closed", "merged"};
constexpr std::string_view timeline_kind_names[] = {"alert", "incident", "person", "action"};

bool stands(const incident_alert& a) {
  return a.state != base::alert_state::withdrawn;
}

} // namespace

std::string_view to_string(incident_state s) noexcept {
  return incident_state_names[static_cast<int>(s)];
}

std::optional<incident_state> parse_incident_state(std::string_view text) noexcept {
  for (int i = 0; i < 4; ++i)
    if (incident_state_names[i] == text)
      return static_cast<incident_state>(i);
  return std::nullopt;
}

std::string incident_id(const base::tenant_id& tenant, std::string_view first_alert) {
  return base::to_hex(base::hash128_of(spelled("incident", tenant.value, first_alert)));
}

std::vector<std::string> tactics_of(const incident& i) {
  std::set<std::string> out;
  for (const auto& a : i.alerts)
    if (stands(a) && a.severity >= base::severity::low)
      out.insert(a.tactics.begin(), a.tactics.end());
  return {out.begin(), out.end()};
}

base::severity severity_of(const incident& i) {
  auto worst = base::severity::info;
  std::set<std::string_view> rules;
  for (const auto& a : i.alerts) {
    if (!stands(a))
      continue;
    worst = std::max(worst, a.severity);
    if (a.severity >= base::severity::low)
      rules.insert(a.rule);
  }
  const auto tactics = tactics_of(i).size();
  const int steps = tactics >= 5 && rules.size() >= 3   ? 2
                    : tactics >= 3 && rules.size() >= 2 ? 1
                                                        : 0;
  return std::max(base::raised(worst, steps), i.rules_severity);
}

std::string title_of(const incident& i) {
  const incident_alert* worst = nullptr;
  for (const auto& a : i.alerts)
    if (stands(a) && (!worst || a.severity > worst->severity ||
                      (a.severity == worst->severity && a.time < worst->time)))
      worst = &a;
  auto title = !i.rules_title.empty() ? i.rules_title : worst ? worst->title : i.title;
  if (worst && !worst->identity.empty())
    title += " by " + worst->identity;
  return title;
}

void tell(incident& i, timeline_entry entry) {
  if (i.timeline.size() >= limits::incident_timeline) {
    auto victim = std::find_if(i.timeline.begin(), i.timeline.end(), [](const timeline_entry& e) {
      return e.what == timeline_entry::kind::alert;
    });
    i.timeline.erase(victim == i.timeline.end() ? i.timeline.begin() : victim);
    ++i.timeline_not_listed;
  }
  i.timeline.push_back(std::move(entry));
}

void describe(const incident& i, const std::vector<std::string>& actions, base::json_writer& out) {
  out.begin_object()
      .member("incident_id", i.id)
      .member("tenant", i.tenant.value)
      .member("number", i.number)
      .member("state", to_string(i.state))
      .member("severity", to_string(i.severity))
      .member("title", i.title)
      .member("cloud", i.cloud)
      .member("account", i.account)
      .member("first_event", base::format_rfc3339(i.first_event))
      .member("last_event", base::format_rfc3339(i.last_event))
      .member("opened", base::format_rfc3339(i.opened))
      .member("changed", base::format_rfc3339(i.changed));
  if (i.state == incident_state::merged)
    out.member("merged_into", i.merged_into);
  if (!i.handled_by.empty())
    out.member("handled_by", i.handled_by);
  if (!i.took_over.empty())
    out.array("took_over", i.took_over);
  out.array("tactics", tactics_of(i)).array("incident_rules", i.rules).array("joined_by", i.keys);
  out.key("alerts").begin_array();
  for (const auto& a : i.alerts)
    out.begin_object()
        .member("alert_id", a.id)
        .member("rule", a.rule)
        .member("severity", to_string(a.severity))
        .member("state", to_string(a.state))
        .member("time", base::format_rfc3339(a.time))
        .member("identity", a.identity)
        .end_object();
  out.end_array().member("alerts_not_listed", i.alerts_not_listed).array("actions", actions);
  out.key("timeline").begin_array();
  for (const auto& e : i.timeline)
    out.begin_object()
        .member("at", base::format_rfc3339(e.at))
        .member("kind", timeline_kind_names[static_cast<int>(e.what)])
        .member("text", e.text)
        .member("ref", e.ref)
        .end_object();
  out.end_array().member("timeline_not_listed", i.timeline_not_listed).end_object();
}

} // namespace vedette::respond
