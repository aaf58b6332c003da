// Signatures of requests to AWS and whatever speaks its protocols, version 4: a function of the
// request, the credential and the time.
//
// libcurl has one of its own that takes the query as it is given, unsorted, and the path of other
// services than S3 encoded once too few (docs/decisions/0014). Pure; used by io/aws/ only.
#pragma once

#include "base/time.hpp"
#include "io/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

struct aws_credentials {
  std::string key_id, secret;
  std::string token;                       ///< of temporary ones
  std::optional<base::event_time> expires; ///< nothing: never
};

struct sigv4_request {
  std::string_view method;
  std::string_view host; ///< as the Host header has it
  std::string_view path; ///< percent-encoded, as it is sent
  http_parameters query; ///< not encoded
  http_headers headers;  ///< sent and signed beside the signature's own
  std::string_view body;
};

struct sigv4_scope {
  std::string_view region, service;
  base::event_time now;
};

/// All bytes but A-Za-z0-9-._~ and '/' encoded: the path of an object with this key.
[[nodiscard]] std::string encode_path(std::string_view path);
/// Sorted and encoded as the signature wants it; sent like this, without the '?'.
[[nodiscard]] std::string canonical_query(const http_parameters& query);
/// Host, X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token and Authorization.
[[nodiscard]] http_headers sign(const sigv4_request& request, const sigv4_scope& scope,
                                const aws_credentials& by);

} // namespace vedette::io
