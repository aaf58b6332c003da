// An alert as the JSON object that subscribers, `vedette replay --format json` and the API print.
// One shape everywhere; members in a fixed order, so equal alerts are equal bytes. Pure.
#pragma once

#include "base/alert.hpp"
#include "base/json_writer.hpp"

#include <string>
#include <string_view>

namespace vedette::respond {

/// Writes the object. `incident` may be empty (`replay` without incidents). Evidence values are
/// JSON already, as detectors wrote them. O(size).
void describe(const base::alert& a, std::string_view incident, base::json_writer& out);

/// The object on one line, without a newline.
[[nodiscard]] std::string to_json(const base::alert& a, std::string_view incident);

} // namespace vedette::respond
