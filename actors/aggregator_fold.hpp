// What a tenant partition's fold is made of: its state from the store, entries as what they say,
// and its checkpoint. Internal to actors/aggregator*.cpp.
#pragma once

#include "actors/aggregator.hpp"

namespace vedette::actors {

/// Made when the tenant is new.
[[nodiscard]] respond::tenant_state& tenant_of(aggregator_pointer self,
                                               const base::tenant_id& tenant);
[[nodiscard]] state::entry_kind kind_of(const respond::input& in);

/// The generation an entry or a checkpoint names, or why the log cannot be folded.
[[nodiscard]] base::result<content_ptr> named(aggregator_pointer self,
                                              const schemas::config_entry& c);
/// Everything the checkpoint knows; the log behind it comes from the replica.
[[nodiscard]] base::status load(aggregator_pointer self);
/// What an entry says that somebody else appended. Errors: corrupt, unsupported.
[[nodiscard]] base::result<aggregator_state::pending> understand(aggregator_pointer self,
                                                                 const cluster::entry& e);

[[nodiscard]] std::shared_ptr<state::changes> checkpoint_of(aggregator_pointer self);
/// Equal on all copies after the same entry. O(state).
[[nodiscard]] base::hash128 digest_of(aggregator_pointer self);

} // namespace vedette::actors
