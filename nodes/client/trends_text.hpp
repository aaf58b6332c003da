// The report of /v1/trends as tables for people. Pure; called by `vedette trends`.
#pragma once

#include "nodes/server/api/json.hpp"

#include <string>

namespace vedette::client {

/// Periods by severity, daily averages by rule, largest rises, shares by resource class, and by
/// tenant when there are several. Growth from nothing is "new", none to tell "-"; periods that are
/// not whole bear a star. O(size of the report).
[[nodiscard]] std::string trends_text(server::json_value report);

} // namespace vedette::client
