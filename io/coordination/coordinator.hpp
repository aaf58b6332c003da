// The door to the one arbiter of a cluster: who is there, who holds which partition, who decides.
//
// Every ask returns at once with its id, and exactly one answer with that id follows, within the
// deadline the handle was made with (default 2 s). Answers and news come out of one queue in order;
// `poll` takes them, on one thread of the host's choice. A silence is never taken for an answer:
// what may have happened without our knowing is `unknown`, and `reread` says what stands. A watch
// never skips: what it could not deliver one by one it delivers as a new view of everything.
// Remembers one session (a lease, renewed until `leave`) and one view. Bounded by
// `calls_in_flight_max` and `events_waiting_max`. Asks may come from any thread. Implemented by
// memory_coordinator.hpp (standalone, tests) and etcd_coordinator.hpp; hosted by one actor a node.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/coordinator_words.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vedette::io {

using call_id = std::uint64_t;

/// A swap per partition of a large table, twice; asks above it are refused at once.
inline constexpr std::size_t calls_in_flight_max = 32'768;
/// News the host did not take; more of it is dropped and a new view is given instead.
inline constexpr std::size_t events_waiting_max = 65'536;
/// etcd grants no less, whatever is asked.
inline constexpr base::duration lease_min = std::chrono::seconds{2};
inline constexpr base::duration call_deadline_default = std::chrono::seconds{2};

struct open_request {
  /// What is made when nothing is there; its number of partitions must equal what is there.
  cluster::cluster_record record;
  /// Of the cluster this node's store belongs to; empty in a new store, which takes what is there.
  std::string known_id;
  /// Else an empty prefix is an error. With a `known_id` this rebuilds a lost table, so `record.id`
  /// must equal it and `record.generation` be above what was known.
  bool found_if_absent = false;
  /// The table is made anew: whatever stands there of this cluster is taken away and `record` put
  /// in its place, in one step, unless another was first. `record` as for a rebuilt one above;
  /// refused (ec::conflict) when its generation is not above the one that stands there.
  bool anew = false;
};

// --- answers ---

struct cluster_opened {
  call_id call = 0;
  /// ec::denied: another cluster, or another number of partitions. ec::conflict: this store's
  /// cluster is not there (wiped). ec::not_found: nothing is there. ec::unsupported: newer format.
  base::result<cluster::cluster_record> outcome;
  bool founded = false; ///< by this call
  cluster::revision at; ///< how far the coordinator counted when it was opened
};
struct store_read {
  call_id call = 0;
  base::result<std::optional<cluster::store_record>> outcome;
  std::optional<cluster::node_record> live; ///< who holds the node id now
};
struct node_joined {
  call_id call = 0;
  /// `go`: joined. `new_incarnation`: an old copy, not joined. ec::conflict: the id is in use.
  base::result<cluster::start_verdict> outcome;
  cluster::revision at;
};
struct partition_read {
  call_id call = 0;
  base::partition_id partition;
  base::result<std::optional<cluster::versioned_assignment>> outcome;
};
struct swap_done {
  call_id call = 0;
  cluster::swap_answer answer;
  std::string why; ///< when not won: one line
};
struct document_put {
  call_id call = 0;
  std::string name;
  cluster::proposal_outcome outcome = cluster::proposal_outcome::unknown;
  cluster::revision at; ///< when won
  std::string why;      ///< when not won: one line
};
struct campaign_done {
  call_id call = 0;
  cluster::proposal_outcome outcome = cluster::proposal_outcome::unknown;
  cluster::revision created; ///< when won: the fence
  std::string why;
};
enum class call_kind : std::uint8_t { write_store, update_node, leave, watch, resign, revoke };
struct call_done {
  call_id call = 0;
  call_kind kind = call_kind::write_store;
  base::status outcome;
};

// --- news ---

enum class view_cause : std::uint8_t {
  asked,      ///< `watch` was called
  compacted,  ///< the events in between are no longer there
  overflowed, ///< the host did not take them in time
};
/// Everything at one revision; replaces what was known. Changes that follow are later.
struct view_began {
  cluster::snapshot view;
  view_cause cause = view_cause::asked;
};
struct view_changed {
  cluster::watch_event event;
};
/// The coordinator answered, by a majority, and the watch is open: what the view lacks is on its
/// way. Comes a few times a second while that is so.
struct view_proved {
  cluster::revision at;
  base::duration asked_at{}; ///< by clock::monotonic: true not before this
};
/// The lease ended or another holds the key: this node is no member. Join again, or stop.
struct session_lost {
  std::string why;
};
enum class estrangement : std::uint8_t {
  wiped,         ///< the cluster's record is gone
  restored,      ///< revisions or the generation went backwards
  rebuilt,       ///< an operator made the table anew: open again, join again, watch again
  other_cluster, ///< another id, or another number of partitions
};
/// What is behind the address is no longer what was opened. Session and watch are over, all asks
/// but `open` are refused (ec::conflict), until `open` succeeds again.
struct coordinator_estranged {
  estrangement kind = estrangement::wiped;
  std::string why; ///< with what to do
};
/// Said when it changes. While out of reach everything is tried again without end.
struct reach_changed {
  bool reachable = true;
  std::string why;
};
/// A record that this build cannot read; it is left out of the view. Raise an alarm.
struct record_refused {
  std::string key;
  std::string why;
};

using coordinator_event =
    std::variant<cluster_opened, store_read, node_joined, partition_read, swap_done, document_put,
                 campaign_done, call_done, view_began, view_changed, view_proved, session_lost,
                 coordinator_estranged, reach_changed, record_refused>;

class coordinator {
 public:
  virtual ~coordinator() = default;

  // --- asks ---

  /// The first ask; others are refused (ec::invalid_argument) before it succeeded. Once it has, no
  /// news of what was watched before come any more: watch again.
  [[nodiscard]] virtual call_id open(const open_request& request) = 0;
  /// What judge_start wants to know.
  [[nodiscard]] virtual call_id read_store(const cluster::node_id& node) = 0;
  /// Only the node itself writes its record. call_done.
  [[nodiscard]] virtual call_id write_store(const cluster::node_id& node,
                                            const cluster::store_record& record) = 0;
  /// Judges the start (cluster::judge_start; the stamp was counted since, so a live process with as
  /// high a stamp is another one), takes a lease of `ttl` (>= lease_min), writes both records under
  /// it, and renews until `leave` or the end of the handle. The lease of a predecessor with the
  /// same store is taken over.
  [[nodiscard]] virtual call_id join(const cluster::node_record& node, base::duration ttl) = 0;
  /// Rewrites the record this session holds; the id cannot change. call_done.
  [[nodiscard]] virtual call_id update_node(const cluster::node_record& node) = 0;
  /// Ends the session: the node and its office are gone at once. call_done.
  [[nodiscard]] virtual call_id leave() = 0;
  /// Begins the view, or begins it again. call_done, then view_began.
  [[nodiscard]] virtual call_id watch() = 0;
  [[nodiscard]] virtual call_id reread(base::partition_id partition) = 0;
  [[nodiscard]] virtual call_id swap(const cluster::swap_request& request) = 0;
  /// As `swap`, for what all nodes share.
  [[nodiscard]] virtual call_id put_document(const cluster::document_swap& request) = 0;
  /// Makes the key `controller` if absent, under this session; won again when it is held already.
  [[nodiscard]] virtual call_id campaign() = 0;
  /// Gives up the office that was won at `fence`. call_done.
  [[nodiscard]] virtual call_id resign(cluster::revision fence) = 0;
  /// Ends another node's membership before its lease does, while `fence` holds the office (0:
  /// whoever does). That node sees session_lost. call_done; ec::conflict when deposed.
  [[nodiscard]] virtual call_id revoke(const cluster::node_id& node, cluster::revision fence) = 0;

  // --- what comes ---

  /// Takes all that waits, in order; waits up to `wait` for the first. One thread at a time.
  [[nodiscard]] virtual std::vector<coordinator_event> poll(base::duration wait) = 0;
  /// Called, from any thread and under no lock of the host's, when something begins to wait. Set
  /// once, before the first ask; must not call back into the handle.
  virtual void on_waiting(std::function<void()> wake) = 0;

  /// When the coordinator, asked then (clock::monotonic, which counts suspension), is known to have
  /// answered that this session stands, or without a session that it is there. Nothing before the
  /// first answer and after an estrangement. Any thread; does not block.
  [[nodiscard]] virtual std::optional<base::duration> heard_at() const = 0;
};

/// What became of a swap whose answer was lost, by what `reread` shows. Still `unknown` when the
/// old value stands, for the swap may yet arrive: put any other value there to be certain.
[[nodiscard]] cluster::proposal_outcome
settle(const cluster::swap_request& request,
       const std::optional<cluster::versioned_assignment>& seen);

} // namespace vedette::io
