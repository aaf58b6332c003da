// A running node: store, actors, sockets, in the order they start; and the way back down.
//
// `start` either leaves everything running or nothing. `drain` takes no more input, commits what is
// under way, writes checkpoints and stops; within `node.drain_timeout`. Owned by vedetted's main
// and by tests that want a node in their process.
#pragma once

#include "base/result.hpp"
#include "nodes/config/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace vedette::server {

class node {
 public:
  explicit node(config::settings settings);
  ~node(); ///< `drain`
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  [[nodiscard]] base::status start();
  void drain();

  /// Reads rules, playbooks and lists again; a bad set is reported and the old one stays.
  [[nodiscard]] base::status reload();

  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] std::string ingest_endpoint() const;
  [[nodiscard]] std::string alerts_endpoint() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
