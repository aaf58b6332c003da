// The fields of one Cloud Logging entry with an AuditLog payload that normalising needs, as views.
//
// Filled in one forward pass, in whatever order the fields come. Views die with the next record.
#pragma once

#include "ingest/json_reader.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

struct gcp_record {
  std::string_view id, log, time, severity;
  bool time_misshaped = false;
  bool has_payload = false;       ///< protoPayload is an object
  bool payload_misshaped = false; ///< it is there and is something else
  // resource.labels
  std::string_view project, location, zone, region, cluster;
  // operation
  std::string_view operation_first, operation_last;
  std::string_view decision; ///< labels: authorization.k8s.io/decision
  // protoPayload
  std::string_view type, service, method, resource, caller, user_agent;
  std::string_view code, message; ///< status
  json_value who, authorization, locations, metadata;
  std::span<const json_field> fields;
};

/// As the one of cloudtrail_record.hpp.
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, gcp_record& out);

} // namespace vedette::ingest
