// What nodes tell each other of themselves, for the API: one actor that asks other nodes over the
// mesh and answers them.
//
// Whoever asks need not know whether the node is this one. A node that cannot be heard is an error
// at once, one that does not answer is one for whoever asked with a time limit. Remembers the
// questions that are out, at most `questions_max`, each for `forget_after`. Spawned by the
// partition stage.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/remote.hpp"
#include "nodes/membership/membership.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vedette::server {

struct node_ask {
  cluster::node_id to;
  actors::node_question what = actors::node_question::look;
  actors::seal_order seal{}; ///< of that question
};
struct node_said {
  cluster::node_id from;
  actors::node_message what;
};
/// What the desk cannot know when it is made.
struct node_figures {
  std::vector<actors::ingest_actor> ingest;
  std::function<bool()> ready;
};

using node_desk_actor = caf::typed_actor<
    // Answers as JSON. `look`: {version, commit, ready, problem, uptime_seconds}. `partitions` and
    // `sources`: {items}; of the partitions those that this node leads, each {partition, replica,
    // fold}. `copies`: {incarnation, membership, generation, whole, held, documents, items}, each
    // copy it has as {partition, replica}; `whole`: it knows every partition of the table. `seal`
    // promises first, and is refused (ec::conflict) by a node that knows another generation.
    // `drain` and `undrain` are answered when the node has begun.
    caf::replies_to<node_ask>::with<actors::answer>,
    // From the mesh.
    caf::reacts_to<node_said>, caf::reacts_to<node_figures>,
    // INTERNAL: forgets what was not answered.
    caf::reacts_to<actors::atom::beat>>;

/// A copy of this process; one of the folds is empty.
struct held_copy {
  base::partition_id partition;
  actors::replica_actor replica;
  actors::folding_detector detector;
  actors::folding_aggregator aggregator;
};

struct node_desk_args {
  cluster::member self;
  /// To another node; false when it cannot be heard. Empty in a node without a cluster.
  std::function<bool(const cluster::node_id&, const actors::node_message&)> tell;
  std::function<void(bool)> drain;
  std::function<membership::view()> cluster;
  /// All copies, and those that this node leads.
  std::function<std::vector<held_copy>()> held, led;
  /// Why a copy of this process gave up, if one did.
  std::function<std::optional<base::error>()> failure;
};

struct node_desk_state {
  static constexpr const char* name = "node desk";
  static constexpr std::size_t questions_max = 4096;
  static constexpr std::chrono::seconds forget_after{3};
  /// Of what this node asks its own actors for another; less than an API call waits.
  static constexpr std::chrono::milliseconds patience{1200};

  struct question {
    cluster::node_id to;
    caf::typed_response_promise<actors::answer> promise;
    std::chrono::steady_clock::time_point asked;
  };
  node_desk_args args;
  node_figures figures;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, question> out;
};

node_desk_actor::behavior_type node_desk(node_desk_actor::stateful_pointer<node_desk_state> self,
                                         node_desk_args args);

} // namespace vedette::server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::server::node_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::server::node_said)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::server::node_figures)
