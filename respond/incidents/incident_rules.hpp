// What only several alerts of one incident say together: ordered steps of rule ids inside a window
// ("a stolen token, then reconnaissance, then a new identity"). Content, like playbooks: documents
// of `type: incident-rule` under rules/playbooks/. Immutable; evaluated by the incident book each
// time an incident's alerts change, O(alerts x steps).
#pragma once

#include "base/severity.hpp"
#include "base/time.hpp"
#include "respond/incidents/incident.hpp"

#include <string>
#include <vector>

namespace vedette::respond {

struct incident_step {
  std::vector<std::string> rules; ///< any of them
  base::severity min_severity = base::severity::info;
};

struct incident_rule {
  std::string name; ///< "x1-token-theft"
  std::string title;
  std::vector<incident_step> steps; ///< in order of alert time; equal times count as in order
  base::duration within = std::chrono::hours{24};
  bool same_identity = true; ///< all steps by one identity; otherwise anyone in the incident
  base::severity severity = base::severity::high;
};

/// True when standing (not withdrawn) alerts of the incident walk through all steps in the window.
/// A function of the set of alerts, not of their order of arrival.
[[nodiscard]] bool holds(const incident_rule& rule, const incident& i);

} // namespace vedette::respond
