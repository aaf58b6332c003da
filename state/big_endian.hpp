// Numbers as bytes that sort as the numbers do. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace vedette::state {

template <class T>
[[nodiscard]] std::string big_endian(T value) {
  static_assert(std::is_unsigned_v<T>);
  std::string out(sizeof(T), '\0');
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
  return out;
}

/// Of the first bytes; 0 when there are too few.
template <class T>
[[nodiscard]] T from_big_endian(std::string_view bytes) noexcept {
  if (bytes.size() < sizeof(T))
    return 0;
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[i]));
  return value;
}

} // namespace vedette::state
