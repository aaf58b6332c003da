// A node in a process of its own, to be killed without a goodbye: this very program, run with the
// one test that plays the node.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace vedette::io::testing {

class child {
 public:
  /// Starts it; `peer` is the endpoint of node "a", which it takes for its only peer. Returns when
  /// it listens. `port` 0: any.
  child(const std::string& peer, std::uint16_t port = 0);
  ~child(); ///< `kill`
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void kill();      ///< SIGKILL, and waits for the end
  void freeze();    ///< SIGSTOP
  void continue_(); ///< SIGCONT

 private:
  pid_t pid_ = -1;
  int life_ = -1; ///< it ends when this end of its standard input is closed
  std::uint16_t port_ = 0;
};

} // namespace vedette::io::testing
