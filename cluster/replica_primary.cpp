#include "cluster/replica.hpp"

#include "base/assert.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::cluster {

void replica::become_primary(instant now) {
  drop_staging();
  answers_.clear();
  epoch_ = table_.epoch;
  leader_ = self_.node;
  role_ = replica_role::preparing;
  switched_id_ = 0;
  // Stored before a word is said in this epoch, so that no restart can say different things in it.
  promise(epoch_);
  tail_end_ = last_;
  peers_.clear();
  cache_.clear();
  cache_bytes_ = uncommitted_bytes_ = 0;
  refresh_peers(now);
}

replica_peer* replica::peer_of(const node_id& node) {
  const auto found = std::ranges::find(peers_, node, &replica_peer::node);
  return found == peers_.end() ? nullptr : &*found;
}

void replica::refresh_peers(instant now) {
  const auto wanted = [&](const node_id& node) {
    return node != self_.node && (is_replica(table_, node) || in_sync_member(table_, node));
  };
  for (auto& p : peers_)
    if (!wanted(p.node))
      end_seeding(p);
  std::erase_if(peers_, [&](const replica_peer& p) { return !wanted(p.node); });
  const auto join = [&](const node_id& node) {
    if (!wanted(node) || peer_of(node) != nullptr)
      return;
    auto& p = peers_.emplace_back();
    p.node = node;
    p.heard_at = now;
    probe_peer(p, now);
  };
  for (const auto& node : table_.replicas)
    join(node);
  for (const auto& m : table_.in_sync)
    join(m.node);
}

message replica::message_to(const replica_peer& p, decltype(message::body) body) const {
  return {partition_, epoch_, self_.incarnation, p.session, std::move(body)};
}

void replica::send_to(replica_peer& p, decltype(message::body) body, instant now) {
  p.sent_at = now;
  order_out(send{p.node, message_to(p, std::move(body))});
}

void replica::probe_peer(replica_peer& p, instant now) {
  end_seeding(p);
  p.mode = peer_mode::probing;
  ++p.session;
  p.unanswered.clear();
  p.reading = 0;
  p.backoff = limits_.retry;
  p.sent_at = p.progress_at = now;
  if (may_speak())
    send_to(p, probe{}, now);
}

base::result<base::entry_index> replica::append(std::uint8_t kind, std::uint16_t fold_version,
                                                std::shared_ptr<const std::string> body,
                                                instant now) {
  VEDETTE_ASSERT(body != nullptr);
  if (role_ != replica_role::serving)
    return base::error{
        base::ec::stale_epoch,
        fmt::format("appending to partition {} on {}, which is {}: ask {}", partition_.value,
                    self_.node.value, to_string(role_),
                    table_.primary.value.empty() ? "again later" : table_.primary.value)};
  // One that is larger than all that may wait would never be taken if it had to fit beside others.
  if (last_.value - committed_.value >= limits_.uncommitted_entries ||
      (uncommitted_bytes_ > 0 &&
       uncommitted_bytes_ + body->size() > limits_.uncommitted_bytes + limits_.batch_bytes))
    return base::error{base::ec::unavailable,
                       fmt::format("appending to partition {}: {} entries wait for replicas",
                                   partition_.value, last_.value - committed_.value)};
  entry e{epoch_, {last_.value + 1}, kind, fold_version, std::move(body)};
  cache_bytes_ += e.bytes();
  uncommitted_bytes_ += e.bytes();
  cache_.push_back(e);
  write({std::move(e)});
  for (auto& p : peers_) {
    note_pace(p, now);
    feed(p, now);
  }
  return last_;
}

void replica::lead(const node_id& from, const message& m, instant now) {
  auto* p = peer_of(from);
  if (p == nullptr || m.epoch != epoch_)
    return;
  if (const auto* r = std::get_if<refused>(&m.body)) {
    if (r->promised > epoch_) {
      step_down({base::ec::stale_epoch, fmt::format("{} has promised epoch {}, this is {}",
                                                    from.value, r->promised.value, epoch_.value)});
      order_out(reread_table{});
    }
    return;
  }
  if (const auto* d = std::get_if<state_digest>(&m.body)) {
    if (m.from == p->incarnation)
      take_digest(*p, *d);
    return;
  }
  if (m.session != p->session)
    return;
  p->heard_at = now;
  if (const auto* s = std::get_if<standing>(&m.body)) {
    take_standing(*p, m, *s, now);
    return;
  }
  if (m.from != p->incarnation) {
    probe_peer(*p, now);
    return;
  }
  if (const auto* a = std::get_if<appended>(&m.body))
    take_appended(*p, *a, now);
  else if (const auto* c = std::get_if<chunk_staged>(&m.body))
    take_chunk_staged(*p, *c, now);
}

void replica::take_standing(replica_peer& p, const message& m, const standing& s, instant now) {
  if (!epoch_history::well_formed(s.history))
    return;
  const epoch_history theirs{s.history};
  const auto shared = last_shared(history_, last_, theirs, s.last);
  if (!s.asked) {
    // An append did not fit. Older news than an acknowledgement is only news.
    if (p.mode != peer_mode::tailing)
      return;
    if (m.from != p.incarnation || shared < p.match) {
      probe_peer(p, now);
      return;
    }
    p.next = base::entry_index{p.match.value + 1};
    p.unanswered.clear();
    // The next tick sends again: at once would answer every reordered message with a window.
    return;
  }
  if (p.mode != peer_mode::probing)
    return;
  const member store{p.node, m.from};
  const bool known = p.incarnation == m.from;
  if (shared < s.committed) {
    const auto their_epoch = theirs.starts().empty() ? base::epoch{} : theirs.starts().back().epoch;
    const bool forgotten = theirs.starts().size() == epoch_history::starts_max ||
                           history_.starts().size() == epoch_history::starts_max;
    if (their_epoch < table_.loss_epoch || (forgotten && s.committed <= last_)) {
      p.must_reseed = true;
    } else {
      alarm(alarm_kind::primary_lost, p.node,
            fmt::format("partition {}: {} knows entry {} to be committed, this primary shares only "
                        "{} with it: not serving",
                        partition_.value, p.node.value, s.committed.value, shared.value));
      hand_over_to_ = store;
      step_down({base::ec::corrupt, "this store lacks committed entries"});
      return;
    }
  }
  if (is_in_sync(table_, store) && ((known && shared < p.match) || shared < committed_)) {
    alarm(alarm_kind::store_lost, p.node,
          fmt::format("partition {}: {} holds entries to {}, it had acknowledged {}",
                      partition_.value, p.node.value, shared.value,
                      std::max(committed_, p.match).value));
    p.lost = true;
  }
  if (!known) {
    p.digests.clear();
    p.seeded_at = {};
    p.seeded = false;
  }
  p.incarnation = m.from;
  p.match = shared;
  p.next = base::entry_index{shared.value + 1};
  p.mode = peer_mode::tailing;
  p.backoff = limits_.retry;
  p.progress_at = now;
  p.too_old = p.next < first_kept_;
  if (p.too_old || p.must_reseed || far_behind(p, now))
    seed(p, now);
  feed(p, now);
  advance_commit(now);
}

void replica::take_appended(replica_peer& p, const appended& a, instant now) {
  if (p.mode == peer_mode::probing || a.through > last_)
    return;
  if (p.mode == peer_mode::seeding) {
    if (!p.manifest || a.through != p.manifest->at.index)
      return;
    end_seeding(p);
    p.mode = peer_mode::tailing;
    p.match = a.through;
    p.next = base::entry_index{a.through.value + 1};
    p.must_reseed = p.too_old = false;
    p.digests.clear();
    p.seeded_at = p.match;
    p.seeded = true;
  }
  if (a.through > p.match) {
    p.match = a.through;
    note_pace(p, now);
    p.progress_at = now;
    p.backoff = limits_.retry;
  }
  while (!p.unanswered.empty() && p.unanswered.front() <= p.match)
    p.unanswered.pop_front();
  p.next = std::max(p.next, base::entry_index{p.match.value + 1});
  if (p.pinned.value != 0)
    p.pinned = p.match.value + limits_.grow_slack >= last_.value ? base::entry_index{} : p.match;
  feed(p, now);
  advance_commit(now);
}

void replica::feed(replica_peer& p, instant now) {
  if (p.mode != peer_mode::tailing || p.reading != 0 || !may_speak())
    return;
  while (p.next <= last_ && p.unanswered.size() < limits_.window_messages) {
    if (p.next < first_kept_) {
      p.too_old = true;
      if (now - p.heard_at <= limits_.lag_max)
        seed(p, now);
      return;
    }
    const auto cached_from = last_.value + 1 - cache_.size();
    if (p.next.value < cached_from) {
      p.reading = ++last_request_;
      order_out(read_log{p.reading, p.next, limits_.batch_entries, limits_.batch_bytes});
      return;
    }
    std::vector<entry> batch;
    std::size_t bytes = 0;
    for (auto i = p.next.value - cached_from; i < cache_.size(); ++i) {
      const auto& e = cache_[i];
      if (!batch.empty() &&
          (batch.size() >= limits_.batch_entries || bytes + e.bytes() > limits_.batch_bytes))
        break;
      bytes += e.bytes();
      batch.push_back(e);
    }
    send_batch(p, std::move(batch), now);
  }
}

void replica::send_batch(replica_peer& p, std::vector<entry> entries, instant now) {
  const base::entry_index before{p.next.value - 1};
  const position prev{history_.epoch_at(before), before};
  if (before.value != 0 && prev.epoch.value == 0) {
    p.too_old = true; // the start of that epoch is forgotten: no way to say where this belongs
    seed(p, now);
    return;
  }
  if (p.unanswered.empty())
    p.progress_at = now;
  p.next = base::entry_index{entries.back().index.value + 1};
  p.unanswered.push_back(entries.back().index);
  send_to(p, append_entries{prev, std::move(entries), committed_}, now);
}

void replica::log_was_read(std::uint64_t request, std::vector<entry> entries, instant now) {
  if (!leads())
    return;
  const auto p = std::ranges::find(peers_, request, &replica_peer::reading);
  if (p == peers_.end() || request == 0)
    return;
  p->reading = 0;
  if (p->mode != peer_mode::tailing || entries.empty() || entries.front().index != p->next)
    return; // the next tick asks again, or finds that it was trimmed
  send_batch(*p, std::move(entries), now);
  feed(*p, now);
}

void replica::advance_commit(instant now) {
  if (!leads() || !may_speak() || table_.in_sync.size() < table_.min_in_sync)
    return;
  auto through = durable_;
  bool all_known = true;
  const bool trusting = limits_.defects.commit_before_replicas ||
                        (limits_.defects.no_rereplication && role_ == replica_role::preparing);
  for (const auto& m : commit_members()) {
    if (m == self_ || trusting)
      continue;
    const auto* p = peer_of(m.node);
    if (p == nullptr || p->incarnation != m.incarnation || p->mode == peer_mode::probing) {
      all_known = false;
      through = {};
      break;
    }
    through = std::min(through, p->match);
  }
  const auto cached_from = last_.value + 1 - cache_.size();
  for (auto i = std::max(committed_.value + 1, cached_from); i <= through.value; ++i)
    uncommitted_bytes_ -= cache_[i - cached_from].bytes();
  committed_ = std::max(committed_, through);
  tell_committed();
  if (role_ == replica_role::preparing && all_known && committed_ >= tail_end_) {
    role_ = replica_role::serving;
    order_out(start_serving{epoch_, committed_});
    tend_membership(now);
  }
  evict_cache();
}

void replica::evict_cache() {
  while (cache_bytes_ > limits_.cache_bytes && !cache_.empty() &&
         cache_.front().index <= committed_) {
    cache_bytes_ -= cache_.front().bytes();
    cache_.pop_front();
  }
}

void replica::peer_heard(const node_id& node, bool heard, instant now) {
  auto* p = peer_of(node);
  if (!leads() || p == nullptr)
    return;
  if (!heard) {
    if (p->mode == peer_mode::seeding && !p->manifest)
      probe_peer(*p, now);
    return;
  }
  p->backoff = p->mode == peer_mode::seeding ? limits_.seeding_retry : limits_.retry;
  if (p->mode == peer_mode::probing && may_speak())
    send_to(*p, probe{}, now);
}

void replica::tick_peer(replica_peer& p, instant now) {
  // Nothing is kept for one that may never come back; when it does it is asked where it stands.
  if (now - p.heard_at > limits_.keep_for_silent && (p.manifest || p.pinned.value != 0)) {
    p.pinned = {};
    p.seeded = false;
    probe_peer(p, now);
  }
  const bool overdue = now - p.progress_at >= p.backoff;
  switch (p.mode) {
  case peer_mode::probing:
    if (now - p.sent_at < p.backoff)
      return;
    p.backoff = std::min(2 * p.backoff, limits_.retry_max);
    send_to(p, probe{}, now);
    return;
  case peer_mode::seeding:
    if (!overdue)
      return;
    p.progress_at = now;
    p.backoff = std::min(2 * p.backoff, limits_.retry_max);
    if (!p.manifest) {
      order_out(open_checkpoint{p.checkpoint_id});
      return;
    }
    p.next_chunk = std::min(p.staged_below, p.manifest->chunks - 1);
    pump_chunks(p);
    return;
  case peer_mode::tailing:
    break;
  }
  if (p.must_reseed || far_behind(p, now)) {
    seed(p, now);
    if (p.mode != peer_mode::tailing)
      return;
  }
  if (overdue && (!p.unanswered.empty() || p.reading != 0)) {
    p.backoff = std::min(2 * p.backoff, limits_.retry_max);
    p.progress_at = now;
    p.next = base::entry_index{p.match.value + 1};
    p.unanswered.clear();
    p.reading = 0;
  }
  feed(p, now);
  if (p.mode == peer_mode::tailing && now - p.sent_at >= limits_.heartbeat) {
    const base::entry_index before{p.next.value - 1};
    send_to(p, append_entries{{history_.epoch_at(before), before}, {}, committed_}, now);
  }
}

} // namespace vedette::cluster
