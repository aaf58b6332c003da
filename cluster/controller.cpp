#include "cluster/controller.hpp"

#include <algorithm>
#include <utility>

namespace vedette::cluster {

controller::controller(node_id self, const controller_limits& limits, instant now)
    : self_{std::move(self)}, limits_{limits}, fresh_at_{now}, quiet_until_{now + limits.lease +
                                                                            limits.grace},
      campaigned_at_{now - limits.retry}, revoked_at_{now - limits.evidence_max} {}

std::vector<controller_order> controller::take_orders() {
  return std::exchange(orders_, {});
}

// --- the view ---

void controller::view_fresh(instant now) {
  // While the coordinator was silent nobody could renew: absence of leases means nothing yet.
  if (now - fresh_at_ > limits_.fresh_max)
    quiet_until_ = std::max(quiet_until_, now + limits_.lease + limits_.grace);
  fresh_at_ = std::max(fresh_at_, now);
}

void controller::partition_seen(base::partition_id id, revision at, const assignment& value,
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
    return;                                 // an old answer
  if (s.cluster.generation > generation_) { // revisions begin anew
    partitions_.clear();
    to_make_.clear();
    office_at_ = {};
    if (placement_)
      placement_->forget_plan();
  }
  generation_ = s.cluster.generation;
  view_fresh(now);
  nodes_ = s.nodes;
  for (const auto& [id, p] : s.partitions)
    partition_seen(id, p.at, p.value, now);
  seen_ = viewed_ = s.at;
  office_seen(s.at, s.controller.holder, s.controller.created, now);
}

void controller::office_seen(revision at, const std::optional<node_id>& holder, revision created,
                             instant now) {
  // An answer of ours may be ahead of the watch; the watch is in order for itself.
  if (at < office_at_)
    return;
  const bool before = in_office();
  if (holder != holder_)
    holder_dead_since_.reset();
  office_at_ = at;
  knows_holder_ = true;
  holder_ = holder;
  fence_ = holder_ == self_ ? created : revision{};
  if (!in_office() || before)
    return;
  office_since_ = now;
  to_make_.clear();
  if (placement_)
    placement_->forget_plan();
}

void controller::event_seen(const watch_event& e, instant now) {
  const auto at = std::visit([](const auto& x) { return x.at; }, e);
  view_fresh(now);
  if (const auto* p = std::get_if<partition_event>(&e))
    partition_seen(p->partition, p->at, p->value, now);
  if (at <= viewed_)
    return; // the snapshot has said it
  // A lease that ends takes all its keys with it: several events of one revision.
  seen_ = std::max(seen_, at);
  if (const auto* n = std::get_if<node_event>(&e)) {
    if (n->record) {
      auto& known = nodes_[n->id];
      // What was said of the process before says nothing about this one.
      if (known.stamp != n->record->stamp || known.incarnation != n->record->incarnation)
        std::erase_if(dead_, [&](const auto& d) { return d.first.first == n->id; });
      known = *n->record;
    } else {
      nodes_.erase(n->id);
      std::erase_if(dead_, [&](const auto& d) { return d.first.first == n->id; });
    }
  } else if (const auto* c = std::get_if<controller_event>(&e)) {
    office_seen(c->at, c->holder, c->created, now);
  }
}

// --- office ---

bool controller::in_office() const noexcept {
  return knows_holder_ && holder_ == self_ && fence_.value != 0;
}

bool controller::waits(instant now) const noexcept {
  return now < quiet_until_ || now - fresh_at_ > limits_.fresh_max;
}

void controller::campaign_answered(bool won, revision created, instant now) {
  if (won)
    office_seen(created, self_, created, now);
}

void controller::tick(instant now) {
  if (now - fresh_at_ > limits_.fresh_max)
    return;
  if (knows_holder_ && !holder_ && now - campaigned_at_ >= limits_.retry) {
    campaigned_at_ = now;
    orders_.emplace_back(std::in_place_type<campaign>);
  }
  if (placement_)
    placement_->observe(nodes_, now);
  if (!waits(now)) {
    std::erase_if(dead_, [&](const auto& d) { return now - d.second > limits_.evidence_max; });
    if (in_office())
      weigh_evidence(now);
    else
      watch_office(now);
  }
  if (!in_office())
    return;
  // Needs no quiet: nothing stands there that could be lost.
  make_missing(now);
  if (waits(now))
    return;
  rebalance(now);
  moves_ = 0;
  for (auto& [id, p] : partitions_)
    tend_partition(id, p, now);
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
  if (const auto m = to_make_.find(a.partition);
      m != to_make_.end() && m->second.token == a.token) {
    m->second.sent_at = now; // the watch shows what stands
    if (a.outcome != proposal_outcome::won)
      orders_.emplace_back(std::in_place_type<reread_partition>, reread_partition{a.partition});
    return;
  }
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
    const bool fit = nodes_.at(m.node).fit_to_lead();
    if (fit != nodes_.at(best->node).fit_to_lead())
      return fit;
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
  const bool unfit = !gone && record != nodes_.end() && !record->second.fit_to_lead();
  if (gone) {
    promote_another(id, p, now);
    return;
  }
  if (unfit) {
    const auto elsewhere = std::ranges::any_of(p.value.in_sync, [&](const member& m) {
      return alive(m) && nodes_.at(m.node).fit_to_lead();
    });
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
  if (m != nullptr && alive(*m) && nodes_.at(m->node).fit_to_lead())
    swap(id, p, promote(p.value, *m), now);
}

} // namespace vedette::cluster
