// Base 64: the standard alphabet, padded. For keys and values of etcd, credentials of HTTP, and
// bodies that wrap records.
//
// Remembers nothing; O(length).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vedette::base {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Nothing on any character, length or padding that the encoder would not have written.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace vedette::base
