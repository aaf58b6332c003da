// A replica's dealings with the store: writes in order, reads on threads of their own,
// checkpoints out and in. Internal to actors/replica*.cpp.
#pragma once

#include "actors/replica.hpp"

namespace vedette::actors {

/// Carries out what the core ordered and what follows from it.
void run_orders(replica_state& st);
/// The store, or the fold, refuses; the replica takes no part any more.
void fail(replica_state& st, const base::error& why, bool store = true);
/// A checkpoint stands in the place of the state.
void replaced(replica_state& st, base::entry_index at);
/// Makes the core anew from the store, after something that only voids what it assumed.
void begin_again(replica_state& st, const base::error& why);

/// write_entries, write_epoch, truncate_log, stage_chunk, drop_staged, switch_checkpoint.
void store_order(replica_state& st, cluster::order& o);
/// read_log, open_checkpoint, read_chunk, close_checkpoint.
void seeding_order(replica_state& st, cluster::order& o);
/// Tells the core what was trimmed, and the committer what may be.
void tend_log(replica_state& st);

/// Entries behind `after` up to `upto`, until `bytes` are reached (one at least).
[[nodiscard]] base::status read_entries(state::store& store, base::partition_id partition,
                                        base::entry_index after, base::entry_index upto,
                                        std::size_t bytes, std::vector<cluster::entry>& out);

} // namespace vedette::actors
