// A node's clock in a cluster: its own wall clock, until the cluster says that time is another one.
//
// From the first `agree` on wall time is monotonic time and what was agreed, so a step of the own
// clock is seen by nobody before somebody has judged it. A node that never agrees goes by its own
// clock. Remembers one number; safe from any thread.
#pragma once

#include "io/clock/clock.hpp"

#include <atomic>

namespace vedette::io {

class agreed_clock final : public clock {
 public:
  explicit agreed_clock(const clock& own) : own_{own} {} ///< which outlives it

  [[nodiscard]] base::receive_time now() const override {
    const auto right = right_.load();
    return right == nothing ? own_.now()
                            : base::receive_time{base::duration{right} + own_.monotonic()};
  }
  [[nodiscard]] base::duration monotonic() const override { return own_.monotonic(); }

  [[nodiscard]] const clock& own() const noexcept { return own_; }
  /// The own wall time less monotonic time.
  [[nodiscard]] base::duration own_reading() const {
    return own_.now().time_since_epoch() - own_.monotonic();
  }
  void agree(base::duration right) { right_ = right.count(); }

 private:
  static constexpr std::int64_t nothing = INT64_MIN;
  const clock& own_;
  std::atomic<std::int64_t> right_{nothing};
};

} // namespace vedette::io
