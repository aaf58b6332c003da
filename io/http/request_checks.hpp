// Whether a request may come in at all, by what its header says: Host, Origin, fetch metadata.
//
// A web page the operator has open can make the browser call this node (also through a name that
// resolves to it, "DNS rebinding"). Such calls carry a foreign Host or Origin and stop here. Pure.
#pragma once

#include "io/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

struct host_rules {
  /// Names and addresses clients may ask for, without port ("cdr.example.net"). The three loopback
  /// spellings are always allowed while the server listens on loopback. Empty and off loopback:
  /// any.
  std::vector<std::string> hosts;
  /// Origins of web consoles served elsewhere ("https://console.example.net").
  std::vector<std::string> origins;
  bool loopback = true;
};

/// Why the request must be refused (for the problem's detail), or nothing. `host` is the Host
/// header.
[[nodiscard]] std::optional<std::string> refuse_origin(const host_rules& rules,
                                                       const http_headers& headers, bool tls);

/// "example.net:8470" -> "example.net", "[::1]:80" -> "::1"; empty when it is neither.
[[nodiscard]] std::string_view host_without_port(std::string_view host) noexcept;

} // namespace vedette::io
