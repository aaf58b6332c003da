#include "tests/sim/partition_host.hpp"

#include "tests/sim/node.hpp"
#include "tests/sim/real/truth.hpp"

namespace vedette::sim {
namespace {

cluster::replica_boot boot_of(node& n, base::partition_id id, bool forgiving) {
  const auto& i = n.store.seen(id);
  cluster::replica_boot b;
  b.partition = id;
  b.self = {n.id, n.incarnation};
  b.promised = i.promised;
  b.first_kept = i.first_kept;
  b.last = i.last();
  b.history = i.history.starts();
  b.applied = {i.fold ? i.fold->applied : 0};
  // Only a protocol that folds before it commits can get here.
  if (forgiving)
    b.applied = std::min(b.applied, b.last);
  return b;
}

} // namespace

partition_host::partition_host(world& w, node& n, base::partition_id id)
    : world_{w}, node_{n}, id_{id}, replica_{boot_of(n, id, w.opts.wrong.folds_before_commit),
                                             w.limits, n.now()} {
  fold_ = make_fold(*this);
  fold_->load(n.store.seen(id).fold);
  told_ = replica_.committed().value;
}

std::function<void()> partition_host::guarded(std::function<void()> what) const {
  return [alive = std::weak_ptr{alive_}, what = std::move(what)] {
    if (!alive.expired())
      what();
  };
}

instant partition_host::now() const {
  return node_.now();
}

// --- inputs ---

void partition_host::table_seen(cluster::revision at, const cluster::assignment& value) {
  const auto before = replica_.table();
  replica_.table_seen(at, value, now());
  if (replica_.table_revision() == at && before != value) {
    note_change(before, value);
    put(0, store_table{value});
  }
  run_orders();
}

void partition_host::note_change(const cluster::assignment& before,
                                 const cluster::assignment& after) {
  // The new primary counts each step once.
  if (after.primary != node_.id || before.version == after.version || before.version == 0)
    return;
  if (after.epoch > before.epoch && before.primary == after.primary)
    world_.hit(mark::reclaimed);
  if (after.epoch == before.epoch && after.in_sync.size() < before.in_sync.size())
    world_.hit(mark::shrunk);
  if (after.epoch == before.epoch && after.in_sync.size() > before.in_sync.size())
    world_.hit(mark::grown);
}

void partition_host::received(const cluster::node_id& from, const cluster::message& m) {
  replica_.received(from, m, now());
  run_orders();
}

void partition_host::stored(cluster::ticket upto) {
  replica_.stored(upto, now());
  run_orders();
}

void partition_host::proposal_answered(std::uint64_t token, cluster::proposal_outcome outcome) {
  replica_.proposal_answered(token, outcome, now());
  run_orders();
}

void partition_host::seal(base::epoch e) {
  replica_.seal(e);
  run_orders();
}

void partition_host::tick() {
  replica_.tick(now());
  run_orders();
  if (now() >= checkpoint_at_)
    store_checkpoint();
  react();
}

// --- orders ---

void partition_host::run_orders() {
  for (auto orders = replica_.take_orders(); !orders.empty(); orders = replica_.take_orders())
    for (auto& o : orders)
      carry_out(o);
}

void partition_host::put(cluster::ticket number, decltype(write::what) what) {
  if (replica_.role() == cluster::replica_role::failed)
    return;
  if (node_.store.put({id_, number, std::move(what)}))
    return;
  replica_.store_failed({base::ec::disk_full, "writing: no space left"});
  node_.store_failed();
}

void partition_host::carry_out(cluster::order& o) {
  if (auto* s = std::get_if<cluster::send>(&o)) {
    if (std::holds_alternative<cluster::refused>(s->what.body))
      world_.hit(mark::stale_refused);
    world_.send(node_.index, s->to,
                [from = node_.index, m = std::move(s->what)](node& to) { to.received(from, m); });
  } else if (auto* w = std::get_if<cluster::write_entries>(&o)) {
    auto entries = w->entries;
    put(w->number, std::move(*w));
    folded_early(entries);
  } else if (auto* e = std::get_if<cluster::write_epoch>(&o)) {
    put(e->number, *e);
  } else if (auto* t = std::get_if<cluster::truncate_log>(&o)) {
    world_.hit(mark::truncated);
    world_.trace("{} p{} truncates to {}", node_.id.value, id_.value, t->last.value);
    put(t->number, *t);
  } else if (auto* c = std::get_if<cluster::stage_chunk>(&o)) {
    put(c->number, *c);
  } else if (auto* d = std::get_if<cluster::drop_staged>(&o)) {
    if (node_.store.seen(id_).staged_chunks > 0)
      world_.hit(mark::seed_restarted);
    put(d->number, *d);
  } else if (auto* sw = std::get_if<cluster::switch_checkpoint>(&o)) {
    world_.hit(mark::seeded);
    const auto state = world_.kept(sw->manifest.checksum.low);
    world_.trace("{} p{} is seeded at {}", node_.id.value, id_.value, sw->manifest.at.index.value);
    put(sw->number, install{sw->manifest, state});
    fold_->load(state);
    told_ = fold_->applied();
    rotten_ = false;
  } else if (auto* ct = std::get_if<cluster::committed_through>(&o)) {
    fold_to(ct->index);
  } else if (auto* ss = std::get_if<cluster::start_serving>(&o)) {
    world_.hit(mark::served);
    world_.trace("{} p{} serves epoch {} from {}", node_.id.value, id_.value, ss->epoch.value,
                 ss->from.value);
    world_.check.serving(id_, ss->epoch, node_.id, node_.process());
    world_.began_to_serve(node_.index);
    fold_->begin_term(ss->epoch);
    react();
  } else if (auto* st = std::get_if<cluster::stop_serving>(&o)) {
    world_.hit(mark::stepped_down);
    world_.trace("{} p{} stops serving epoch {}: {}", node_.id.value, id_.value, st->epoch.value,
                 st->why.context);
    fold_->end_term();
  } else if (auto* p = std::get_if<cluster::propose>(&o)) {
    world_.trace("{} p{} proposes epoch {} version {} in sync {}", node_.id.value, id_.value,
                 p->next.epoch.value, p->next.version, p->next.in_sync.size());
    node_.swap(*p, id_);
  } else if (std::holds_alternative<cluster::reread_table>(o)) {
    node_.poll();
  } else if (auto* r = std::get_if<cluster::read_log>(&o)) {
    world_.hit(mark::log_reread);
    node_.after(microseconds{200}, guarded([this, order = *r] {
                  std::vector<cluster::entry> entries;
                  const auto& i = node_.store.seen(id_);
                  for (auto at = order.from;
                       at >= i.first_kept && at <= i.last() && entries.size() < order.entries_max;
                       ++at.value)
                    entries.push_back(i.at(at));
                  replica_.log_was_read(order.request, std::move(entries), now());
                  run_orders();
                }));
  } else if (auto* oc = std::get_if<cluster::open_checkpoint>(&o)) {
    open(oc->id);
  } else if (auto* rc = std::get_if<cluster::read_chunk>(&o)) {
    node_.after(microseconds{300}, guarded([this, order = *rc] {
                  if (open_.count(order.id) == 0)
                    return;
                  replica_.chunk_was_read(order.id, order.number,
                                          std::make_shared<const std::string>("chunk"), now());
                  run_orders();
                }));
  } else if (auto* cc = std::get_if<cluster::close_checkpoint>(&o)) {
    open_.erase(cc->id);
  } else if (auto* a = std::get_if<cluster::raise_alarm>(&o)) {
    alarm(*a);
  }
}

void partition_host::open(std::uint64_t id) {
  node_.after(milliseconds{1}, guarded([this, id] {
                if (open_.count(id) > 0)
                  return;
                const auto state = fold_->image();
                open_[id] = state;
                cluster::replica::opened_checkpoint what;
                what.at = {state->applied};
                what.chunks = 3 + static_cast<std::uint32_t>(id % 4);
                what.checksum = {state->digest.low, world_.keep(state)};
                replica_.checkpoint_opened(id, what, now());
                run_orders();
              }));
}

void partition_host::alarm(const cluster::raise_alarm& a) {
  world_.trace("{} p{} ALARM {}", node_.id.value, id_.value, a.text);
  if (a.kind == cluster::alarm_kind::digest_differs)
    world_.hit(a.about == node_.id ? mark::primary_outvoted : mark::digest_alarm);
  if (a.kind == cluster::alarm_kind::store_failed ||
      (a.kind == cluster::alarm_kind::digest_differs && world_.sky.rot))
    return;
  // An old copy whose stamp the coordinator forgot is found out by what it had acknowledged.
  if (a.kind == cluster::alarm_kind::store_lost && world_.node_of(a.about).found_out_by_nobody)
    return;
  if (world_.opts.alarms_count)
    world_.check.violate("alarm: " + a.text);
}

// --- the fold ---

void partition_host::folded_early(const std::vector<cluster::entry>& entries) {
  if (!world_.opts.wrong.folds_before_commit)
    return;
  for (const auto& e : entries)
    if (e.index.value == fold_->applied() + 1)
      fold_->apply(e);
}

void partition_host::fold_one(const cluster::entry& e) {
  if (world_.check.committed(id_, e) && world_.real)
    world_.real->committed(id_, id_.value >= world_.detectors, e);
  // Only a protocol that folds before it commits has it already.
  if (e.index.value > fold_->applied() && fold_->apply(e) &&
      static_cast<kind>(e.kind) == kind::batch)
    world_.hit(mark::duplicate_dropped);
  const auto digest = fold_->digest_after(e.index.value);
  if (!digest)
    return;
  if (!world_.sky.rot && !world_.opts.wrong.folds_before_commit)
    world_.check.folded(id_, e.index.value, *digest);
  replica_.folded(e.index, *digest, now());
}

void partition_host::fold_to(base::entry_index through) {
  const auto& i = node_.store.seen(id_);
  for (base::entry_index at{told_ + 1}; at <= through; ++at.value)
    fold_one(i.at(at));
  told_ = through.value;
  fold_->answer(through.value);
  react();
}

void partition_host::react() {
  if (!serving())
    return;
  fold_->react();
  run_orders();
}

std::optional<base::entry_index> partition_host::append(std::uint8_t kind, body b) {
  const auto index = replica_.append(kind, 1, std::move(b), now());
  return index ? std::optional{*index} : std::nullopt;
}

void partition_host::rot(std::uint64_t where) {
  fold_->rot(where);
  rotten_ = true;
  world_.hit(mark::state_rotted);
  world_.trace("{} p{} rots", node_.id.value, id_.value);
}

void partition_host::store_checkpoint() {
  checkpoint_at_ = now() + world_.uniform(milliseconds{700}, milliseconds{2500});
  if (replica_.role() == cluster::replica_role::failed || rotten_)
    return;
  auto& i = node_.store.seen(id_);
  const auto before = i.fold ? i.fold->applied : 0;
  if (fold_->applied() <= before)
    return;
  put(0, store_fold{fold_->image()});
  const auto keep = world_.chance.below(30);
  const base::entry_index upto{
      std::min(replica_.retain_from().value,
               fold_->applied() + 1 > keep ? fold_->applied() + 1 - keep : std::uint64_t{1})};
  if (upto <= i.first_kept || upto.value > replica_.durable().value + 1)
    return;
  replica_.trimmed(upto);
  put(0, trim_log{upto});
  world_.hit(mark::trimmed);
}

} // namespace vedette::sim
