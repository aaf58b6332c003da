#include "io/coordination/etcd_settings.hpp"

#include <fmt/format.h>

#include <string_view>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

bool is_loopback(std::string_view url) {
  url.remove_prefix(std::string_view{"http://"}.size());
  auto host = url.substr(0, url.find('/'));
  if (host.starts_with("[::1]"))
    return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

base::status check_endpoint(const etcd_settings& s, std::string_view url) {
  // Credentials in an address end up in logs; they have settings of their own.
  if (url.find('@') != std::string_view::npos)
    return error{ec::invalid_argument,
                 "etcd endpoint with a user in it: name the user and the password's file apart"};
  const bool plain = url.starts_with("http://");
  if ((!plain && !url.starts_with("https://")) || url.find_first_of(" \t\r\n") != url.npos)
    return error{ec::invalid_argument,
                 fmt::format("etcd endpoint '{}': give an address such as https://host:2379", url)};
  if (plain && !is_loopback(url) && !s.allow_plain)
    return error{ec::denied, fmt::format("etcd endpoint '{}': beyond loopback etcd must speak TLS, "
                                         "the mesh trusts the keys it holds; use https://",
                                         url)};
  return {};
}

} // namespace

base::status check(const etcd_settings& s) {
  if (s.endpoints.empty())
    return error{ec::invalid_argument,
                 "etcd: no endpoint is named; give at least one, such as https://host:2379"};
  for (const auto& url : s.endpoints)
    if (auto good = check_endpoint(s, url); !good)
      return good;
  if (s.prefix.size() < 2 || s.prefix.size() > 128 || s.prefix.front() != '/' ||
      s.prefix.back() != '/')
    return error{ec::invalid_argument,
                 fmt::format("etcd prefix '{}': it must begin and end with '/', such as /vedette/",
                             s.prefix)};
  if (s.certificate_file.empty() != s.key_file.empty())
    return error{ec::invalid_argument,
                 "etcd client certificate: certificate and key are named together or not at all"};
  if (s.user.empty() != s.password.empty())
    return error{ec::invalid_argument,
                 "etcd user: user and password are given together or not at all"};
  for (const auto limit : {s.call_deadline, s.connect_timeout, s.attempt_timeout, s.pulse})
    if (limit < std::chrono::milliseconds{1} || limit > std::chrono::minutes{1})
      return error{ec::invalid_argument, "etcd: a time limit is not between 1 ms and 1 minute"};
  return {};
}

} // namespace vedette::io
