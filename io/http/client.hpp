// Asks another program over HTTP: the CLI its node, the webhook its receiver.
//
// One connection is kept and reused per client; blocks the calling thread up to the timeout; one
// thread per client. Redirects are not followed, proxies only when asked for. On libcurl.
#pragma once

#include "io/http/message.hpp"

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io {

struct http_client_settings {
  std::string ca_file; ///< PEM; empty: the system's
  std::chrono::milliseconds connect_timeout{3000};
  std::chrono::milliseconds timeout{30'000}; ///< whole call; 0: none, for streams
  std::size_t response_bytes_max = std::size_t{64} << 20;
  bool use_proxy_from_environment = false;
  /// No byte for so long ends a call, also a stream; 0: waits on. Whole seconds.
  std::chrono::seconds stalled_after{0};
};

struct http_call_options {
  http_headers headers;
  std::string body;
  std::string content_type = "application/json"; ///< sent when there is a body
};

class http_client {
 public:
  explicit http_client(http_client_settings settings = {});
  ~http_client();
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;

  /// Any answer with a status is a response, also 404. Errors: unavailable (name, connection, TLS),
  /// timed_out, too_large, invalid_argument (URL).
  [[nodiscard]] base::result<http_response> call(http_method method, const std::string& url,
                                                 const http_call_options& options = {});
  [[nodiscard]] base::result<http_response> get(const std::string& url,
                                                const http_call_options& options = {}) {
    return call(http_method::get, url, options);
  }
  [[nodiscard]] base::result<http_response> post(const std::string& url,
                                                 const http_call_options& options) {
    return call(http_method::post, url, options);
  }

  /// Reads a response of any length in pieces until it ends or `piece` returns false (which is not
  /// an error). `piece` sees only bodies of 2xx answers; others come back as the response.
  [[nodiscard]] base::result<http_response>
  stream(const std::string& url, const http_call_options& options,
         const std::function<bool(std::string_view)>& piece);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
