#include "io/coordination/memory_state.hpp"

#include "io/coordination/memory_coordinator.hpp"

#include <utility>
#include <vector>

namespace vedette::io {

void memory_records::note(cluster::watch_event e) {
  history.push_back({revision, std::move(e)});
  if (history.size() <= memory_history_max)
    return;
  compacted_through = history.front().revision;
  history.pop_front();
}

void memory_records::put_cluster(const cluster::cluster_record& r) {
  ++revision;
  cluster = r;
}

void memory_records::make_anew(const cluster::cluster_record& r) {
  stores.clear();
  nodes.clear();
  partitions.clear();
  documents.clear();
  leases.clear();
  controller = {{revision}, std::nullopt, {}};
  controller_lease = 0;
  put_cluster(r);
}

void memory_records::put_store(const cluster::node_id& node, const cluster::store_record& r) {
  ++revision;
  stores[node] = r;
}

lease_id memory_records::grant(base::duration until) {
  leases[++last_lease] = until;
  return last_lease;
}

cluster::revision memory_records::put_node(const cluster::node_record& r, lease_id lease) {
  nodes[r.id] = {r, lease};
  const cluster::revision at{++revision};
  note(cluster::node_event{at, r.id, r});
  return at;
}

void memory_records::remove_node(const cluster::node_id& node) {
  if (nodes.erase(node) == 0)
    return;
  ++revision;
  note(cluster::node_event{{revision}, node, std::nullopt});
}

cluster::swap_answer memory_records::swap(const cluster::swap_request& r) {
  cluster::swap_answer answer{r.token, r.partition, cluster::proposal_outcome::lost, {}};
  const auto found = partitions.find(r.partition);
  const auto present = found == partitions.end() ? cluster::revision{} : found->second.at;
  const bool deposed = r.fence.value != 0 && controller.created != r.fence;
  if (present != r.base || deposed)
    return answer;
  answer.outcome = cluster::proposal_outcome::won;
  answer.at = {++revision};
  partitions[r.partition] = {answer.at, r.next};
  note(cluster::partition_event{r.partition, answer.at, r.next});
  return answer;
}

cluster::revision memory_records::put_document(const cluster::document_swap& r) {
  const auto found = documents.find(r.name);
  if ((found == documents.end() ? cluster::revision{} : found->second.at) != r.base)
    return {};
  const cluster::revision at{++revision};
  documents[r.name] = {at, r.next};
  note(cluster::document_event{r.name, at, r.next});
  return at;
}

cluster::revision memory_records::take_office(const cluster::node_id& node, lease_id lease) {
  ++revision;
  controller = {{revision}, node, {revision}};
  controller_lease = lease;
  note(controller);
  return controller.created;
}

void memory_records::vacate_office() {
  ++revision;
  controller = {{revision}, std::nullopt, {}};
  controller_lease = 0;
  note(controller);
}

void memory_records::end_lease(lease_id lease) {
  if (leases.erase(lease) == 0)
    return;
  std::vector<cluster::node_id> gone;
  for (const auto& [id, held] : nodes)
    if (held.lease == lease)
      gone.push_back(id);
  for (const auto& id : gone)
    remove_node(id);
  if (controller_lease == lease)
    vacate_office();
}

void memory_records::expire(base::duration now) {
  std::vector<lease_id> ended;
  for (const auto& [id, until] : leases)
    if (until <= now)
      ended.push_back(id);
  for (const auto id : ended)
    end_lease(id);
}

cluster::snapshot memory_records::look() const {
  cluster::snapshot s;
  if (cluster)
    s.cluster = *cluster;
  s.at = {revision};
  s.partitions = partitions;
  for (const auto& [id, held] : nodes)
    s.nodes[id] = held.record;
  s.documents = documents;
  s.controller = controller;
  if (!controller.holder)
    s.controller.at = s.at;
  return s;
}

} // namespace vedette::io
