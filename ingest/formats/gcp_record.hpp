// The fields of one Cloud Logging entry with an AuditLog payload that normalising needs, as views.
//
// Filled in one forward pass, in whatever order the fields come. Views die with the next record.
#pragma once

#include "ingest/json_reader.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace vedette::ingest {

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

/// Reads records; one per thread, keeps its buffers.
class gcp_parser {
 public:
  gcp_parser();
  ~gcp_parser();

  /// As cloudtrail_parser::read. O(length).
  [[nodiscard]] std::string_view read(std::string_view json, gcp_record& out);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::ingest
