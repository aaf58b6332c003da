// One replica of one partition's log: primary/backup replication with the membership kept in a
// table that changes only by compare-and-swap (the PacificA scheme).
//
// A pure state machine: inputs are calls, outputs are orders (cluster/replica_words.hpp) taken
// after each call and carried out in order. It never reads a clock, a disk or a socket. It
// remembers positions and epochs, entries that are not committed, and up to `cache_bytes` of those
// that are; the log itself is the host's. One actor hosts one replica; not thread-safe. The
// protocol, and why each rule is there, is docs/cluster.md.
//
// What must hold, whatever is lost, doubled or late:
//  * an entry is committed when every in-sync store has it, and every store that may have been put
//    in sync by a proposal whose answer is outstanding;
//  * an epoch is on stable storage before anything is said in it;
//  * a primary that was restarted takes a new epoch, so (epoch, index) names one entry for ever;
//  * a store leaves the in-sync set before anybody goes on without it;
//  * nothing that was given to the fold is ever truncated.
#pragma once

#include "cluster/replica_options.hpp"
#include "cluster/replica_peer.hpp"
#include "cluster/replica_words.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace vedette::cluster {

enum class replica_role : std::uint8_t {
  idle,      ///< the table gives it no part, or it has not seen the table
  follower,  ///< takes what the primary sends
  preparing, ///< primary; its tail is not committed under its epoch yet
  serving,   ///< primary; takes appends
  failed,    ///< the store refused a write; make a new replica from what the store holds
};

[[nodiscard]] std::string_view to_string(replica_role role) noexcept;

class replica {
 public:
  /// `now` may be any instant; later ones must not be smaller.
  replica(const replica_boot& boot, const replica_limits& limits, instant now);

  // --- inputs ---

  /// The partition's value in the table, from the watch or a read; older revisions are ignored.
  void table_seen(revision at, const assignment& value, instant now);
  /// Of a `propose`. When won, show the new value with `table_seen` before or after.
  void proposal_answered(std::uint64_t token, proposal_outcome outcome, instant now);
  /// The coordinator lost its data and counts revisions anew; the next table is taken as it comes.
  void table_lost();

  /// Appends one entry and returns its index; it counts once `committed_through` has reached it.
  /// ec::stale_epoch when this is not the serving primary, ec::unavailable when too much is
  /// uncommitted: try again later. O(replicas).
  [[nodiscard]] base::result<base::entry_index> append(std::uint8_t kind,
                                                       std::uint16_t fold_version,
                                                       std::shared_ptr<const std::string> body,
                                                       instant now);

  void received(const node_id& from, const message& m, instant now);

  /// Every storage order up to `upto` is on stable storage.
  void stored(ticket upto, instant now);
  /// The store refused a write. From here on nothing is said or ordered; the host hands the
  /// partition over and makes a new replica once the store works.
  void store_failed(const base::error& why);

  /// Of a `read_log`: entries from where it asked on, fewer than asked for or none.
  void log_was_read(std::uint64_t request, std::vector<entry> entries, instant now);
  /// Said before the host trims; never beyond `retain_from()`, which may fall right after.
  void trimmed(base::entry_index first_kept);

  struct opened_checkpoint {
    base::entry_index at; ///< committed, and nothing beyond it is in the state
    std::uint64_t keys = 0, bytes = 0;
    std::uint32_t chunks = 1;
    base::hash128 checksum;
  };
  void checkpoint_opened(std::uint64_t id, const opened_checkpoint& what, instant now);
  void chunk_was_read(std::uint64_t id, std::uint32_t number,
                      std::shared_ptr<const std::string> bytes, instant now);
  /// What was staged failed its checksum; nothing was switched.
  void checkpoint_refused(std::uint64_t id, instant now);

  /// This copy did nothing for so long, and may have messages that it has not seen: that nobody was
  /// heard meanwhile says nothing about them.
  void was_away(instant span);

  /// That node hears this one again: one that is being asked where it stands is asked anew now, not
  /// when the growing time between two repeats is over. Or it hears this one no more: then no
  /// checkpoint is taken for it.
  void peer_heard(const node_id& node, bool heard, instant now);

  /// The fold reached an entry that `limits.digest_every` divides; others are ignored.
  void folded(base::entry_index at, const base::hash128& digest, instant now);

  /// Promises an epoch without a primary: before a lost table is rebuilt no old primary may commit
  /// any more. Done once `sealed()` says that epoch.
  void seal(base::epoch epoch);

  /// Often: repeats, heartbeats, proposals. Every heartbeat or so. O(replicas).
  void tick(instant now);

  // --- outputs ---

  /// What to do now, in order; empties.
  [[nodiscard]] std::vector<order> take_orders();

  // --- looks ---

  [[nodiscard]] replica_role role() const noexcept { return role_; }
  [[nodiscard]] base::epoch promised() const noexcept { return promised_; }
  /// Highest promise on stable storage.
  [[nodiscard]] base::epoch sealed() const noexcept { return promised_stored_; }
  [[nodiscard]] base::entry_index last() const noexcept { return last_; }
  [[nodiscard]] base::entry_index durable() const noexcept { return durable_; }
  [[nodiscard]] base::entry_index committed() const noexcept { return committed_; }
  /// How far others have committed as the primary of this epoch says: entries that this copy may
  /// not have yet.
  [[nodiscard]] base::entry_index committed_elsewhere() const noexcept {
    return leads() ? committed_ : std::max(committed_, heard_committed_);
  }
  [[nodiscard]] const epoch_history& history() const noexcept { return history_; }
  [[nodiscard]] const assignment& table() const noexcept { return table_; }
  [[nodiscard]] revision table_revision() const noexcept { return revision_; }
  [[nodiscard]] const member& self() const noexcept { return self_; }
  /// Whom this store takes for primary; empty when it does not know.
  [[nodiscard]] const node_id& leader() const noexcept { return leader_; }
  /// The host must not trim this entry or a later one.
  [[nodiscard]] base::entry_index retain_from() const noexcept;
  [[nodiscard]] const std::vector<replica_peer>& peers() const noexcept { return peers_; }

 private:
  enum class write_kind : std::uint8_t { entries, epoch, truncate, staged, switched };
  struct write_under_way {
    ticket number = 0;
    write_kind kind = write_kind::entries;
    std::uint64_t value = 0; ///< index or epoch
  };
  struct answer_waiting {
    ticket after = 0;
    node_id to;
    message what;
  };
  struct proposal {
    std::uint64_t token = 0;
    revision base;
    bool answered = false; ///< lost or unknown; waits for the table or for a repeat
    instant sent_at{};
  };
  struct staging {
    checkpoint_manifest manifest;
    std::uint32_t below = 0;
  };

  [[nodiscard]] bool leads() const noexcept {
    return role_ == replica_role::preparing || role_ == replica_role::serving;
  }
  [[nodiscard]] bool may_speak() const noexcept { return promised_stored_ >= epoch_; }
  [[nodiscard]] bool must_reclaim() const;
  void hand_over(instant now);
  void forget_hand_over();

  // Anybody (replica.cpp).
  ticket next_ticket(write_kind kind, std::uint64_t value);
  void order_out(order o) { orders_.push_back(std::move(o)); }
  void alarm(alarm_kind kind, const node_id& about, std::string text);
  void promise(base::epoch epoch);
  void truncate(base::entry_index last);
  void write(std::vector<entry> entries);
  void settle_write(const write_under_way& w);
  void decide_role(instant now);
  void step_down(base::error why);
  void tell_committed();
  void try_propose(const base::result<assignment>& next, const member* added, instant now);

  // The follower (replica_follower.cpp).
  void follow(const node_id& from, const message& m, instant now);
  void take_append(const node_id& from, const message& m, const append_entries& a);
  void take_chunk(const node_id& from, const message& m, const checkpoint_chunk& c);
  void drop_staging();
  void answer(const node_id& to, const message& question, decltype(message::body) body);
  void answer_standing(const node_id& to, const message& question, bool asked);

  // The primary (replica_primary.cpp, replica_membership.cpp, replica_digests.cpp,
  // replica_seeding.cpp).
  void become_primary(instant now);
  void lead(const node_id& from, const message& m, instant now);
  void refresh_peers(instant now);
  [[nodiscard]] replica_peer* peer_of(const node_id& node);
  [[nodiscard]] message message_to(const replica_peer& p, decltype(message::body) body) const;
  void send_to(replica_peer& p, decltype(message::body) body, instant now);
  void probe_peer(replica_peer& p, instant now);
  void take_standing(replica_peer& p, const message& m, const standing& s, instant now);
  void take_appended(replica_peer& p, const appended& a, instant now);
  void feed(replica_peer& p, instant now);
  void send_batch(replica_peer& p, std::vector<entry> entries, instant now);
  void advance_commit(instant now);
  void evict_cache();
  void tick_peer(replica_peer& p, instant now);
  [[nodiscard]] std::vector<member> commit_members() const;
  [[nodiscard]] bool caught_up(const replica_peer& p, instant now) const;
  [[nodiscard]] bool holds_up(const replica_peer& p, instant now) const;
  void note_pace(replica_peer& p, instant now);
  void judge_pace(replica_peer& p, instant now);
  [[nodiscard]] std::vector<node_id> slow_peers(instant now) const;
  void tend_membership(instant now);
  [[nodiscard]] bool far_behind(const replica_peer& p, instant now) const;
  void seed(replica_peer& p, instant now);
  void pump_chunks(replica_peer& p);
  void take_chunk_staged(replica_peer& p, const chunk_staged& c, instant now);
  void end_seeding(replica_peer& p);
  void take_digest(replica_peer& p, const state_digest& d);
  void compare_digests(base::entry_index at);

  // Constant after construction.
  base::partition_id partition_;
  member self_;
  replica_limits limits_;

  // The store.
  base::epoch promised_, promised_stored_;
  base::entry_index first_kept_, last_, durable_;
  epoch_history history_;
  ticket last_ticket_ = 0;
  std::deque<write_under_way> writes_;
  std::deque<answer_waiting> answers_;

  // The table.
  revision revision_;
  assignment table_;
  std::optional<proposal> proposal_;
  std::uint64_t last_token_ = 0;
  /// In sync if a proposal based on `revision_` has won or still wins.
  std::vector<member> maybe_in_sync_;
  bool table_behind_ = false;
  /// This store lacks what that one knows to be committed, or was outvoted by it about its state.
  std::optional<member> hand_over_to_;
  bool outvoted_ = false; ///< the second: it leads on until the table moves, and seeds nobody

  // The part played.
  replica_role role_ = replica_role::idle;
  base::entry_index committed_, told_, heard_committed_;
  node_id leader_;
  base::epoch used_epoch_;    ///< at or below it this process may not be primary
  base::entry_index matched_; ///< as follower: equal to the primary's log up to here
  std::optional<staging> staging_;
  std::uint64_t switched_id_ = 0; ///< highest checkpoint of this epoch that was switched

  // The primary.
  base::epoch epoch_;
  base::entry_index tail_end_;
  std::vector<replica_peer> peers_;
  std::deque<entry> cache_; ///< the newest entries, up to `last_`
  std::size_t cache_bytes_ = 0, uncommitted_bytes_ = 0;
  std::uint64_t last_request_ = 0, last_checkpoint_ = 0;

  std::deque<state_digest> own_digests_; ///< in any part; the newest few

  std::vector<order> orders_;
};

} // namespace vedette::cluster
