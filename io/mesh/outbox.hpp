// What waits to be sent to each peer, by lane. Where the senders' threads meet the mesh's thread.
//
// A queue is open while its peer is alive; closing it drops what is in it, so that nothing meant
// for one process of a node reaches the next. Remembers at most the limit of bytes per peer and
// lane, or one larger message. All calls from any thread; O(1) but for `take` and `close`, which
// are O(messages). Private to this folder.
#pragma once

#include "io/mesh/mesh.hpp"

#include <deque>
#include <mutex>
#include <unordered_map>

namespace vedette::io {

class outbox {
 public:
  explicit outbox(const std::array<std::size_t, schemas::mesh_lanes>& bytes_max)
      : bytes_max_{bytes_max} {}

  /// What became of a message, and whether the thread must be woken for it.
  struct verdict {
    bool queued = false;
    bool wake = false;
  };
  verdict put(const cluster::node_id& to, lane l, std::string payload);

  /// A peer that was not there is made, closed.
  void add(const cluster::node_id& peer);
  void remove(const cluster::node_id& peer);
  void open(const cluster::node_id& peer);
  void close(const cluster::node_id& peer);

  [[nodiscard]] bool waiting(const cluster::node_id& peer, lane l) const;
  /// The oldest messages, together at most `bytes_max` or one larger one, each counted with what a
  /// frame adds to it.
  [[nodiscard]] std::vector<std::string> take(const cluster::node_id& peer, lane l,
                                              std::size_t bytes_max);

  /// Fills in what is queued and dropped, by lane; nothing for a peer that is not there.
  void count(const cluster::node_id& peer,
             std::array<mesh_lane_counts, schemas::mesh_lanes>& into) const;

 private:
  struct queue {
    std::deque<std::string> messages;
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
  };
  struct queues {
    bool open = false;
    std::array<queue, schemas::mesh_lanes> by_lane;
  };

  const std::array<std::size_t, schemas::mesh_lanes> bytes_max_;
  mutable std::mutex mutex_;
  std::unordered_map<cluster::node_id, queues> peers_;
};

} // namespace vedette::io
