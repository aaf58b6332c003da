#include "cluster/controller.hpp"

#include <algorithm>
#include <utility>

namespace vedette::cluster {

controller::controller(node_id self, const controller_limits& limits, instant now)
    : self_{std::move(self)}, limits_{limits}, fresh_at_{now},
      quiet_until_{now + limits.lease + limits.grace}, campaigned_at_{now - limits.retry} {}

std::vector<controller_order> controller::take_orders() {
  return std::exchange(orders_, {});
}

// --- the view ---

void controller::view_fresh(instant now) {
  // While the coordinator was silent nobody could renew: absence of leases means nothing yet.
  if (now - fresh_at_ > limits_.fresh_max)
    quiet_until_ = std::max(quiet_until_, now + limits_.lease + limits_.grace);
  fresh_at_ = now;
}

void controller::take_partition(base::partition_id id, revision at, const assignment& value,
                                instant now) {
  auto& p = partitions_[id];
  if (at <= p.at)
    return;
  p.at = at;
  p.value = value;
  p.token = 0;
  if (value.replicas.empty() || value.primary == value.replicas.front())
    p.strayed_at.reset();
  else if (!p.strayed_at)
    p.strayed_at = now;
}

void controller::snapshot_seen(const snapshot& s, instant now) {
  if (s.cluster.generation < generation_ || (s.cluster.generation == generation_ && s.at < seen_))
    return; // an old answer
  if (s.cluster.generation > generation_)
    partitions_.clear(); // revisions begin anew
  generation_ = s.cluster.generation;
  view_fresh(now);
  nodes_ = s.nodes;
  for (const auto& [id, p] : s.partitions)
    take_partition(id, p.at, p.value, now);
  seen_ = s.at;
  knows_holder_ = true;
  holder_ = s.controller.holder;
  fence_ = holder_ == self_ ? s.controller.created : revision{};
}

void controller::event_seen(const watch_event& e, instant now) {
  const auto at = std::visit([](const auto& x) { return x.at; }, e);
  view_fresh(now);
  if (const auto* p = std::get_if<partition_event>(&e))
    take_partition(p->partition, p->at, p->value, now);
  if (at <= seen_)
    return; // a snapshot that was newer has said it
  seen_ = at;
  if (const auto* n = std::get_if<node_event>(&e)) {
    if (n->record) {
      nodes_[n->id] = *n->record;
    } else {
      nodes_.erase(n->id);
      std::erase_if(dead_, [&](const auto& d) { return d.first.first == n->id; });
    }
  } else if (const auto* c = std::get_if<controller_event>(&e)) {
    knows_holder_ = true;
    holder_ = c->holder;
    fence_ = holder_ == self_ ? c->created : revision{};
  }
}

// --- office ---

bool controller::in_office() const noexcept {
  return knows_holder_ && holder_ == self_ && fence_.value != 0;
}

bool controller::waits(instant now) const noexcept {
  return now < quiet_until_ || now - fresh_at_ > limits_.fresh_max;
}

void controller::campaign_answered(bool won, revision created, instant) {
  if (!won || created < seen_)
    return;
  seen_ = created;
  knows_holder_ = true;
  holder_ = self_;
  fence_ = created;
}

void controller::tick(instant now) {
  if (now - fresh_at_ > limits_.fresh_max)
    return;
  if (knows_holder_ && !holder_ && now - campaigned_at_ >= limits_.retry) {
    campaigned_at_ = now;
    orders_.emplace_back(std::in_place_type<campaign>);
  }
  if (!in_office() || waits(now))
    return;
  weigh_evidence(now);
  moves_ = 0;
  for (auto& [id, p] : partitions_)
    tend_partition(id, p, now);
}

// --- evidence ---

void controller::peer_dead(const node_id& reporter, const node_id& about, instant now) {
  if (reporter != about && nodes_.count(about) > 0)
    dead_[{about, reporter}] = now;
}

void controller::peer_heard(const node_id& reporter, const node_id& about) {
  dead_.erase({about, reporter});
}

void controller::weigh_evidence(instant now) {
  std::erase_if(dead_, [&](const auto& d) { return now - d.second > limits_.evidence_max; });
  std::map<node_id, std::set<node_id>> reporters;
  for (const auto& [about_reporter, when] : dead_)
    reporters[about_reporter.first].insert(about_reporter.second);
  for (const auto& [about, by] : reporters) {
    if (nodes_.count(about) == 0)
      continue;
    // Every other live node must say so, and more than one unless there is only one: a node that
    // is itself cut off would otherwise depose all others.
    std::size_t others = 0, agree = 0;
    for (const auto& [id, record] : nodes_) {
      if (id == about || reporters.count(id) > 0)
        continue;
      ++others;
      agree += by.count(id);
    }
    if (others > 0 && agree == others && (others > 1 || nodes_.size() == 2)) {
      orders_.emplace_back(std::in_place_type<revoke_lease>, revoke_lease{about});
      std::erase_if(dead_, [&gone = about](const auto& d) { return d.first.first == gone; });
    }
  }
}

// --- partitions ---

bool controller::alive(const member& m) const {
  const auto n = nodes_.find(m.node);
  return n != nodes_.end() && n->second.incarnation == m.incarnation && n->second.writable;
}

void controller::swap(base::partition_id id, partition_view& p,
                      const base::result<assignment>& next, instant now) {
  if (!next)
    return;
  p.token = ++last_token_;
  p.sent_at = now;
  orders_.emplace_back(std::in_place_type<swap_request>,
                       swap_request{p.token, id, p.at, *next, fence_});
}

void controller::swap_answered(const swap_answer& a, instant now) {
  const auto found = partitions_.find(a.partition);
  if (found == partitions_.end() || found->second.token != a.token)
    return;
  // Whatever the answer, the value is read before the next step.
  found->second.sent_at = now;
  orders_.emplace_back(std::in_place_type<reread_partition>, reread_partition{a.partition});
}

void controller::promote_another(base::partition_id id, partition_view& p, instant now) {
  const auto& a = p.value;
  std::vector<node_id> dead;
  for (const auto& m : a.in_sync)
    if (!alive(m))
      dead.push_back(m.node);
  const member* best = nullptr;
  const auto better = [&](const member& m) {
    if (best == nullptr)
      return true;
    const bool drains = nodes_.at(m.node).draining, best_drains = nodes_.at(best->node).draining;
    if (drains != best_drains)
      return best_drains;
    return std::ranges::find(a.replicas, m.node) < std::ranges::find(a.replicas, best->node);
  };
  for (const auto& m : a.in_sync)
    if (m.node != a.primary && alive(m) && better(m))
      best = &m;
  if (best != nullptr) {
    swap(id, p, promote(a, *best, dead), now);
    return;
  }
  if (limits_.defect_promotes_out_of_sync) {
    for (const auto& node : a.replicas) {
      const auto n = nodes_.find(node);
      if (node == a.primary || n == nodes_.end() || !n->second.writable)
        continue;
      auto next = a;
      next.in_sync.push_back({node, n->second.incarnation});
      swap(id, p, promote(next, next.in_sync.back(), dead), now);
      return;
    }
  }
}

void controller::tend_partition(base::partition_id id, partition_view& p, instant now) {
  if (p.token != 0) {
    if (now - p.sent_at < limits_.retry)
      return;
    p.token = 0; // no answer: whoever was first at this revision wins
  }
  const auto* primary = in_sync_member(p.value, p.value.primary);
  const bool gone = primary == nullptr || !alive(*primary);
  const auto record = nodes_.find(p.value.primary);
  const bool drains = !gone && record != nodes_.end() && record->second.draining;
  if (gone) {
    promote_another(id, p, now);
    return;
  }
  if (drains) {
    const auto elsewhere = std::ranges::any_of(
        p.value.in_sync, [&](const member& m) { return alive(m) && !nodes_.at(m.node).draining; });
    if (elsewhere) {
      promote_another(id, p, now);
      return;
    }
  }
  if (!tend_move(id, p, now))
    prefer(id, p, now);
}

void controller::prefer(base::partition_id id, partition_view& p, instant now) {
  if (limits_.prefer_after == instant{} || !p.strayed_at ||
      now - *p.strayed_at < limits_.prefer_after)
    return;
  const auto* m = in_sync_member(p.value, p.value.replicas.front());
  if (m != nullptr && alive(*m) && !nodes_.at(m->node).draining)
    swap(id, p, promote(p.value, *m), now);
}

// --- moves ---

void controller::want(std::map<base::partition_id, std::vector<node_id>> placement) {
  wanted_ = std::move(placement);
}

bool controller::tend_move(base::partition_id id, partition_view& p, instant now) {
  const auto found = wanted_.find(id);
  if (found == wanted_.end())
    return false;
  const auto& wanted = found->second;
  const auto same_set = [](std::vector<node_id> x, std::vector<node_id> y) {
    std::ranges::sort(x);
    std::ranges::sort(y);
    return x == y;
  };
  if (same_set(wanted, p.value.replicas)) {
    wanted_.erase(found);
    return false;
  }
  const bool begun =
      std::ranges::all_of(wanted, [&](const node_id& node) { return is_replica(p.value, node); });
  if (!begun) {
    if (moves_ >= limits_.moves_max)
      return false;
    ++moves_;
    swap(id, p, begin_move(p.value, wanted), now);
    return true;
  }
  ++moves_;
  for (const auto& node : wanted) {
    const auto* m = in_sync_member(p.value, node);
    if (m == nullptr || !alive(*m))
      return true;
  }
  // All have caught up. First the primary goes where it will stay, then the others leave.
  if (std::ranges::find(wanted, p.value.primary) == wanted.end())
    swap(id, p, promote(p.value, *in_sync_member(p.value, wanted.front())), now);
  else
    swap(id, p, finish_move(p.value, wanted), now);
  return true;
}

} // namespace vedette::cluster
