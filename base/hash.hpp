// The two kinds of hash, kept apart: XXH3 for tables and ids, SHA-256 for anything an adversary
// may want to collide or that proves something.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::base {

/// XXH3-64; equal on every machine and build, so it may be stored.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) noexcept;

struct hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const hash128&, const hash128&) = default;
};

/// XXH3-128; for content ids, where 2^64 values must not collide by chance.
[[nodiscard]] hash128 hash128_of(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// 32 lower-case hex digits, most significant first.
[[nodiscard]] std::string to_hex(const hash128& h);
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Mixes two hashes; not commutative.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t x = a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 12) + (a >> 4));
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  return x;
}

using sha256_digest = std::array<unsigned char, 32>;
[[nodiscard]] sha256_digest sha256(std::string_view bytes);
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string to_hex(const sha256_digest& digest);
/// Takes the same time wherever the two differ; false when the lengths do.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace vedette::base
