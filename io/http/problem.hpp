// Errors over HTTP as RFC 9457 problem details, and which status each of our error codes becomes.
#pragma once

#include "io/http/message.hpp"

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace vedette::io {

struct problem {
  int status = 500;
  std::string type = "about:blank"; ///< a URI reference; about:blank means the title is the phrase
  std::string title;                ///< empty: the status's phrase
  std::string detail;               ///< what happened this time, and what to do
  std::string instance;             ///< the path asked for
};

/// The response with Content-Type application/problem+json.
[[nodiscard]] http_response to_response(const problem& p);
/// 400, 404, 413, 409, 503 (with Retry-After: 1), 403, 504 or 500; the context becomes `detail`
/// except for 500s, whose detail stays in the log.
[[nodiscard]] http_response problem_response(const base::error& e, std::string_view instance = {});
[[nodiscard]] http_response problem_response(int status, std::string detail,
                                             std::string_view instance = {});

} // namespace vedette::io
