#include "cluster/placement.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include <fmt/format.h>

namespace vedette::cluster {
namespace {

using node_index = std::uint32_t;

struct node_load {
  std::uint64_t hash = 0;
  std::uint32_t zone = 0;
  double share = 0; ///< copies it would have in a perfect world
  std::size_t copies = 0, primaries = 0;
  bool open = true; ///< takes copies
};

/// Copies of one partition; never more than replicas_max.
using copies_of = std::vector<node_index>;

class planner {
 public:
  planner(std::span<const placement_node> nodes, std::span<const std::vector<node_id>> current,
          const placement_limits& limits)
      : limits_{limits}, given_{current} {
    std::unordered_map<std::string, std::uint32_t> zones;
    for (const auto& n : nodes) {
      node_load load;
      load.hash = base::hash64(n.id.value);
      load.zone = zones.emplace(n.zone, zones.size()).first->second;
      load.open = !n.draining;
      load.share = n.draining ? 0 : n.weight;
      by_name_.emplace(n.id.value, nodes_.size());
      nodes_.push_back(load);
      names_.push_back(n.id);
    }
    const auto open = static_cast<std::size_t>(
        std::ranges::count_if(nodes_, [](const node_load& n) { return n.open; }));
    copies_ = std::min({limits.copies, open, replicas_max});
    share_out(zones.size());
  }

  placement_plan make() {
    take_over();
    fill();
    balance();
    choose_primaries();
    return result();
  }

 private:
  /// Weighted rendezvous: the highest wins; a node wins in proportion to its share.
  [[nodiscard]] double score(std::size_t partition, const node_load& n) const {
    const auto h = base::mix(n.hash, partition * 0x9e3779b97f4a7c15ULL + 1);
    const double u = (static_cast<double>(h >> 11) + 0.5) * 0x1.0p-53;
    return -n.share / std::log(u);
  }
  /// Turns weights into copies. A zone takes at most `per_zone_` copies of each partition, so a
  /// heavy zone's surplus goes to the others, however its nodes are weighted.
  void share_out(std::size_t zones) {
    std::vector<double> weight(zones), given(zones);
    for (const auto& n : nodes_)
      weight[n.zone] += n.share;
    const auto open =
        static_cast<std::size_t>(std::ranges::count_if(weight, [](double w) { return w > 0; }));
    per_zone_ = open == 0 ? copies_ : (copies_ + open - 1) / open;
    auto left = static_cast<double>(given_.size() * copies_);
    const auto most = static_cast<double>(given_.size() * per_zone_);
    std::vector<bool> full(zones);
    for (bool again = true; again;) {
      again = false;
      double weights = 0;
      for (std::size_t z = 0; z < zones; ++z)
        weights += full[z] ? 0 : weight[z];
      const auto pot = left;
      for (std::size_t z = 0; z < zones; ++z) {
        if (full[z] || weight[z] <= 0)
          continue;
        given[z] = pot * weight[z] / weights;
        if (given[z] > most) {
          given[z] = most;
          left -= most;
          full[z] = again = true;
        }
      }
    }
    for (auto& n : nodes_)
      n.share = weight[n.zone] > 0 ? given[n.zone] * n.share / weight[n.zone] : 0;
  }

  [[nodiscard]] static std::size_t cap(const node_load& n) {
    return static_cast<std::size_t>(std::ceil(n.share - 1e-9));
  }
  [[nodiscard]] std::size_t floor_of(const node_load& n) const {
    return static_cast<std::size_t>(std::floor(n.share * (1 - limits_.imbalance_max)));
  }
  [[nodiscard]] std::size_t in_zone(const copies_of& c, std::uint32_t zone) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(c, [&](node_index i) { return nodes_[i].zone == zone; }));
  }
  [[nodiscard]] static bool holds(const copies_of& c, node_index i) {
    return std::ranges::find(c, i) != c.end();
  }

  void take_over() {
    placed_.resize(given_.size());
    for (std::size_t p = 0; p < given_.size(); ++p) {
      for (const auto& name : given_[p]) {
        const auto found = by_name_.find(name.value);
        if (found == by_name_.end()) {
          ++lost_;
          continue;
        }
        const auto i = static_cast<node_index>(found->second);
        // A draining node's copy is dropped once there is budget for its successor.
        if (placed_[p].size() < copies_ && !holds(placed_[p], i)) {
          placed_[p].push_back(i);
          ++nodes_[i].copies;
        }
      }
    }
  }

  /// The open node that the partition likes best, within load and zone; false when there is none.
  bool add_one(std::size_t p, bool bounded, bool spread) {
    auto& c = placed_[p];
    double best = -1;
    node_index chosen = 0;
    for (node_index i = 0; i < nodes_.size(); ++i) {
      const auto& n = nodes_[i];
      if (!n.open || (bounded && n.copies >= cap(n)) || holds(c, i) ||
          (spread && in_zone(c, n.zone) >= per_zone_))
        continue;
      if (const auto s = score(p, n); s > best) {
        best = s;
        chosen = i;
      }
    }
    if (best < 0)
      return false;
    c.push_back(chosen);
    ++nodes_[chosen].copies;
    ++moves_;
    return true;
  }

  bool within_budget() {
    if (moves_ < limits_.moves_max)
      return true;
    ++deferred_;
    return false;
  }

  void fill() {
    for (std::size_t p = 0; p < placed_.size(); ++p)
      while (placed_[p].size() < copies_ && within_budget())
        if (!add_one(p, true, true) && !add_one(p, false, true) && !add_one(p, false, false))
          break;
    for (std::size_t p = 0; p < placed_.size(); ++p)
      for (std::size_t k = 0; k < placed_[p].size(); ++k)
        if (!nodes_[placed_[p][k]].open && within_budget())
          replace(p, k);
  }

  void replace(std::size_t p, std::size_t k) {
    const auto old = placed_[p][k];
    placed_[p].erase(placed_[p].begin() + static_cast<std::ptrdiff_t>(k));
    if (add_one(p, true, true) || add_one(p, false, true) || add_one(p, false, false)) {
      --nodes_[old].copies;
      std::rotate(placed_[p].begin() + static_cast<std::ptrdiff_t>(k), placed_[p].end() - 1,
                  placed_[p].end());
    } else {
      placed_[p].insert(placed_[p].begin() + static_cast<std::ptrdiff_t>(k), old);
    }
  }

  /// Whether a copy of p may go from `from` to `to` without crowding a zone.
  [[nodiscard]] bool may_go(std::size_t p, node_index from, node_index to) const {
    const auto& c = placed_[p];
    if (holds(c, to))
      return false;
    const auto there = nodes_[to].zone;
    return nodes_[from].zone == there || in_zone(c, there) < per_zone_;
  }

  void balance() {
    std::vector<node_index> poor;
    for (node_index i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].open && nodes_[i].copies < floor_of(nodes_[i]))
        poor.push_back(i);
    for (const auto i : poor)
      feed(i, floor_of(nodes_[i]));
    // Whoever is over even so gives to whoever is least full.
    for (node_index i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].open && too_full(nodes_[i]))
        relieve(i);
  }

  [[nodiscard]] bool too_full(const node_load& n) const {
    return static_cast<double>(n.copies) >
           std::max(std::ceil(n.share), n.share * (1 + limits_.imbalance_max));
  }

  /// Gives `to` the partitions that like it best, from nodes that hold more than their share.
  void feed(node_index to, std::size_t enough) {
    std::vector<std::pair<double, std::size_t>> liked;
    for (std::size_t p = 0; p < placed_.size(); ++p)
      liked.emplace_back(score(p, nodes_[to]), p);
    std::ranges::sort(liked, std::greater<>{});
    for (const bool only_full : {true, false}) {
      for (const auto& [s, p] : liked) {
        if (nodes_[to].copies >= enough)
          return;
        const auto donor = donor_of(p, to, only_full);
        if (donor == placed_[p].size())
          continue;
        if (!within_budget())
          return;
        hand_over(p, donor, to);
      }
    }
  }

  /// Which copy of p the fullest donor holds; size() when nobody may give.
  [[nodiscard]] std::size_t donor_of(std::size_t p, node_index to, bool only_full) const {
    const auto& c = placed_[p];
    std::size_t best = c.size();
    double fullest = 0;
    for (std::size_t k = 0; k < c.size(); ++k) {
      const auto& n = nodes_[c[k]];
      const auto over = static_cast<double>(n.copies) - n.share;
      const bool gives = only_full ? over > 0 : n.copies > floor_of(n);
      if (gives && (best == c.size() || over > fullest) && may_go(p, c[k], to)) {
        best = k;
        fullest = over;
      }
    }
    return best;
  }

  void relieve(node_index from) {
    for (std::size_t p = 0; p < placed_.size() && too_full(nodes_[from]); ++p) {
      const auto k =
          static_cast<std::size_t>(std::ranges::find(placed_[p], from) - placed_[p].begin());
      if (k == placed_[p].size())
        continue;
      double best = -1;
      node_index chosen = 0;
      for (node_index i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].open && nodes_[i].copies < cap(nodes_[i]) && may_go(p, from, i))
          if (const auto s = score(p, nodes_[i]); s > best) {
            best = s;
            chosen = i;
          }
      if (best < 0)
        continue;
      if (!within_budget())
        return;
      hand_over(p, k, chosen);
    }
  }

  void hand_over(std::size_t p, std::size_t k, node_index to) {
    --nodes_[placed_[p][k]].copies;
    ++nodes_[to].copies;
    placed_[p][k] = to;
    ++moves_;
  }

  /// Which copy leads costs no move: leads are swapped while that brings two nodes closer.
  void choose_primaries() {
    const auto fair = [&](const node_load& n) {
      return copies_ == 0 ? 0.0 : n.share / static_cast<double>(copies_);
    };
    for (const auto& c : placed_)
      if (!c.empty())
        ++nodes_[c[0]].primaries;
    even_primaries(fair);
  }

  template <class Fair>
  void even_primaries(const Fair& fair) {
    // Each swap shrinks the sum of squares; the bound is for weights that differ by little.
    for (int round = 0; round < 64; ++round) {
      bool changed = false;
      for (auto& c : placed_) {
        for (std::size_t k = 1; k < c.size(); ++k) {
          auto& first = nodes_[c[0]];
          auto& other = nodes_[c[k]];
          const auto over = static_cast<double>(first.primaries) - fair(first);
          const auto under = static_cast<double>(other.primaries) - fair(other);
          if (!other.open || over - under <= 1)
            continue;
          --first.primaries;
          ++other.primaries;
          std::swap(c[0], c[k]);
          changed = true;
        }
      }
      if (!changed)
        return;
    }
  }

  placement_plan result() const {
    placement_plan plan;
    plan.moves = moves_;
    plan.lost = lost_;
    plan.deferred = deferred_;
    for (std::size_t p = 0; p < placed_.size(); ++p) {
      std::vector<node_id> names;
      for (const auto i : placed_[p])
        names.push_back(names_[i]);
      if (names != given_[p])
        plan.wanted[{static_cast<std::uint32_t>(p)}] = std::move(names);
    }
    for (const auto& n : nodes_) {
      if (!n.open || n.share <= 0)
        continue;
      plan.imbalance = std::max(plan.imbalance, static_cast<double>(n.copies) / n.share - 1);
      plan.primary_imbalance =
          std::max(plan.primary_imbalance,
                   static_cast<double>(n.primaries) * static_cast<double>(copies_) / n.share - 1);
    }
    return plan;
  }

  placement_limits limits_;
  std::span<const std::vector<node_id>> given_;
  std::vector<node_load> nodes_;
  std::vector<node_id> names_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<copies_of> placed_;
  std::size_t copies_ = 0, per_zone_ = 1, moves_ = 0, lost_ = 0, deferred_ = 0;
};

} // namespace

base::result<placement_plan> plan_placement(std::span<const placement_node> nodes,
                                            std::span<const std::vector<node_id>> current,
                                            const placement_limits& limits) {
  if (nodes.empty())
    return base::error{base::ec::invalid_argument, "placing partitions on no nodes"};
  std::unordered_map<std::string, bool> seen;
  for (const auto& n : nodes) {
    if (!(n.weight > 0) || !std::isfinite(n.weight))
      return base::error{
          base::ec::invalid_argument,
          fmt::format("node {} has weight {}: want more than 0", n.id.value, n.weight)};
    if (!seen.emplace(n.id.value, true).second)
      return base::error{base::ec::invalid_argument,
                         fmt::format("node {} is named twice", n.id.value)};
  }
  return planner{nodes, current, limits}.make();
}

} // namespace vedette::cluster
