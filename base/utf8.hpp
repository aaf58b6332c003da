// Whether bytes are UTF-8, and a version of them that is.
#pragma once

#include <string>
#include <string_view>

namespace vedette::base {

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. O(length).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;
/// Each byte that cannot be part of a valid sequence becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);
/// For messages of one line that quote what somebody wrote: control characters become blanks.
[[nodiscard]] std::string one_line(std::string text);

} // namespace vedette::base
