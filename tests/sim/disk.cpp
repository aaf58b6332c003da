#include "tests/sim/disk.hpp"

#include "base/assert.hpp"

namespace vedette::sim {

void disk::carry_out(image& i, const write& w) {
  if (const auto* e = std::get_if<cluster::write_entries>(&w.what)) {
    for (const auto& entry : e->entries) {
      VEDETTE_ASSERT(entry.index.value == i.last().value + 1);
      i.history.appended(entry.epoch, entry.index);
      i.log.push_back(entry);
    }
  } else if (const auto* p = std::get_if<cluster::write_epoch>(&w.what)) {
    i.promised = p->promised;
  } else if (const auto* t = std::get_if<cluster::truncate_log>(&w.what)) {
    VEDETTE_ASSERT(t->last.value + 1 >= i.first_kept.value);
    while (i.last() > t->last)
      i.log.pop_back();
    i.history.cut(t->last);
  } else if (const auto* c = std::get_if<cluster::stage_chunk>(&w.what)) {
    if (i.staged_id != c->chunk.manifest.id) {
      i.staged_id = c->chunk.manifest.id;
      i.staged_chunks = 0;
    }
    VEDETTE_ASSERT(c->chunk.number == i.staged_chunks);
    ++i.staged_chunks;
  } else if (std::holds_alternative<cluster::drop_staged>(w.what)) {
    i.staged_id = i.staged_chunks = 0;
  } else if (const auto* s = std::get_if<install>(&w.what)) {
    VEDETTE_ASSERT(i.staged_id == s->manifest.id && i.staged_chunks == s->manifest.chunks);
    i.log.clear();
    i.first_kept = {s->manifest.at.index.value + 1};
    i.history = cluster::epoch_history{s->manifest.history};
    i.fold = s->state;
    i.staged_id = i.staged_chunks = 0;
  } else if (const auto* f = std::get_if<store_fold>(&w.what)) {
    i.fold = f->state;
  } else if (const auto* a = std::get_if<store_table>(&w.what)) {
    i.table = a->value;
  } else if (const auto* k = std::get_if<trim_log>(&w.what)) {
    while (i.first_kept < k->first_kept && !i.log.empty()) {
      i.log.pop_front();
      ++i.first_kept.value;
    }
  }
}

bool disk::put(write w) {
  if (full)
    return false;
  carry_out(seen_[w.partition], w);
  waiting_.push_back(std::move(w));
  if (syncing_ == 0)
    begin_sync();
  return true;
}

void disk::begin_sync() {
  syncing_ = waiting_.size();
  const auto took = sync_time / 2 + instant{static_cast<std::int64_t>(chance_.below(
                                        static_cast<std::uint64_t>(sync_time.count())))};
  time_.after(took, [this, life = life_] {
    if (life != life_)
      return;
    std::map<base::partition_id, cluster::ticket> done;
    for (; syncing_ > 0; --syncing_) {
      const auto& w = waiting_.front();
      carry_out(stored_[w.partition], w);
      if (w.number != 0)
        done[w.partition] = w.number;
      waiting_.pop_front();
    }
    if (!waiting_.empty())
      begin_sync();
    for (const auto& [partition, number] : done)
      told_(partition, number);
  });
}

void disk::open(on_stored told) {
  ++life_;
  VEDETTE_ASSERT(waiting_.empty() && syncing_ == 0);
  seen_ = stored_;
  told_ = std::move(told);
}

std::size_t disk::crash() {
  ++life_;
  const auto kept = waiting_.empty() ? 0 : chance_.below(waiting_.size() + 1);
  const auto lost = waiting_.size() - kept;
  for (std::size_t n = 0; n < kept; ++n)
    carry_out(stored_[waiting_[n].partition], waiting_[n]);
  waiting_.clear();
  syncing_ = 0;
  return lost;
}

void disk::wipe() {
  stored_.clear();
}

void disk::put_back(std::map<base::partition_id, image> old) {
  stored_ = std::move(old);
}

} // namespace vedette::sim
