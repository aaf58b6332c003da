// The node's HTTP server: API, ingest over HTTP, metrics.
//
// Asynchronous on `threads` threads of its own, so an idle or slow client costs memory, never a
// thread. Each connection holds one request at a time; bounds are in `http_limits` below, each
// answered with its status (408, 413, 431, 503) or a closed connection. Off loopback it insists on
// TLS. Host and Origin are checked before anything else, the token and role before the body is
// read. Implemented on Boost.Beast in one translation unit (docs/decisions/0005-http-server.md).
#pragma once

#include "io/http/request_checks.hpp"
#include "io/http/router.hpp"

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

struct http_limits {
  std::size_t connections_max = 1024; ///< the next one is closed at once
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t bodies_bytes_max = std::size_t{256} << 20; ///< held by all connections together
  std::chrono::milliseconds header_time{8000}; ///< from first byte to end of header; TLS handshake
  std::chrono::milliseconds body_grace{8000};  ///< plus the body's bytes at `bytes_per_second_min`
  std::size_t bytes_per_second_min = 16 * 1024;
  std::chrono::milliseconds write_grace{
      30'000};                                 ///< to take a response, plus its bytes at that rate
  std::chrono::milliseconds idle_time{75'000}; ///< keep-alive between requests
  std::chrono::milliseconds heartbeat{15'000}; ///< of streams that ask for one
};

struct http_server_settings {
  std::string address = "127.0.0.1"; ///< an IP address
  std::uint16_t port = 8470;         ///< 0: any free one, see `port()`
  std::string certificate_file;      ///< PEM chain; with `key_file` turns TLS on
  std::string key_file;
  int threads = 2;
  host_rules hosts;
  http_limits limits;
};

/// What became of one request, for metrics and logs.
struct http_done {
  std::string_view pattern; ///< the route's, empty when none matched: safe as a label
  http_method method = http_method::get;
  int status = 0;
  std::chrono::nanoseconds took{};
};

struct http_hooks {
  /// Finds who a request's credentials stand for: `Authorization: Bearer …` and whatever else it
  /// knows. Error `denied`: 401. Quick and thread-safe; the body is empty at this point. Required
  /// when any route wants a role.
  std::function<base::result<principal>(const http_request&)> authenticate;
  /// Runs handlers (and unpacks bodies) elsewhere; when empty they run on the server's threads and
  /// must be quick. May refuse by returning false: the client gets 503.
  std::function<bool(std::function<void()>)> run;
  std::function<void(const http_done&)> done; ///< thread-safe; may be empty
};

class http_server {
 public:
  http_server(http_server_settings settings, http_router router, http_hooks hooks);
  ~http_server(); ///< `stop`
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Binds, listens and serves. Errors: invalid_argument (address, plain off loopback), unreadable
  /// (certificate or key), conflict (port taken), denied (privileged port).
  [[nodiscard]] base::status start();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

  /// Takes no new connection, ends idle ones and streams, lets requests under way finish for up to
  /// `patience`. Blocks; true when nothing is left that `stop` would cut off.
  bool drain(std::chrono::milliseconds patience);
  /// Closes everything at once and joins the threads.
  void stop();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace vedette::io
