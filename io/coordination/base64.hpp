// Base 64 as etcd's gateway wants it for keys and values: the standard alphabet, padded.
//
// Remembers nothing; O(length).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Nothing on any character, length or padding that the encoder would not have written.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace vedette::io
