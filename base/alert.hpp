// A rule fired for an entity. What operators see, playbooks start from and subscribers receive.
//
// An alert lives through revisions: counts grow, severity may rise, late events amend it. Its id
// does not change: hash(tenant, rule, entity, episode ordinal).
#pragma once

#include "base/attack.hpp"
#include "base/ids.hpp"
#include "base/severity.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vedette::base {

enum class alert_state : std::uint8_t {
  provisional, ///< a late event could still change the verdict
  final,
  withdrawn, ///< a late event took the verdict back
};

[[nodiscard]] constexpr std::string_view to_string(alert_state s) noexcept {
  constexpr std::string_view names[] = {"provisional", "final", "withdrawn"};
  return names[static_cast<int>(s)];
}

/// Which way of looking found it (threat report, table columns).
enum class control : std::uint8_t { runtime, posture, both };

[[nodiscard]] constexpr std::string_view to_string(control c) noexcept {
  constexpr std::string_view names[] = {"runtime", "posture", "both"};
  return names[static_cast<int>(c)];
}

enum class entity_kind : std::uint8_t {
  identity,
  session,
  address,
  resource,
  application,
  account,
  tenant
};

[[nodiscard]] constexpr std::string_view to_string(entity_kind k) noexcept {
  constexpr std::string_view names[] = {"identity",    "session", "address", "resource",
                                        "application", "account", "tenant"};
  return names[static_cast<int>(k)];
}

/// A volume beyond anything the identity did on its own closed days. How wide it is new, and so the
/// severity, is for the tenant's aggregator to say, which knows everybody's maxima.
struct volume_claim {
  std::string measure; ///< name of the rule's measure
  double value = 0;    ///< the largest window
  double factor = 1.5; ///< times a learned maximum that it must exceed to be new
  int days = 30;       ///< closed days looked at
  day_number day = 0;  ///< of the window
  base::severity for_identity = base::severity::low;   ///< new for the identity only
  base::severity for_account = base::severity::medium; ///< beyond everybody's in the account
  base::severity for_tenant = base::severity::high;    ///< beyond everybody's in the tenant

  friend bool operator==(const volume_claim&, const volume_claim&) = default;
};

struct alert {
  std::string id; ///< 32 hex digits
  tenant_id tenant;
  rule_id rule;
  std::string title;
  base::severity severity = base::severity::info;
  base::control control = base::control::runtime;
  alert_state state = alert_state::provisional;
  std::uint32_t revision = 1;
  std::vector<attack_ref> attack;

  entity_kind kind = entity_kind::identity;
  std::string entity; ///< what the state that fired is kept about
  std::uint32_t episode = 1;

  event_time time; ///< when the verdict became true
  event_time first_event, last_event;
  std::uint64_t count = 0;      ///< matched events of the episode
  std::uint64_t suppressed = 0; ///< of those, the ones after the verdict
  bool late = false;            ///< an event later than the allowed lateness took part
  bool baseline_complete = true;

  std::string cloud; ///< "aws"
  std::string account;
  std::vector<std::string> regions;
  std::string identity_id, identity_type, identity_name;
  std::string session;
  std::vector<std::string> ips;
  std::vector<std::uint32_t> asns;
  std::vector<std::string> countries;
  std::vector<std::string> resources;
  std::vector<std::string>
      events; ///< vendor event ids, earliest first, at most limits::alert_events

  std::optional<volume_claim> claim; ///< only on volume verdicts with a history to compare with

  std::string why; ///< one sentence with the figures that crossed the line
  std::vector<std::pair<std::string, std::string>> evidence; ///< name, JSON value; in a fixed order

  friend bool operator==(const alert&, const alert&) = default;
};

/// Derives the id. O(length of the parts).
[[nodiscard]] std::string alert_id(const tenant_id& tenant, const rule_id& rule, entity_kind kind,
                                   std::string_view entity, std::uint32_t episode);

} // namespace vedette::base
