// What a node's store remembers of its cluster and of itself as a member: which cluster, which
// secret places its entities, which incarnation it is and how far its stamp was counted.
//
// A handful of values in the store's own words ("cluster.…"). Written by the membership only,
// synced before anybody is told; read by the node before it starts (what a standalone table is made
// of). O(1). Not thread-safe beyond the store's own.
#pragma once

#include "base/result.hpp"
#include "cluster/coordinator_words.hpp"
#include "state/store.hpp"

#include <cstdint>
#include <string>

namespace vedette::membership {

struct identity {
  std::string cluster_id;       ///< empty: no cluster yet
  std::uint64_t generation = 0; ///< of the table; 0: none seen
  std::uint64_t seed = 0;       ///< of the cluster's record; 0: not known
  std::uint32_t tenant_partitions = 0;
  base::epoch highest; ///< of any partition this store has seen in the table
  cluster::store_incarnation incarnation;
  std::uint64_t stamp = 0;
};

/// ec::corrupt when a value is not one of ours; else what the store says.
[[nodiscard]] base::result<identity> read_identity(state::store& store);
/// Durable when it returns.
[[nodiscard]] base::status write_identity(state::store& store, const identity& id);
/// Another incarnation for a store that lacks what it acknowledged, with its stamp at 0; not
/// written yet.
void draw_incarnation(identity& id);

/// 64 bits from the system's source of chance, never 0.
[[nodiscard]] std::uint64_t draw_number();
/// 32 hexadecimal digits.
[[nodiscard]] std::string draw_cluster_id();

} // namespace vedette::membership
