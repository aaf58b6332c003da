// A node's membership in its cluster: joins, keeps its stamp, follows the table, puts what its
// partitions propose, and hosts the controller.
//
// One thread owns an io::coordinator handle and a cluster::controller; everything else speaks to it
// through the calls below, and hears through hooks. Losing the session it joins again; while the
// coordinator is out of reach, or is no longer the one that was opened, the node goes on with what
// it knows. Remembers the whole table and all nodes (for `snapshot`), and in the store what
// identity.hpp says. Bounded by the coordinator's limits. Made by a node's wiring; a standalone
// node has one too, on the coordinator in its own process.
#pragma once

#include "io/clock/clock.hpp"
#include "io/coordination/coordinator.hpp"
#include "nodes/membership/identity.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::membership {

struct membership_args {
  std::unique_ptr<io::coordinator> coordinator;
  const io::clock* time = nullptr; ///< outlives the membership
  std::shared_ptr<state::store> store;
  /// Id, zone, weight, addresses, key, build; incarnation and stamp are filled in.
  cluster::node_record self;

  /// Must equal what the cluster has.
  std::uint32_t partitions = 16;
  /// Of a cluster that is founded; else the cluster's is taken.
  std::uint32_t tenant_partitions = 4;
  std::uint64_t seed = 0; ///< of a cluster that is founded; 0: drawn
  bool found_if_absent = false;
  /// The coordinator is in this process and begins empty at each start: what the store knows of
  /// its cluster is put there again, and no stamp is counted while the node runs.
  bool standalone = false;
  /// The table to begin with when there is none; what it lacks the controller makes.
  std::map<base::partition_id, cluster::assignment> initial;

  std::size_t copies = 3;
  std::uint32_t min_in_sync = 0; ///< 0: cluster::default_min_in_sync(copies)
  base::duration lease = std::chrono::seconds{5};
  base::duration gone_after = std::chrono::seconds{60}; ///< until a node's copies are replaced
  base::duration make_after = std::chrono::seconds{5};  ///< until fewer nodes than `copies` will do
  /// How long `start` waits for a coordinator, a founder, or the end of a predecessor's lease.
  base::duration patience = std::chrono::seconds{30};
  base::duration tick = std::chrono::milliseconds{50}; ///< of real time
};

/// Called on the membership's thread; must not block, nor call `stop`.
struct membership_hooks {
  /// Every value of the watch, of rereads (also when it is known already) and of own won swaps;
  /// never an older one after a newer.
  std::function<void(base::partition_id, cluster::revision, const cluster::assignment&)> assigned;
  /// What became of `propose`, once each; after `assigned` when it was won.
  std::function<void(base::partition_id, std::uint64_t token, cluster::proposal_outcome)> proposed;
  /// The table was made anew and its revisions count anew: forget what `assigned` said.
  std::function<void()> table_lost;
  /// What is in force under a name, of the view and whenever it changed; never an older one.
  std::function<void(const std::string& name, const cluster::versioned_document&)> document;
  /// All who are there, whenever that changed; this node among them.
  std::function<void(const std::map<cluster::node_id, cluster::node_record>&)> nodes;
  /// This node is no member and cannot become one until somebody acts: the coordinator is not the
  /// one that was opened, or another process holds our id. Said once each time; it keeps trying.
  std::function<void(const std::string& why)> ended;
};

enum class standing : std::uint8_t {
  joining,   ///< not yet, or again, a member
  member,    ///< holds a session
  estranged, ///< the coordinator is not the one that was opened
};

[[nodiscard]] std::string_view to_string(standing s) noexcept;

/// Everything the node knows of its cluster, for the API.
struct view {
  cluster::cluster_record cluster;
  cluster::node_record self; ///< as last written
  standing state = standing::joining;
  bool reachable = false; ///< the coordinator
  std::string why;        ///< when not reachable or not a member: one line
  std::map<cluster::node_id, cluster::node_record> nodes; ///< who holds a session
  std::map<base::partition_id, cluster::versioned_assignment> table;
  std::map<std::string, cluster::versioned_document> documents;
  std::optional<cluster::node_id> controller;
  /// Partitions that have more copies than they shall keep: on the move.
  std::vector<base::partition_id> moving;
};

class membership {
 public:
  membership(membership_args args, membership_hooks hooks);
  ~membership();
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;

  /// Opens the cluster, judges this store, joins and waits for the first view; hooks are called
  /// meanwhile. Blocks up to `patience` and the coordinator's deadline. What was refused is the
  /// error, and then nothing runs any more. Once.
  [[nodiscard]] base::status start();
  /// Gives up the office and the session, waiting for the coordinator's deadline at most. Any
  /// number of times.
  void stop();

  // --- any thread, at once; before `start` they wait for it ---

  /// One compare-and-swap; answered by `proposed`. An answer that was lost is looked for once with
  /// a read: `unknown` means that it may still arrive.
  void propose(base::partition_id partition, const cluster::propose& what);
  /// `assigned` follows with what stands, however often the coordinator must be asked.
  void reread(base::partition_id partition);
  /// What the mesh, here (`reporter` is this node) or at a peer, says of a node. Deaths lapse after
  /// two seconds: repeat them while they last.
  void peer_liveness(const cluster::node_id& reporter, const cluster::node_id& about, bool alive);
  void set_writable(bool on);
  /// Hands over what this node leads, and its copies where there are nodes for them.
  void set_draining(bool on);
  /// Puts the partition's copies elsewhere, preferred primary first; `done` (on the membership's
  /// thread) says that it has begun or why not. The controller in office carries it through.
  void move(base::partition_id partition, std::vector<cluster::node_id> copies,
            std::function<void(base::status)> done);

  /// Gives up what only lost stores of the partition held: the survivor's copy alone is in sync, in
  /// a new epoch. An operator's last resort, audited by the caller. `done` (on the membership's
  /// thread) with the new epoch, or ec::conflict when the table moved on since `base` or the
  /// survivor is in sync, ec::not_found when it is not there any more, ec::timed_out when nobody
  /// knows.
  void recover(base::partition_id partition, const cluster::member& survivor,
               cluster::revision base, std::function<void(base::result<base::epoch>)> done);

  /// Takes away what the coordinator holds of this cluster and begins the generation of its table
  /// after `seen`, empty; for a node that is estranged, or whose cluster's table was begun anew and
  /// not finished. `done` (on the membership's thread) with the generation, once this node is a
  /// member of it; ec::conflict when a whole table is there, or another node was first, also when
  /// that was before this call and after `seen` was looked at.
  void claim_table(std::uint64_t seen, std::function<void(base::result<std::uint64_t>)> done);
  /// Fills that generation: each partition where none is. `done` (on the membership's thread) when
  /// all are there; ec::conflict when the table was claimed again meanwhile, ec::timed_out when
  /// nobody knows: claim it again.
  void put_table(std::uint64_t generation, std::map<base::partition_id, cluster::assignment> table,
                 std::function<void(base::status)> done);

  /// One compare-and-swap; `done` (on the membership's thread) says whether it is in force,
  /// ec::conflict when another was first, ec::timed_out when nobody knows: look at `snapshot`.
  void put_document(const cluster::document_swap& what, std::function<void(base::status)> done);

  /// See io::coordinator::heard_at.
  [[nodiscard]] std::optional<base::duration> heard_at() const;
  /// O(table).
  [[nodiscard]] view snapshot() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::membership
