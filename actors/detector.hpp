// One copy of one partition of events. While its replica serves it appends what arrives and
// delivers what that raised; always it folds what is committed.
//
// Thin: every decision is partition_state's, and what is committed is the replica's affair.
// Remembers the batches under way (bounded by the ingest credit) and which deliveries are out.
// Scheduled, never detached: reads of cold entities are short, writes are the committer's.
#pragma once

#include "actors/checkpoint_turns.hpp"
#include "actors/copy_host.hpp"
#include "actors/interfaces.hpp"
#include "actors/parking_desk.hpp"
#include "actors/partition_state.hpp"
#include "actors/shown_entries.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace vedette::actors {

struct detector_args {
  copy_args copy;
  std::shared_ptr<content_library> library;
  content_ptr content; ///< in force at start
  partition_limits limits;
  /// The aggregator of a tenant.
  std::function<aggregator_actor(const base::tenant_id&)> aggregator_of;
  /// Partitions that keep this one's batches while it has no primary, and anybody's handle.
  std::vector<base::partition_id> keepers;
  std::function<detector_actor(base::partition_id)> partition_of;
  base::duration checkpoint_interval = std::chrono::minutes{5};
  std::uint64_t digest_every = 1000;        ///< entries; as the replica's
  std::vector<fold_suspects::death> deaths; ///< of earlier processes, in this partition
};

struct detector_state;
using detector_pointer = folding_detector::stateful_pointer<detector_state>;

struct detector_state {
  static constexpr const char* name = "detector";

  detector_args args;
  std::unique_ptr<copy_host<detector_pointer>> copy;
  std::unique_ptr<partition_state> fold;
  fold_suspects suspects;
  shown_entries shown;

  /// Appended and not committed yet.
  struct pending {
    std::shared_ptr<const schemas::batch_entry> batch; ///< of a batch entry
    std::function<void(base::entry_index)> then;       ///< once it is folded
    std::function<void(const base::error&)> failed;    ///< its outcome is unknown
    desk_time since{};
  };
  std::map<std::uint64_t, pending> appended; ///< by token
  std::uint64_t last_token = 0;
  std::optional<base::epoch> term; ///< serving
  base::generation announced;      ///< in force as of the newest entry appended

  using batch_answer = std::function<void(const base::result<partition_batch_result>&)>;
  std::map<batch_key, std::vector<batch_answer>> under_way;
  keeper_desk keeper;
  home_desk home;
  /// Of one tenant on their way at once; what is emitted beside them waits in the fold's outbox, so
  /// a storm of alerts fills no mailbox, and a tenant whose aggregator is away delays no other.
  static constexpr std::size_t deliveries_max = 8;
  struct lane {
    std::size_t out = 0;
    std::set<std::uint64_t> waiting; ///< of the outbox, oldest first
  };
  std::map<std::string, lane> lanes; ///< by tenant, of those that have something
  [[nodiscard]] std::uint64_t waiting(const base::tenant_id& tenant) const {
    const auto at = lanes.find(tenant.value);
    return at == lanes.end() ? 0 : at->second.waiting.size();
  }
  std::set<std::uint64_t> failed;   ///< deliveries that came back with an error, for the next tick
  std::set<std::uint64_t> answered; ///< to be written with the next entry
  base::receive_time checkpointed_at;
  checkpoint_turns turns;
  bool draining = false;
  std::optional<base::error> gave_up; ///< nothing is folded any more
};

/// Loads its state before it answers anything; gives up when that fails.
folding_detector::behavior_type detector(detector_pointer self, detector_args args);

} // namespace vedette::actors
