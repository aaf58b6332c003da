// Who may do what, decided on the header alone: origin, route, token, role, size. And after the
// body came: its unpacking. Nothing here touches a socket. Private to this folder.
#pragma once

#include "io/http/server.hpp"

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace vedette::io {

struct admitted {
  const route* to = nullptr;
  principal who;
};

class http_gate {
 public:
  http_gate(const http_server_settings& settings, const http_router& router,
            const http_hooks& hooks)
      : settings_{settings}, router_{router}, hooks_{hooks} {}

  /// `raw_path` is the path as sent. `body_bytes` is Content-Length when there is one. Fills the
  /// request's path parameters. What comes back is the way on, or the refusal.
  [[nodiscard]] std::variant<admitted, http_response>
  admit(http_request& request, std::string_view raw_path,
        std::optional<std::uint64_t> body_bytes) const;

 private:
  const http_server_settings& settings_;
  const http_router& router_;
  const http_hooks& hooks_;
};

/// Unpacks gzip or zstd in place as Content-Encoding says. Errors: unsupported, malformed,
/// unreadable, too_large.
[[nodiscard]] base::status unpack_body(http_request& request, const route_options& options);

} // namespace vedette::io
