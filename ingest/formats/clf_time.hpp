// Times as web servers' logs write them: "06/Feb/2026:00:00:38 +0000".
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string_view>

namespace vedette::ingest {

/// Nothing on any deviation. O(1).
[[nodiscard]] std::optional<base::event_time> parse_clf_time(std::string_view text) noexcept;

} // namespace vedette::ingest
