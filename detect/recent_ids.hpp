// The vendor ids seen of late, so that an event that arrives by two paths counts once.
//
// Keeps 64-bit fingerprints in two tables: when the newer is full it becomes the older and the
// older is forgotten, so at least half the capacity and at most all of it is remembered. A false
// match has a chance of about capacity / 2^64 per event. Not thread-safe; owned by a partition's
// primary.
#pragma once

#include "base/hash.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::detect {

class recent_ids {
 public:
  /// `bytes` is split between the two tables, which grow towards it as they fill.
  explicit recent_ids(std::size_t bytes)
      : slots_max_{std::bit_floor(std::max<std::size_t>(bytes / 16, 64))} {}

  /// True when the id was not among the remembered ones; remembers it. `salt` tells apart the
  /// copies of one event that go to several entities. O(1).
  bool insert(std::string_view id, std::uint64_t salt = 0) {
    auto fingerprint = base::hash64(id, seed ^ salt);
    fingerprint += fingerprint == 0;
    if (contains(older_, fingerprint))
      return false;
    if (newer_.empty())
      newer_.resize(64);
    auto& slot = find(newer_, fingerprint);
    if (slot == fingerprint)
      return false;
    slot = fingerprint;
    if (++used_ * 4 > newer_.size() * 3)
      make_room();
    return true;
  }

  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return (newer_.capacity() + older_.capacity()) * sizeof(std::uint64_t);
  }

 private:
  using table = std::vector<std::uint64_t>;
  static constexpr std::uint64_t seed = 0x7665'6465'7474'6531ULL;

  static std::uint64_t& find(table& t, std::uint64_t fingerprint) noexcept {
    const auto wrap = t.size() - 1;
    auto i = fingerprint & wrap;
    while (t[i] != 0 && t[i] != fingerprint)
      i = (i + 1) & wrap;
    return t[i];
  }
  static bool contains(table& t, std::uint64_t fingerprint) noexcept {
    return !t.empty() && find(t, fingerprint) == fingerprint;
  }

  void make_room() {
    if (newer_.size() < slots_max_) {
      table larger(newer_.size() * 2);
      for (auto f : newer_)
        if (f != 0)
          find(larger, f) = f;
      newer_.swap(larger);
      return;
    }
    older_.swap(newer_);
    newer_.assign(older_.size(), 0);
    used_ = 0;
  }

  std::size_t slots_max_;
  std::size_t used_ = 0; ///< in `newer_`
  table newer_, older_;
};

} // namespace vedette::detect
