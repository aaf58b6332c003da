// Takes event batches from collectors over ZeroMQ and tells them when they are durable.
//
// One thread owns all sockets. Per peer it remembers its tenant, its session, its credit and which
// batches await their acknowledgement; bounded by `ingest_limits`. A peer without credit that
// sends anyway is dropped; when too much awaits acknowledgement in all, nothing is read any more
// and TCP holds the senders back. The tenant comes from the key of each message's connection, never
// from a frame. Peers that vanish are noticed by TCP keepalive and probes. docs/formats/ has the
// frames.
//
// The handler is called on the server's thread and must be quick; `welcome`, `ack`, `grant` and
// `refuse` may come from any thread.
#pragma once

#include "io/zmq/curve_keys.hpp"
#include "io/zmq/key_directory.hpp"

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "schemas/codec/frame_codec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::io {

/// One connection of a collector; never reused while the server lives.
using peer_id = base::strong<std::uint64_t, struct peer_tag>;

struct ingest_limits {
  std::size_t peers_max = 4096;
  std::size_t credit_max = 1024;          ///< batches one peer may have under way
  std::size_t waiting_batches_max = 4096; ///< of all peers, received and not acknowledged
  std::size_t waiting_bytes_max = std::size_t{256} << 20;
  std::size_t frame_bytes_max = base::limits::frame_bytes; ///< larger ones close the connection
  int frames_queued_per_peer = 4;                          ///< inside ZeroMQ, before we read
  int answers_queued_per_peer = 1024;    ///< a peer that lets these pile up is dropped
  std::chrono::milliseconds probe{1000}; ///< how often peers hear that their batches still wait
};

/// Where to listen. Without keys only on loopback, and everyone there is tenant `local`.
struct ingest_listener {
  std::string endpoint = "tcp://127.0.0.1:8471"; ///< port `*` or 0: any free one
  std::optional<curve_keys> keys;
};

struct ingest_server_settings {
  std::vector<ingest_listener> listeners{ingest_listener{}};
  ingest_limits limits;
};

/// A collector as its HELLO and its key made it known.
struct collector_peer {
  peer_id peer;
  base::tenant_id tenant;
  std::string source; ///< the key's prefix, '/', and what HELLO named
  std::uint64_t session = 0;
  std::string software;
};

class ingest_handler {
 public:
  virtual ~ingest_handler() = default;
  /// A collector introduced itself (again): answer with `welcome`. It has no credit until then.
  virtual void on_hello(const collector_peer& from) = 0;
  /// `batch.source` is `from.source`. Answer with `ack` once it is durable, in any order.
  virtual void on_batch(const collector_peer& from, schemas::batch_frame batch) = 0;
  virtual void on_end(const collector_peer& from) = 0;
  /// The connection is gone, or was dropped for `why`; answers for it are ignored from now on.
  virtual void on_gone(const collector_peer& from, const base::error& why) = 0;
};

struct ingest_counts {
  std::uint64_t peers = 0, waiting_batches = 0, waiting_bytes = 0;
  std::uint64_t batches = 0, bytes = 0, bad_frames = 0, dropped_peers = 0, refused_keys = 0;
};

class ingest_server {
 public:
  /// `keys` may be null when no listener has keys; both must outlive the server.
  ingest_server(ingest_server_settings settings, const key_directory* keys,
                ingest_handler& handler);
  ~ingest_server(); ///< `stop`
  ingest_server(const ingest_server&) = delete;
  ingest_server& operator=(const ingest_server&) = delete;

  /// Binds and starts the thread. Errors: invalid_argument (plain off loopback, bad endpoint),
  /// conflict (port taken).
  [[nodiscard]] base::status start();
  /// The endpoint of each listener as bound.
  [[nodiscard]] std::vector<std::string> endpoints() const;
  [[nodiscard]] ingest_counts counts() const;

  /// Answers HELLO: all of the session below `committed_below` is durable; the peer may have
  /// `credits` batches under way, those already waiting for their acknowledgement included.
  void welcome(peer_id peer, std::uint64_t committed_below, std::uint32_t credits);
  void ack(peer_id peer, const schemas::ack_frame& done);
  void grant(peer_id peer, std::uint32_t credits);
  /// Takes a batch back that will never be acknowledged (so that it no longer counts as waiting)
  /// and drops the peer with the reason; the collector sends it again after its next HELLO.
  void refuse(peer_id peer, std::uint64_t sequence, base::error why);

  /// Reads nothing more; answers still go out. For draining.
  void pause();
  /// Sends what is queued (up to 1 s), closes, joins. No handler call after it returned.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
