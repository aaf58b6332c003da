#include "cluster/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::cluster {
namespace {

bool holds(std::span<const node_id> nodes, const node_id& node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

assignment next_of(const assignment& a) {
  assignment next = a;
  ++next.version;
  return next;
}

base::status check_nodes(std::span<const node_id> nodes) {
  if (nodes.empty() || nodes.size() > replicas_max)
    return base::error{
        base::ec::invalid_argument,
        fmt::format("placing a partition on {} nodes: want 1 to {}", nodes.size(), replicas_max)};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].value.empty())
      return base::error{base::ec::invalid_argument,
                         "placing a partition on a node without a name"};
    if (holds(nodes.subspan(i + 1), nodes[i]))
      return base::error{base::ec::invalid_argument,
                         fmt::format("placing a partition twice on node {}", nodes[i].value)};
  }
  return {};
}

} // namespace

bool is_replica(const assignment& a, const node_id& node) {
  return holds(a.replicas, node);
}

bool is_in_sync(const assignment& a, const member& m) {
  return std::ranges::find(a.in_sync, m) != a.in_sync.end();
}

const member* in_sync_member(const assignment& a, const node_id& node) {
  const auto found = std::ranges::find(a.in_sync, node, &member::node);
  return found == a.in_sync.end() ? nullptr : &*found;
}

std::uint32_t default_min_in_sync(std::size_t copies) noexcept {
  return copies <= 2 ? 1 : 2;
}

base::result<assignment> create(std::span<const member> stores, std::uint32_t min_in_sync) {
  assignment a;
  a.epoch = base::epoch{1};
  a.version = 1;
  for (const auto& m : stores)
    a.replicas.push_back(m.node);
  if (auto ok = check_nodes(a.replicas); !ok)
    return ok.err();
  if (min_in_sync == 0 || min_in_sync > stores.size())
    return base::error{base::ec::invalid_argument,
                       fmt::format("making a partition of {} copies with min_in_sync {}: want 1 "
                                   "to the number of copies",
                                   stores.size(), min_in_sync)};
  a.primary = a.replicas.front();
  a.in_sync.assign(stores.begin(), stores.end());
  a.min_in_sync = min_in_sync;
  return a;
}

assignment alone(const member& store, base::epoch promised) {
  return {{promised.value + 1}, 1, store.node, {store.node}, {store}, 1, {}};
}

base::result<assignment> shrink(const assignment& a, std::span<const node_id> slow) {
  if (holds(slow, a.primary))
    return base::error{base::ec::invalid_argument,
                       fmt::format("taking primary {} out of its own in-sync set: promote another",
                                   a.primary.value)};
  auto next = next_of(a);
  if (std::erase_if(next.in_sync, [&](const member& m) { return holds(slow, m.node); }) == 0)
    return base::error{base::ec::invalid_argument, "taking out nodes none of which is in sync"};
  if (next.in_sync.size() < a.min_in_sync)
    return base::error{base::ec::unavailable,
                       fmt::format("{} in sync would remain, min_in_sync is {}: waiting for a "
                                   "replica to catch up",
                                   next.in_sync.size(), a.min_in_sync)};
  return next;
}

base::result<assignment> grow(const assignment& a, const member& m) {
  if (!is_replica(a, m.node))
    return base::error{base::ec::invalid_argument,
                       fmt::format("putting node {} in sync, which holds no copy", m.node.value)};
  if (is_in_sync(a, m))
    return base::error{base::ec::conflict, fmt::format("node {} is in sync", m.node.value)};
  auto next = next_of(a);
  std::erase_if(next.in_sync, [&](const member& old) { return old.node == m.node; });
  next.in_sync.push_back(m);
  return next;
}

base::result<assignment> promote(const assignment& a, const member& to,
                                 std::span<const node_id> dead) {
  if (!is_in_sync(a, to))
    return base::error{base::ec::denied,
                       fmt::format("promoting node {} (store {:x}), which is not in sync: wait for "
                                   "one that is, or accept the loss",
                                   to.node.value, to.incarnation.value)};
  auto next = next_of(a);
  ++next.epoch.value;
  next.primary = to.node;
  for (const auto& node : dead) {
    if (next.in_sync.size() <= a.min_in_sync)
      break;
    if (node != to.node)
      std::erase_if(next.in_sync, [&](const member& m) { return m.node == node; });
  }
  return next;
}

assignment touch(const assignment& a) {
  return next_of(a);
}

base::result<assignment> begin_move(const assignment& a, std::span<const node_id> wanted) {
  if (auto ok = check_nodes(wanted); !ok)
    return ok.err();
  if (wanted.size() < a.min_in_sync)
    return base::error{
        base::ec::invalid_argument,
        fmt::format("moving to {} copies with min_in_sync {}", wanted.size(), a.min_in_sync)};
  auto next = next_of(a);
  next.replicas.assign(wanted.begin(), wanted.end());
  // Only what is in sync has to stay until the others are; a copy that never caught up may go.
  for (const auto& m : a.in_sync)
    if (!holds(next.replicas, m.node))
      next.replicas.push_back(m.node);
  if (next.replicas == a.replicas)
    return base::error{base::ec::conflict, "moving a partition to where it is"};
  return next;
}

base::result<assignment> finish_move(const assignment& a, std::span<const node_id> wanted) {
  if (auto ok = check_nodes(wanted); !ok)
    return ok.err();
  for (const auto& node : wanted)
    if (!is_replica(a, node) || in_sync_member(a, node) == nullptr)
      return base::error{base::ec::unavailable,
                         fmt::format("node {} has not caught up yet", node.value)};
  if (!holds(wanted, a.primary))
    return base::error{
        base::ec::unavailable,
        fmt::format("primary {} leaves: promote one that stays first", a.primary.value)};
  if (wanted.size() < a.min_in_sync)
    return base::error{base::ec::invalid_argument, "fewer copies than min_in_sync"};
  auto next = next_of(a);
  next.replicas.assign(wanted.begin(), wanted.end());
  std::erase_if(next.in_sync, [&](const member& m) { return !holds(wanted, m.node); });
  return next;
}

base::result<assignment> recover_accepting_loss(const assignment& a, const member& survivor) {
  if (!is_replica(a, survivor.node))
    return base::error{
        base::ec::invalid_argument,
        fmt::format("recovering from node {}, which holds no copy", survivor.node.value)};
  if (is_in_sync(a, survivor))
    return base::error{
        base::ec::conflict,
        fmt::format("node {} is in sync: nothing has to be lost, promote it", survivor.node.value)};
  auto next = next_of(a);
  ++next.epoch.value;
  next.loss_epoch = next.epoch;
  next.primary = survivor.node;
  next.in_sync = {survivor};
  return next;
}

base::status judge_table(const table& t, const store_memory& store) {
  if (store.cluster_id.empty())
    return {};
  if (t.partitions.empty() || t.cluster_id.empty())
    return base::error{base::ec::conflict,
                       fmt::format("the coordinator holds no table, this store belongs to cluster "
                                   "{}: it was wiped; run vedette cluster rebuild-table",
                                   store.cluster_id)};
  if (t.cluster_id != store.cluster_id)
    return base::error{base::ec::denied,
                       fmt::format("the coordinator holds cluster {}, this store belongs to {}: "
                                   "wrong prefix, or wrong data directory",
                                   t.cluster_id, store.cluster_id)};
  if (store.partitions != 0 && store.partitions != t.partitions.size())
    return base::error{
        base::ec::denied,
        fmt::format("the table has {} partitions, this store {}: the number is fixed "
                    "when a cluster is made",
                    t.partitions.size(), store.partitions)};
  if (t.highest < store.highest)
    return base::error{base::ec::conflict,
                       fmt::format("the table ends at epoch {}, this store has seen {}: the "
                                   "coordinator was restored from an old backup; run vedette "
                                   "cluster rebuild-table",
                                   t.highest.value, store.highest.value)};
  return {};
}

} // namespace vedette::cluster
