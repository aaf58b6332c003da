// One partition: appends what arrives to its log, folds what is committed, delivers what that
// raised.
//
// Thin: every decision is partition_state's. Remembers the batches under way (bounded by the ingest
// credit) and which deliveries are out. Scheduled, never detached: reads of cold entities are
// short, writes are the committer's.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/partition_state.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace vedette::actors {

struct detector_args {
  base::partition_id partition;
  base::epoch epoch{1};
  std::shared_ptr<state::store> store;
  std::shared_ptr<content_library> library;
  content_ptr content; ///< in force at start
  partition_limits limits;
  committer_actor committer;
  /// The aggregator of a tenant.
  std::function<aggregator_actor(const base::tenant_id&)> aggregator_of;
  base::duration outbox_retry = std::chrono::seconds{2};
  base::duration checkpoint_interval = std::chrono::minutes{5};
};

struct detector_state {
  static constexpr const char* name = "detector";

  detector_args args;
  std::unique_ptr<partition_state> fold;
  base::entry_index appended; ///< newest index given out; at or ahead of `fold->applied()`
  base::generation announced; ///< in force as of that entry
  std::map<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>,
           std::vector<caf::typed_response_promise<partition_batch_result>>>
      under_way;                       ///< by (tenant and source, session, sequence)
  std::set<std::uint64_t> out;         ///< emitted entries whose delivery is out
  std::vector<std::uint64_t> answered; ///< to be written with the next entry
  base::receive_time checkpointed_at;
  bool checkpointing = false, draining = false;
};

/// Recovers before it answers anything; ends with an error when that fails.
detector_actor::behavior_type detector(detector_actor::stateful_pointer<detector_state> self,
                                       detector_args args);

} // namespace vedette::actors
