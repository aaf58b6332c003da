// Base64 as messages carry it. The splitter opens Pub/Sub messages with it; remembers nothing, and
// what it makes lives in the arena it is given.
#pragma once

#include "base/arena.hpp"

#include <string_view>

namespace vedette::ingest {

/// The bytes that the text stands for, both alphabets; what is no digit (padding, line breaks,
/// JSON's escapes before '/') is passed over. O(length).
[[nodiscard]] std::string_view base64_decoded(std::string_view text, base::arena& memory);

} // namespace vedette::ingest
