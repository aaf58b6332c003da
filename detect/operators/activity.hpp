// How many events an identity caused per minute, for the last hour or so.
//
// The denominator of a `share`: every event counts here, matched or not, so it is kept once per
// identity and not per rule. Sparse: a quiet identity costs nothing but the vector. Sums commute,
// so order does not matter; minutes older than `kept` behind the newest are dropped.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::detect {

class activity_counter {
 public:
  struct minute {
    std::uint32_t at = 0; ///< minutes since 1970
    std::uint32_t events = 0;

    friend bool operator==(const minute&, const minute&) = default;
  };

  /// Longest window plus lateness that a share can look at (the loader checks it).
  static constexpr std::uint32_t kept = 90;

  void add(base::event_time t);
  /// Events in the minutes that touch [from, to). O(minutes kept).
  [[nodiscard]] std::uint64_t between(base::event_time from, base::event_time to) const noexcept;

  [[nodiscard]] const std::vector<minute>& minutes() const noexcept { return minutes_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return minutes_.capacity() * sizeof(minute);
  }
  static activity_counter restore(std::vector<minute> minutes);

 private:
  std::vector<minute> minutes_; ///< ascending
};

} // namespace vedette::detect
