// One copy of one partition's log: hosts a cluster::replica between the committer, the other
// copies, the table and the fold.
//
// Thin: what the protocol decides is in cluster/. Shows the fold what is committed, in order, from
// memory or, after a start and when the fold has fallen behind, from the log. Remembers entries not
// yet shown (`recent_bytes_max`, older ones are read again), what waits to be appended (bounded by
// the fold's own credit) and open checkpoints. Scheduled; long reads run on threads of their own.
#pragma once

#include "actors/checkpoint_stream.hpp"
#include "actors/interfaces.hpp"
#include "cluster/replica.hpp"
#include "state/store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors {

struct replica_args {
  base::partition_id partition;
  cluster::member self;
  std::shared_ptr<state::store> store;
  committer_actor committer;
  cluster::replica_limits limits;
  /// To the coordinator and the other nodes; called on this actor's thread, must not block.
  std::function<void(const cluster::node_id&, const cluster::message&)> send;
  std::function<void(base::partition_id, const cluster::propose&)> propose;
  std::function<void(base::partition_id)> reread;
  /// Whether this copy serves, whenever that changes; may be empty.
  std::function<void(base::partition_id, bool)> serving;
  /// This copy takes no part any more until the node is started again: the store refuses (then it
  /// refuses every copy of the node), or the fold cannot go on. May be empty.
  std::function<void(base::partition_id, const base::error&, bool store)> failed;
  /// Told by a copy that does not serve how long an entry took from its arrival until it was
  /// folded, seconds; the newest of each run. May be empty.
  std::function<void(double)> folded_after;
  /// A monotonic clock.
  std::function<cluster::instant()> now;
  base::duration beat = std::chrono::milliseconds{50};
  /// Runs what reads for long; empty: on a thread of its own.
  std::function<void(std::function<void()>)> aside;
};

struct replica_state {
  static constexpr const char* name = "replica";
  static constexpr std::size_t recent_bytes_max = std::size_t{16} << 20;
  /// Shown to the fold and not done with.
  static constexpr std::size_t unfolded_bytes_max = std::size_t{8} << 20;
  static constexpr std::size_t arrivals_max = 4096;

  replica_args args;
  std::unique_ptr<cluster::replica> core;

  // The fold.
  fold_actor fold;
  base::entry_index shown, may_show;
  std::deque<cluster::entry> recent; ///< written and not shown; the last of the log
  std::size_t recent_bytes = 0, unfolded_bytes = 0;
  /// When entries came, by the last of each arrival, and the last entry of each run shown and not
  /// done with; both oldest first. Only kept for `folded_after`.
  std::deque<std::pair<base::entry_index, cluster::instant>> arrivals;
  std::deque<base::entry_index> folding;
  bool reading = false;
  std::uint64_t life = 0;  ///< grows when what was read before means nothing any more
  std::uint64_t cores = 0; ///< made so far
  std::optional<base::epoch> term_to_begin; ///< once everything before it was shown
  base::entry_index term_from;
  std::deque<std::pair<base::entry_index, std::uint64_t>> tokens; ///< appended in this term
  std::deque<append_request::item> waiting;

  // The store.
  struct write_under_way {
    cluster::ticket number = 0;
    bool done = false;
  };
  std::deque<write_under_way> writes;
  std::size_t unanswered = 0;             ///< by the committer
  std::optional<base::error> begin_again; ///< once it has answered everything

  // Seeding others, and being seeded.
  std::map<std::uint64_t, std::shared_ptr<const checkpoint_source>> open;
  bool holding = false;
  checkpoint_sink sink;
  bool switching = false;  ///< from the order until it is done
  bool fold_asked = false; ///< to hold still; what is ordered meanwhile waits
  std::deque<cluster::order> behind_switch;

  /// An entry the fold asks about: read up to `scanned`, what was found there.
  struct suspicion {
    ask_skips of;
    base::entry_index scanned;
    std::vector<std::uint32_t> found;
    bool reading = false;
    std::optional<base::epoch> appended_in; ///< the term in which this copy said what to skip
  };
  std::optional<suspicion> suspect;

  std::string problem; ///< why it failed; empty: it did not
  std::uint64_t alarms = 0, seeded = 0;
  /// Who waits for a promise; few: one per attempt to make the table anew.
  std::vector<std::pair<base::epoch, caf::typed_response_promise<std::string>>> seals;
  std::string last_alarm;
};

replica_actor::behavior_type replica(replica_actor::stateful_pointer<replica_state> self,
                                     replica_args args);

} // namespace vedette::actors
