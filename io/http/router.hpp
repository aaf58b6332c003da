// Which handler answers a method and path: "/v1/alerts/{id}", filled in before the server starts
// and constant from then on, hence read by all threads without a lock.
//
// A route also says which role it wants, so that the check happens in one place, before the body is
// read.
#pragma once

#include "io/http/message.hpp"
#include "io/http/principal.hpp"
#include "io/http/responder.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

struct http_call {
  http_request request;
  principal who; ///< without roles on routes open to all
};

/// May keep the call and answer later from another thread. Must not throw.
using http_handler = std::function<void(http_call, http_responder)>;

struct route_options {
  /// Any of these roles will do; empty: open to all, no token asked for.
  std::vector<role> roles = {role::viewer};
  std::size_t body_bytes_max = std::size_t{1} << 20;    ///< as it comes over the wire
  std::size_t decoded_bytes_max = std::size_t{1} << 20; ///< after gzip or zstd
};

struct route {
  http_method method;
  std::string pattern;
  route_options options;
  http_handler handler;
};

struct route_match {
  const route* found = nullptr;
  http_parameters parameters;
  /// Methods the path knows when `found` is null, for 405's Allow header; empty: 404.
  std::vector<http_method> allowed;
};

class http_router {
 public:
  /// `pattern` is segments separated by '/', each literal or one {name}. A literal segment wins
  /// over a {name}. Registering the same method and pattern twice is our mistake and asserts.
  void add(http_method method, std::string pattern, route_options options, http_handler handler);

  /// `path` as sent, not decoded: "a%2Fb" is one segment. Parameters come out decoded. HEAD finds
  /// the GET route when there is no HEAD route. O(routes).
  [[nodiscard]] route_match match(http_method method, std::string_view path) const;

  [[nodiscard]] const std::vector<route>& routes() const noexcept { return routes_; }

 private:
  std::vector<route> routes_;
};

} // namespace vedette::io
