// A few memberships on one coordinator, in one process, on a clock that runs ten times too fast.
//
// Each has its store, its handle and what its hooks said. Everything waits with a bound.
#pragma once

#include "io/clock/manual_clock.hpp"
#include "io/coordination/memory_coordinator.hpp"
#include "nodes/membership/membership.hpp"
#include "state/memory/memory_store.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vedette::membership::testing {

/// What the hooks said, in order. Any thread.
class diary {
 public:
  struct answer {
    base::partition_id partition;
    std::uint64_t token = 0;
    cluster::proposal_outcome outcome = cluster::proposal_outcome::unknown;
    /// The newest revision that `assigned` had said by then.
    cluster::revision seen;
  };

  [[nodiscard]] membership_hooks hooks();

  [[nodiscard]] std::map<base::partition_id, cluster::versioned_assignment> table() const;
  [[nodiscard]] std::vector<answer> answers() const;
  [[nodiscard]] std::vector<std::string> nodes() const; ///< as last said
  [[nodiscard]] std::vector<std::string> endings() const;
  [[nodiscard]] int tables_lost() const;
  [[nodiscard]] std::size_t said(base::partition_id partition) const;
  /// `assigned` never said an older value after a newer one.
  [[nodiscard]] bool in_order() const;

 private:
  mutable std::mutex mutex_;
  std::map<base::partition_id, cluster::versioned_assignment> table_;
  std::map<base::partition_id, std::size_t> said_;
  std::vector<answer> answers_;
  std::vector<std::string> nodes_, endings_;
  int lost_ = 0;
  bool in_order_ = true;
};

struct party {
  std::shared_ptr<state::store> store;
  std::shared_ptr<io::memory_faults> faults;
  diary heard;
  std::unique_ptr<membership> what;

  membership* operator->() const { return what.get(); }
};

class rig {
 public:
  rig();
  ~rig();

  /// What a node of this rig is made with; change it before `add`.
  [[nodiscard]] membership_args args(const std::string& id,
                                     std::shared_ptr<state::store> store = nullptr);
  party& add(membership_args args);
  /// Adds and starts; the test fails when that is refused.
  party& join(const std::string& id);
  /// Nothing gets through any more, and the process is gone.
  void crash(party& p);

  /// False when `holds` did not come true in time.
  static bool until(const std::function<bool()>& holds);
  [[nodiscard]] base::duration now() const { return time_.monotonic(); }

  std::uint32_t partitions = 8;
  std::size_t copies = 3;

 private:
  io::manual_clock time_;

 public:
  io::memory_store coordinator;

 private:
  std::atomic<bool> over_{false};
  std::vector<std::unique_ptr<party>> parties_;
  std::thread ticker_;
};

} // namespace vedette::membership::testing
