// What modifiers do to a value's text before it becomes a pattern. Pure, called at load only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vedette::detect {

/// RFC 4648 base64 with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
/// The three texts of which one stands in any base64 of something that contains `bytes`.
[[nodiscard]] std::vector<std::string> base64_offsets(std::string_view bytes);
/// The text with each flag's dash ("-x", "/x") as the five characters programs take for it.
[[nodiscard]] std::vector<std::string> dashes(std::string_view text);
/// Names between percent signs: "%offices%" -> "offices".
[[nodiscard]] std::vector<std::string> placeholders(std::string_view text);
/// The text with every "%name%" replaced.
[[nodiscard]] std::string replace_placeholder(std::string_view text, std::string_view name,
                                              std::string_view value);

} // namespace vedette::detect
