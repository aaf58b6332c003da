// Logs of the OpenTelemetry protocol over HTTP, as JSON and as Protocol Buffers
// (opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest). Pure.
//
// A log's body is the record: a text that holds one, or a map, which is written as an object. What
// the resource and the scope say of it is not looked at.
#pragma once

#include "base/result.hpp"
#include "nodes/server/api/body_cutter.hpp"

#include <string_view>

namespace vedette::server {

/// Error malformed when the body is no such message; a log without a usable body ends in
/// quarantine. O(length); maps and lists nest at most limits::record_depth deep, what is deeper is
/// left out.
[[nodiscard]] base::result<cut_body> read_otlp_json(std::string_view body);
[[nodiscard]] base::result<cut_body> read_otlp_protobuf(std::string_view body);

} // namespace vedette::server
