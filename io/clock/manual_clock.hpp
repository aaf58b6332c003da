// A clock that moves only when told: the second implementation of the door to time, for tests and
// simulations. Safe from any thread.
#pragma once

#include "io/clock/clock.hpp"

#include "base/assert.hpp"

#include <atomic>
#include <cstdint>

namespace vedette::io {

class manual_clock final : public clock {
 public:
  explicit manual_clock(base::receive_time start) : wall_{start.time_since_epoch().count()} {}

  [[nodiscard]] base::receive_time now() const override {
    return base::receive_time{base::duration{wall_.load()}};
  }
  [[nodiscard]] base::duration monotonic() const override {
    return base::duration{monotonic_.load()};
  }

  /// Lets time pass on both scales; `by` is not negative.
  void advance(base::duration by) {
    VEDETTE_ASSERT(by >= base::duration::zero());
    wall_ += by.count();
    monotonic_ += by.count();
  }
  /// Steps the wall clock, back too, as an operator or NTP does; the monotonic scale stays.
  void set(base::receive_time t) { wall_ = t.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> monotonic_{0};
};

} // namespace vedette::io
