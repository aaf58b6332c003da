// Where copies of partitions should live: weighted rendezvous hashing with bounded loads, spread
// over zones, changing as little as possible.
//
// A function of the live nodes and the placement of today; every node that asks gets the same
// answer. Rendezvous says which node a copy likes best, a bound on each node's load says which may
// still take one, and what stands on a live node stays unless balance asks for it. Remembers
// nothing. O(partitions x nodes) score computations at worst, in memory of the same order as its
// answer. Called by the controller's host when nodes come, go for good or drain.
#pragma once

#include "base/result.hpp"
#include "cluster/table.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vedette::cluster {

struct placement_node {
  node_id id;
  std::string zone;      ///< nodes of one zone fail together
  double weight = 1;     ///< share of copies, relative to the others; above 0
  bool draining = false; ///< takes no new copies and gives up what it has
};

struct placement_limits {
  std::size_t copies = 3;
  double imbalance_max = 0.05;      ///< of a node's load over or under its share
  std::size_t moves_max = SIZE_MAX; ///< copies to be made by one plan; lost ones come first
};

struct placement_plan {
  /// Only partitions that change, each with all its copies, preferred primary first.
  std::map<base::partition_id, std::vector<node_id>> wanted;
  std::size_t moves = 0;    ///< copies to be made
  std::size_t lost = 0;     ///< copies whose node is gone: no plan can do with fewer moves
  std::size_t deferred = 0; ///< copies that wait for the next plan, for the budget's sake
  double imbalance = 0;     ///< highest load over its share, minus one, once carried out
  double primary_imbalance = 0;
};

/// Plans for partitions 0..current.size()-1; an empty list of copies is a partition not placed yet.
/// ec::invalid_argument for no nodes, a weight that is not positive, or a node named twice.
[[nodiscard]] base::result<placement_plan>
plan_placement(std::span<const placement_node> nodes, std::span<const std::vector<node_id>> current,
               const placement_limits& limits);

} // namespace vedette::cluster
