// How to reach etcd and how long to wait for it.
//
// Plain values; `check` refuses what cannot work or would give the cluster's root of trust away,
// before anything is tried. The password comes from a file or the environment and is never printed.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/coordination/coordinator.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace vedette::io {

struct etcd_settings {
  std::vector<std::string> endpoints; ///< https://host:2379, in order of preference
  std::string prefix = "/vedette/";   ///< of this cluster's keys; begins and ends with '/'

  std::string ca_file;                    ///< PEM; empty: the system's authorities
  std::string certificate_file, key_file; ///< PEM; for --client-cert-auth
  std::string user, password;
  bool allow_plain = false; ///< http:// beyond loopback, where something else encrypts

  base::duration call_deadline = call_deadline_default;
  /// A black-holed endpoint costs this much before the next one is tried.
  base::duration connect_timeout = std::chrono::milliseconds{500};
  /// And one that took the request and says nothing costs this much.
  base::duration attempt_timeout = std::chrono::seconds{1};
  /// How often the session and the view are proved.
  base::duration pulse = std::chrono::milliseconds{300};
};

/// ec::invalid_argument or ec::denied; reads no file.
[[nodiscard]] base::status check(const etcd_settings& s);

} // namespace vedette::io
