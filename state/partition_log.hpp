// The log of all partitions of one node: what happened, in the order in which it became durable.
//
// Entries of many partitions share one physical record per group commit; a partition's log is the
// entries that carry its id, numbered from 1 without holes. Among them stand notes of the log about
// itself (schemas::is_note), which take no index: a promised epoch, a cut of the tail, a new
// beginning behind a checkpoint. What was cut is never read again: (epoch, index) names an entry
// for ever, and the log remembers which epoch wrote which part. Bounded by trimming behind
// checkpoints. Appended to and trimmed by the committer; read by whoever folds. Thread-safe.
#pragma once

#include "base/result.hpp"
#include "schemas/codec/record_codec.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>

namespace vedette::state {

using schemas::entry_kind;
using schemas::is_note;
using schemas::log_entry;

/// Positions of partitions; one that is not named is not meant.
using positions = std::map<base::partition_id, base::entry_index>;

enum class sync_policy : std::uint8_t {
  every_commit, ///< what `append` took survives power loss
  interval, ///< power loss takes up to `sync_interval` of what was acknowledged; a crash nothing
  never,    ///< power loss takes what the kernel had not written, half a minute or so
};

/// What a log may keep once a checkpoint covers it; whichever is reached first trims.
struct trim_limits {
  base::duration age = std::chrono::days{7};
  std::uint64_t bytes = std::uint64_t{20} << 30;
};

struct log_usage {
  std::uint64_t bytes_written = 0; ///< handed to the store since it was opened
  std::uint64_t bytes = 0;         ///< kept, before the store's own overhead
  std::uint64_t records = 0;       ///< kept
  std::uint64_t entries = 0;       ///< kept
  base::receive_time oldest;       ///< of the oldest kept record; the epoch when there is none

  friend bool operator==(const log_usage&, const log_usage&) = default;
};

/// What the log knows of one partition.
struct log_standing {
  base::epoch promised;
  base::entry_index first_kept{1}; ///< oldest entry that can be read: `last` + 1 when there is none
  base::entry_index last;
  std::vector<base::epoch_start> history; ///< also of what was trimmed

  friend bool operator==(const log_standing&, const log_standing&) = default;
};

class partition_log {
 public:
  virtual ~partition_log() = default;

  /// Writes the group as one record and returns when it is as durable as the policy says. Indexes
  /// must continue each partition's sequence, epochs never fall, a cut or reset lies within the
  /// log, and the group must not be empty (all assert). After an I/O failure it is unknown whether
  /// the group will be there after a restart, so every later append fails with the same error.
  /// O(bytes).
  [[nodiscard]] virtual base::status append(std::span<const log_entry> group) = 0;

  /// Index of the newest entry of the partition, 0 when it never had one. O(log partitions).
  [[nodiscard]] virtual base::result<base::entry_index>
  last(base::partition_id partition) const = 0;

  /// Index of the oldest entry that can still be read: `last` + 1 when there is none.
  [[nodiscard]] virtual base::entry_index first_kept(base::partition_id partition) const = 0;

  [[nodiscard]] virtual log_standing standing(base::partition_id partition) const = 0;
  /// All that have a standing, in order.
  [[nodiscard]] virtual std::vector<base::partition_id> partitions() const = 0;

  /// Shows, in append order, every entry of the named partitions that lies after the given
  /// position, until `sink` returns false. ec::not_found when some of it was trimmed. One pass over
  /// the records from a point shortly before the first wanted one.
  [[nodiscard]] virtual base::status
  read(const positions& after, const std::function<bool(const log_entry&)>& sink) const = 0;

  /// Forgets oldest records all of whose entries lie at or before `upto` (a partition not named
  /// holds everything) and which are past a limit. Works in whole runs of records, so up to one run
  /// more is kept.
  [[nodiscard]] virtual base::status trim(const positions& upto, const trim_limits& keep) = 0;

  /// Makes all appended groups durable, for the policies that do not do so at once.
  [[nodiscard]] virtual base::status sync() = 0;

  [[nodiscard]] virtual log_usage usage() const = 0;
};

} // namespace vedette::state
