// Virtual time: a queue of things to do, each at its instant; nothing else moves the clock.
//
// Equal instants run in the order in which they were asked for, so one seed is one history. Bounded
// by what is in flight. Everything in tests/sim is driven from here.
#pragma once

#include "cluster/replica_words.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace vedette::sim {

using cluster::instant;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class clock {
 public:
  [[nodiscard]] instant now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

  void after(instant delay, std::function<void()> what) {
    queue_.push({now_ + delay, ++asked_, std::move(what)});
  }

  /// Runs until the instant or until `stop()` says so.
  template <class Stop>
  void run_until(instant end, const Stop& stop) {
    while (!queue_.empty() && queue_.top().at <= end && !stop()) {
      now_ = queue_.top().at;
      const auto what = std::move(const_cast<timer&>(queue_.top()).what);
      queue_.pop();
      ++steps_;
      what();
    }
    if (!stop())
      now_ = end;
  }

 private:
  struct timer {
    instant at;
    std::uint64_t order;
    std::function<void()> what;

    bool operator<(const timer& other) const noexcept {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  instant now_{};
  std::uint64_t asked_ = 0, steps_ = 0;
  std::priority_queue<timer> queue_;
};

} // namespace vedette::sim
