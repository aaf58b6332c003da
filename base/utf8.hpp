// Whether bytes are UTF-8, and a version of them that is.
#pragma once

#include <string>
#include <string_view>

namespace vedette::base {

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. O(length).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;
/// Each byte that cannot be part of a valid sequence becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

} // namespace vedette::base
