// One dialled connection to a peer: its socket, what the library reports about it, when to try
// again.
//
// Each attempt is a socket of its own, closed when it fails or ends, so nothing that a broken
// connection had queued reaches the next one, and no failure makes the library give up silently.
// Between attempts the pause doubles. Remembers one socket; owned by the mesh's thread, three per
// peer. Private to this folder.
#pragma once

#include "io/mesh/mesh.hpp"
#include "io/zmq/sockets.hpp"

#include <zmq.hpp>

#include <optional>
#include <string>

namespace vedette::io {

class line {
 public:
  using instant = std::chrono::steady_clock::time_point;

  enum class phase : std::uint8_t {
    down,
    calling,   ///< connecting and shaking hands, until `deadline`
    connected, ///< what is sent goes out
  };

  line(lane l, const mesh_settings& settings)
      : lane_{l}, settings_{settings}, pause_{settings.redial_min} {}
  ~line() { close(); }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  /// When down and its time has come. A failure is found in `lost`.
  void dial(zmq::context_t& context, const mesh_peer& peer, instant now);
  /// Closes it; tries again after the pause.
  void hang_up(instant now);
  /// Tries again at the next `dial`: something new is known about the peer.
  void hang_up_and_hurry(instant now);

  enum class news : std::uint8_t { none, connected, lost };
  /// Reads what the library reported and looks at the deadline. After `lost` it is hung up and
  /// `why` says the reason.
  news look(instant now, std::string& why);

  /// False when it has no room now, or the connection is gone.
  [[nodiscard]] bool has_room();
  /// Hands a frame over; false when it was lost.
  [[nodiscard]] bool send(std::string frame);

  [[nodiscard]] phase is() const noexcept { return phase_; }
  [[nodiscard]] lane which() const noexcept { return lane_; }
  /// When `dial` or `look` has something to do by the passing of time.
  [[nodiscard]] std::optional<instant> next() const noexcept;
  /// Null while down.
  [[nodiscard]] void* socket_handle() { return socket_ ? socket_->handle() : nullptr; }
  [[nodiscard]] void* monitor_handle() { return monitor_ ? monitor_->handle() : nullptr; }

 private:
  void open(zmq::context_t& context, const mesh_peer& peer);
  void close() noexcept;
  news read_events(instant now, std::string& why);

  const lane lane_;
  const mesh_settings& settings_;
  phase phase_ = phase::down;
  std::optional<zmq::socket_t> socket_;
  std::optional<zmq::socket_t> monitor_;
  std::string failure_; ///< of this attempt, before it reached the network
  instant began_{};     ///< this attempt
  instant deadline_{};  ///< while calling
  instant up_since_{};
  instant retry_at_{}; ///< while down
  std::chrono::milliseconds pause_;
};

/// Why this peer can never be dialled as it is described; empty when it can.
[[nodiscard]] std::string undialable(const mesh_peer& peer, const mesh_settings& settings);

} // namespace vedette::io
