// The wire between the nodes of one cluster: carries opaque messages and says who is alive.
//
// Every node binds one ROUTER and dials each peer once per lane, so that a checkpoint stream never
// stands in front of control. What waits for a peer and lane when the thread turns to it goes out
// as one frame. Messages may be lost, always with a reason that is counted; they are never doubled,
// and within a lane they keep their order. Remembers per peer and lane at most `queue_bytes_max`;
// one thread owns all sockets, and its turn is O(peers). docs/mesh.md says what is promised and
// measured. Made by the node, called by the actors that stand for remote ones.
#pragma once

#include "io/clock/clock.hpp"
#include "io/zmq/curve_keys.hpp"

#include "base/result.hpp"
#include "cluster/table.hpp"
#include "schemas/codec/mesh_codec.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

using lane = schemas::mesh_lane;

/// A node as its membership record names it.
struct mesh_peer {
  cluster::node_id node;
  std::string address;       ///< tcp://host:port; a name is looked up while the others wait
  std::string public_key;    ///< Z85; empty where the mesh runs without keys
  std::uint64_t process = 0; ///< differs after a restart; 0: not known yet

  friend bool operator==(const mesh_peer&, const mesh_peer&) = default;
};

struct mesh_settings {
  std::string listen = "tcp://127.0.0.1:*"; ///< port `*` or 0: any free one
  std::optional<curve_keys> keys;           ///< without: loopback only, in both directions
  cluster::node_id self;
  std::string cluster_id;                   ///< 1..256 bytes; frames of another one are refused
  std::uint64_t process = 0;                ///< of this start; 0: drawn at random
  std::chrono::milliseconds heartbeat{200}; ///< at least so often something is said to each peer
  std::chrono::milliseconds silence{1500};  ///< nothing heard for so long is dead
  std::chrono::milliseconds redial_min{50}; ///< between two attempts, doubled up to the maximum
  std::chrono::milliseconds redial_max{500};
  std::chrono::milliseconds connect_timeout{500}; ///< for a TCP connection; a handshake: `silence`
  /// Waiting per peer, by lane. One larger message may wait alone.
  std::array<std::size_t, schemas::mesh_lanes> queue_bytes_max{
      std::size_t{16} << 20, std::size_t{64} << 20, std::size_t{16} << 20};
  std::size_t frame_bytes_max = std::size_t{1} << 20; ///< of a pack; one larger message goes alone
  /// What peers are told of this node's clock; outlives the mesh. Null: the machine's.
  const clock* time = nullptr;
};

/// Called on the mesh's thread, so they must be quick and must not throw.
struct mesh_hooks {
  /// `payload` is valid during the call. A message may come from a peer that is not alive (yet, or
  /// any more): it was on its way.
  std::function<void(const cluster::node_id& from, std::string_view payload)> received;
  /// Once per change, with the reason; every peer begins as not alive. Alive means that both sides
  /// hear each other.
  std::function<void(const cluster::node_id& peer, bool alive, const std::string& why)> liveness;
};

struct mesh_lane_counts {
  std::uint64_t queued_bytes = 0, queued_messages = 0; ///< now
  std::uint64_t sent_messages = 0, sent_bytes = 0, sent_frames = 0;
  std::uint64_t frame_bytes = 0; ///< what `sent_bytes` of messages became on the wire
  std::uint64_t dropped = 0;     ///< messages: peer not alive, queue full, or waiting when it died
};

struct mesh_peer_counts {
  cluster::node_id node;
  bool alive = false;
  std::uint64_t process = 0; ///< as far as this node knows
  /// Monotonic; nothing before the first frame.
  std::optional<std::chrono::steady_clock::time_point> last_heard;
  std::array<mesh_lane_counts, schemas::mesh_lanes> lanes;
  std::uint64_t received_messages = 0, received_bytes = 0, received_frames = 0;
  /// The peer's wall time less this node's monotonic time (`mesh_settings::time`), to half a
  /// second; nothing while it is not known.
  std::optional<base::duration> clock = std::nullopt;
};

/// Frames and keys that were refused.
struct mesh_refusals {
  std::uint64_t bad_frames = 0;    ///< not one of ours, damaged, or of a later version
  std::uint64_t other_cluster = 0; ///< of another cluster
  std::uint64_t unknown_nodes = 0; ///< the sender is not in the list of peers
  std::uint64_t wrong_keys = 0;    ///< the connection's key is not that of the node it claims to be
  std::uint64_t former_process = 0; ///< from before the peer's restart, or for us before ours
  std::uint64_t refused_keys = 0;   ///< handshakes of keys that no peer has
};

struct mesh_counts {
  std::vector<mesh_peer_counts> peers;
  mesh_refusals refused;
};

class mesh {
 public:
  /// Asserts that self and cluster_id are 1..256 bytes.
  mesh(mesh_settings settings, mesh_hooks hooks);
  ~mesh(); ///< `stop`
  mesh(const mesh&) = delete;
  mesh& operator=(const mesh&) = delete;

  /// Binds and starts the thread; once. Errors: invalid_argument (no keys off loopback, bad
  /// endpoint), conflict (port taken).
  [[nodiscard]] base::status start();
  /// Closes everything at once; what waits is lost. No hook is called after it returned. Not to be
  /// called from a hook.
  void stop();

  /// The whole list, this node itself left out when it is in it. Any thread, also before `start`.
  /// Whoever is not in it any more is dead ("left …") and may not connect.
  void set_peers(std::vector<mesh_peer> peers);

  /// Any thread; never blocks. False (and counted as dropped) when the peer is unknown or not
  /// alive, its queue is full, or the message is larger than schemas::mesh_message_bytes_max: the
  /// protocol above repeats or gives up. True is no promise of arrival.
  bool send(const cluster::node_id& to, lane l, std::string payload);

  /// As bound.
  [[nodiscard]] std::string endpoint() const;
  /// Of this start, never 0: what the membership record must say.
  [[nodiscard]] std::uint64_t process() const;
  [[nodiscard]] mesh_counts counts() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
