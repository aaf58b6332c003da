#include "io/http/request_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::io {
namespace {

std::string lowered(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& entry) { return lowered(entry) == wanted; });
}

bool host_allowed(const host_rules& rules, std::string_view host) {
  if (rules.loopback && (host == "localhost" || host == "127.0.0.1" || host == "::1"))
    return true;
  if (rules.hosts.empty())
    return !rules.loopback;
  return contains(rules.hosts, host);
}

} // namespace

std::string_view host_without_port(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos || (end + 1 < host.size() && host[end + 1] != ':'))
      return {};
    return host.substr(1, end - 1);
  }
  const auto colon = host.find(':');
  if (colon != std::string_view::npos && host.find(':', colon + 1) != std::string_view::npos)
    return {};
  return host.substr(0, colon);
}

std::optional<std::string> refuse_origin(const host_rules& rules, const http_headers& headers,
                                         bool tls) {
  const auto host = lowered(headers.get("Host"));
  const auto name = host_without_port(host);
  if (name.empty())
    return "the Host header is missing or unreadable";
  if (!host_allowed(rules, name))
    return fmt::format(
        "this node does not answer for the host '{}'; add it to http.allowed_hosts if it should",
        name);
  if (headers.has("Origin")) {
    const auto origin = lowered(headers.get("Origin"));
    // A page served by this node itself.
    const auto own = (tls ? "https://" : "http://") + host;
    if (origin != own && !contains(rules.origins, origin))
      return fmt::format(
          "requests from pages of '{}' are not allowed; add it to http.origins if they should be",
          origin);
    return std::nullopt;
  }
  // Browsers leave Origin out of some reads, and say so here.
  if (lowered(headers.get("Sec-Fetch-Site")) == "cross-site")
    return "requests from pages of other sites are not allowed";
  return std::nullopt;
}

} // namespace vedette::io
