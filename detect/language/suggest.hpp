// The nearest known word to a mistyped one, for messages to authors. Pure; called at load only.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace vedette::detect {

/// " (did you mean 'gte'?)" when a known word is within a third of the length, else "".
/// O(known x length^2).
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> known);

[[nodiscard]] inline std::string suggestion(std::string_view word,
                                            std::initializer_list<std::string_view> known) {
  return suggestion(word, std::span{known.begin(), known.size()});
}

} // namespace vedette::detect
