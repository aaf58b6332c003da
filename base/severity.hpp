// How bad: the five levels of alerts, Sigma rules and OCSF, in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::base {

enum class severity : std::uint8_t { info, low, medium, high, critical };

[[nodiscard]] constexpr std::string_view to_string(severity s) noexcept {
  constexpr std::string_view names[] = {"info", "low", "medium", "high", "critical"};
  return names[static_cast<int>(s)];
}

/// Also reads Sigma's "informational".
[[nodiscard]] constexpr std::optional<severity> parse_severity(std::string_view text) noexcept {
  if (text == "informational")
    return severity::info;
  for (int i = 0; i < 5; ++i)
    if (text == to_string(static_cast<severity>(i)))
      return static_cast<severity>(i);
  return std::nullopt;
}

/// Moves `steps` levels up (down when negative), stopping at `highest` and at info.
[[nodiscard]] constexpr severity raised(severity s, int steps,
                                        severity highest = severity::critical) noexcept {
  return static_cast<severity>(
      std::clamp(static_cast<int>(s) + steps, 0, static_cast<int>(highest)));
}

} // namespace vedette::base
