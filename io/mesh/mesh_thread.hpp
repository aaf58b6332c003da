// The mesh's thread: owns every socket, keeps the connections to all peers, judges who is alive,
// and moves frames. `mesh` is its face towards other threads.
//
// A turn waits for sockets, the doorbell and the next deadline, then does a bounded part of each
// kind of work. Remembers one `link` per peer and what the outbox holds. Private to this folder;
// parts: mesh_thread.cpp (turns), mesh_peers.cpp (connections and liveness), mesh_frames.cpp
// (traffic).
#pragma once

#include "io/mesh/line.hpp"
#include "io/mesh/mesh.hpp"
#include "io/mesh/outbox.hpp"
#include "io/mesh/peer_clock.hpp"
#include "io/mesh/peer_watch.hpp"
#include "io/mesh/refusal_log.hpp"
#include "io/zmq/sockets.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace vedette::io {

/// What the thread knows of one peer.
struct mesh_link {
  mesh_link(mesh_peer p, const mesh_settings& settings)
      : peer{std::move(p)}, watch{peer.process, settings.silence},
        lines{line{lane::control, settings}, line{lane::data, settings},
              line{lane::bulk, settings}} {
    counts.node = peer.node;
  }

  line& control() { return lines[0]; }
  [[nodiscard]] bool is_up() const { return lines[0].is() == line::phase::connected; }
  mesh_lane_counts& counts_of(lane l) { return counts.lanes[static_cast<std::size_t>(l)]; }

  mesh_peer peer;
  peer_watch watch;
  peer_clock clock;
  std::array<line, schemas::mesh_lanes> lines;
  bool dialable = false;
  bool told_alive = false;
  bool told_it_hears = false;                       ///< what our last control frame said
  std::chrono::steady_clock::time_point speak_at{}; ///< when the next heartbeat is due
  mesh_peer_counts counts;                          ///< but what the outbox counts
};

class mesh_thread {
 public:
  using instant = std::chrono::steady_clock::time_point;

  mesh_thread(mesh_settings settings, mesh_hooks hooks);

  [[nodiscard]] base::status start();
  void stop();

  // Any thread.
  void set_peers(std::vector<mesh_peer> peers);
  bool send(const cluster::node_id& to, lane l, std::string payload);
  [[nodiscard]] mesh_counts counts();

  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] std::uint64_t process() const noexcept { return settings_.process; }

 private:
  base::status bind();
  void close();
  void run();
  void turn();
  void wait();
  instant what_to_wait_for(instant now);
  void show_counts();

  bool is_key_of_a_peer(std::string_view key) const;
  void take_new_peers();
  void meet(mesh_peer p, instant now);
  void renew(mesh_link& l, mesh_peer p, instant now);
  void judge_address(mesh_link& l, instant now);
  void begin_anew(mesh_link& l, instant now, const std::string& why);
  void say_dead(mesh_link& l, const std::string& why);
  [[nodiscard]] static bool may_dial(const mesh_link& l, const line& one);
  void dial(instant now);
  void look_at_lines();
  void judge(instant now);

  void read_frames();
  void take_frame(zmq::message_t& body, instant now);
  void refuse(std::uint64_t& count, refusal kind, const std::string& text);
  void send_waiting(instant now);
  bool send_frame(mesh_link& l, line& by, instant now);
  void speak(mesh_link& l, instant now);
  bool put_on(mesh_link& l, line& by, const std::vector<std::string>& messages, instant now);

  [[nodiscard]] const clock& time() const {
    return settings_.time != nullptr ? *settings_.time : machine_;
  }

  mesh_settings settings_; ///< fixed after construction
  const real_clock machine_;
  const mesh_hooks hooks_;
  outbox box_;
  doorbell bell_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  std::string endpoint_; ///< fixed after `start`

  // The thread's own.
  zmq::context_t context_{1};
  std::optional<key_door> door_;
  std::optional<zmq::socket_t> router_;
  std::map<std::string, mesh_link, std::less<>> links_; ///< by node
  std::vector<zmq::pollitem_t> items_;
  mesh_refusals refused_;
  refusal_log log_;
  instant woke_{}; ///< the last wait ended

  std::mutex mutex_;
  std::optional<std::vector<mesh_peer>> new_peers_;
  mesh_counts shown_;
};

} // namespace vedette::io
