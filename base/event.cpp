#include "base/event.hpp"

namespace vedette::base {

namespace {

template <class E, std::size_t N>
std::string_view name_of(E value, const std::string_view (&names)[N]) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : names[0];
}

} // namespace

std::string_view to_string(cloud v) noexcept {
  static constexpr std::string_view names[] = {"unknown", "aws",  "azure",  "gcp",
                                               "k8s",     "okta", "github", "other"};
  return name_of(v, names);
}

std::string_view to_string(outcome v) noexcept {
  static constexpr std::string_view names[] = {"ok", "denied", "throttled", "limited", "failed"};
  return name_of(v, names);
}

std::string_view to_string(identity_type v) noexcept {
  static constexpr std::string_view names[] = {
      "unknown",         "root",        "user", "role",     "federated", "service", "account",
      "service_account", "application", "node", "anonymous"};
  return name_of(v, names);
}

std::string_view to_string(session_class v) noexcept {
  static constexpr std::string_view names[] = {"unknown", "lambda",  "instance", "container", "pod",
                                               "ci",      "service", "human",    "long_term"};
  return name_of(v, names);
}

std::string_view to_string(origin_class v) noexcept {
  static constexpr std::string_view names[] = {"unknown",    "internal",    "service",   "own",
                                               "cloud_same", "cloud_other", "corporate", "tor",
                                               "vpn",        "hosting",     "other"};
  return name_of(v, names);
}

std::string_view to_string(client_class v) noexcept {
  static constexpr std::string_view names[] = {"unknown", "console", "cli",     "tool",   "sdk",
                                               "runtime", "managed", "service", "browser"};
  return name_of(v, names);
}

std::string_view to_string(target_class v) noexcept {
  static constexpr std::string_view names[] = {"none", "own", "foreign", "everyone"};
  return name_of(v, names);
}

std::string_view to_string(grant_class v) noexcept {
  static constexpr std::string_view names[] = {"none", "limited", "admin", "foreign_trust",
                                               "public_trust"};
  return name_of(v, names);
}

} // namespace vedette::base
