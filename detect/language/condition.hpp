// Sigma's condition grammar: and, or, not, parentheses, "1 of x*", "all of x*", "1 of them".
//
// Remembers nothing; nesting is bounded by selection::depth_max. Called at load only.
#pragma once

#include "detect/language/selection.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace vedette::detect {

/// The condition's node in `into`, whose named selections must be complete; or what is wrong.
[[nodiscard]] std::variant<std::uint32_t, std::string> parse_condition(std::string_view text,
                                                                       selection& into);

} // namespace vedette::detect
