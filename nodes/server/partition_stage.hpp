// Every partition as this node sees it: a gate for each, and a fold with its replica for those it
// has a copy of.
//
// Copies are made as the table asks for them, by an actor: a thread that spawns keeps a part of the
// actor system until it ends, and these calls come from threads that outlive it (the membership's,
// the mesh's). Remembers one gate per partition of the cluster and the copies.
#pragma once

#include "actors/aggregator.hpp"
#include "actors/desk.hpp"
#include "actors/detector.hpp"
#include "actors/gate.hpp"
#include "actors/replica.hpp"
#include "actors/routing.hpp"
#include "nodes/server/node_desk.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vedette::server {

/// What the partitions of a node reach outside its actors; any thread, none may block.
struct cluster_doors {
  cluster::member self;
  actors::routing routing;
  std::function<void(base::partition_id, const cluster::propose&)> propose;
  std::function<void(base::partition_id)> reread;
  /// Whether a call to a cloud may begin now; empty: always.
  std::function<base::status()> may_act;
  /// To one node; false when it cannot be sent now. Empty in a node without a cluster.
  std::function<bool(const cluster::node_id&, const cluster::message&)> send_replica;
  std::function<bool(const cluster::node_id&, const actors::remote_request&)> ask;
  std::function<bool(const cluster::node_id&, const actors::remote_reply&)> answer;
  std::function<bool(const cluster::node_id&, const actors::node_message&)> tell_node;
  /// What this node knows of its cluster; never blocks.
  std::function<membership::view()> view;
  /// This node hands over what it leads, or takes part again.
  std::function<void(bool)> drain;
  /// The store takes writes, or refuses them; empty in a node without a cluster.
  std::function<void(bool)> writable;
  /// To all others.
  std::function<void(const std::vector<actors::source_mark>&)> tell_marks;
  std::function<void(const respond::published_alert&)> publish;
};

class partition_stage {
 public:
  struct args {
    cluster_doors doors;
    std::shared_ptr<state::store> store;
    actors::committer_actor committer;
    unsigned desks = 1;
    cluster::replica_limits limits;
    std::function<void(double)> folded_after; ///< see actors::replica_args
    /// Of the batches of a partition of events that has no primary; may be none.
    std::function<std::vector<base::partition_id>(base::partition_id)> keepers_of;
    std::function<actors::folding_detector(base::partition_id, actors::copy_args)> make_detector;
    std::function<actors::folding_aggregator(base::partition_id, actors::copy_args)>
        make_aggregator;
  };
  partition_stage(caf::actor_system& system, args a);

  [[nodiscard]] const std::vector<actors::detector_actor>& detectors() const { return detectors_; }
  [[nodiscard]] const std::map<base::partition_id, actors::aggregator_actor>& aggregators() const {
    return aggregators_;
  }

  // --- what the coordinator's host says ---

  void assigned(base::partition_id p, cluster::revision at, const cluster::assignment& value);
  void proposed(base::partition_id p, std::uint64_t token, cluster::proposal_outcome outcome);
  void table_lost();

  // --- what other nodes say ---

  void received(const cluster::node_id& from, cluster::message m);
  void asked(const cluster::node_id& from, std::string request);
  void answered(actors::remote_reply r);
  void node_told(const cluster::node_id& from, actors::node_message m);

  /// Asks this node and others about themselves.
  [[nodiscard]] const node_desk_actor& nodes() const { return node_desk_; }
  /// Handles of the folds of this process.
  [[nodiscard]] std::vector<actors::folding_detector> local_detectors() const;
  [[nodiscard]] std::vector<actors::folding_aggregator> local_aggregators() const;
  /// Partitions whose table names this node as primary.
  [[nodiscard]] std::vector<base::partition_id> led() const;
  [[nodiscard]] bool serves(base::partition_id p) const {
    const std::lock_guard lock{mutex_};
    return serving_.contains(p);
  }
  [[nodiscard]] bool is_tenants(base::partition_id p) const {
    return p.value >= cluster::tenant_partitions_from;
  }
  /// Why the first copy of this process gave up; nothing when none did.
  [[nodiscard]] std::optional<base::error> failure() const;
  /// A replica's own words; "" when there is none.
  [[nodiscard]] actors::replica_actor replica_of(base::partition_id p) const;

  /// Ends the actors; what they still call is here until the system has ended.
  void stop();

 private:
  struct copy {
    actors::replica_actor replica; ///< of one of these
    actors::folding_detector detector;
    actors::folding_aggregator aggregator;
  };
  struct faults {
    std::mutex mutex;
    std::optional<base::error> first;
    bool stopping = false;
  };
  void make_copy(base::partition_id p);
  void take(base::partition_id p, cluster::revision at, const cluster::assignment& value);
  template <class Copy>
  void watch(const Copy& which);
  void tell_gate(base::partition_id p, const actors::route& r);
  [[nodiscard]] std::vector<held_copy> held_copies(bool led) const;
  template <class Fold>
  [[nodiscard]] std::vector<Fold> folds(Fold copy::*which) const;

  caf::actor_system& system_;
  args args_;
  std::vector<actors::detector_actor> detectors_;
  std::map<base::partition_id, actors::aggregator_actor> aggregators_;
  std::map<base::partition_id, actors::detector_gate> detector_gates_;
  std::map<base::partition_id, actors::aggregator_gate> aggregator_gates_;
  std::vector<actors::desk_actor> desks_;
  caf::actor keeper_; ///< makes the copies
  node_desk_actor node_desk_;
  std::shared_ptr<faults> faults_ = std::make_shared<faults>();

  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  std::map<base::partition_id, copy> copies_;
  std::map<base::partition_id, cluster::versioned_assignment> table_;
  std::set<base::partition_id> serving_;
};

} // namespace vedette::server
