#include "actors/replica_storage.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace vedette::actors {

base::status read_entries(state::store& store, base::partition_id partition,
                          base::entry_index after, base::entry_index upto, std::size_t bytes,
                          std::vector<cluster::entry>& out) {
  std::size_t taken = 0;
  return store.log().read({{partition, after}}, [&](const state::log_entry& e) {
    if (e.index > upto || (taken >= bytes && !out.empty()))
      return false;
    taken += e.body.size();
    out.push_back({e.epoch, e.index, static_cast<std::uint8_t>(e.kind), e.fold_version,
                   std::make_shared<const std::string>(e.body)});
    return e.index < upto;
  });
}

namespace {

void settle(replica_state& st, cluster::ticket number) {
  const auto at =
      std::ranges::lower_bound(st.writes, number, {}, &replica_state::write_under_way::number);
  if (at != st.writes.end() && at->number == number)
    at->done = true;
  cluster::ticket upto = 0;
  while (!st.writes.empty() && st.writes.front().done) {
    upto = st.writes.front().number;
    st.writes.pop_front();
  }
  if (upto != 0)
    st.core->stored(upto, st.args.now());
  run_orders(st);
}

/// `done` runs before the core hears of it.
template <class Request>
void ask_committer(replica_state& st, cluster::ticket number, Request request,
                   std::function<void()> done = {}) {
  st.writes.push_back({number, false});
  ++st.unanswered;
  st.host->commit(std::move(request),
                  [&st, number, core = st.cores, done = std::move(done)](const base::status& how) {
                    if (!how) {
                      fail(st, how.err());
                    } else if (core == st.cores && !st.begin_again) {
                      if (done)
                        done();
                      settle(st, number);
                    }
                    if (--st.unanswered == 0 && st.begin_again)
                      begin_again(st, *st.begin_again);
                  });
}

state::log_entry note(const replica_state& st, state::entry_kind kind, base::epoch epoch,
                      base::entry_index index, std::string body = {}) {
  return {st.args.partition, epoch, index, kind, 1, std::move(body)};
}

void switch_to_staged(replica_state& st, const cluster::switch_checkpoint& s) {
  if (!st.sink.matches(s.manifest)) {
    begin_again(st, {base::ec::corrupt, "a checkpoint that was sent here fails its checksum"});
    return;
  }
  st.switching = true;
  const auto go = [&st, s] {
    st.fold_asked = false;
    switch_request r{note(st, state::entry_kind::reset, s.manifest.at.epoch, s.manifest.at.index,
                          schemas::encode_history(s.manifest.history)),
                     st.sink.beside(st.args.partition, s.manifest.at.index)};
    ask_committer(st, s.number, std::move(r), [&st, at = s.manifest.at.index] {
      st.switching = false;
      replaced(st, at);
    });
    auto held = std::exchange(st.behind_switch, {});
    for (auto& o : held)
      store_order(st, o);
  };
  if (!st.fold_there) {
    go();
    return;
  }
  // The fold's own checkpoints must not come on top of the new state.
  st.fold_asked = true;
  st.host->tell_fold(hold_still{[&st, go, core = st.cores] {
    if (core == st.cores)
      go();
  }});
}

/// Events and the passing of time fill a group commit; what an alert passes through is rare and in
/// a hurry.
bool waits_well(state::entry_kind kind) {
  return kind == state::entry_kind::batch || kind == state::entry_kind::tick ||
         kind == state::entry_kind::answered;
}

void read_checkpoint(replica_state& st, std::uint64_t id, const checkpoint_taken& taken,
                     checkpoint_slots::slot slot) {
  st.host->offload(
      [&st, id, taken, life = st.life, slot = std::move(slot)]() -> std::function<void()> {
        auto source = checkpoint_source::open(taken);
        return [&st, id, source, life, slot] {
          if (life != st.life || st.opening.erase(id) == 0)
            return;
          if (!source) {
            fail(st, source.err());
            return;
          }
          st.open[id] = {*source, slot, st.args.now(), {}, false};
          st.core->checkpoint_opened(id, (*source)->opened(), st.args.now());
          run_orders(st);
        };
      });
}

/// With a slot: the fold writes it, and it is read.
void take_checkpoint_of_fold(replica_state& st, std::uint64_t id, checkpoint_slots::slot slot) {
  st.holding = true;
  st.host->tell_fold(take_checkpoint{[&st, id, life = st.life, slot = std::move(slot)](
                                         const base::result<checkpoint_taken>& taken) {
    if (life != st.life || !st.opening.contains(id)) {
      st.holding = true; // the committer may hold the log by now: released at the next beat
      return;
    }
    if (taken)
      read_checkpoint(st, id, *taken, slot);
    else
      fail(st, taken.err(), false);
  }});
}

void open_checkpoint(replica_state& st, std::uint64_t id) {
  // One that is under way may be ordered again, and is not taken a second time.
  if (!st.fold_there || st.open.contains(id) || !st.opening.insert(id).second)
    return;
  if (!st.args.slots) {
    take_checkpoint_of_fold(st, id, nullptr);
    return;
  }
  st.args.slots->take(
      [&st, id, life = st.life, post = st.host->poster()](const checkpoint_slots::slot& slot) {
        post([&st, id, life, slot] {
          if (life == st.life && st.opening.contains(id))
            take_checkpoint_of_fold(st, id, slot);
        });
      });
}

void close_checkpoint(replica_state& st, std::uint64_t id) {
  st.opening.erase(id);
  const auto found = st.open.find(id);
  if (found == st.open.end())
    return;
  const auto& what = found->second.source->opened();
  spdlog::info("partition {}: a checkpoint of {:.1f} MB in {} chunks was out for {:.2f} s",
               st.args.partition.value, static_cast<double>(what.bytes) / 1e6, what.chunks,
               std::chrono::duration<double>(st.args.now() - found->second.since).count());
  st.open.erase(found);
}

/// One after the other: a chunk that overtakes the one before it is taken by nobody.
void read_next_chunk(replica_state& st, std::uint64_t id) {
  const auto found = st.open.find(id);
  if (found == st.open.end() || found->second.reading || found->second.wanted.empty())
    return;
  auto& o = found->second;
  o.reading = true;
  const auto number = o.wanted.front();
  o.wanted.pop_front();
  st.host->offload([&st, source = o.source, id, number, life = st.life]() -> std::function<void()> {
    auto bytes = source->chunk(number);
    return [&st, bytes, id, number, life] {
      if (life != st.life)
        return;
      if (!bytes) {
        fail(st, bytes.err());
        return;
      }
      if (const auto still = st.open.find(id); still != st.open.end())
        still->second.reading = false;
      read_next_chunk(st, id);
      st.core->chunk_was_read(id, number, *bytes, st.args.now());
      run_orders(st);
    };
  });
}

void read_chunk(replica_state& st, const cluster::read_chunk& order) {
  const auto found = st.open.find(order.id);
  if (found == st.open.end())
    return;
  auto& o = found->second;
  if (auto kept = o.source->kept(order.number)) {
    st.core->chunk_was_read(order.id, order.number, std::move(kept), st.args.now());
    return;
  }
  if (std::ranges::find(o.wanted, order.number) == o.wanted.end())
    o.wanted.push_back(order.number);
  read_next_chunk(st, order.id);
}

} // namespace

void store_order(replica_state& st, cluster::order& o) {
  // A switch waits for the fold first; what was ordered behind it stays behind it.
  if (st.fold_asked) {
    st.behind_switch.push_back(std::move(o));
    return;
  }
  if (auto* w = std::get_if<cluster::write_entries>(&o)) {
    write_request r;
    for (const auto& e : w->entries) {
      const auto kind = static_cast<state::entry_kind>(e.kind);
      r.urgent = r.urgent || !waits_well(kind);
      r.entries.push_back({st.args.partition, e.epoch, e.index, kind, e.fold_version, *e.body});
    }
    ask_committer(st, w->number, std::move(r));
  } else if (auto* e = std::get_if<cluster::write_epoch>(&o)) {
    ask_committer(st, e->number,
                  write_request{{note(st, state::entry_kind::promise, e->promised, {})}});
  } else if (auto* t = std::get_if<cluster::truncate_log>(&o)) {
    ask_committer(st, t->number,
                  write_request{{note(st, state::entry_kind::cut, st.core->promised(), t->last)}});
  } else if (auto* d = std::get_if<cluster::drop_staged>(&o)) {
    st.sink = {};
    ask_committer(st, d->number, stage_request{st.args.partition, true, {}});
  } else if (auto* c = std::get_if<cluster::stage_chunk>(&o)) {
    auto items = st.sink.take(*c->chunk.bytes);
    if (!items) {
      begin_again(st, items.err());
      return;
    }
    ask_committer(st, c->number, stage_request{st.args.partition, false, std::move(*items)});
  } else if (auto* s = std::get_if<cluster::switch_checkpoint>(&o)) {
    switch_to_staged(st, *s);
  }
}

void seeding_order(replica_state& st, cluster::order& o) {
  if (auto* r = std::get_if<cluster::read_log>(&o)) {
    st.host->offload([&st, life = st.life, store = st.args.store, partition = st.args.partition,
                      order = *r]() -> std::function<void()> {
      auto entries = std::make_shared<std::vector<cluster::entry>>();
      const base::entry_index upto{order.from.value + order.entries_max - 1};
      // Trimmed meanwhile, or damaged: the core is told that there is nothing.
      if (!read_entries(*store, partition, {order.from.value - 1}, upto, order.bytes_max, *entries))
        entries->clear();
      return [&st, life, entries, request = order.request] {
        if (life != st.life)
          return;
        tend_log(st);
        st.core->log_was_read(request, std::move(*entries), st.args.now());
        run_orders(st);
      };
    });
  } else if (const auto* oc = std::get_if<cluster::open_checkpoint>(&o)) {
    open_checkpoint(st, oc->id);
  } else if (const auto* rc = std::get_if<cluster::read_chunk>(&o)) {
    read_chunk(st, *rc);
  } else if (auto* cc = std::get_if<cluster::close_checkpoint>(&o)) {
    close_checkpoint(st, cc->id);
  }
}

void tend_log(replica_state& st) {
  if (st.core->role() == cluster::replica_role::failed || st.switching)
    return;
  const auto kept = st.args.store->log().first_kept(st.args.partition);
  if (kept <= st.core->retain_from())
    st.core->trimmed(kept);
  // Nobody is being seeded, or needs what lies behind a checkpoint.
  const bool pinned =
      std::ranges::any_of(st.core->peers(), [](const auto& p) { return p.pinned.value != 0; });
  if (st.holding && st.open.empty() && st.opening.empty() && !pinned) {
    st.holding = false;
    st.host->release(st.args.partition);
  }
}

} // namespace vedette::actors
