// What goes into a replica and what comes out of it: entries, messages between the replicas of one
// partition, and orders to the host.
//
// Plain values. A host turns messages into frames and back, and carries out orders in the order in
// which they came. Everything sent may be lost, doubled, late or out of order; everything ordered
// from storage happens in order. Bounded by replica_limits. Used by cluster/replica.hpp and its
// hosts.
#pragma once

#include "base/epoch_history.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "cluster/table.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace vedette::cluster {

using base::epoch_history;
using base::epoch_start;

/// A monotonic clock that never jumps; only differences mean something.
using instant = std::chrono::nanoseconds;

/// One entry of a partition's log. What `kind` and `body` mean is the fold's affair.
struct entry {
  base::epoch epoch;
  base::entry_index index;
  std::uint8_t kind = 0;
  std::uint16_t fold_version = 0;
  std::shared_ptr<const std::string> body; ///< never null

  /// What flow control counts: the body and what surrounds it on the wire.
  [[nodiscard]] std::size_t bytes() const noexcept { return body->size() + 32; }
};

/// Names an entry for ever.
struct position {
  base::epoch epoch;
  base::entry_index index;

  friend bool operator==(const position&, const position&) = default;
};

/// A partition's state at one entry, as one stream of numbered chunks.
struct checkpoint_manifest {
  std::uint64_t id = 0; ///< drawn by its primary; means nothing in another epoch
  store_incarnation from;
  position at; ///< every entry up to here is in it
  std::vector<epoch_start> history;
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;
  std::uint32_t chunks = 0; ///< at least 1
  base::hash128 checksum;   ///< over all chunks

  friend bool operator==(const checkpoint_manifest&, const checkpoint_manifest&) = default;
};

// --- between replicas; `message` names the sender's epoch and store ---

/// Primary: where do you stand?
struct probe {};
/// Replica: here. Also the answer to an append that did not fit.
struct standing {
  bool asked = false;     ///< by a probe
  base::entry_index last; ///< on stable storage
  base::entry_index committed;
  std::vector<epoch_start> history;
};
/// Primary: these follow `prev`; none is a heartbeat.
struct append_entries {
  position prev;
  std::vector<entry> entries;
  base::entry_index committed;
};
/// Replica: what I hold equals what you hold up to here, on stable storage.
struct appended {
  base::entry_index through;
};
/// Replica: I have promised a higher epoch.
struct refused {
  base::epoch promised;
};
struct checkpoint_chunk {
  checkpoint_manifest manifest;
  std::uint32_t number = 0;
  std::shared_ptr<const std::string> bytes;
};
/// Replica: every chunk below this number is staged.
struct chunk_staged {
  std::uint64_t id = 0;
  std::uint32_t below = 0;
};
/// Replica: my state after this entry hashes to this.
struct state_digest {
  base::entry_index at;
  base::hash128 value;
};

struct message {
  base::partition_id partition;
  base::epoch epoch;      ///< of the primary whose conversation this is
  store_incarnation from; ///< of the sender's store
  /// Counts the primary's attempts at this replica; an answer carries that of its question, so
  /// that what a store said before it was seeded again is not taken for what it holds now.
  std::uint64_t session = 0;
  std::variant<probe, standing, append_entries, appended, refused, checkpoint_chunk, chunk_staged,
               state_digest>
      body;
};

// --- orders to the host ---

/// Orders to storage carry growing tickets; the host says `stored(t)` when everything up to t is on
/// stable storage. It may say so for many at once: that is the group commit.
using ticket = std::uint64_t;

struct send {
  node_id to;
  message what;
};
struct write_entries {
  ticket number = 0;
  std::vector<entry> entries; ///< continue the log
};
struct write_epoch {
  ticket number = 0;
  base::epoch promised;
};
/// Forget every entry after `last`; never one that was given to the fold.
struct truncate_log {
  ticket number = 0;
  base::entry_index last;
};
struct stage_chunk {
  ticket number = 0;
  checkpoint_chunk chunk;
};
/// Forget what is staged.
struct drop_staged {
  ticket number = 0;
};
/// One marker: state := what is staged, log := empty behind `manifest.at`, fold restarts there.
/// The host verifies the checksum before and says `checkpoint_refused` when it does not hold.
struct switch_checkpoint {
  ticket number = 0;
  checkpoint_manifest manifest;
};
/// Entries may be folded up to here. Never falls, but for a switched checkpoint.
struct committed_through {
  base::entry_index index;
};
/// Appends are taken from now on; everything up to `from` is committed.
struct start_serving {
  base::epoch epoch;
  base::entry_index from;
};
/// Appends that were not committed have an unknown outcome: whoever waits must send again.
struct stop_serving {
  base::epoch epoch;
  base::error why;
};
/// Try to put `next` in the place of the value of revision `base`, and answer with `token`.
struct propose {
  std::uint64_t token = 0;
  revision base;
  assignment next;
};
/// Show me the table's present value of this partition.
struct reread_table {};
/// Read entries from the log for a replica that lags.
struct read_log {
  std::uint64_t request = 0;
  base::entry_index from;
  std::size_t entries_max = 0;
  std::size_t bytes_max = 0;
};
/// Take a checkpoint of the fold where it stands and answer `checkpoint_opened`, once: the order
/// comes again while there is no answer, for the fold may not have been there.
struct open_checkpoint {
  std::uint64_t id = 0;
};
struct read_chunk {
  std::uint64_t id = 0;
  std::uint32_t number = 0;
};
struct close_checkpoint {
  std::uint64_t id = 0;
};

enum class alarm_kind : std::uint8_t {
  digest_differs, ///< a store's state is not what its log says: it is seeded again
  primary_lost,   ///< this primary lacks what a replica knows to be committed: it does not serve
  store_lost,     ///< an in-sync store came back with less than it had acknowledged
  two_primaries,  ///< two nodes claim one epoch: a broken table or a copied data directory
  table_behind,   ///< the table is older than this store's promise: it was restored or wiped
  store_failed,   ///< the store refused a write: this replica takes no part until it is made anew
};
struct raise_alarm {
  alarm_kind kind = alarm_kind::store_failed;
  node_id about;
  std::string text;
};

using order = std::variant<send, write_entries, write_epoch, truncate_log, stage_chunk, drop_staged,
                           switch_checkpoint, committed_through, start_serving, stop_serving,
                           propose, reread_table, read_log, open_checkpoint, read_chunk,
                           close_checkpoint, raise_alarm>;

enum class proposal_outcome : std::uint8_t { won, lost, unknown };

} // namespace vedette::cluster
