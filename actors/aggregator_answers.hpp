// What an aggregator answers about one tenant, as JSON text. Reads only.
#pragma once

#include "actors/messages.hpp"
#include "respond/tenant_state.hpp"

namespace vedette::actors {

[[nodiscard]] answer answer_query(const respond::tenant_state& tenant, const tenant_query& q);
/// A tenant nothing was said about: an empty list, or not found.
[[nodiscard]] answer answer_unknown_tenant(const tenant_query& q);
/// The thing a command changed, as it is now.
[[nodiscard]] answer answer_after(const respond::tenant_state& tenant,
                                  const respond::operator_command& c);

} // namespace vedette::actors
