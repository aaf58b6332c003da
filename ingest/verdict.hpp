// What became of one record: an event, nothing on purpose, or nothing for a reason.
//
// Said by the format that the record is of, and passed on by the normaliser.
#pragma once

#include <cstdint>
#include <string_view>

namespace vedette::ingest {

enum class disposition : std::uint8_t {
  event,       ///< one event was appended
  skipped,     ///< recognised, and carries no event: a notice, a digest, a control message
  quarantined, ///< cannot be an event for the reason given
};

struct verdict {
  disposition what = disposition::quarantined;
  std::string_view reason; ///< static, or in the batch's memory; empty for an event
};

[[nodiscard]] constexpr verdict skipped(std::string_view reason) noexcept {
  return {disposition::skipped, reason};
}
[[nodiscard]] constexpr verdict quarantined(std::string_view reason) noexcept {
  return {disposition::quarantined, reason};
}

} // namespace vedette::ingest
