#include "actors/replica_storage.hpp"

#include "actors/error.hpp"

#include <algorithm>

namespace vedette::actors {

void offload(replica_pointer self, std::function<std::function<void()>()> work) {
  auto job = [to = replica_actor{self}, work = std::move(work)] {
    caf::anon_send(to, work_done{std::make_shared<std::function<void()>>(work())});
  };
  if (self->state.args.aside) {
    self->state.args.aside(std::move(job));
    return;
  }
  // With an argument: CAF 0.17 spawns a function without one through a null pointer.
  self->system().spawn<caf::detached>(
      [](caf::event_based_actor*, const std::shared_ptr<std::function<void()>>& what) {
        (*what)();
      },
      std::make_shared<std::function<void()>>(std::move(job)));
}

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

void settle(replica_pointer self, cluster::ticket number) {
  auto& st = self->state;
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
  run_orders(self);
}

/// `done` runs before the core hears of it.
template <class Request>
void ask_committer(replica_pointer self, cluster::ticket number, Request request,
                   std::function<void()> done = {}) {
  auto& st = self->state;
  st.writes.push_back({number, false});
  ++st.unanswered;
  const auto answered = [self] {
    auto& now = self->state;
    if (--now.unanswered == 0 && now.begin_again)
      begin_again(self, *now.begin_again);
  };
  self->request(st.args.committer, caf::infinite, std::move(request))
      .then(
          [self, number, core = st.cores, done, answered](atom::done) {
            if (core == self->state.cores && !self->state.begin_again) {
              if (done)
                done();
              settle(self, number);
            }
            answered();
          },
          [self, answered](const caf::error& e) {
            fail(self, from_caf(e));
            answered();
          });
}

state::log_entry note(const replica_state& st, state::entry_kind kind, base::epoch epoch,
                      base::entry_index index, std::string body = {}) {
  return {st.args.partition, epoch, index, kind, 1, std::move(body)};
}

void switch_to_staged(replica_pointer self, const cluster::switch_checkpoint& s) {
  auto& st = self->state;
  if (!st.sink.matches(s.manifest)) {
    begin_again(self, {base::ec::corrupt, "a checkpoint that was sent here fails its checksum"});
    return;
  }
  st.switching = true;
  const auto go = [self, s] {
    auto& now = self->state;
    now.fold_asked = false;
    switch_request r{note(now, state::entry_kind::reset, s.manifest.at.epoch, s.manifest.at.index,
                          schemas::encode_history(s.manifest.history)),
                     now.sink.beside(now.args.partition, s.manifest.at.index)};
    ask_committer(self, s.number, std::move(r), [self, at = s.manifest.at.index] {
      self->state.switching = false;
      replaced(self, at);
    });
    auto held = std::exchange(now.behind_switch, {});
    for (auto& o : held)
      store_order(self, o);
  };
  if (!st.fold) {
    go();
    return;
  }
  // The fold's own checkpoints must not come on top of the new state.
  st.fold_asked = true;
  self->request(st.fold, caf::infinite, hold_still{})
      .then(
          [self, go, core = st.cores](atom::done) {
            if (core == self->state.cores)
              go();
          },
          [self](const caf::error& e) { fail(self, from_caf(e), false); });
}

/// Events and the passing of time fill a group commit; what an alert passes through is rare and in
/// a hurry.
bool waits_well(state::entry_kind kind) {
  return kind == state::entry_kind::batch || kind == state::entry_kind::tick ||
         kind == state::entry_kind::answered;
}

} // namespace

void store_order(replica_pointer self, cluster::order& o) {
  auto& st = self->state;
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
    ask_committer(self, w->number, std::move(r));
  } else if (auto* e = std::get_if<cluster::write_epoch>(&o)) {
    ask_committer(self, e->number,
                  write_request{{note(st, state::entry_kind::promise, e->promised, {})}});
  } else if (auto* t = std::get_if<cluster::truncate_log>(&o)) {
    ask_committer(self, t->number,
                  write_request{{note(st, state::entry_kind::cut, st.core->promised(), t->last)}});
  } else if (auto* d = std::get_if<cluster::drop_staged>(&o)) {
    st.sink = {};
    ask_committer(self, d->number, stage_request{st.args.partition, true, {}});
  } else if (auto* c = std::get_if<cluster::stage_chunk>(&o)) {
    auto items = st.sink.take(*c->chunk.bytes);
    if (!items) {
      begin_again(self, items.err());
      return;
    }
    ask_committer(self, c->number, stage_request{st.args.partition, false, std::move(*items)});
  } else if (auto* s = std::get_if<cluster::switch_checkpoint>(&o)) {
    switch_to_staged(self, *s);
  }
}

void seeding_order(replica_pointer self, cluster::order& o) {
  auto& st = self->state;
  if (auto* r = std::get_if<cluster::read_log>(&o)) {
    offload(self,
            [self, life = st.life, store = st.args.store, partition = st.args.partition,
             order = *r]() -> std::function<void()> {
              auto entries = std::make_shared<std::vector<cluster::entry>>();
              const base::entry_index upto{order.from.value + order.entries_max - 1};
              // Trimmed meanwhile, or damaged: the core is told that there is nothing.
              if (!read_entries(*store, partition, {order.from.value - 1}, upto, order.bytes_max,
                                *entries))
                entries->clear();
              return [self, life, entries, request = order.request] {
                if (life != self->state.life)
                  return;
                tend_log(self);
                self->state.core->log_was_read(request, std::move(*entries),
                                               self->state.args.now());
                run_orders(self);
              };
            });
  } else if (auto* oc = std::get_if<cluster::open_checkpoint>(&o)) {
    if (!st.fold)
      return;
    st.holding = true;
    self->request(st.fold, caf::infinite, take_checkpoint{})
        .then(
            [self, id = oc->id](const checkpoint_taken& taken) {
              offload(self, [self, id, taken, life = self->state.life]() -> std::function<void()> {
                auto source = checkpoint_source::open(taken);
                return [self, id, source, life] {
                  if (life != self->state.life)
                    return;
                  if (!source) {
                    fail(self, source.err());
                    return;
                  }
                  self->state.open[id] = *source;
                  self->state.core->checkpoint_opened(id, (*source)->opened(),
                                                      self->state.args.now());
                  run_orders(self);
                };
              });
            },
            [self](const caf::error& e) { fail(self, from_caf(e), false); });
  } else if (auto* rc = std::get_if<cluster::read_chunk>(&o)) {
    const auto found = st.open.find(rc->id);
    if (found == st.open.end())
      return;
    offload(self,
            [self, source = found->second, order = *rc, life = st.life]() -> std::function<void()> {
              auto bytes = source->chunk(order.number);
              return [self, bytes, order, life] {
                if (life != self->state.life)
                  return;
                if (!bytes) {
                  fail(self, bytes.err());
                  return;
                }
                self->state.core->chunk_was_read(order.id, order.number,
                                                 std::make_shared<const std::string>(*bytes),
                                                 self->state.args.now());
                run_orders(self);
              };
            });
  } else if (auto* cc = std::get_if<cluster::close_checkpoint>(&o)) {
    st.open.erase(cc->id);
  }
}

void tend_log(replica_pointer self) {
  auto& st = self->state;
  if (st.core->role() == cluster::replica_role::failed || st.switching)
    return;
  const auto kept = st.args.store->log().first_kept(st.args.partition);
  if (kept <= st.core->retain_from())
    st.core->trimmed(kept);
  // Nobody is being seeded, or needs what lies behind a checkpoint.
  const bool pinned =
      std::ranges::any_of(st.core->peers(), [](const auto& p) { return p.pinned.value != 0; });
  if (st.holding && st.open.empty() && !pinned) {
    st.holding = false;
    self->send(st.args.committer, release_hold{st.args.partition});
  }
}

} // namespace vedette::actors
