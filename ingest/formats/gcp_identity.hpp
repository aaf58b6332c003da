// Who acted in a Google Cloud audit log entry: the principal, the key or the caller behind it.
//
// The identity is the principal whose rights were used; who impersonated a service account is the
// name beside it. docs/sources/gcp.md has the table. Pure; called once per record.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/gcp_record.hpp"

#include <string_view>

namespace vedette::ingest {

/// Sets identity, identity_name, actor, session, holder and workload. Views point into the record
/// or into `memory`. An entry that names nobody is an anonymous caller's: Google leaves the
/// principal out when there was none, and when it may not show it. O(length of authenticationInfo).
void resolve_gcp_identity(const gcp_record& record, base::arena& memory, base::event& out);

/// "app@my-project.iam.gserviceaccount.com" -> "my-project"; empty for other addresses, also for
/// those of service accounts whose project the address does not name.
[[nodiscard]] std::string_view project_of_account(std::string_view email) noexcept;

/// A service account that Google itself acts through.
[[nodiscard]] bool is_google_agent(std::string_view email) noexcept;

} // namespace vedette::ingest
