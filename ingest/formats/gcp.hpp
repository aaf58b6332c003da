// Google Cloud audit logs: Cloud Logging entries whose payload is an AuditLog: admin activity, data
// access, system events, policy denials (docs/sources/gcp.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 5> gcp_marks{{{"protoPayload", {}},
                                                       {"logName", {}},
                                                       {"insertId", {}},
                                                       {"jsonPayload", {}},
                                                       {"textPayload", {}}}};

[[nodiscard]] std::unique_ptr<record_reader> make_gcp_reader();

} // namespace vedette::ingest
