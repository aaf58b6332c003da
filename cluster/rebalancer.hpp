// What the controller shall want: where partitions that are not there yet are made, and which
// copies move when nodes come, stay away or drain.
//
// plan_placement (placement.hpp) says where copies should live among given nodes; this says which
// nodes are given. A node that is gone counts as there for a grace, so that a restart moves
// nothing; one that drains gives up its copies at once; a copy is only given up for another, never
// dropped because there are too few nodes. Remembers the nodes it has seen and what it planned for
// last, so that a quiet cluster costs nothing. Bounded by the nodes that the table and the view
// name. Pure; owned by the controller; not thread-safe.
#pragma once

#include "cluster/coordinator_words.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace vedette::cluster {

struct placement_rules {
  /// The partitions there shall be; each group is balanced for itself.
  std::vector<std::vector<base::partition_id>> groups;
  std::size_t copies = 3;
  std::uint32_t min_in_sync = 2;
  /// Partitions are made with fewer copies when the nodes for more do not come.
  instant make_after = std::chrono::seconds{5};
  /// A node that is away this long is replaced.
  instant gone_after = std::chrono::seconds{60};
  std::size_t moves_per_plan = 64; ///< copies to be made by one plan of a group
  double imbalance_max = 0.05;
};

/// Where each partition is or is on its way to, preferred primary first.
using copies_table = std::map<base::partition_id, std::vector<node_id>>;

class rebalancer {
 public:
  explicit rebalancer(placement_rules rules);

  [[nodiscard]] const placement_rules& rules() const noexcept { return rules_; }

  /// Who is there now; called with every tick. O(nodes).
  void observe(const std::map<node_id, node_record>& nodes, instant now);

  /// Stores for the partitions that the table lacks; empty when it lacks none, or until `copies`
  /// nodes are there, or `make_after` has passed and `min_in_sync` are. O(partitions x nodes).
  [[nodiscard]] std::map<base::partition_id, std::vector<member>>
  missing(const std::map<node_id, node_record>& nodes, const copies_table& held,
          instant waited) const;

  /// True when something has changed since the last plan, or the last one left copies to do and
  /// `idle` says that its moves are over. O(nodes).
  [[nodiscard]] bool due(bool idle, instant now) const;
  /// The partitions that shall change, with all their copies. O(partitions x nodes).
  [[nodiscard]] copies_table plan(const copies_table& held, instant now);
  /// What was planned before means nothing any more: another took office, or the table is new.
  void forget_plan() noexcept;

 private:
  struct seen_node {
    std::string zone;
    double weight = 1;
    bool draining = false;
    bool known = false;           ///< its record was seen; else only the table names it
    std::optional<instant> since; ///< when it was first missed; none: it is there
  };
  using fingerprint = std::vector<std::tuple<std::string, std::string, double, bool, bool>>;

  [[nodiscard]] bool gone(const seen_node& n, instant now) const;
  [[nodiscard]] fingerprint print(instant now) const;
  [[nodiscard]] bool meet_holders(const copies_table& held, instant now);
  void plan_group(const std::vector<base::partition_id>& group, const copies_table& held,
                  instant now, copies_table& wanted);

  placement_rules rules_;
  std::map<node_id, seen_node> seen_;
  std::optional<fingerprint> planned_for_;
  bool rest_ = false; ///< the last plan left something to do
  instant tried_at_{};
};

} // namespace vedette::cluster
