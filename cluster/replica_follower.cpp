#include "cluster/replica.hpp"

#include "base/assert.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::cluster {

void replica::answer(const node_id& to, const message& question, decltype(message::body) body) {
  message m{partition_, question.epoch, self_.incarnation, question.session, std::move(body)};
  if (writes_.empty()) {
    order_out(send{to, std::move(m)});
    return;
  }
  // Acknowledgements that wait for the same write are one.
  if (!answers_.empty()) {
    auto& before = answers_.back();
    if (before.to == to && before.what.epoch == m.epoch && before.what.session == m.session &&
        std::holds_alternative<appended>(before.what.body) &&
        std::holds_alternative<appended>(m.body)) {
      before.after = last_ticket_;
      before.what = std::move(m);
      return;
    }
  }
  answers_.push_back({last_ticket_, to, std::move(m)});
}

void replica::answer_standing(const node_id& to, const message& question, bool asked) {
  answer(to, question, standing{asked, last_, committed_, history_.starts()});
}

void replica::drop_staging() {
  if (!staging_)
    return;
  staging_.reset();
  order_out(drop_staged{next_ticket(write_kind::staged, 0)});
}

void replica::follow(const node_id& from, const message& m, instant) {
  const bool stale = m.epoch < promised_;
  if (stale && !limits_.defects.no_epoch_check) {
    order_out(send{from, {partition_, m.epoch, self_.incarnation, m.session, refused{promised_}}});
    return;
  }
  if (m.epoch > promised_) {
    if (leads())
      step_down({base::ec::stale_epoch,
                 fmt::format("{} is primary of epoch {}", from.value, m.epoch.value)});
    // What was to be said in the old epoch may no longer be true in the new one.
    answers_.clear();
    drop_staging();
    promise(m.epoch);
    leader_ = from;
    matched_ = heard_committed_ = committed_;
    switched_id_ = 0;
    order_out(reread_table{});
    if (role_ == replica_role::idle)
      role_ = replica_role::follower;
  }
  if (leads() || (!leader_.value.empty() && leader_ != from && !stale)) {
    alarm(alarm_kind::two_primaries, from,
          fmt::format("partition {}: {} and {} both claim epoch {}", partition_.value,
                      leads() ? self_.node.value : leader_.value, from.value, m.epoch.value));
    return;
  }
  leader_ = from;
  if (std::holds_alternative<probe>(m.body)) {
    answer_standing(from, m, true);
    // A new primary need not wait for the next comparison to hear of a state that is wrong.
    if (!own_digests_.empty())
      answer(from, m, own_digests_.back());
  } else if (const auto* a = std::get_if<append_entries>(&m.body))
    take_append(from, m, *a);
  else if (const auto* c = std::get_if<checkpoint_chunk>(&m.body))
    take_chunk(from, m, *c);
}

void replica::take_append(const node_id& from, const message& m, const append_entries& a) {
  heard_committed_ = std::max(heard_committed_, a.committed);
  if (a.prev.index > last_ || history_.epoch_at(a.prev.index) != a.prev.epoch) {
    answer_standing(from, m, false);
    return;
  }
  // Whoever sends holes or falling epochs is not one of ours.
  auto expected = a.prev;
  for (const auto& e : a.entries) {
    if (e.index.value != expected.index.value + 1 || e.epoch < expected.epoch ||
        e.epoch > m.epoch || !e.body)
      return;
    expected = {e.epoch, e.index};
  }
  std::vector<entry> fresh;
  for (const auto& e : a.entries) {
    if (fresh.empty() && e.index <= last_) {
      if (history_.epoch_at(e.index) == e.epoch)
        continue;
      // Only what nobody was told may be cut; otherwise this store must be seeded again.
      if (e.index <= committed_) {
        answer_standing(from, m, false);
        return;
      }
      truncate(base::entry_index{e.index.value - 1});
    }
    fresh.push_back(e);
  }
  if (!fresh.empty())
    write(std::move(fresh));
  matched_ = std::max(matched_, expected.index);
  committed_ = std::max(committed_, std::min(a.committed, expected.index));
  answer(from, m, appended{expected.index});
  tell_committed();
}

void replica::take_chunk(const node_id& from, const message& m, const checkpoint_chunk& c) {
  const auto& manifest = c.manifest;
  if (manifest.id <= switched_id_) {
    answer(from, m, appended{manifest.at.index});
    return;
  }
  if (staging_ && manifest.id < staging_->manifest.id)
    return;
  if (manifest.chunks == 0 || !epoch_history::well_formed(manifest.history) || !c.bytes)
    return;
  if (!staging_ || staging_->manifest.id != manifest.id) {
    // Also what a process before this one may have staged.
    order_out(drop_staged{next_ticket(write_kind::staged, 0)});
    staging_ = staging{manifest, 0};
  }
  if (c.number == staging_->below && c.number < manifest.chunks) {
    order_out(stage_chunk{next_ticket(write_kind::staged, 0), c});
    ++staging_->below;
  }
  if (staging_->below < manifest.chunks) {
    answer(from, m, chunk_staged{manifest.id, staging_->below});
    return;
  }
  const auto at = staging_->manifest.at.index;
  for (auto& w : writes_)
    if (w.kind == write_kind::entries)
      w.value = std::min(w.value, at.value);
  order_out(switch_checkpoint{next_ticket(write_kind::switched, at.value), staging_->manifest});
  history_ = epoch_history{staging_->manifest.history};
  first_kept_ = base::entry_index{at.value + 1};
  last_ = committed_ = told_ = matched_ = heard_committed_ = at;
  durable_ = std::min(durable_, at);
  switched_id_ = staging_->manifest.id;
  staging_.reset();
  forget_hand_over();
  own_digests_.clear();
  answer(from, m, appended{at});
}

void replica::checkpoint_refused(std::uint64_t id, instant) {
  if (role_ == replica_role::failed)
    return;
  // The orders behind it assumed that it worked: this replica's idea of its log is void.
  store_failed({base::ec::corrupt, fmt::format("partition {}: checkpoint {} failed its checksum",
                                               partition_.value, id)});
}

} // namespace vedette::cluster
