// Gates: the handles through which everybody on a node reaches a partition's fold, whether it is
// served in this process or by another node.
//
// Thin: what is asked again, when and of whom, is gate_core's. Everything about the process itself
// (ticks, content, drain) goes to the local fold only. One per partition and node; scheduled.
#pragma once

#include "actors/gate_core.hpp"
#include "actors/interfaces.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace vedette::actors {

/// Beside what its fold answers: the table's word, the fold of this process, replies of others.
using gate_words = caf::typed_actor<caf::reacts_to<route>, caf::reacts_to<remote_reply>,
                                    caf::reacts_to<atom::beat>>;
using detector_gate =
    detector_actor::extend_with<gate_words>::extend<caf::reacts_to<folding_detector>>;
using aggregator_gate =
    aggregator_actor::extend_with<gate_words>::extend<caf::reacts_to<folding_aggregator>>;

/// The handle of any partition of events.
using partition_handles = std::function<detector_actor(base::partition_id)>;

template <class Fold>
struct gate_state {
  static constexpr const char* name = "gate";
  std::optional<gate_core> core;
  Fold local;
  cluster::node_id self;
  /// When the next beat comes; nothing: none is needed.
  std::optional<gate_core::time> beats_at;
};
using detector_gate_state = gate_state<folding_detector>;
using aggregator_gate_state = gate_state<folding_aggregator>;

/// `keepers`: of its batches while it has no primary; empty: they are not parked.
detector_gate::behavior_type
gate_of_detector(detector_gate::stateful_pointer<detector_gate_state> self, gate_args args,
                 const std::vector<base::partition_id>& keepers, const partition_handles& of);
aggregator_gate::behavior_type
gate_of_aggregator(aggregator_gate::stateful_pointer<aggregator_gate_state> self, gate_args args);

} // namespace vedette::actors
