// Counts as an aggregator answers them (respond::describe of trend_counts), read into the table
// that a report is made from. Pure; called by the route.
#pragma once

#include "base/result.hpp"
#include "respond/trends/trend_table.hpp"

#include <string>
#include <string_view>

namespace vedette::server {

/// Adds what one tenant's aggregator said. Error malformed; then nothing of it is in the table.
/// O(counts).
[[nodiscard]] base::status add_counts(respond::trend_table& to, std::string tenant,
                                      std::string_view answer);

} // namespace vedette::server
