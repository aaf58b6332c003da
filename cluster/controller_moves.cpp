// Of the controller: partitions that are made, and partitions that move.
#include "cluster/controller.hpp"

#include <algorithm>

namespace vedette::cluster {

void controller::place(placement_rules rules) {
  placement_.emplace(std::move(rules));
}

void controller::want(const copies_table& placement) {
  for (const auto& [id, copies] : placement)
    wanted_[id] = copies;
}

/// Where each partition is going; of one that is on its way by nobody's order here, its first
/// copies are what was wanted.
copies_table controller::placement() const {
  copies_table out;
  for (const auto& [id, p] : partitions_) {
    const auto wanted = wanted_.find(id);
    auto& copies = out[id];
    copies = wanted == wanted_.end() ? p.value.replicas : wanted->second;
    if (copies.size() > placement_->rules().copies)
      copies.resize(placement_->rules().copies);
  }
  return out;
}

void controller::make_missing(instant now) {
  // A table that was made anew from stores is made by whoever rebuilds it: an empty partition in
  // place of one that stores know would be a loss.
  if (!placement_ || generation_ != 1)
    return;
  std::erase_if(to_make_, [&](const auto& m) { return partitions_.count(m.first) > 0; });
  if (to_make_.empty()) {
    std::size_t shall = 0;
    for (const auto& group : placement_->rules().groups)
      shall += group.size();
    if (partitions_.size() >= shall)
      return;
    for (auto& [id, stores] : placement_->missing(nodes_, placement(), now - office_since_))
      to_make_[id].stores = std::move(stores);
  }
  std::size_t asked = 0;
  for (const auto& [id, m] : to_make_)
    asked += m.token != 0 && now - m.sent_at < limits_.retry ? 1 : 0;
  for (auto& [id, m] : to_make_) {
    if (asked >= limits_.makes_max)
      return;
    if (m.token != 0 && now - m.sent_at < limits_.retry)
      continue;
    if (!std::ranges::all_of(m.stores, [&](const member& s) { return alive(s); })) {
      to_make_.clear(); // nodes changed meanwhile: another plan
      return;
    }
    const auto made = create(m.stores, placement_->rules().min_in_sync);
    if (!made)
      return;
    m.token = ++last_token_;
    m.sent_at = now;
    ++asked;
    orders_.emplace_back(std::in_place_type<swap_request>,
                         swap_request{m.token, id, {}, *made, fence_});
  }
}

void controller::rebalance(instant now) {
  if (!placement_ || partitions_.empty() || !placement_->due(wanted_.empty(), now))
    return;
  want(placement_->plan(placement(), now));
}

bool controller::tend_move(base::partition_id id, partition_view& p, instant now) {
  auto found = wanted_.find(id);
  if (found == wanted_.end()) {
    // Begun by a controller before this one, or by an operator's command.
    if (!placement_ || p.value.replicas.size() <= placement_->rules().copies)
      return false;
    const auto end =
        p.value.replicas.begin() + static_cast<std::ptrdiff_t>(placement_->rules().copies);
    found = wanted_.emplace(id, std::vector<node_id>{p.value.replicas.begin(), end}).first;
  }
  const auto& wanted = found->second;
  const auto same_set = [](std::vector<node_id> x, std::vector<node_id> y) {
    std::ranges::sort(x);
    std::ranges::sort(y);
    return x == y;
  };
  if (same_set(wanted, p.value.replicas)) {
    const bool in_order = wanted == p.value.replicas;
    if (!in_order) // the same copies, another preferred primary
      swap(id, p, begin_move(p.value, wanted), now);
    else
      wanted_.erase(found);
    return !in_order;
  }
  const bool begun =
      std::ranges::all_of(wanted, [&](const node_id& node) { return is_replica(p.value, node); });
  if (!begun) {
    if (moves_ >= limits_.moves_max)
      return false;
    const auto next = begin_move(p.value, wanted);
    if (!next) { // cannot be: what was asked for is forgotten
      wanted_.erase(found);
      return false;
    }
    ++moves_;
    swap(id, p, next, now);
    return true;
  }
  ++moves_;
  for (const auto& node : wanted) {
    const auto* m = in_sync_member(p.value, node);
    if (m == nullptr || !alive(*m))
      return true;
  }
  // All have caught up. First the primary goes where it will stay, then the others leave.
  if (std::ranges::find(wanted, p.value.primary) != wanted.end()) {
    swap(id, p, finish_move(p.value, wanted), now);
    return true;
  }
  const auto fit = [this](const node_id& node) { return nodes_.at(node).fit_to_lead(); };
  auto heir = std::ranges::find_if(wanted, fit);
  if (heir == wanted.end()) {
    if (fit(p.value.primary))
      return true; // it leads on until one of them is fit
    heir = wanted.begin();
  }
  swap(id, p, promote(p.value, *in_sync_member(p.value, *heir)), now);
  return true;
}

} // namespace vedette::cluster
