// Times as vendors write them: numbers since 1970 in the unit that the mapping names, and dates in
// the common spellings around RFC 3339.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::ingest {

/// Of bare numbers, fractions included; `none`: a number is no time.
enum class time_unit : std::uint8_t { none, seconds, milliseconds, microseconds, nanoseconds };

/// RFC 3339, also with a space before the offset, "UTC" for it, an offset without colon, or none at
/// all, which means UTC; or a number of `unit`. Nothing on any other text and outside 1970..2199.
/// O(1): longer texts are none.
[[nodiscard]] std::optional<base::event_time> parse_mapped_time(std::string_view text,
                                                                time_unit unit) noexcept;

} // namespace vedette::ingest
