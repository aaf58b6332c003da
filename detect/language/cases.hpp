// The `cases:` of a rule file: what the rule catches and what it spares, as short lists of partial
// vendor records, and their expansion into full records ready for ingest.
//
// Deterministic: the same file gives the same bytes, ids and times. Bounded by `case_events_max`
// per case. Parsed by `vedette rules test` and by tests; never on the way of live events.
#pragma once

#include "base/event.hpp"
#include "base/geo.hpp"
#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"
#include "base/tenant_settings.hpp"
#include "base/time.hpp"
#include "detect/language/source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vedette::detect {

inline constexpr std::size_t case_events_max = 20'000;

/// What the case pretends to know about addresses; the runner answers enrichment from it.
struct case_network {
  base::ip_network range;
  std::uint32_t asn = 0;
  std::string as_name;
  std::string country;
  base::geo_point place;
  bool has_place = false;
  base::cloud provider = base::cloud::unknown; ///< the range belongs to this cloud
  std::string provider_region;
  bool tor = false, vpn = false, hosting = false;
};

struct case_event {
  base::event_time time;
  std::string record; ///< one vendor record, JSON on one line
};

struct rule_case {
  std::string where; ///< "file:line"
  std::string rule;  ///< name, else id, of the rule the case belongs to
  std::string name;
  /// Highest severity of the rule's final alerts; nothing: the rule stays silent.
  std::optional<base::severity> expect;
  /// Alerts whose time is before this are part of the history, not of the verdict.
  base::event_time judged_from = base::event_time::min();
  base::tenant_settings tenant;
  std::vector<case_network> networks;
  bool lists_loaded =
      false; ///< `networks` was given: what is on none of them is known to be "other"
  std::vector<case_event> events; ///< by time
};

/// All cases of all documents of the file; the first mistake is the error ("file:line: what").
[[nodiscard]] base::result<std::vector<rule_case>> load_cases(const rule_source& source);

} // namespace vedette::detect
