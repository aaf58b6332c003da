// The coordinator on etcd, as it runs on its own thread: every ask becomes requests that may arrive
// twice, every answer becomes events.
//
// Requests are repeated on other endpoints until the deadline, so each is built to be harmless when
// it is applied twice or late: transactions compare revisions, and what they put names its author
// (a lease, or a proposal's random number), so that "it failed because it had been done" is told
// from "another was first". A pulse, a linearizable read a few times a second, proves session and
// view, notices a coordinator that was wiped, restored or exchanged, and starts the watch again
// after it broke. Remembers the cluster's record, the session and the revision the host has seen.
// For one thread; in three files: calls, session (etcd_session.cpp), view (etcd_view.cpp).
#pragma once

#include "io/coordination/coordinator.hpp"
#include "io/coordination/etcd_messages.hpp"
#include "io/coordination/etcd_transport.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace vedette::io::etcd {

/// What the engine tells; answers count down the calls in flight.
struct engine_output {
  std::function<void(coordinator_event)> answer;
  std::function<void(coordinator_event)> news;
  /// Instant of clock::monotonic, or nothing.
  std::function<void(std::optional<base::duration>)> heard;
};

class engine {
 public:
  engine(const etcd_settings& settings, const clock& time, engine_output out);

  void open(call_id call, const open_request& request);
  void read_store(call_id call, const cluster::node_id& node);
  void write_store(call_id call, const cluster::node_id& node, const cluster::store_record& record);
  void join(call_id call, const cluster::node_record& node, base::duration ttl);
  void update_node(call_id call, const cluster::node_record& node);
  void leave(call_id call);
  void watch(call_id call);
  void reread(call_id call, base::partition_id partition);
  void swap(call_id call, const cluster::swap_request& request);
  void put_document(call_id call, const cluster::document_swap& request);
  void campaign(call_id call);
  void resign(call_id call, cluster::revision fence);
  void revoke(call_id call, const cluster::node_id& node, cluster::revision fence);

  /// The host let changes go by.
  void overflowed();
  void run_once(base::duration wait) { net_.run_once(wait); }
  void wake() { net_.wake(); } ///< any thread

 private:
  struct ask {
    call_id call = 0;
    base::duration deadline{};
    bool urgent = false;
  };
  struct txn_outcome {
    fate what = fate::unanswered;
    txn_reply reply;
    base::error why;
    base::duration sent_at{};
  };
  struct session {
    cluster::node_record node;
    std::uint64_t lease = 0;
    base::duration ttl{};
    std::uint64_t node_modified = 0;
  };
  struct joining;
  struct revoking;

  // --- etcd_engine.cpp ---
  [[nodiscard]] ask begin(call_id call) const;
  [[nodiscard]] std::string key(std::string_view suffix) const;
  /// Answers when no cluster is open.
  [[nodiscard]] bool refuse(const std::function<coordinator_event(base::error)>& as);
  void transact(const txn& t, const ask& a, std::function<void(txn_outcome)> done);
  /// A transaction of `open`, not judged as transact's are: this is how an estranged handle begins
  /// anew. What fails it is answered here.
  void transact_open(const txn& t, const ask& a, std::function<void(txn_reply)> then);
  /// A transaction that only holds while this is the cluster that was opened.
  [[nodiscard]] txn guarded() const;
  /// And while `where` has that revision; 0: while it is not there.
  [[nodiscard]] txn guarded_at(const std::string& where, cluster::revision base) const;
  /// What became of a put at the first key that is read otherwise. False when another value stands
  /// there, one that is not `ours`: then `why` is the caller's to say.
  [[nodiscard]] bool judge_put(const txn_outcome& got,
                               const std::function<bool(const std::string&)>& ours,
                               cluster::proposal_outcome& outcome, cluster::revision& at,
                               std::string& why) const;
  void found(const ask& a, const open_request& request);
  /// In the place of `present`, whatever else stands there.
  void found_anew(const ask& a, const open_request& request,
                  const std::optional<key_value>& present);
  void opened(const ask& a, const open_request& request, const key_value& record,
              const header& head, bool founded);
  void done(call_id call, call_kind kind, base::status outcome);
  [[nodiscard]] std::optional<key_value> only(const txn_reply& reply, std::size_t which) const;

  /// What stands under a node's id.
  struct node_keys {
    std::optional<cluster::store_record> store;
    std::optional<cluster::node_record> live;
    std::uint64_t store_modified = 0, node_modified = 0; ///< 0: absent
    std::uint64_t lease = 0;                             ///< of `live`
  };
  [[nodiscard]] txn ask_node_keys(const cluster::node_id& node) const;
  [[nodiscard]] base::result<node_keys> read_node_keys(const txn_reply& reply) const;

  // --- etcd_session.cpp ---
  void join_grant(const std::shared_ptr<joining>& j);
  void join_write(const std::shared_ptr<joining>& j);
  void join_failed(const std::shared_ptr<joining>& j, base::error why);
  void revoke_lease(std::uint64_t lease, base::duration deadline,
                    std::function<void(call_outcome)> then);
  void keep_alive(std::uint64_t lease);
  void lose_session(const std::string& why);
  void pulse();
  void pulse_answered(const txn_outcome& got, std::uint64_t floor, std::uint64_t lease);
  void schedule_pulse(base::duration sent_at);
  void reach(bool reachable, const std::string& why);
  /// Judges what an answer of a linearizable request says about who answered.
  [[nodiscard]] bool same_cluster(const header& head, std::uint64_t floor);
  void estrange(estrangement kind);

  // --- etcd_view.cpp ---
  struct viewing;
  void begin_view(view_cause cause, const ask* a);
  void drop_view(base::error why);
  void view_page(const std::shared_ptr<viewing>& v, const std::string& from);
  void view_read(const std::shared_ptr<viewing>& v);
  void tend_watch();
  void stop_watch();
  void watch_line(std::string_view line);
  void watch_changed(const watch_reply::change& c);
  [[nodiscard]] std::optional<cluster::watch_event> to_event(const key_value& kv, bool deleted);

  etcd_settings settings_;
  engine_output out_;
  transport net_;
  reader messages_;

  std::optional<cluster::cluster_record> cluster_; ///< open
  std::string cluster_value_;                      ///< as it stands in etcd
  std::string etcd_id_;
  std::uint64_t highest_ = 0; ///< revision that was surely reached
  bool estranged_ = false;

  std::optional<session> session_;
  bool member_ = false;            ///< joined and did not leave, whatever became of the session
  std::set<std::uint64_t> leases_; ///< of this handle's sessions

  bool pulsing_ = false, reachable_ = true;
  std::uint64_t pulse_turn_ = 0; ///< voids timers of older turns

  bool watching_ = false; ///< the host wants a view
  std::shared_ptr<viewing> viewing_;
  stream_id stream_ = 0;
  bool stream_live_ = false;
  std::uint64_t seen_ = 0;     ///< the host was told of everything up to here
  std::uint64_t fragment_ = 0; ///< highest revision of an answer that is not complete
};

} // namespace vedette::io::etcd
