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
  /// The store takes nothing any more because its disk was full; a node made anew can, with space.
  [[nodiscard]] bool out_of_space() const;

  /// Reads rules, playbooks, lists and activities again, as `fresh` names them, and takes over its
  /// tenants; nothing else of it. A bad set is logged, every problem of it, and the old one stays.
  /// Called by one thread at a time.
  [[nodiscard]] base::status reload(const config::settings& fresh);

  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] std::string ingest_endpoint() const;
  [[nodiscard]] std::string alerts_endpoint() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
