// What one tenant allows its response to do. Part of the configuration in force; `nodes` fills it,
// the aggregator passes it into its fold as a log entry, so that a replay meets the same values.
//
// Everything here starts at its safest value: a tenant that says nothing gets dry runs.
#pragma once

#include "base/tenant_settings.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace vedette::respond {

/// How far an action may go, in order of daring.
enum class mode : std::uint8_t {
  dry_run,   ///< planned, guarded, recorded; nothing is called
  approve,   ///< every step needs at least one person
  automatic, ///< a step needs what its playbook says, which may be nobody
};

/// "dry_run", "approve", "auto".
[[nodiscard]] std::string_view to_string(mode m) noexcept;
[[nodiscard]] std::optional<mode> parse_mode(std::string_view text) noexcept;

struct respond_settings {
  base::tenant_settings tenant;

  /// How far this tenant lets playbooks go; a playbook's own `mode` is the other ceiling.
  mode tenant_mode = mode::dry_run;
  std::map<std::string, mode, std::less<>>
      playbook_modes;                                  ///< by playbook name, instead of the above
  std::map<std::string, mode, std::less<>> kind_modes; ///< by step kind, instead of both: a tenant
                                                       ///< may want webhooks long before lockdowns
  /// Actions per hour by step kind, counted when planned; kinds not named get `actions_per_hour`.
  std::map<std::string, std::uint32_t, std::less<>> kind_budgets;
  std::uint32_t actions_per_hour = 20;

  /// Step kinds this build can really carry out. Any other kind fails outside dry runs.
  std::set<std::string, std::less<>> executors;

  base::duration incident_span = std::chrono::hours{24}; ///< alerts further apart do not join
  /// Days of watching before "new for the account" or "for the tenant" means anything.
  int activation_days = 14;

  /// The lower of what the playbook and the tenant allow.
  [[nodiscard]] mode effective(mode playbook_ceiling, std::string_view playbook,
                               std::string_view kind) const;
  [[nodiscard]] std::uint32_t budget(std::string_view kind) const;
};

} // namespace vedette::respond
