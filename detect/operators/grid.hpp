// Event time cut into buckets, so that a sliding window is a range of bits.
//
// A window of length W is kept in buckets of at least W/16. The window that ends with bucket e
// holds the buckets e-16..e: it covers at least W and at most W plus one bucket. 64 buckets are
// kept, which reaches back over the window and the allowed lateness, so that an event as late as
// allowed still finds every window it belongs to. Pure arithmetic; no state.
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace vedette::detect {

class bucket_grid {
 public:
  static constexpr int horizon = 64; ///< buckets kept; bits of one word

  explicit bucket_grid(base::duration window, base::duration lateness = base::limits::lateness)
      // 61 leaves room for the bucket the oldest event lies in and the one the newest does.
      : width_{std::max({window / 16, (window + lateness) / 61, base::duration{1}})},
        reach_{static_cast<int>((window + width_ - base::duration{1}) / width_)},
        closing_{static_cast<int>(lateness / width_) + 1} {}

  [[nodiscard]] base::duration width() const noexcept { return width_; }
  [[nodiscard]] std::int64_t bucket_of(base::event_time t) const noexcept {
    const auto ns = t.time_since_epoch().count();
    const auto w = width_.count();
    return ns >= 0 ? ns / w : (ns - w + 1) / w;
  }
  [[nodiscard]] base::event_time start_of(std::int64_t bucket) const noexcept {
    return base::event_time{width_ * bucket};
  }
  /// First bucket of the window that ends with `last`.
  [[nodiscard]] std::int64_t first_of_window(std::int64_t last) const noexcept {
    return last - reach_;
  }
  /// Buckets a window reaches back from its last one.
  [[nodiscard]] int reach() const noexcept { return reach_; }
  /// A bucket is closed, no event can enter it any more, once one this much newer has been reached.
  [[nodiscard]] int closing() const noexcept { return closing_; }

 private:
  base::duration width_;
  int reach_;
  int closing_;
};

/// Bits lo..hi, both included, clipped to 0..63; 0 when empty.
[[nodiscard]] constexpr std::uint64_t bits(int lo, int hi) noexcept {
  lo = std::max(lo, 0);
  hi = std::min(hi, 63);
  if (lo > hi)
    return 0;
  return (~std::uint64_t{0} >> (63 - (hi - lo))) << lo;
}

} // namespace vedette::detect
