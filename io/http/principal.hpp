// Who is asking: the roles and tenants behind a bearer token.
//
// Made by the token store in `nodes`, looked at by the router (role) and by handlers (tenant).
#pragma once

#include "base/ids.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

enum class role : std::uint8_t { viewer, analyst, responder, approver, admin, collector };

[[nodiscard]] constexpr std::string_view to_string(role r) noexcept {
  constexpr std::string_view names[] = {"viewer",   "analyst", "responder",
                                        "approver", "admin",   "collector"};
  return names[static_cast<int>(r)];
}

[[nodiscard]] constexpr std::optional<role> parse_role(std::string_view text) noexcept {
  for (int i = 0; i <= static_cast<int>(role::collector); ++i)
    if (text == to_string(static_cast<role>(i)))
      return static_cast<role>(i);
  return std::nullopt;
}

struct principal {
  std::string name; ///< of the token, for the audit log; never the token
  std::vector<role> roles;
  std::vector<base::tenant_id> tenants; ///< what it may see
  bool all_tenants = false;             ///< `tenants` does not limit it

  /// admin may everything; everyone but a collector may view. That two approvers are two people is
  /// for the caller to check, by `name`.
  [[nodiscard]] bool may(role wanted) const noexcept {
    for (const auto held : roles) {
      if (held == wanted || held == role::admin)
        return true;
      if (wanted == role::viewer && held != role::collector)
        return true;
    }
    return false;
  }
  [[nodiscard]] bool sees(const base::tenant_id& tenant) const noexcept {
    return all_tenants || std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
  }
};

} // namespace vedette::io
