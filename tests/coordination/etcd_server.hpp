// One etcd of a test's own: free ports, a folder that goes away, ended with the test.
//
// Certificates and users are the test's; `call` speaks to it as curl would, past the code that is
// tested.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace vedette::io::testing {

class temp_place {
 public:
  temp_place();
  ~temp_place();
  temp_place(const temp_place&) = delete;
  temp_place& operator=(const temp_place&) = delete;
  [[nodiscard]] std::string path(std::string_view name = {}) const;

 private:
  std::string root_;
};

/// Nothing listens there a moment ago.
[[nodiscard]] std::uint16_t free_port();
/// The path of etcd, or empty; says once that tests are skipped.
[[nodiscard]] const std::string& etcd_program();

struct etcd_tls {
  std::string certificate, key, authority; ///< files
};

class etcd_server {
 public:
  explicit etcd_server(const etcd_tls* tls = nullptr);
  /// On these ports; without TLS.
  etcd_server(std::uint16_t port, std::uint16_t peer_port);
  ~etcd_server();
  etcd_server(const etcd_server&) = delete;
  etcd_server& operator=(const etcd_server&) = delete;

  /// Starts it (again) and waits until it serves. `ready` false: only until it listens.
  void start(bool ready = true);
  void stop();
  void kill_now();
  void pause(bool on); ///< SIGSTOP, SIGCONT
  void lose_data();
  void save_data();    ///< stops and starts
  void restore_data(); ///< stops and starts
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;
  /// POSTs to it directly; the body of the answer.
  std::string call(const std::string& path, const std::string& body,
                   const std::string& token = {}) const;

 private:
  temp_place place_;
  const etcd_tls* tls_;
  std::uint16_t port_, peer_port_;
  pid_t pid_ = -1;
};

/// Makes an authority and what it signs; see the functions.
class authority {
 public:
  explicit authority(const temp_place& place, const std::string& name);
  ~authority();
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// A certificate for 127.0.0.1 and its key, for those uses ("serverAuth,clientAuth").
  [[nodiscard]] etcd_tls issue(const std::string& name, const char* uses) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
  const temp_place& place_;
  std::string file_;
};

} // namespace vedette::io::testing
