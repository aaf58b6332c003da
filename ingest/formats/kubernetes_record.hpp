// The fields of one audit.k8s.io Event that normalising needs, as views.
//
// Filled in one forward pass, in whatever order the fields come. Views die with the next record.
#pragma once

#include "ingest/json_reader.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

struct kubernetes_user {
  std::string_view name;
  json_value groups, extra;
  bool there = false;     ///< is an object, empty or not
  bool misshaped = false; ///< is there and is something else
};

struct kubernetes_object {
  std::string_view resource, subresource, name_space, name, group;
  bool there = false;
};

struct kubernetes_record {
  std::string_view kind, api_version, id, stage, uri, verb, user_agent, cluster;
  /// When it came in; when the stage was reached; v1beta1's own; the record's creation.
  std::string_view received, reached, timestamp, created;
  bool time_misshaped = false;
  kubernetes_user user, impersonated;
  kubernetes_object object;
  std::string_view code, reason, message, status; ///< responseStatus
  std::string_view decision;                      ///< authorization.k8s.io/decision
  json_value addresses, request, response;
  std::span<const json_field> fields;
};

/// Whether the text is an element of the list. O(length of the list).
[[nodiscard]] bool has_element(const json_value& list, std::string_view wanted) noexcept;

/// As the one of cloudtrail_record.hpp.
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, kubernetes_record& out);

} // namespace vedette::ingest
