// Whether a Google Cloud call worked, from its status and what was authorised.
#pragma once

#include "base/event.hpp"
#include "ingest/formats/gcp_record.hpp"

namespace vedette::ingest {

/// Sets result and error. O(length of authorizationInfo).
void judge_gcp_outcome(const gcp_record& record, base::event& out) noexcept;

/// "PERMISSION_DENIED" for 7; empty for 0 and for numbers that are no gRPC code.
[[nodiscard]] std::string_view grpc_code_name(int code) noexcept;

} // namespace vedette::ingest
