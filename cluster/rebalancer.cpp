#include "cluster/rebalancer.hpp"

#include "cluster/placement.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace vedette::cluster {
namespace {

/// A plan that could not be carried out as a whole is not made again at every tick.
constexpr instant try_again{std::chrono::seconds{1}};

/// A weight of 0 asks for no copies, which is what draining means.
placement_node as_placed(const node_id& id, const std::string& zone, double weight, bool draining) {
  return {id, zone, weight > 0 ? weight : 1, draining || !(weight > 0)};
}

std::vector<std::vector<node_id>> held_by(const std::vector<base::partition_id>& group,
                                          const copies_table& held) {
  std::vector<std::vector<node_id>> out(group.size());
  for (std::size_t i = 0; i < group.size(); ++i)
    if (const auto found = held.find(group[i]); found != held.end())
      out[i] = found->second;
  return out;
}

bool holds(const std::vector<node_id>& copies, const node_id& node) {
  return std::ranges::find(copies, node) != copies.end();
}

} // namespace

rebalancer::rebalancer(placement_rules rules) : rules_{std::move(rules)} {}

void rebalancer::observe(const std::map<node_id, node_record>& nodes, instant now) {
  for (auto& [id, n] : seen_) {
    const auto found = nodes.find(id);
    const bool there = found != nodes.end() && found->second.writable;
    if (there)
      n.since.reset();
    else if (!n.since)
      n.since = now;
  }
  for (const auto& [id, record] : nodes) {
    auto& n = seen_[id];
    n.zone = record.zone;
    n.weight = record.weight;
    n.draining = record.draining;
    n.known = true;
    if (!record.writable && !n.since)
      n.since = now;
  }
}

// --- partitions that are not there ---

std::map<base::partition_id, std::vector<member>>
rebalancer::missing(const std::map<node_id, node_record>& nodes, const copies_table& held,
                    instant waited) const {
  std::map<base::partition_id, std::vector<member>> out;
  std::vector<placement_node> open;
  for (const auto& [id, r] : nodes)
    if (r.writable && !r.draining && r.weight > 0)
      open.push_back(as_placed(id, r.zone, r.weight, false));
  // Fewer than min_in_sync never hold a promise alone, so there is no use in beginning with fewer.
  const auto least = std::max<std::size_t>(1, rules_.min_in_sync);
  if (open.size() < least || (open.size() < rules_.copies && waited < rules_.make_after))
    return out;
  placement_limits limits;
  limits.copies = rules_.copies;
  limits.imbalance_max = rules_.imbalance_max;
  for (const auto& group : rules_.groups) {
    const auto now_held = held_by(group, held);
    if (std::ranges::none_of(now_held, [](const auto& copies) { return copies.empty(); }))
      continue;
    const auto plan = plan_placement(open, now_held, limits);
    if (!plan)
      continue;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const auto found = plan->wanted.find({static_cast<std::uint32_t>(i)});
      if (!now_held[i].empty() || found == plan->wanted.end())
        continue;
      for (const auto& node : found->second)
        out[group[i]].push_back({node, nodes.at(node).incarnation});
    }
  }
  return out;
}

// --- copies that move ---

bool rebalancer::gone(const seen_node& n, instant now) const {
  return n.since && now - *n.since >= rules_.gone_after;
}

rebalancer::fingerprint rebalancer::print(instant now) const {
  fingerprint out;
  for (const auto& [id, n] : seen_)
    out.emplace_back(id.value, n.zone, n.weight, n.draining, gone(n, now));
  return out;
}

bool rebalancer::due(bool idle, instant now) const {
  if (now - tried_at_ < try_again && planned_for_)
    return false;
  return planned_for_ != print(now) || (rest_ && idle);
}

void rebalancer::forget_plan() noexcept {
  planned_for_.reset();
  rest_ = false;
}

/// Nodes that only the table names begin their grace now. False while one of them is in it: its
/// zone and weight are not known, and a plan without them would move what need not move.
bool rebalancer::meet_holders(const copies_table& held, instant now) {
  std::set<node_id> holders;
  for (const auto& [id, copies] : held)
    holders.insert(copies.begin(), copies.end());
  for (const auto& node : holders)
    if (seen_.count(node) == 0)
      seen_[node].since = now;
  // Nothing is left to know about a node that is gone and holds nothing.
  std::erase_if(seen_,
                [&](const auto& n) { return gone(n.second, now) && holders.count(n.first) == 0; });
  return std::ranges::none_of(
      seen_, [&](const auto& n) { return !n.second.known && !gone(n.second, now); });
}

copies_table rebalancer::plan(const copies_table& held, instant now) {
  copies_table wanted;
  tried_at_ = now;
  rest_ = false;
  const bool whole = meet_holders(held, now);
  planned_for_ = print(now);
  if (!whole) {
    rest_ = true;
    return wanted;
  }
  for (const auto& group : rules_.groups)
    plan_group(group, held, now, wanted);
  return wanted;
}

void rebalancer::plan_group(const std::vector<base::partition_id>& group, const copies_table& held,
                            instant now, copies_table& wanted) {
  std::vector<placement_node> nodes;
  for (const auto& [id, n] : seen_)
    if (!gone(n, now))
      nodes.push_back(as_placed(id, n.zone, n.weight, n.draining));
  const auto now_held = held_by(group, held);
  placement_limits limits;
  limits.copies = rules_.copies;
  limits.imbalance_max = rules_.imbalance_max;
  limits.moves_max = rules_.moves_per_plan;
  const auto plan = plan_placement(nodes, now_held, limits);
  if (!plan)
    return;
  rest_ = rest_ || plan->deferred > 0;
  for (const auto& [index, copies] : plan->wanted) {
    const auto& before = now_held[index.value];
    if (before.empty())
      continue; // to be made, not moved
    auto after = copies;
    for (const auto& node : before)
      if (after.size() < std::min(rules_.copies, before.size()) && !holds(after, node))
        after.push_back(node);
    const bool waits = std::ranges::any_of(after, [&](const node_id& node) {
      return !holds(before, node) && seen_.at(node).since.has_value();
    });
    // A node that is away catches nothing up; when its grace is over the plan is another.
    if (waits)
      rest_ = true;
    else if (after != before)
      wanted[group[index.value]] = std::move(after);
  }
}

} // namespace vedette::cluster
