// Alerts of one tenant that belong together, told as one story. Plain data: what incident_book
// keeps, playbooks start from, and `vedette incidents show` prints.
//
// Bounded: limits::incident_alerts, incident_keys, incident_timeline; what does not fit is counted.
#pragma once

#include "base/alert.hpp"
#include "base/json_writer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

enum class incident_state : std::uint8_t { open, acknowledged, closed, merged };

/// "open", "acknowledged", "closed", "merged".
[[nodiscard]] std::string_view to_string(incident_state s) noexcept;
[[nodiscard]] std::optional<incident_state> parse_incident_state(std::string_view text) noexcept;

/// As much of an alert as its incident needs after the alert itself was forgotten.
struct incident_alert {
  std::string id;
  std::string rule;
  std::string title;
  base::severity severity = base::severity::info;
  base::alert_state state = base::alert_state::provisional;
  base::event_time time;
  std::string identity;
  std::vector<std::string> tactics;

  friend bool operator==(const incident_alert&, const incident_alert&) = default;
};

struct timeline_entry {
  enum class kind : std::uint8_t { alert, incident, person, action };
  base::receive_time at;
  kind what = kind::incident;
  std::string text;
  std::string ref; ///< id of the alert, action or incident it is about

  friend bool operator==(const timeline_entry&, const timeline_entry&) = default;
};

struct incident {
  std::string id; ///< derived from the tenant and the first alert's id
  base::tenant_id tenant;
  std::uint64_t number = 0; ///< order of opening within the tenant, from 1
  incident_state state = incident_state::open;
  std::string merged_into;            ///< id of the older incident that goes on; only when merged
  std::vector<std::string> took_over; ///< ids of incidents that point to it
  base::severity severity = base::severity::info;
  std::string title;
  std::string cloud, account;
  base::event_time first_event, last_event;
  base::event_time first_verdict,
      last_verdict; ///< of its alerts' times: what the span is measured on
  base::receive_time opened, changed;

  std::vector<incident_alert> alerts; ///< in order of arrival
  std::uint64_t alerts_not_listed = 0;
  std::vector<std::string> keys;  ///< what joins alerts to it, kind in front: "identity|arn:…"
  std::vector<std::string> rules; ///< incident rules that held once, in order of discovery
  std::string rules_title;        ///< of the worst of them
  base::severity rules_severity = base::severity::info;
  std::vector<timeline_entry> timeline;
  std::uint64_t timeline_not_listed = 0;
  std::string handled_by; ///< who acknowledged or closed it last

  friend bool operator==(const incident&, const incident&) = default;
};

/// hash("incident", tenant, first alert); 32 hex digits.
[[nodiscard]] std::string incident_id(const base::tenant_id& tenant, std::string_view first_alert);

/// Distinct tactics of alerts that are low or worse and not withdrawn, sorted.
[[nodiscard]] std::vector<std::string> tactics_of(const incident& i);
/// The worst standing alert, raised one step when two rules together show three tactics and two
/// steps when three rules show five: different stages of one attack say more than any alert alone.
/// At least what the incident rules that hold say.
[[nodiscard]] base::severity severity_of(const incident& i);

/// What the worst incident rule says, else the worst standing alert and who was behind it.
[[nodiscard]] std::string title_of(const incident& i);

/// Adds a line; when full the oldest line about an alert goes, else the oldest.
void tell(incident& i, timeline_entry entry);

/// The incident as the API prints it. `actions` are ids, in order of planning.
void describe(const incident& i, const std::vector<std::string>& actions, base::json_writer& out);

} // namespace vedette::respond
