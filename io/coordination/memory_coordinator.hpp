// The coordinator without etcd: handles on one store in this process, for a standalone node and for
// tests of whatever asks a coordinator.
//
// Does what etcd_coordinator does, in the same order and with the same refusals; one suite holds
// both to it. Leases run on the clock given in: an undisturbed handle renews whenever any handle of
// the store is asked or polled, and leases end there too. Everything is gone with the last handle
// and the store. Bounded by `memory_history_max` changes that a slow watch can catch up on. Any
// thread; one lock.
#pragma once

#include "io/clock/clock.hpp"
#include "io/coordination/coordinator.hpp"

#include <atomic>
#include <memory>

namespace vedette::io {

/// Older changes are compacted: who lacks them gets a new view.
inline constexpr std::size_t memory_history_max = 4096;

/// What tests can break about one handle; nothing is, as made.
struct memory_faults {
  /// Nothing gets through, either way: asks time out, the lease is not renewed.
  std::atomic<bool> cut{false};
  /// So many of the next changes are made and their answers lost.
  std::atomic<int> answers_lost{0};
};

struct memory_settings {
  base::duration call_deadline = call_deadline_default;
  base::duration pulse = std::chrono::milliseconds{300};
  std::size_t events_max = events_waiting_max;
};

struct memory_records;
struct memory_state;

class memory_store {
 public:
  /// `time` outlives the store and its handles; only its monotonic scale is read.
  explicit memory_store(const clock& time);
  ~memory_store();

  /// A handle as another process would have; it may outlive the store.
  [[nodiscard]] std::unique_ptr<coordinator>
  handle(const memory_settings& settings = {},
         std::shared_ptr<memory_faults> faults = std::make_shared<memory_faults>());

  // --- what happens to a coordinator's data, for tests ---

  void wipe();
  class backup {
    friend class memory_store;
    std::shared_ptr<const memory_records> held_;
  };
  [[nodiscard]] backup save() const;
  void restore(const backup& from);
  /// Changes so far can no longer be caught up on.
  void compact();

 private:
  std::shared_ptr<memory_state> state_;
};

} // namespace vedette::io
