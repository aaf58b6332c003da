#include "cluster/replica.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vedette::cluster {

std::string_view to_string(replica_role role) noexcept {
  switch (role) {
  case replica_role::idle:
    return "idle";
  case replica_role::follower:
    return "follower";
  case replica_role::preparing:
    return "preparing";
  case replica_role::serving:
    return "serving";
  case replica_role::failed:
    return "failed";
  }
  return "unknown";
}

replica::replica(const replica_boot& boot, const replica_limits& limits, instant)
    : partition_{boot.partition}, self_{boot.self}, limits_{limits}, promised_{boot.promised},
      promised_stored_{boot.promised},
      first_kept_{boot.first_kept}, last_{boot.last}, durable_{boot.last}, history_{boot.history},
      committed_{boot.applied}, told_{boot.applied}, used_epoch_{boot.promised} {
  VEDETTE_ASSERT(boot.applied <= boot.last);
  VEDETTE_ASSERT(boot.first_kept.value <= boot.last.value + 1);
  VEDETTE_ASSERT(!self_.node.value.empty() && self_.incarnation.value != 0);
}

std::vector<order> replica::take_orders() {
  return std::exchange(orders_, {});
}

void replica::alarm(alarm_kind kind, const node_id& about, std::string text) {
  order_out(raise_alarm{kind, about, std::move(text)});
}

// --- storage ---

ticket replica::next_ticket(write_kind kind, std::uint64_t value) {
  writes_.push_back({++last_ticket_, kind, value});
  return last_ticket_;
}

void replica::promise(base::epoch epoch) {
  VEDETTE_ASSERT(epoch >= promised_);
  promised_ = epoch;
  order_out(write_epoch{next_ticket(write_kind::epoch, epoch.value), epoch});
}

void replica::write(std::vector<entry> entries) {
  VEDETTE_ASSERT(!entries.empty() && entries.front().index.value == last_.value + 1);
  for (const auto& e : entries)
    history_.appended(e.epoch, e.index);
  last_ = entries.back().index;
  order_out(write_entries{next_ticket(write_kind::entries, last_.value), std::move(entries)});
}

void replica::truncate(base::entry_index last) {
  VEDETTE_ASSERT(last >= committed_ && last >= told_ && last < last_);
  last_ = last;
  durable_ = std::min(durable_, last);
  // What was ordered before and is not stored yet will be cut off again.
  for (auto& w : writes_)
    if (w.kind == write_kind::entries)
      w.value = std::min(w.value, last.value);
  history_.cut(last);
  order_out(truncate_log{next_ticket(write_kind::truncate, last.value), last});
}

void replica::settle_write(const write_under_way& w) {
  switch (w.kind) {
  case write_kind::entries:
    durable_ = std::max(durable_, base::entry_index{w.value});
    break;
  case write_kind::epoch:
    promised_stored_ = std::max(promised_stored_, base::epoch{w.value});
    break;
  case write_kind::switched:
    durable_ = base::entry_index{w.value};
    break;
  case write_kind::truncate:
  case write_kind::staged:
    break;
  }
}

void replica::stored(ticket upto, instant now) {
  if (role_ == replica_role::failed)
    return;
  VEDETTE_ASSERT(upto <= last_ticket_);
  const bool spoke = may_speak();
  while (!writes_.empty() && writes_.front().number <= upto) {
    settle_write(writes_.front());
    writes_.pop_front();
  }
  while (!answers_.empty() && answers_.front().after <= upto) {
    order_out(send{std::move(answers_.front().to), std::move(answers_.front().what)});
    answers_.pop_front();
  }
  if (!leads()) {
    tell_committed();
    return;
  }
  if (!spoke && may_speak())
    for (auto& p : peers_)
      probe_peer(p, now);
  advance_commit(now);
}

void replica::store_failed(const base::error& why) {
  if (role_ == replica_role::failed)
    return;
  if (leads())
    step_down(why);
  alarm(alarm_kind::store_failed, self_.node, base::to_string(why));
  answers_.clear();
  role_ = replica_role::failed;
}

void replica::trimmed(base::entry_index first_kept) {
  VEDETTE_ASSERT(first_kept.value <= durable_.value + 1);
  VEDETTE_ASSERT(first_kept <= retain_from());
  first_kept_ = std::max(first_kept_, first_kept);
}

base::entry_index replica::retain_from() const noexcept {
  base::entry_index from{told_.value + 1};
  for (const auto& p : peers_)
    if (p.pinned.value != 0)
      from = std::min(from, base::entry_index{p.pinned.value + 1});
  // A checkpoint that is being opened will stand at or behind what was told.
  return from;
}

void replica::tell_committed() {
  const auto through = std::min(committed_, durable_);
  if (through <= told_)
    return;
  told_ = through;
  order_out(committed_through{through});
}

// --- the table ---

void replica::table_seen(revision at, const assignment& value, instant now) {
  if (role_ == replica_role::failed || at <= revision_)
    return;
  revision_ = at;
  table_ = value;
  // Every proposal was made against an older revision: it has won, or never will.
  proposal_.reset();
  maybe_in_sync_.clear();
  decide_role(now);
}

void replica::decide_role(instant now) {
  const bool mine = table_.primary == self_.node;
  if (leads() && (!mine || table_.epoch > epoch_))
    step_down(
        {base::ec::stale_epoch,
         fmt::format("epoch {} of partition {} has ended: {} is primary of epoch {}", epoch_.value,
                     partition_.value, table_.primary.value, table_.epoch.value)});
  if (leads()) {
    refresh_peers(now);
    advance_commit(now);
    tend_membership(now);
    // Of those who held a vote up some may have left the set.
    if (!own_digests_.empty())
      compare_digests(own_digests_.back().at);
    return;
  }
  // A loss that was accepted, or nobody else: what this store holds is all there is.
  if (table_.loss_epoch > used_epoch_ ||
      (outvoted_ && table_.in_sync.size() == 1 && is_in_sync(table_, self_)))
    forget_hand_over();
  // A promise may outrun the watch by a moment; a table older than what the store promised before
  // it was opened has been restored from a backup.
  if (table_.epoch < promised_) {
    if (table_.epoch < used_epoch_ && !std::exchange(table_behind_, true))
      alarm(alarm_kind::table_behind, self_.node,
            fmt::format("partition {}: the table says epoch {}, this store has promised {}: run "
                        "vedette cluster rebuild-table",
                        partition_.value, table_.epoch.value, promised_.value));
    role_ = is_replica(table_, self_.node) ? replica_role::follower : replica_role::idle;
    return;
  }
  table_behind_ = false;
  if (mine && is_in_sync(table_, self_) && table_.epoch > used_epoch_ && !hand_over_to_) {
    become_primary(now);
    return;
  }
  const bool part = is_replica(table_, self_.node) || is_in_sync(table_, self_);
  role_ = part ? replica_role::follower : replica_role::idle;
  if (must_reclaim())
    try_propose(promote(table_, self_), nullptr, now);
}

bool replica::must_reclaim() const {
  return !leads() && !hand_over_to_ && role_ != replica_role::failed &&
         table_.primary == self_.node && is_in_sync(table_, self_) && table_.epoch <= used_epoch_ &&
         table_.epoch >= promised_;
}

void replica::try_propose(const base::result<assignment>& next, const member* added, instant now) {
  // What was known of a table that was lost may be long overtaken: it is put nowhere by itself.
  if (!next || revision_.value == 0)
    return;
  if (proposal_ && (!proposal_->answered || now - proposal_->sent_at < limits_.retry)) {
    // An answer that never comes counts as unknown: asking again from the same revision is safe,
    // at most one of the two can win.
    if (now - proposal_->sent_at < limits_.retry_max)
      return;
  }
  proposal_ = proposal{++last_token_, revision_, false, now};
  if (added != nullptr && std::ranges::find(maybe_in_sync_, *added) == maybe_in_sync_.end())
    maybe_in_sync_.push_back(*added);
  order_out(propose{last_token_, revision_, *next});
}

void replica::proposal_answered(std::uint64_t token, proposal_outcome outcome, instant) {
  if (role_ == replica_role::failed || !proposal_ || proposal_->token != token)
    return;
  proposal_->answered = outcome != proposal_outcome::won;
  if (revision_ <= proposal_->base)
    order_out(reread_table{});
}

void replica::table_lost() {
  revision_ = {};
  proposal_.reset();
  // Whoever makes the table anew compares what all stores hold.
  forget_hand_over();
}

void replica::step_down(base::error why) {
  VEDETTE_ASSERT(leads());
  for (auto& p : peers_)
    end_seeding(p);
  if (role_ == replica_role::serving)
    order_out(stop_serving{epoch_, std::move(why)});
  used_epoch_ = std::max(used_epoch_, epoch_);
  role_ = replica_role::follower;
  leader_ = {};
  matched_ = heard_committed_ = committed_;
  peers_.clear();
  cache_.clear();
  cache_bytes_ = uncommitted_bytes_ = 0;
}

void replica::seal(base::epoch epoch) {
  if (role_ == replica_role::failed || epoch <= promised_)
    return;
  if (leads())
    step_down({base::ec::stale_epoch, "the table is being rebuilt"});
  drop_staging();
  answers_.clear();
  leader_ = {};
  matched_ = heard_committed_ = committed_;
  switched_id_ = 0;
  promise(epoch);
  used_epoch_ = epoch;
}

// --- messages ---

void replica::received(const node_id& from, const message& m, instant now) {
  if (role_ == replica_role::failed || from == self_.node)
    return;
  VEDETTE_ASSERT(m.partition == partition_);
  const bool for_primary =
      std::holds_alternative<standing>(m.body) || std::holds_alternative<appended>(m.body) ||
      std::holds_alternative<refused>(m.body) || std::holds_alternative<chunk_staged>(m.body) ||
      std::holds_alternative<state_digest>(m.body);
  if (!for_primary)
    follow(from, m, now);
  else if (leads())
    lead(from, m, now);
}

void replica::tick(instant now) {
  if (role_ == replica_role::failed)
    return;
  if (leads()) {
    if (may_speak())
      for (auto& p : peers_)
        tick_peer(p, now);
    tend_membership(now);
    return;
  }
  if (must_reclaim())
    try_propose(promote(table_, self_), nullptr, now);
  else if (hand_over_to_ && table_.primary == self_.node)
    hand_over(now);
}

void replica::was_away(instant span) {
  for (auto& p : peers_) {
    p.heard_at += span;
    p.pace.was_away(span);
  }
}

void replica::hand_over(instant now) {
  // Whom it was meant for may be gone from the set since: another that is in sync serves as well.
  if (!is_in_sync(table_, *hand_over_to_)) {
    const auto other = std::ranges::find_if(
        table_.in_sync, [this](const member& m) { return m.node != self_.node; });
    if (other == table_.in_sync.end())
      return;
    hand_over_to_ = *other;
  }
  // This store leaves the set by it, if enough stay: it is good for nothing until it was seeded.
  try_propose(promote(table_, *hand_over_to_, {&self_.node, 1}), nullptr, now);
}

void replica::forget_hand_over() {
  hand_over_to_.reset();
  outvoted_ = false;
}

} // namespace vedette::cluster
