// Who signed in to Entra, changed something there, or called Graph.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/entra_record.hpp"

namespace vedette::ingest {

/// Sets identity, identity_name, actor, session and holder; of an audit record also the address,
/// when only its initiator has it. The identity is the object's id, as in Azure's tokens, and a
/// name only when there is no id. Leaves it empty when the record names nobody. O(length of the
/// initiator).
void resolve_entra_identity(const entra_record& record, base::arena& memory, base::event& out);

/// The tenant that the caller is at home in; empty when the record does not say, or it is one that
/// Microsoft keeps its own applications in. Of an application that is the tenant that owns it.
[[nodiscard]] std::string_view home_tenant(const entra_record& record, base::arena& memory);

} // namespace vedette::ingest
