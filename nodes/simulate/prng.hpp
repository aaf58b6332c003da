// Our own random numbers: xoshiro256** seeded through splitmix64, with integer results only.
//
// The standard's distributions differ between libraries, and the same options must give the same
// bytes everywhere. Not for secrets. 32 bytes each; every task owns one, so adding a record to one
// attack does not change what another does.
#pragma once

#include <array>
#include <cstdint>

namespace vedette::simulate {

/// Spreads a value over 64 bits; also joins a seed with the number of a stream.
[[nodiscard]] constexpr std::uint64_t splitmix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class prng {
 public:
  constexpr prng(std::uint64_t seed, std::uint64_t stream) noexcept {
    std::uint64_t x = splitmix(seed) ^ splitmix(stream * 2 + 1);
    for (auto& word : words_) {
      x = splitmix(x);
      word = x;
    }
  }

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t out = rotate(words_[1] * 5, 7) * 9;
    const std::uint64_t t = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= t;
    words_[3] = rotate(words_[3], 45);
    return out;
  }

  /// 0 <= x < n; n > 0. Off uniform by less than n / 2^32, which no habit can show.
  constexpr std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

  /// low <= x <= high.
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return low + below(high - low + 1);
  }

  /// True once in n on average.
  constexpr bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }

  template <class Range>
  constexpr auto& pick(Range& from) noexcept {
    return from[below(static_cast<std::uint32_t>(std::size(from)))];
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) noexcept {
    return (x << k) | (x >> (64 - k));
  }

  std::array<std::uint64_t, 4> words_{};
};

} // namespace vedette::simulate
