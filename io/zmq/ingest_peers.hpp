// What the ingest server remembers of its peers: who they are, their credit, what awaits its
// acknowledgement. No socket and no clock in here. Private to this folder.
#pragma once

#include "io/zmq/ingest_server.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace vedette::io {

struct ingest_peer {
  enum class standing : std::uint8_t {
    stranger,   ///< no HELLO yet, or refused: batches are ignored until the next one
    introduced, ///< HELLO taken
    banned,     ///< broke the protocol or its key was revoked; ignored for as long as it stays
    gone,       ///< disconnected; kept only until its batches are answered
  };

  collector_peer who;
  std::string hello_source; ///< as in its frames
  std::size_t listener = 0;
  std::string routing_id;
  standing is = standing::stranger;
  std::uint32_t credit = 0;
  struct held {
    std::size_t bytes = 0;
    std::uint32_t times = 0;
  };
  /// By session and sequence; one batch may have come twice over one connection.
  std::map<std::pair<std::uint64_t, std::uint64_t>, held> waiting;
};

class ingest_peers {
 public:
  explicit ingest_peers(const ingest_limits& limits) : limits_{limits} {}

  /// The peer behind a routing id, made when it is new; null when there are `peers_max` already.
  ingest_peer* by_route(std::size_t listener, const std::string& routing_id);
  [[nodiscard]] ingest_peer* by_id(peer_id id);

  /// Sets the credit to `batches` (a welcome) or adds to it (a grant), within credit_max; gives by
  /// how much the peer may send more.
  std::uint32_t set_credit(ingest_peer& p, std::uint32_t batches) const;
  std::uint32_t add_credit(ingest_peer& p, std::uint32_t batches) const;

  /// A batch came: takes credit and counts it as waiting. False when there was no credit.
  [[nodiscard]] bool take(ingest_peer& p, std::uint64_t session, std::uint64_t sequence,
                          std::size_t bytes);
  /// It was answered. False when it was not waiting.
  bool settle(ingest_peer& p, std::uint64_t session, std::uint64_t sequence);

  /// The connection is gone: its route is free, its waiting batches stay until answered.
  void left(ingest_peer& p);

  /// More than may wait: do not read.
  [[nodiscard]] bool full() const noexcept {
    return waiting_batches_ >= limits_.waiting_batches_max ||
           waiting_bytes_ >= limits_.waiting_bytes_max;
  }
  [[nodiscard]] std::size_t waiting_batches() const noexcept { return waiting_batches_; }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
  [[nodiscard]] std::size_t connected() const noexcept { return routes_.size(); }
  [[nodiscard]] std::vector<ingest_peer*> all_connected();

 private:
  void forget_if_done(ingest_peer& p);

  ingest_limits limits_;
  std::uint64_t next_id_ = 1;
  std::map<std::pair<std::size_t, std::string>, std::uint64_t> routes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ingest_peer>> peers_;
  std::size_t waiting_batches_ = 0;
  std::size_t waiting_bytes_ = 0;
};

} // namespace vedette::io
