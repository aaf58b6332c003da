// The controller: makes the partitions of a fresh cluster, gives those whose primary is gone
// another one, and carries out moves.
//
// Every node runs one; the coordinator elects which acts, and each of its swaps is fenced by its
// election, so one that was deposed and does not know it changes nothing. Only in-sync stores are
// promoted. It acts on a view that was proved current a moment ago, and after an outage of the
// coordinator waits a full lease and a grace, because leases that expired together say nothing
// about nodes. When all others call the elected one dead, any of them ends its lease. Remembers the
// table, the nodes, and one swap under way per partition. Pure; hosted by one thread or actor per
// node; not thread-safe.
#pragma once

#include "cluster/coordinator_words.hpp"
#include "cluster/rebalancer.hpp"

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace vedette::cluster {

struct controller_limits {
  instant lease = std::chrono::seconds{5};
  instant grace = std::chrono::seconds{2};
  instant fresh_max = std::chrono::seconds{1}; ///< a view that was not proved for this long is old
  instant retry = std::chrono::milliseconds{500};
  instant evidence_max = std::chrono::seconds{2}; ///< reports of dead peers older than this lapse
  /// A copy asks for its preferred primary back after this long; 0: never.
  instant prefer_after = std::chrono::seconds{30};
  std::size_t moves_max = 8;  ///< partitions on the move at once
  std::size_t makes_max = 64; ///< partitions being made at once
  /// How long each node waits for the one before it, by name, to end a dead controller's lease.
  instant turn = std::chrono::milliseconds{300};
  bool defect_promotes_out_of_sync = false; ///< for the simulation only: loses data
};

struct campaign {}; ///< make the key `controller` if absent, under this node's lease
struct revoke_lease {
  node_id node;   ///< its peers say it is dead: do not wait for the lease
  revision fence; ///< 0: by a node that is not in office, about the one that is
};
struct reread_partition {
  base::partition_id partition;
};
using controller_order = std::variant<campaign, swap_request, revoke_lease, reread_partition>;

class controller {
 public:
  controller(node_id self, const controller_limits& limits, instant now);

  // --- the view ---

  /// A watch began, or began again.
  void snapshot_seen(const snapshot& s, instant now);
  /// Of the watch, in its order.
  void event_seen(const watch_event& e, instant now);
  /// Of a read or of an own swap, which may be ahead of the watch.
  void partition_seen(base::partition_id partition, revision at, const assignment& value,
                      instant now);
  /// The watch is current, as far as was known then: an event or a progress report came.
  void view_fresh(instant now);

  // --- evidence ---

  void peer_dead(const node_id& reporter, const node_id& about, instant now);
  void peer_heard(const node_id& reporter, const node_id& about);

  void swap_answered(const swap_answer& a, instant now);
  void campaign_answered(bool won, revision created, instant now);

  /// Makes what the table lacks and moves copies by these rules; without rules it does neither.
  void place(placement_rules rules);
  /// These partitions shall move; what was wanted for others stays. Moves that another controller
  /// began need not be named: with rules, the first `copies` of a partition are where it goes.
  void want(const copies_table& placement);

  void tick(instant now);
  [[nodiscard]] std::vector<controller_order> take_orders();

  // --- looks ---

  [[nodiscard]] bool in_office() const noexcept;
  /// True while it holds back after a start or an outage.
  [[nodiscard]] bool waits(instant now) const noexcept;
  [[nodiscard]] std::size_t moves_under_way() const noexcept { return moves_; }
  [[nodiscard]] revision fence() const noexcept { return fence_; } ///< 0 when not in office

 private:
  struct partition_view {
    revision at;
    assignment value;
    std::uint64_t token = 0; ///< of the swap under way; 0: none
    instant sent_at{};
    std::optional<instant> strayed_at; ///< since when its primary is not the preferred one
  };

  [[nodiscard]] bool alive(const member& m) const;
  void office_seen(revision at, const std::optional<node_id>& holder, revision created,
                   instant now);
  void swap(base::partition_id id, partition_view& p, const base::result<assignment>& next,
            instant now);
  void tend_partition(base::partition_id id, partition_view& p, instant now);
  /// True when a move is under way.
  [[nodiscard]] bool tend_move(base::partition_id id, partition_view& p, instant now);
  void promote_another(base::partition_id id, partition_view& p, instant now);
  void prefer(base::partition_id id, partition_view& p, instant now);
  [[nodiscard]] std::set<node_id> accused() const;
  [[nodiscard]] bool all_call_dead(const node_id& about, const std::set<node_id>& accused) const;
  void weigh_evidence(instant now);
  void watch_office(instant now);
  void revoke(const node_id& about, instant now);
  [[nodiscard]] copies_table placement() const;
  void make_missing(instant now);
  void rebalance(instant now);

  node_id self_;
  controller_limits limits_;
  std::map<base::partition_id, partition_view> partitions_;
  std::map<node_id, node_record> nodes_;
  copies_table wanted_;
  struct making {
    std::vector<member> stores;
    std::uint64_t token = 0; ///< 0: not asked for yet
    instant sent_at{};
  };
  std::optional<rebalancer> placement_;
  std::map<base::partition_id, making> to_make_;
  std::map<std::pair<node_id, node_id>, instant> dead_; ///< (about, reporter)
  std::optional<node_id> holder_;
  revision seen_;      ///< of the watch
  revision viewed_;    ///< of the last snapshot
  revision office_at_; ///< what is known of the office is not older
  revision fence_;
  std::optional<instant> holder_dead_since_;
  std::uint64_t generation_ = 0;
  bool knows_holder_ = false;
  instant fresh_at_{}, quiet_until_{}, campaigned_at_{}, office_since_{}, revoked_at_{};
  std::uint64_t last_token_ = 0;
  std::size_t moves_ = 0;
  std::vector<controller_order> orders_;
};

} // namespace vedette::cluster
