// The answers of S3 and STS: small XML, read element by element. A thin door to Expat.
//
// Remembers the path of open elements (at most `depth_max` deep; deeper is malformed) and the text
// of the innermost one.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vedette::io {

inline constexpr std::size_t xml_depth_max = 32;

/// Calls `each` at the end of every element with its path, "ListBucketResult/Contents/Key", and its
/// own text. Error malformed; `what` names the text.
[[nodiscard]] base::status
read_xml(std::string_view text, std::string_view what,
         const std::function<void(std::string_view path, std::string_view value)>& each);

/// The text of the first element whose path ends so; empty when there is none.
[[nodiscard]] std::string xml_text(std::string_view text, std::string_view path_end);

} // namespace vedette::io
