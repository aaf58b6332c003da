// Every partition as this node sees it: a gate to it, and a fold with its replica for those it has
// a copy of. Partitions of events are gated and folded in groups.
//
// Copies are made as the table asks for them, by an actor: a thread that spawns keeps a part of the
// actor system until it ends, and these calls come from threads that outlive it (the membership's,
// the mesh's). Remembers the gates to all partitions of the cluster, and the copies.
#pragma once

#include "actors/aggregator.hpp"
#include "actors/desk.hpp"
#include "actors/detectors.hpp"
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
  /// Sent to other nodes, of all partitions.
  static constexpr std::size_t checkpoints_at_a_time = 8;

  struct args {
    cluster_doors doors;
    std::shared_ptr<state::store> store;
    actors::committer_actor committer;
    unsigned desks = 1;
    std::size_t groups = 1; ///< of partitions of events
    cluster::replica_limits limits;
    std::function<void(double)> folded_after; ///< see actors::replica_args
    /// Of the batches of a partition of events that has no primary; may be none.
    std::function<std::vector<base::partition_id>(base::partition_id)> keepers_of;
    /// All but their logs and their seats.
    std::function<actors::detector_args(base::partition_id)> detector;
    std::function<actors::aggregator_args(base::partition_id)> aggregator;
  };
  partition_stage(caf::actor_system& system, args a);

  [[nodiscard]] const actors::detector_groups& detectors() const { return detectors_; }
  [[nodiscard]] const std::map<base::partition_id, actors::aggregator_actor>& aggregators() const {
    return aggregators_;
  }

  // --- what the coordinator's host says ---

  void assigned(base::partition_id p, cluster::revision at, const cluster::assignment& value);
  void proposed(base::partition_id p, std::uint64_t token, cluster::proposal_outcome outcome);
  void table_lost();

  // --- what other nodes say ---

  /// It hears this node again, or no more.
  void peer_heard(const cluster::node_id& node, bool heard);
  void received(const cluster::node_id& from, cluster::message m);
  void asked(const cluster::node_id& from, std::string request);
  void answered(actors::remote_reply r);
  void node_told(const cluster::node_id& from, actors::node_message m);

  /// Asks this node and others about themselves.
  [[nodiscard]] const node_desk_actor& nodes() const { return node_desk_; }
  /// The folds of this process.
  [[nodiscard]] std::vector<actors::fold_here> local() const;
  [[nodiscard]] const std::vector<actors::folding_detector>& local_groups() const {
    return folding_;
  }
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
  struct faults {
    std::mutex mutex;
    std::optional<base::error> first;
    bool stopping = false;
  };
  void make_copy(base::partition_id p);
  void take(base::partition_id p, cluster::revision at, const cluster::assignment& value);
  [[nodiscard]] actors::replica_args log_of(base::partition_id p);
  template <class Copy>
  void watch(const Copy& which);
  /// What both kinds of copies understand, all of them; `mutex_` is held.
  template <class Word>
  void tell_copies(const Word& word);
  /// What both kinds of gates understand.
  template <class... Words>
  void tell_gate(base::partition_id p, Words&&... words);
  [[nodiscard]] std::vector<held_copy> held_copies(bool led) const;

  caf::actor_system& system_;
  args args_;
  actors::detector_groups detectors_;
  std::map<base::partition_id, actors::aggregator_actor> aggregators_;
  std::vector<actors::detector_gate> detector_gates_; ///< by group, like those that fold
  std::vector<actors::folding_detector> folding_;
  std::map<base::partition_id, actors::aggregator_gate> aggregator_gates_;
  std::vector<actors::desk_actor> desks_;
  caf::actor keeper_; ///< makes the copies
  node_desk_actor node_desk_;
  std::shared_ptr<faults> faults_ = std::make_shared<faults>();
  std::shared_ptr<actors::checkpoint_slots> slots_ =
      std::make_shared<actors::checkpoint_slots>(checkpoints_at_a_time);

  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  std::map<base::partition_id, actors::fold_here> copies_;
  std::map<base::partition_id, cluster::versioned_assignment> table_;
  std::set<base::partition_id> serving_;
};

} // namespace vedette::server
