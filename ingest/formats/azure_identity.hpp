// Who called Azure: a person, an application, a managed identity, a key, or Azure itself.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/azure_record.hpp"

namespace vedette::ingest {

/// From a token's claims, else `caller`: sets identity, identity_name, actor, session, holder and
/// workload, and the client when the token was given to a known program. Without claims, caller and
/// principal but with an address it was somebody: "anonymous". Leaves identity empty when the
/// record names nobody at all. O(length of the claims).
void resolve_azure_identity(const azure_record& record, base::arena& memory, base::event& out);

/// The same for a storage account, where also keys, signatures (SAS) and nobody may call.
void resolve_storage_identity(const azure_record& record, base::arena& memory, base::event& out);

} // namespace vedette::ingest
