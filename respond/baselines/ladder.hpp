// The severity ladder: what the aggregator makes of an alert's volume claim. The detector knows
// only that the volume is new for the identity; new for everybody in the account is worse, new for
// the whole tenant is worst. Pure; called by tenant_state once per revision.
#pragma once

#include "base/alert.hpp"
#include "respond/baselines/day_maxima.hpp"

namespace vedette::respond {

/// Raises the alert's severity to what its claim says for the width at which the volume is new,
/// never lowers it, and notes the width as evidence "new_for". Nothing without a claim. O(30 + log
/// series).
void climb_ladder(base::alert& a, const day_maxima& maxima, int activation_days);

} // namespace vedette::respond
