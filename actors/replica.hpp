// One copy of one partition's log: hosts a cluster::replica between the committer, the other
// copies, the table and the fold.
//
// Thin: what the protocol decides is in cluster/. Lives in the actor of its fold (copy_host.hpp):
// the fold calls it, and takes what it is told in its own turn, never within a call. Shows the fold
// what is committed, in order, from memory or, after a start and when the fold has fallen behind,
// from the log. Remembers entries not yet shown (`recent_bytes_max`, older ones are read again),
// what waits to be appended (bounded by the fold's own credit) and open checkpoints. Long reads run
// on threads of their own.
#pragma once

#include "actors/checkpoint_slots.hpp"
#include "actors/checkpoint_stream.hpp"
#include "actors/fold_words.hpp"
#include "actors/messages.hpp"
#include "cluster/replica.hpp"
#include "state/store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors {

/// What a replica has done for it by its actor. All of it is called, and calls back, on the actor's
/// thread.
class replica_host {
 public:
  using outcome = std::function<void(const base::status&)>;

  virtual ~replica_host() = default;
  /// By the committer, which answers in the order it was asked.
  virtual void commit(write_request r, outcome then) = 0;
  virtual void commit(stage_request r, outcome then) = 0;
  virtual void commit(switch_request r, outcome then) = 0;
  virtual void release(base::partition_id p) = 0;
  /// Behind what it was told before.
  virtual void tell_fold(fold_word w) = 0;
  /// Runs `work` on a thread of its own, and then what it returns.
  virtual void offload(std::function<std::function<void()>()> work) = 0;
  /// Runs what it is given in a turn of this copy, if there still is one; from any thread.
  [[nodiscard]] virtual std::function<void(std::function<void()>)> poster() = 0;
};

struct replica_args {
  base::partition_id partition;
  cluster::member self;
  std::shared_ptr<state::store> store;
  cluster::replica_limits limits;
  /// To the coordinator and the other nodes; must not block.
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
  /// Checkpoints for others are taken with one of these; null: without.
  std::shared_ptr<checkpoint_slots> slots;
  /// A monotonic clock.
  std::function<cluster::instant()> now;
};

/// Internal to actors/replica*.cpp.
struct replica_state {
  static constexpr std::size_t recent_bytes_max = std::size_t{16} << 20;
  /// Shown to the fold and not done with.
  static constexpr std::size_t unfolded_bytes_max = std::size_t{8} << 20;
  static constexpr std::size_t arrivals_max = 4096;

  replica_args args;
  replica_host* host = nullptr;
  std::unique_ptr<cluster::replica> core;

  // The fold.
  bool fold_there = false;
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
  std::deque<append_item> waiting;

  // The store.
  struct write_under_way {
    cluster::ticket number = 0;
    bool done = false;
  };
  std::deque<write_under_way> writes;
  std::size_t unanswered = 0;             ///< by the committer
  std::optional<base::error> begin_again; ///< once it has answered everything

  // Seeding others, and being seeded.
  struct open_source {
    std::shared_ptr<const checkpoint_source> source;
    checkpoint_slots::slot slot;
    cluster::instant since;           ///< when it was open
    std::deque<std::uint32_t> wanted; ///< chunks that have to be read again, and are not yet
    bool reading = false;
  };
  std::map<std::uint64_t, open_source> open;
  std::set<std::uint64_t> opening; ///< ordered and not open yet: the order may come again
  bool holding = false;
  checkpoint_sink sink;
  bool switching = false;  ///< from the order until it is done
  bool fold_asked = false; ///< to hold still; what is ordered meanwhile waits
  std::deque<cluster::order> behind_switch;

  /// An entry the fold asks about: read up to `scanned`, what was found there.
  struct suspicion {
    ask_skips of;
    base::entry_index upto; ///< the log said all there is to say by then
    base::entry_index scanned;
    std::vector<std::uint32_t> found;
    bool reading = false;
    std::optional<base::epoch> appended_in; ///< the term in which this copy said what to skip
  };
  std::optional<suspicion> suspect;

  std::optional<cluster::instant> beaten_at;
  std::string problem; ///< why it failed; empty: it did not
  std::uint64_t alarms = 0, seeded = 0;
  /// Who waits for a promise; few: one per attempt to make the table anew.
  std::vector<std::pair<base::epoch, std::function<void(std::string)>>> seals;
  std::string last_alarm;
};

class hosted_replica {
 public:
  /// The host outlives it.
  hosted_replica(replica_args args, replica_host& host);
  hosted_replica(const hosted_replica&) = delete;
  hosted_replica& operator=(const hosted_replica&) = delete;

  /// From what the store holds; before anything else.
  [[nodiscard]] base::status open();
  [[nodiscard]] const replica_args& args() const noexcept { return st_.args; }

  // --- the fold ---

  /// Once, after it has loaded its state. It is shown nothing before.
  void fold_there();
  void append(std::vector<append_item> items);
  /// The fold has done with so much of what it was shown.
  void folded(std::size_t bytes);
  /// Somebody compares digests with this copy's.
  [[nodiscard]] bool compared() const;
  /// After the entry `at` the fold's state hashes to this; every `digest_every` entries.
  void folded_to(base::entry_index at, const base::hash128& digest);
  /// The fold cannot go on; the partition is handed over.
  void fold_failed(const base::error& why);
  void find_skips(ask_skips a);

  // --- the cluster ---

  void received(const peer_message& m);
  void peer_heard(const cluster::node_id& node, bool heard);
  void table_seen(const table_value& t);
  void proposal_answered(const proposal_result& p);
  /// The coordinator counts revisions anew.
  void table_lost();
  /// Promises the epoch; tells what `status` does once the store has it, or has failed.
  void seal(base::epoch epoch, std::function<void(std::string)> then);

  /// Repeats, heartbeats, proposals; `interval` after the one before, or later if the fold was at
  /// work. True when nobody needs to be reminded soon.
  [[nodiscard]] bool beat(cluster::instant interval);
  /// A JSON object.
  [[nodiscard]] std::string status() const;

 private:
  replica_state st_;
};

} // namespace vedette::actors
