// Alerts as bytes: the body of `emitted` and `arrived` log entries.
//
// Remembers nothing; bounded by the alert. Called by detectors, aggregators and their folds.
#pragma once

#include "base/alert.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace vedette::schemas {

/// O(size of the alert). Equal alerts give equal bytes.
[[nodiscard]] std::string encode(const base::alert& alert);

/// Fails with ec::malformed, or ec::unsupported for an enumerator of a later build. O(bytes).
[[nodiscard]] base::result<base::alert> decode_alert(std::string_view bytes);

} // namespace vedette::schemas
