// Who acted in Microsoft 365, and whether it worked.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/m365_record.hpp"

namespace vedette::ingest {

/// Sets identity, actor, session and holder from UserId and UserType. Leaves identity empty when
/// the record names nobody. O(1).
void resolve_m365_identity(const m365_record& record, base::arena& memory, base::event& out);

/// Sets result and error from ResultStatus; of a sign-in also from its error.
void judge_m365_outcome(const m365_record& record, base::arena& memory, base::event& out);

} // namespace vedette::ingest
