// The partition table: who holds which partition, and every step it may take.
//
// One value per partition, changed only by compare-and-swap in the coordinator. The functions here
// give the next value or refuse; they are the whole list of lawful steps, so that node, controller
// and operator commands cannot disagree. An epoch is a term of one primary in one process: whoever
// becomes primary, or becomes it again after a restart, takes a new one. Every step adds one to
// `version`, which survives in stores when the coordinator is lost. Bounded by replicas_max
// members.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vedette::cluster {

/// The configured name of a node, 1..64 bytes; empty means "none".
using node_id = base::strong<std::string, struct node_tag>;
/// Drawn at random when a store is made, and again when it comes back with less than it had
/// acknowledged. 0 means "none".
using store_incarnation = base::strong<std::uint64_t, struct store_incarnation_tag>;
/// When the coordinator last changed a key, on its own count; 0 means "never".
using revision = base::strong<std::uint64_t, struct revision_tag>;

/// More copies of one partition than anybody asks for; a table that names more is corrupt.
inline constexpr std::size_t replicas_max = 9;

struct member {
  node_id node;
  store_incarnation incarnation;

  friend auto operator<=>(const member&, const member&) = default;
};

struct assignment {
  base::epoch epoch;
  std::uint64_t version = 0;     ///< steps since the partition was made
  node_id primary;               ///< always the node of a member of `in_sync`
  std::vector<node_id> replicas; ///< who shall hold a copy, preferred primary first
  std::vector<member> in_sync;   ///< who holds all that is committed
  std::uint32_t min_in_sync = 1; ///< fewer stores than this never hold the promise alone
  base::epoch loss_epoch;        ///< begun by the last accepted loss; 0: nothing was ever lost

  friend bool operator==(const assignment&, const assignment&) = default;
};

[[nodiscard]] bool is_replica(const assignment& a, const node_id& node);
[[nodiscard]] bool is_in_sync(const assignment& a, const member& m);
/// The member of that node, whatever its incarnation; null when there is none.
[[nodiscard]] const member* in_sync_member(const assignment& a, const node_id& node);

/// 1 at one or two copies, 2 at three or four: a majority never, since all in-sync must have it.
[[nodiscard]] std::uint32_t default_min_in_sync(std::size_t copies) noexcept;

/// A new partition: every store is empty, so all are in sync. The first is its primary.
[[nodiscard]] base::result<assignment> create(std::span<const member> stores,
                                              std::uint32_t min_in_sync);

/// A partition that one store holds alone, behind all that it has promised: the table of a node
/// without a cluster.
[[nodiscard]] assignment alone(const member& store, base::epoch promised);

/// Takes slow or lost stores out. Refused (ec::unavailable) when fewer than `min_in_sync` would
/// remain, and (ec::invalid_argument) when the primary is among them or none is in sync.
[[nodiscard]] base::result<assignment> shrink(const assignment& a, std::span<const node_id> slow);

/// Puts a store that has caught up in; an older incarnation of the same node goes.
/// ec::invalid_argument when the node is no replica, ec::conflict when it is in already.
[[nodiscard]] base::result<assignment> grow(const assignment& a, const member& m);

/// Begins the next epoch with an in-sync store as primary; it may be the same node, after a
/// restart. Of `dead` nodes as many leave the in-sync set as `min_in_sync` allows.
/// ec::denied when the store is not in sync.
[[nodiscard]] base::result<assignment> promote(const assignment& a, const member& to,
                                               std::span<const node_id> dead = {});

/// The same, one version on: once it is in, no earlier proposal can win any more.
[[nodiscard]] assignment touch(const assignment& a);

/// Asks for other copies: the new ones join beside the old ones until `finish_move`.
[[nodiscard]] base::result<assignment> begin_move(const assignment& a,
                                                  std::span<const node_id> wanted);
/// Leaves only `wanted` once at least `min_in_sync` of them, the primary among them, are in sync
/// and every wanted node is; ec::unavailable before.
[[nodiscard]] base::result<assignment> finish_move(const assignment& a,
                                                   std::span<const node_id> wanted);

/// An operator gives up what only lost stores held: `survivor` alone is in sync, under a new epoch.
/// Audited by the caller. ec::invalid_argument when the survivor is no replica, ec::conflict when
/// it is in sync anyway (promote it instead).
[[nodiscard]] base::result<assignment> recover_accepting_loss(const assignment& a,
                                                              const member& survivor);

struct versioned_assignment {
  revision at;
  assignment value;
};

struct table {
  std::string cluster_id; ///< drawn once; keys and stores of another cluster are refused by it
  base::epoch highest;    ///< of any partition
  std::map<base::partition_id, versioned_assignment> partitions;
};

/// What a store remembers of the cluster it belongs to.
struct store_memory {
  std::string cluster_id; ///< empty in a new store
  base::epoch highest;    ///< highest epoch it promised in any partition
  std::uint32_t partitions = 0;
};

/// Whether a node with this store may act on this table. ec::denied for another cluster or another
/// number of partitions, ec::conflict for a table that was wiped or restored from a backup.
[[nodiscard]] base::status judge_table(const table& t, const store_memory& store);

} // namespace vedette::cluster
