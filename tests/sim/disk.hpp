// One node's store: what is on the platter, what a process sees, and what lies between the two.
//
// Writes are done in order; one sync at a time takes everything that waits (the group commit). A
// crash keeps a prefix of what was not synced. Slow and full are states that faults set. Bounded by
// what the replicas write. Owned by a node of tests/sim; outlives its processes.
#pragma once

#include "cluster/replica_words.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/fold.hpp"
#include "tests/support/random.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace vedette::sim {

/// One partition in a store.
struct image {
  base::epoch promised;
  base::entry_index first_kept{1};
  std::deque<cluster::entry> log;
  cluster::epoch_history history;
  checkpoint fold;           ///< null: empty state
  cluster::assignment table; ///< newest that was seen: what a lost table is rebuilt from
  std::uint64_t staged_id = 0;
  std::uint32_t staged_chunks = 0;

  [[nodiscard]] base::entry_index last() const noexcept {
    return {first_kept.value + log.size() - 1};
  }
  [[nodiscard]] const cluster::entry& at(base::entry_index index) const {
    return log.at(index.value - first_kept.value);
  }
};

struct store_fold {
  checkpoint state;
};
struct trim_log {
  base::entry_index first_kept;
};
struct store_table {
  cluster::assignment value;
};
struct install {
  cluster::checkpoint_manifest manifest;
  checkpoint state;
};
struct write {
  base::partition_id partition;
  cluster::ticket number = 0; ///< 0: the replica does not wait for it
  std::variant<cluster::write_entries, cluster::write_epoch, cluster::truncate_log,
               cluster::stage_chunk, cluster::drop_staged, install, store_fold, store_table,
               trim_log>
      what;
};

class disk {
 public:
  using on_stored = std::function<void(base::partition_id, cluster::ticket)>;

  disk(clock& time, test::random& chance) : time_{time}, chance_{chance} {}

  /// False when full: nothing was taken.
  [[nodiscard]] bool put(write w);
  /// What the process reads back, stored or not.
  [[nodiscard]] image& seen(base::partition_id p) { return seen_[p]; }
  [[nodiscard]] const std::map<base::partition_id, image>& stored() const { return stored_; }
  /// A process begins; its predecessor's answers are void.
  void open(on_stored told);
  /// Returns how many writes were lost.
  std::size_t crash();
  void wipe();
  [[nodiscard]] bool idle() const noexcept { return waiting_.empty(); }
  [[nodiscard]] std::map<base::partition_id, image> copy() const { return stored_; }
  void put_back(std::map<base::partition_id, image> old);

  instant sync_time = microseconds{400};
  bool full = false;

 private:
  void begin_sync();
  static void carry_out(image& i, const write& w);

  clock& time_;
  test::random& chance_;
  std::map<base::partition_id, image> stored_, seen_;
  std::deque<write> waiting_;
  std::size_t syncing_ = 0;
  std::uint64_t life_ = 0;
  on_stored told_;
};

} // namespace vedette::sim
