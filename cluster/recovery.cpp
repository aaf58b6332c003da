#include "cluster/recovery.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vedette::cluster {

base::result<member> choose_survivor(const assignment& a, std::span<const member> alive,
                                     std::span<const store_report> copies,
                                     const std::optional<node_id>& from) {
  for (const auto& m : alive)
    if (is_in_sync(a, m))
      return base::error{base::ec::conflict,
                         fmt::format("node {} is there and in sync, so nothing has to be lost: it "
                                     "leads as soon as the controller says so; if it cannot, stop "
                                     "it for good first",
                                     m.node.value)};
  if (from && !is_replica(a, *from))
    return base::error{
        base::ec::invalid_argument,
        fmt::format("node {} shall hold no copy of it; name one of its copies", from->value)};
  const store_report* best = nullptr;
  for (const auto& c : copies) {
    if (!is_replica(a, c.store.node) || (from && c.store.node != *from))
      continue;
    if (best == nullptr ||
        std::pair{best->last.epoch, best->last.index} < std::pair{c.last.epoch, c.last.index})
      best = &c;
  }
  if (best == nullptr)
    return base::error{
        base::ec::unavailable,
        from ? fmt::format("node {} did not say what its copy holds; start it", from->value)
             : std::string{"no node that has a copy answered; start one of them"}};
  return best->store;
}

namespace {

/// Of a partition that no heard store holds.
assignment empty_one(const rebuild_input& what, base::partition_id p) {
  assignment a;
  a.epoch = a.loss_epoch = {what.sealed.value + 1};
  a.version = 1;
  const auto n = std::min(what.copies, what.stores.size());
  for (std::size_t i = 0; i < n; ++i)
    a.replicas.push_back(what.stores[(p.value + i) % what.stores.size()].node);
  a.primary = a.replicas.front();
  a.in_sync = {what.stores[p.value % what.stores.size()]};
  a.min_in_sync = what.min_in_sync != 0 ? what.min_in_sync : default_min_in_sync(what.copies);
  return a;
}

/// Those of a partition, with an empty one for each heard store that should hold it and does not,
/// and with an assignment when nobody remembers one.
std::vector<store_report> completed(const rebuild_input& what, base::partition_id p,
                                    std::vector<store_report> reports) {
  const auto at = what.failed.find(p);
  for (const auto& node : unreported(reports)) {
    if (at != what.failed.end() && std::ranges::find(at->second, node) != at->second.end())
      continue;
    const auto s = std::ranges::find(what.stores, node, &member::node);
    if (s != what.stores.end())
      reports.push_back({*s, what.sealed, {}, 0, 1, {}});
  }
  auto& newest = *std::ranges::max_element(reports, {}, &store_report::version);
  if (newest.replicas.empty()) {
    newest.min_in_sync =
        what.min_in_sync != 0 ? what.min_in_sync : default_min_in_sync(what.copies);
    std::vector<node_id> holders;
    for (const auto& r : reports)
      holders.push_back(r.store.node);
    newest.replicas = std::move(holders);
  }
  return reports;
}

} // namespace

base::result<rebuilt_table> rebuild_table(const rebuild_input& what) {
  rebuilt_table out;
  if (what.stores.empty())
    return base::error{base::ec::unavailable, "no store was heard"};
  for (const auto p : what.partitions) {
    const auto at = what.reports.find(p);
    if (at == what.reports.end() || at->second.empty()) {
      if (!what.accept_missing)
        return base::error{base::ec::unavailable,
                           fmt::format("no node that was heard has a copy of partition {}; start "
                                       "those that have, or accept that it begins empty "
                                       "(--accept-missing)",
                                       p.value)};
      out.missing[p];
      out.partitions[p] = empty_one(what, p);
      continue;
    }
    const auto reports = completed(what, p, at->second);
    auto made = rebuild_assignment(reports, what.accept_missing);
    if (!made)
      return base::error{made.err().code,
                         fmt::format("partition {}: {}", p.value, made.err().context)};
    if (auto missing = unreported(reports); !missing.empty())
      out.missing[p] = std::move(missing);
    out.partitions[p] = std::move(*made);
  }
  return out;
}

} // namespace vedette::cluster
