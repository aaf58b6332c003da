// An alert as an OCSF Detection Finding (class_uid 2004), for consumers that read the Open
// Cybersecurity Schema Framework; an action as a Remediation Activity comes with real executors.
// Pure.
#pragma once

#include "base/alert.hpp"
#include "base/json_writer.hpp"

#include <string>
#include <string_view>

namespace vedette::respond {

/// Writes the finding. Activity is Create for revision 1, Close for a withdrawn alert, else Update.
/// `incident` becomes the correlation id when not empty. Times are milliseconds, as OCSF wants.
/// O(size).
void describe_ocsf(const base::alert& a, std::string_view incident, base::json_writer& out);

/// The finding on one line, without a newline.
[[nodiscard]] std::string to_ocsf(const base::alert& a, std::string_view incident);

} // namespace vedette::respond
