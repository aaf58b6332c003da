// An action from its turn to its outcome: the target is looked at, the attempt is in the log, then
// it is called, and what came of it is in the log. Internal to the aggregator.
#pragma once

#include "actors/aggregator.hpp"

namespace vedette::actors {

/// Of an action that is runnable. Only in a term.
void attempt(aggregator_pointer self, const base::tenant_id& tenant, const respond::action& a);

} // namespace vedette::actors
