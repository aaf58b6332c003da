#include "cluster/coordinator_words.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace vedette::cluster {

bool has_partition(const cluster_record& cluster, base::partition_id partition) {
  const auto n = partition.value;
  return n < cluster.partitions ||
         (n >= tenant_partitions_from && n - tenant_partitions_from < cluster.tenant_partitions);
}

std::vector<std::vector<base::partition_id>> partition_groups(const cluster_record& cluster) {
  std::vector<std::vector<base::partition_id>> out(2);
  for (std::uint32_t p = 0; p < cluster.partitions; ++p)
    out[0].push_back({p});
  for (std::uint32_t p = 0; p < cluster.tenant_partitions; ++p)
    out[1].push_back({tenant_partitions_from + p});
  return out;
}

std::string partition_key(base::partition_id partition) {
  return fmt::format("partitions/{:05}", partition.value);
}

std::string node_key(const node_id& node) {
  return "nodes/" + node.value;
}

std::string document_key(const std::string& name) {
  return "documents/" + name;
}

std::string store_key(const node_id& node) {
  return "stores/" + node.value;
}

base::result<start_verdict> judge_start(const node_id& node, const store_record& own,
                                        const std::optional<store_record>& recorded,
                                        const std::optional<node_record>& live) {
  const bool behind =
      recorded && recorded->incarnation == own.incarnation && own.stamp < recorded->stamp;
  // A store that was a member before, and another took its place since: a copy from before that. A
  // new store has counted once at most.
  const bool replaced = recorded && recorded->incarnation != own.incarnation && own.stamp > 1;
  // Our own lease of a life before says nothing: the data directory's lock shows that it is over.
  if (live && (live->incarnation != own.incarnation || behind))
    return base::error{base::ec::conflict,
                       fmt::format("joining as node {}: another process holds that id; stop it, "
                                   "wait for its lease to end, or choose another --node-id",
                                   node.value)};
  return behind || replaced ? start_verdict::new_incarnation : start_verdict::go;
}

namespace {

const store_report& newest_of(std::span<const store_report> reports) {
  return *std::ranges::max_element(reports, {}, &store_report::version);
}

} // namespace

std::vector<node_id> unreported(std::span<const store_report> reports) {
  std::vector<node_id> out;
  if (!reports.empty())
    for (const auto& node : newest_of(reports).replicas)
      if (std::ranges::find(reports, node, [](const auto& r) { return r.store.node; }) ==
          reports.end())
        out.push_back(node);
  return out;
}

base::result<assignment> rebuild_assignment(std::span<const store_report> reports,
                                            bool accept_missing) {
  if (reports.empty())
    return base::error{base::ec::unavailable, "rebuilding a partition: no store reports it"};
  const auto& newest = newest_of(reports);
  // Among equals the one that shall lead anyway.
  const auto rank = [&](const store_report& r) {
    const auto at = std::ranges::find(newest.replicas, r.store.node);
    return newest.replicas.end() - at;
  };
  const auto& best = *std::ranges::max_element(reports, {}, [&](const store_report& r) {
    return std::tuple{r.last.epoch, r.last.index, rank(r)};
  });
  for (const auto& r : reports)
    if (r.promised != best.promised)
      return base::error{base::ec::invalid_argument,
                         fmt::format("rebuilding a partition: {} is sealed at epoch {}, {} at {}: "
                                     "seal all stores at one epoch first",
                                     r.store.node.value, r.promised.value, best.store.node.value,
                                     best.promised.value)};
  const auto missing = unreported(reports);
  if (!missing.empty() && !accept_missing)
    return base::error{base::ec::unavailable,
                       fmt::format("rebuilding a partition: its replica {} has not reported; start "
                                   "it, or accept that what only it held is lost "
                                   "(--accept-missing)",
                                   missing.front().value)};
  assignment a;
  a.epoch = base::epoch{best.promised.value + 1};
  a.version = newest.version + 1;
  a.primary = best.store.node;
  a.replicas = newest.replicas;
  if (!is_replica(a, best.store.node))
    a.replicas.push_back(best.store.node);
  a.in_sync = {best.store};
  a.min_in_sync = newest.min_in_sync;
  if (!missing.empty())
    a.loss_epoch = a.epoch;
  return a;
}

} // namespace vedette::cluster
