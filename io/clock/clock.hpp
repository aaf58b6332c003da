// The door to time. Everything of ours that must know what time it is asks one of these, so that
// tests can move it by hand (manual_clock.hpp) and pure code can be told.
//
// Remembers nothing; safe from any thread.
#pragma once

#include "base/time.hpp"

namespace vedette::io {

class clock {
 public:
  virtual ~clock() = default;

  /// Wall time of this node. May step when the operator sets it.
  [[nodiscard]] virtual base::receive_time now() const = 0;
  /// Time since an arbitrary start that never steps and counts time spent suspended: what leases
  /// and deadlines are measured with.
  [[nodiscard]] virtual base::duration monotonic() const = 0;
};

/// CLOCK_REALTIME and CLOCK_BOOTTIME.
class real_clock final : public clock {
 public:
  [[nodiscard]] base::receive_time now() const override;
  [[nodiscard]] base::duration monotonic() const override;
};

} // namespace vedette::io
