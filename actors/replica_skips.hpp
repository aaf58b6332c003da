// What a replica does about an entry that ended its fold: finds what the log says to skip of it,
// and says so itself when it serves and nobody has.
#pragma once

#include "actors/replica_storage.hpp"

namespace vedette::actors {

/// Reads on where the last look ended; nothing when the fold asks about no entry.
void look_for_skips(replica_state& st);

} // namespace vedette::actors
