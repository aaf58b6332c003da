// Event time: when something happened, by the clock of the cloud that reports it.
//
// Pure code never reads a clock; it is told. Receive time is the same type under another name so
// that signatures say which one they want.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::base {

using duration = std::chrono::nanoseconds;
/// Nanoseconds since 1970-01-01T00:00:00Z; representable from 1678 to 2261.
using event_time = std::chrono::sys_time<duration>;
/// The node's own clock when it took something in; journalled, so replays see the same value.
using receive_time = event_time;
/// Whole days since 1970-01-01, UTC: the unit of baselines.
using day_number = std::int32_t;

/// Reads RFC 3339 ("2026-01-02T03:04:05Z", fractions to 9 digits, offsets, a space instead of T).
/// Nothing on any deviation and outside 1970..2199; O(length).
[[nodiscard]] std::optional<event_time> parse_rfc3339(std::string_view text) noexcept;

/// RFC 3339 in UTC, with as many of 0, 3, 6 or 9 fraction digits as the value needs.
[[nodiscard]] std::string format_rfc3339(event_time t);

/// Reads "90s", "10m", "2h", "5d", "1w" (Sigma timespans, plus "ms"); nothing on any deviation.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text) noexcept;

/// "90s", "10m", "2h", "5d": the largest unit that divides it.
[[nodiscard]] std::string format_duration(duration d);

[[nodiscard]] constexpr day_number day_of(event_time t) noexcept {
  return static_cast<day_number>(
      std::chrono::floor<std::chrono::days>(t).time_since_epoch().count());
}

/// Whole seconds since 1970; the nearest that 32 bits hold when they do not hold it.
[[nodiscard]] constexpr std::uint32_t seconds_of(event_time t) noexcept {
  const auto s = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(s, 0, UINT32_MAX));
}

} // namespace vedette::base
