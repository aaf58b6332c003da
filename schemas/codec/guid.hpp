// GUIDs as vendors write them, "8-4-4-4-12" lower-case hex digits, to 16 bytes and back; internal.
//
// Only that exact form converts, so that the text that comes back is the text that went in.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette::schemas {

inline constexpr std::size_t guid_bytes = 16;
inline constexpr std::size_t guid_text = 36;

/// False when `text` is anything but such a GUID; then `out` holds nothing of meaning.
[[nodiscard]] bool parse_guid(std::string_view text, char* out) noexcept;
/// Writes `guid_text` characters.
void format_guid(const char* guid, char* out) noexcept;

} // namespace vedette::schemas
