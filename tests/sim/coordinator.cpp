#include "tests/sim/coordinator.hpp"

namespace vedette::sim {

void coordinator::found(std::string cluster_id, std::uint32_t partitions,
                        std::map<base::partition_id, cluster::assignment> table) {
  cluster_ = {std::move(cluster_id), partitions, ++generation_, 1};
  fill(std::move(table));
}

void coordinator::fill(std::map<base::partition_id, cluster::assignment> table) {
  for (auto& [id, value] : table) {
    if (partitions_.contains(id))
      continue;
    partitions_[id] = {{++now_.value}, std::move(value)};
    changed(cluster::partition_event{id, now_, partitions_[id].value});
  }
}

void coordinator::wipe() {
  cluster_ = {};
  now_ = {};
  partitions_.clear();
  nodes_.clear();
  stores_.clear();
  expires_.clear();
  controller_ = {};
}

cluster::snapshot coordinator::look() const {
  return {cluster_, now_, partitions_, nodes_, controller_, {}};
}

std::optional<cluster::store_record> coordinator::store_of(const cluster::node_id& n) const {
  const auto found = stores_.find(n);
  return found == stores_.end() ? std::nullopt : std::optional{found->second};
}

void coordinator::renew(const cluster::node_record& record, const cluster::store_record& store) {
  stores_[record.id] = store;
  expires_[record.id] = time_.now() + lease_;
  update(record);
}

void coordinator::update(const cluster::node_record& record) {
  const auto found = nodes_.find(record.id);
  if (expires_.count(record.id) == 0 || (found != nodes_.end() && found->second == record))
    return;
  nodes_[record.id] = record;
  changed(cluster::node_event{{++now_.value}, record.id, record});
}

void coordinator::leave(const cluster::node_id& n) {
  nodes_.erase(n);
  changed(cluster::node_event{{++now_.value}, n, std::nullopt});
  if (controller_.holder == n) {
    controller_ = {{++now_.value}, std::nullopt, {}};
    changed(controller_);
  }
}

void coordinator::revoke(const cluster::node_id& n) {
  if (expires_.erase(n) > 0)
    leave(n);
}

std::size_t coordinator::expire() {
  std::size_t ended = 0;
  for (auto it = expires_.begin(); it != expires_.end();) {
    if (it->second > time_.now()) {
      ++it;
      continue;
    }
    const auto node = it->first;
    it = expires_.erase(it);
    leave(node);
    ++ended;
  }
  return ended;
}

void coordinator::came_back(bool leases_renewed) {
  down = false;
  if (leases_renewed)
    for (auto& [node, at] : expires_)
      at = time_.now() + lease_;
}

cluster::swap_answer coordinator::swap(const cluster::swap_request& r, std::uint64_t generation) {
  cluster::swap_answer answer{r.token, r.partition, cluster::proposal_outcome::lost, {}};
  last_was_fenced = r.fence.value != 0 && controller_.created != r.fence;
  const auto found = partitions_.find(r.partition);
  const auto present = found == partitions_.end() ? cluster::revision{} : found->second.at;
  if (last_was_fenced || present != r.base || generation != cluster_.generation)
    return answer;
  partitions_[r.partition] = {{++now_.value}, r.next};
  answer.outcome = cluster::proposal_outcome::won;
  answer.at = now_;
  changed(cluster::partition_event{r.partition, now_, r.next});
  return answer;
}

cluster::revision coordinator::campaign(const cluster::node_id& n) {
  if (controller_.holder || expires_.count(n) == 0)
    return {};
  controller_ = {{++now_.value}, n, {now_.value}};
  changed(controller_);
  return controller_.created;
}

} // namespace vedette::sim
