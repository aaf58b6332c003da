// Texts that are ASCII where it counts: what clouds, protocols and settings files write. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace vedette::base {

/// '0' to '9'.
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// A letter in lower case; anything else as it is.
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// What a hex digit of either case is worth; -1 for anything else.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
  if (is_digit(c))
    return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Without white space at either end.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Whether `part` stands in the text.
[[nodiscard]] constexpr bool has(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}

/// Where the word, which is in lower case, stands in the text in any case, at `from` or behind it;
/// npos when it does not. O(text × word).
[[nodiscard]] inline std::size_t find_word(std::string_view text, std::string_view word,
                                           std::size_t from = 0) noexcept {
  const auto hit =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), word.begin(),
                  word.end(), [](char a, char b) { return lower(a) == b; });
  return hit == text.end() ? std::string_view::npos : static_cast<std::size_t>(hit - text.begin());
}

} // namespace vedette::base
