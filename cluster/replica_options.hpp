// The numbers a replica works with, and what it finds on its disk at start.
//
// Plain values, set by the host. Every queue of a replica is bounded by one of them.
#pragma once

#include "cluster/replica_words.hpp"

#include <cstddef>
#include <cstdint>

namespace vedette::cluster {

/// For the simulation only: protocols that are known to be wrong, each of which its checker must
/// catch. A host that sets one of them loses data.
struct protocol_defects {
  bool commit_before_replicas = false; ///< what is on the primary's disk counts as committed
  bool no_epoch_check = false;         ///< a deposed primary's messages are taken
  bool no_rereplication = false;       ///< a new primary takes its whole tail for committed
};

struct replica_limits {
  instant heartbeat = std::chrono::milliseconds{100}; ///< between two messages to an idle replica
  instant retry =
      std::chrono::milliseconds{250}; ///< first repeat of what was not answered; doubles
  instant retry_max = std::chrono::seconds{2};
  /// First repeat while a replica is seeded: what it was sent waits in a long queue, not in vain.
  instant seeding_retry = std::chrono::seconds{1};
  /// An in-sync replica that has not reached what was the end this long ago is taken out: above a
  /// slow fsync (100 ms) by much, below what a source waits for an acknowledgement (5 s) by much.
  instant lag_max = std::chrono::seconds{1};
  /// So is one that is, every time for `slow_max`, later than `slow_floor` and `slow_factor` times
  /// what the fastest other takes; it comes back when it was not for `slow_rest`.
  instant slow_max = std::chrono::seconds{1};
  instant slow_floor = std::chrono::milliseconds{100};
  int slow_factor = 4;
  instant slow_rest = std::chrono::seconds{2};
  std::size_t batch_entries = 256; ///< of one append message
  std::size_t batch_bytes = std::size_t{256} << 10;
  std::size_t window_messages = 8;        ///< unanswered appends per replica
  std::size_t uncommitted_entries = 8192; ///< beyond these appends are refused
  std::size_t uncommitted_bytes = std::size_t{16} << 20;
  std::size_t cache_bytes = std::size_t{8} << 20; ///< committed entries kept for lagging replicas
  std::uint64_t grow_slack = 64; ///< entries a replica may be behind when it is put in sync
  /// A replica that is further behind gets a checkpoint instead of the log: with large batches that
  /// many entries are gigabytes, what they made is tens of megabytes (docs/performance.md).
  std::uint64_t tail_max = 20'000;
  /// Log and checkpoint are not kept for a replica that was silent for so long.
  instant keep_for_silent = std::chrono::seconds{10};
  std::uint32_t chunk_window = 4;    ///< unanswered checkpoint chunks per replica
  std::uint64_t digest_every = 1000; ///< entries between two comparisons of state
  protocol_defects defects;
};

/// What a store holds of one partition. A new store: all zero.
struct replica_boot {
  base::partition_id partition;
  member self;
  base::epoch promised;
  base::entry_index first_kept{1}; ///< oldest entry that can be read; `last` + 1 when there is none
  base::entry_index last;
  std::vector<epoch_start> history; ///< also of what was trimmed
  base::entry_index applied;        ///< the fold's checkpoint: everything up to it was committed
};

} // namespace vedette::cluster
