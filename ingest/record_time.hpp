// When a record says that it happened, before anybody has parsed it: good enough to put files and
// records of several files in order, and needs no format.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string_view>

namespace vedette::ingest {

/// The first of a record's own members that is named like a time ("eventTime", "timestamp",
/// "published", "start") and holds one: RFC 3339, a web server's, or seconds or milliseconds since
/// 1970. Nothing when there is none. O(length up to it); allocates nothing.
[[nodiscard]] std::optional<base::event_time> time_of(std::string_view record) noexcept;

} // namespace vedette::ingest
