#include "respond/settings.hpp"

#include <algorithm>

namespace vedette::respond {

std::string_view to_string(mode m) noexcept {
  constexpr std::string_view names[] = {"dry_run", "approve", "auto"};
  return names[static_cast<int>(m)];
}

std::optional<mode> parse_mode(std::string_view text) noexcept {
  for (auto m : {mode::dry_run, mode::approve, mode::automatic})
    if (text == to_string(m))
      return m;
  return std::nullopt;
}

mode respond_settings::effective(mode playbook_ceiling, std::string_view playbook,
                                 std::string_view kind) const {
  auto allowed = tenant_mode;
  if (auto it = playbook_modes.find(playbook); it != playbook_modes.end())
    allowed = it->second;
  if (auto it = kind_modes.find(kind); it != kind_modes.end())
    allowed = it->second;
  return std::min(playbook_ceiling, allowed);
}

std::uint32_t respond_settings::budget(std::string_view kind) const {
  auto it = kind_budgets.find(kind);
  return it == kind_budgets.end() ? actions_per_hour : it->second;
}

} // namespace vedette::respond
