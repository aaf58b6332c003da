// A tenant's state and its log entries as bytes: what an aggregator's checkpoint stores and what
// its log holds (docs/formats/tenant.md).
//
// Exact: a decoded state folds on as the original would, and encodes to the same bytes. Remembers
// nothing; bounded by the state, which respond/limits.hpp bounds. Called by aggregators.
#pragma once

#include "base/result.hpp"
#include "respond/inputs.hpp"
#include "respond/tenant_state.hpp"

#include <string>
#include <string_view>

namespace vedette::actors {

/// Equal states give equal bytes. O(size of the state).
[[nodiscard]] std::string encode(const respond::tenant_state::data& state);

/// Fails with ec::malformed, ec::unsupported for a later build's bytes, ec::too_large for bytes
/// that stand for more than 1 GiB. O(bytes).
[[nodiscard]] base::result<respond::tenant_state::data> decode_tenant(std::string_view bytes);

/// The body of a log entry. `configured` has none: what is configured is read at start. O(size).
[[nodiscard]] std::string encode(const respond::input& in);

/// Fails with ec::malformed, or ec::unsupported for an input of a later build. O(bytes).
[[nodiscard]] base::result<respond::input> decode_input(std::string_view bytes);

} // namespace vedette::actors
