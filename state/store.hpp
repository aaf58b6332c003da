// One node's memory: the log of its partitions and the entities folded from it.
//
// Two implementations: `memory/` for tests and `replay`, `rocks/` for a node. Owned by the program,
// handed to the committer and the detectors; outlives both.
#pragma once

#include "state/entity_store.hpp"
#include "state/partition_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace vedette::state {

struct store_options {
  sync_policy sync = sync_policy::every_commit;
  base::duration sync_interval = std::chrono::milliseconds{100};
  /// Stamps records so that age can trim them; injected so that tests own the clock.
  std::function<base::receive_time()> clock = [] {
    return std::chrono::time_point_cast<base::duration>(std::chrono::system_clock::now());
  };
  /// Length of a run, the unit of trimming and of what is scanned at open.
  std::uint64_t run_records = 512;
  std::uint64_t run_bytes = std::uint64_t{8} << 20;
  /// Of log records that were read last, unpacked: what all partitions read at one time of a start
  /// or of filling an empty copy should find room in it.
  std::size_t unpacked_bytes = std::size_t{32} << 20;
  /// Block cache of the store, beside the callers' caches.
  std::size_t cache_bytes = std::size_t{64} << 20;
  /// After damage that the store cannot tell from lost acknowledged entries it refuses to open;
  /// with this it keeps what comes before the damage and changes its incarnation.
  bool accept_loss = false;
};

/// Bytes of main memory that a store takes beside the callers'.
struct store_memory {
  std::uint64_t unflushed = 0;   ///< written, and in no table file yet
  std::uint64_t block_cache = 0; ///< of what was read
  std::uint64_t tables = 0;      ///< indexes and filters of open files
  std::uint64_t unpacked = 0;    ///< log records that were read last
};

class store {
 public:
  virtual ~store() = default;

  [[nodiscard]] virtual partition_log& log() = 0;
  [[nodiscard]] virtual entity_store& entities() = 0;

  /// One atomic, durable step (docs/formats/log.md): what is staged of the partition becomes its
  /// state together with `beside` (its position and meta values), and its log becomes empty behind
  /// the `reset` note. O(what is replaced).
  [[nodiscard]] virtual base::status
  switch_staged(base::partition_id partition, const log_entry& reset, const changes& beside) = 0;

  /// Random at creation, and again after every start that may have lost acknowledged entries.
  [[nodiscard]] virtual std::uint64_t incarnation() const = 0;

  [[nodiscard]] virtual store_memory memory() const = 0;
};

} // namespace vedette::state
