// Gates: the handles through which everybody on a node reaches a partition's fold, whether it is
// served in this process or by another node.
//
// Thin: what is asked again, when and of whom, is gate_core's. Everything about the process itself
// (ticks, content, drain) goes to the local folds only. One per group of partitions of events, and
// one per tenants' partition, on each node; scheduled.
#pragma once

#include "actors/gate_core.hpp"
#include "actors/interfaces.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace vedette::actors {

/// Beside what folds answer: the table's word, a fold of this process, replies of others.
using gate_words =
    caf::typed_actor<caf::reacts_to<base::partition_id, route>, caf::reacts_to<remote_reply>,
                     caf::reacts_to<fold_here>, caf::reacts_to<atom::beat>>;
using detector_gate = detector_actor::extend_with<gate_words>::extend_with<batch_asker>;
using aggregator_gate = aggregator_actor::extend_with<gate_words>;

/// The handle of any partition of events.
using partition_handles = std::function<detector_actor(base::partition_id)>;

/// When the next beat comes; nothing: none is needed.
using next_beat = std::optional<gate_core::time>;

/// One partition of events as its group's gate knows it.
struct gated_partition {
  gate_args args;
  /// Of its batches while it has no primary; empty: they are not parked.
  std::vector<base::partition_id> keepers;
};

struct detector_gate_state {
  static constexpr const char* name = "gates";
  std::map<base::partition_id, gate_core> cores;
  folding_detector local; ///< the copies of this process
  cluster::node_id self;
  std::vector<batch_ask> asks; ///< of the copies here, while one message is handled
  next_beat beats_at;
};
struct aggregator_gate_state {
  static constexpr const char* name = "gate";
  std::optional<gate_core> core;
  folding_aggregator local;
  cluster::node_id self;
  next_beat beats_at;
};

detector_gate::behavior_type
gate_of_detectors(detector_gate::stateful_pointer<detector_gate_state> self,
                  std::vector<gated_partition> group, const partition_handles& of);
aggregator_gate::behavior_type
gate_of_aggregator(aggregator_gate::stateful_pointer<aggregator_gate_state> self, gate_args args);

} // namespace vedette::actors
