// A node's log as one JSON object a line, for collectors of logs: {"time", "level", "message"}.
//
// Keeps nothing. Used by vedetted when log.format is json.
#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace vedette::server {

/// Times are RFC 3339, UTC, to the millisecond.
[[nodiscard]] std::unique_ptr<spdlog::formatter> json_log_formatter();

} // namespace vedette::server
