// Numbers the distinct strings of one column in the order in which they first occur; internal.
//
// Remembers one column at a time; its table is reused and as large as the largest column seen. It
// holds views, so the strings must outlive the column.
#pragma once

#include "base/hash.hpp"

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vedette::schemas {

class event_dictionary {
 public:
  /// Forgets the last column; the next has at most `values` values.
  void begin(std::size_t values) {
    const auto wanted = std::bit_ceil(2 * values + 2);
    if (slots_.size() < wanted) {
      slots_.assign(wanted, {});
      stamp_ = 0;
    }
    if (++stamp_ == 0) { // wrapped: old stamps could look current
      slots_.assign(slots_.size(), {});
      stamp_ = 1;
    }
    mask_ = wanted - 1;
    entries_.clear();
    last_ = {};
    last_number_ = 0;
  }

  /// 0 for the empty string, else 1 + the position of `text` in `entries`.
  [[nodiscard]] std::uint32_t number(std::string_view text) {
    if (text.empty())
      return 0;
    // Neighbours repeat: the same call by the same identity, often the very same bytes.
    if (text.size() == last_.size() && (text.data() == last_.data() || text == last_))
      return last_number_;
    last_ = text;
    const auto hash = base::hash64(text);
    for (auto i = hash & mask_;; i = (i + 1) & mask_) {
      auto& s = slots_[i];
      if (s.stamp != stamp_) {
        entries_.push_back(text);
        s = {hash, stamp_, static_cast<std::uint32_t>(entries_.size())};
        return last_number_ = s.number;
      }
      if (s.hash == hash && entries_[s.number - 1] == text)
        return last_number_ = s.number;
    }
  }

  [[nodiscard]] const std::vector<std::string_view>& entries() const noexcept { return entries_; }

 private:
  struct slot {
    std::uint64_t hash = 0;
    std::uint32_t stamp = 0; ///< of the column that filled it
    std::uint32_t number = 0;
  };

  std::vector<slot> slots_;
  std::vector<std::string_view> entries_;
  std::size_t mask_ = 0;
  std::uint32_t stamp_ = 0;
  std::string_view last_;
  std::uint32_t last_number_ = 0;
};

} // namespace vedette::schemas
