// Who called a Kubernetes API server, and from where.
//
// The identity is the name the server knows the caller by, never the one it asked to act as: the
// credentials that are stolen are the caller's. Shared by audit events and GKE's log entries.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/kubernetes_record.hpp"

#include <string_view>

namespace vedette::ingest {

/// Sets identity, actor, holder and workload as far as the name alone says; false when it is a
/// name without a meaning to Kubernetes, and then only the identity is set.
bool name_kubernetes_caller(std::string_view username, base::event& out);

/// Sets identity, identity_name, actor, session, holder and workload. O(length of the user).
void resolve_kubernetes_identity(const kubernetes_record& record, base::arena& memory,
                                 base::event& out);

/// The address that counts among `sourceIPs`. All but the last can be written by the caller; the
/// last is the server's peer. A private peer is a proxy of ours when there are more, and what stood
/// before it is what it saw: so the last that is not private, else the last.
[[nodiscard]] std::string_view caller_address(const json_value& addresses, base::arena& memory);

} // namespace vedette::ingest
