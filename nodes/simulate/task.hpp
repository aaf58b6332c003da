// Something with a start and a number of records: a nightly job, or an attack.
//
// The generator keeps tasks in a heap by due() and asks the earliest for its next record. A task
// knows from the start how many records it will make, which is how a run meets options::events. It
// owns its random numbers, so no task changes what another does.
#pragma once

#include "nodes/simulate/catalogue.hpp"
#include "nodes/simulate/record.hpp"
#include "nodes/simulate/world.hpp"

#include <cstdint>
#include <memory>

namespace vedette::simulate {

class task {
 public:
  task(tenant& where, prng random, base::event_time start, std::uint32_t steps)
      : random_{random}, tenant_{&where}, due_{start}, steps_{steps} {}
  virtual ~task() = default;
  task(const task&) = delete;
  task& operator=(const task&) = delete;

  /// Event time of the next record; meaningless when left() is 0.
  [[nodiscard]] base::event_time due() const { return due_; }
  [[nodiscard]] std::uint32_t left() const { return steps_ - step_; }
  [[nodiscard]] const tenant& where() const { return *tenant_; }

  /// Fills `c` with the next record; true if it is an attacker's own. Requires left() > 0.
  bool act(call& c);

  /// What to write on the label; null for jobs.
  [[nodiscard]] virtual label* about() { return nullptr; }

  std::size_t label_index = SIZE_MAX; ///< the generator's, once labelled

 protected:
  /// Fills in record number `step` at due(); says whether it is the attacker's own.
  virtual bool fill(call& c, std::uint32_t step) = 0;
  /// How long until the next record.
  void pace(std::uint32_t low_ms, std::uint32_t high_ms) {
    pause_ = std::chrono::milliseconds{random_.between(low_ms, high_ms)};
  }

  prng random_;
  tenant* tenant_;
  base::event_time due_;
  std::uint32_t steps_; ///< fixed before the first act()

 private:
  std::uint32_t step_ = 0;
  base::duration pause_{};
};

inline bool task::act(call& c) {
  pause_ = {};
  const bool own = fill(c, step_);
  ++step_;
  due_ += pause_;
  return own;
}

} // namespace vedette::simulate
