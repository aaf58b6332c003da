// The id of a record that its vendor gave none: the same bytes have the same id, which is all that
// recognising a repeat needs.
#pragma once

#include "base/arena.hpp"
#include "base/hash.hpp"

#include <cstdint>
#include <string_view>

namespace vedette::ingest {

/// The 128-bit hash in 32 hex digits, as base::to_hex spells it, in `memory`. O(length).
[[nodiscard]] inline std::string_view id_from_bytes(std::string_view record, base::arena& memory) {
  constexpr std::size_t digits = 32;
  const auto hash = base::hash128_of(record);
  auto* out = static_cast<char*>(memory.allocate(digits, 1));
  for (std::size_t i = 0; i < digits; ++i) {
    const auto half = i < digits / 2 ? hash.high : hash.low;
    out[i] = "0123456789abcdef"[(half >> (60 - 4 * (i % (digits / 2)))) & 15];
  }
  return {out, digits};
}

} // namespace vedette::ingest
