// The replica actor's dealings with the store: writes in order, reads on threads of their own,
// checkpoints out and in. Internal to actors/replica*.cpp.
#pragma once

#include "actors/replica.hpp"

namespace vedette::actors {

using replica_pointer = replica_actor::stateful_pointer<replica_state>;

/// Carries out what the core ordered and what follows from it.
void run_orders(replica_pointer self);
/// The store, or the fold, refuses; the replica takes no part any more.
void fail(replica_pointer self, const base::error& why, bool store = true);
/// A checkpoint stands in the place of the state.
void replaced(replica_pointer self, base::entry_index at);
/// Makes the core anew from the store, after something that only voids what it assumed.
void begin_again(replica_pointer self, const base::error& why);

/// write_entries, write_epoch, truncate_log, stage_chunk, drop_staged, switch_checkpoint.
void store_order(replica_pointer self, cluster::order& o);
/// read_log, open_checkpoint, read_chunk, close_checkpoint.
void seeding_order(replica_pointer self, cluster::order& o);
/// Tells the core what was trimmed, and the committer what may be.
void tend_log(replica_pointer self);

/// Runs `work` on a thread of its own and what it returns in the actor.
void offload(replica_pointer self, std::function<std::function<void()>()> work);

/// Entries behind `after` up to `upto`, until `bytes` are reached (one at least).
[[nodiscard]] base::status read_entries(state::store& store, base::partition_id partition,
                                        base::entry_index after, base::entry_index upto,
                                        std::size_t bytes, std::vector<cluster::entry>& out);

} // namespace vedette::actors
