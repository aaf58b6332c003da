// Log records as bytes: the entries of one group commit, compressed together under one checksum.
//
// `[magic "VDTL"][version][codec][0 0][raw u32][stored u32][XXH3 u64][payload]`, little endian; the
// checksum covers everything else (docs/formats/log.md). Remembers only a zstd context per thread.
// One record is at most limits::log_record_bytes before compression. Called by `state/`.
#pragma once

#include "base/epoch_history.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

/// What a log entry means to the folds; the numbers are on disk for ever.
enum class entry_kind : std::uint8_t {
  batch = 1,     ///< events (event_codec)
  tick = 2,      ///< receive time and watermarks
  emitted = 3,   ///< an alert or hop this partition said
  arrived = 4,   ///< an alert or hop that came from another partition
  answered = 5,  ///< the receiver of an emitted entry has it
  command = 6,   ///< an operator's request
  intent = 7,    ///< an action about to be allowed to run
  attempt = 8,   ///< an action about to be called
  outcome = 9,   ///< what came of it
  config = 10,   ///< a generation of rules and settings takes effect
  skip = 11,     ///< a record that folds pass over
  parked = 15,   ///< a batch of another partition, which has no primary
  unparked = 16, ///< that partition has so much of it
  // Notes of the log about itself: they take no index and no fold sees them.
  promise = 12, ///< nothing of an epoch below this one is taken any more
  cut = 13,     ///< entries behind this index are void
  reset = 14,   ///< the log is empty behind this index; the body is the history of what lies before
};

[[nodiscard]] constexpr bool is_note(entry_kind k) noexcept {
  return k >= entry_kind::promise && k <= entry_kind::reset;
}

struct log_entry {
  base::partition_id partition;
  base::epoch epoch;
  base::entry_index index;
  entry_kind kind = entry_kind::batch;
  std::uint16_t fold_version = 1;
  std::string body;

  friend bool operator==(const log_entry&, const log_entry&) = default;
};

struct log_record {
  base::receive_time written;
  std::vector<log_entry> entries;

  friend bool operator==(const log_record&, const log_record&) = default;
};

/// Where a run of records begins, and what came before it.
struct log_run {
  std::uint64_t first_record = 0;
  std::uint64_t bytes_before = 0; ///< of all records ever, trimmed ones too
  std::uint64_t entries_before = 0;
  base::receive_time began; ///< the time of its first record
  struct standing {
    base::entry_index last;  ///< 0: none
    base::epoch promised;    ///< 0: none
    base::entry_index reset; ///< the log was emptied behind this index; 0: never
    std::vector<base::epoch_start> history;

    friend bool operator==(const standing&, const standing&) = default;
  };
  std::map<base::partition_id, standing> before;

  friend bool operator==(const log_run&, const log_run&) = default;
};

/// The body of a `reset`. Decoding fails with ec::corrupt.
[[nodiscard]] std::string encode_history(const std::vector<base::epoch_start>& starts);
[[nodiscard]] base::result<std::vector<base::epoch_start>> decode_history(std::string_view bytes);

[[nodiscard]] std::string encode_run(const log_run& run);
/// Fails with ec::corrupt. O(partitions).
[[nodiscard]] base::result<log_run> decode_run(std::string_view bytes);

/// One record of all entries; ec::too_large above limits::log_record_bytes. O(bytes).
[[nodiscard]] base::result<std::string> encode_record(base::receive_time written,
                                                      std::span<const log_entry> entries);

/// Fails with ec::corrupt when the checksum or anything below it does not hold, ec::unsupported for
/// another version, codec or an unknown entry kind. O(bytes).
[[nodiscard]] base::result<log_record> decode_record(std::string_view bytes);

} // namespace vedette::schemas
