#include "tests/sim/node.hpp"

namespace vedette::sim {

node::node(world& w, std::size_t index_)
    : index{index_}, id{fmt::format("n{}", index_ + 1)}, store{w.time, w.chance},
      incarnation{++w.incarnations}, world_{w} {}

instant node::now() const {
  return clock_offset + instant{static_cast<std::int64_t>(
                            static_cast<double>(world_.time.now().count()) * clock_rate)};
}

// --- life ---

void node::deliver(std::function<void()> what) {
  if (!up_)
    return;
  if (paused()) {
    paused_.push_back(std::move(what));
    return;
  }
  what();
}

void node::after(instant delay, std::function<void()> what) {
  world_.time.after(delay, [this, life = process_, what = std::move(what)] {
    if (life == process_)
      deliver(what);
  });
}

void node::start() {
  if (up_)
    return;
  up_ = true;
  joined_ = false;
  writable_ = true;
  draining_ = false;
  ++process_;
  paused_until_ = {};
  generation_ = 0;
  polled_at_ = {};
  controller_.reset();
  world_.trace("{} starts (process {}, store {}, stamp {})", id.value, process_, incarnation.value,
               stamp);
  store.open([this](base::partition_id p, cluster::ticket t) {
    deliver([this, p, t] {
      if (auto* h = host(p))
        h->stored(t);
    });
  });
  join();
}

void node::crash() {
  if (!up_)
    return;
  up_ = joined_ = false;
  ++process_;
  hosts_.clear();
  table_.clear();
  controller_.reset();
  paused_.clear();
  open_swaps_.clear();
  world_.hit(mark::crash);
  const auto lost = store.crash();
  if (lost > 0)
    world_.hit(mark::unsynced_lost);
  world_.trace("{} crashes, {} writes lost", id.value, lost);
}

bool node::paused() const {
  return world_.time.now() < paused_until_;
}

void node::pause(instant length) {
  if (!up_ || paused())
    return;
  paused_until_ = world_.time.now() + length;
  world_.hit(mark::pause);
  world_.trace("{} stands still", id.value);
  world_.time.after(length, [this, life = process_] {
    if (life != process_)
      return;
    world_.trace("{} goes on", id.value);
    auto missed = std::exchange(paused_, {});
    for (auto& what : missed)
      if (life == process_)
        deliver(std::move(what));
  });
}

// --- joining ---

void node::revive() {
  if (!writable_ && !store.full && store.idle()) {
    // Made anew from what the store holds.
    for (auto it = hosts_.begin(); it != hosts_.end();)
      it = it->second->replica().role() == cluster::replica_role::failed ? hosts_.erase(it)
                                                                         : std::next(it);
    writable_ = true;
    // A replica made anew is shown nothing but what was read since: its store may have promised
    // more than this node has heard of.
    open_stored();
    polled_at_ = {};
    poll();
  }
}

void node::open_stored() {
  for (const auto& [p, stored] : store.stored())
    if (hosts_.count(p) == 0)
      hosts_[p] = std::make_unique<partition_host>(world_, *this, p);
}

cluster::node_record node::record() const {
  cluster::node_record r;
  r.id = id;
  r.incarnation = incarnation;
  r.stamp = started_stamp_;
  r.writable = writable_;
  r.draining = draining_;
  return r;
}

void node::join() {
  if (joined_)
    return;
  revive();
  world_.ask(index, [this, life = process_]() -> world::answer {
    const auto s = world_.etcd.look();
    const auto recorded = world_.etcd.store_of(id);
    return [this, life, s, recorded] {
      if (life != process_ || joined_)
        return;
      if (s.cluster.id != world_.cluster_id) {
        // The coordinator was wiped. Open what the store holds, so that it can be sealed and
        // reported; nothing leads without a table.
        open_stored();
        return;
      }
      const auto live = s.nodes.find(id);
      const auto verdict =
          cluster::judge_start(id, {incarnation, stamp}, recorded,
                               live == s.nodes.end() ? std::nullopt : std::optional{live->second});
      if (!verdict)
        return; // our lease of a life before is still there: ask again
      if (*verdict == cluster::start_verdict::new_incarnation) {
        incarnation = {++world_.incarnations};
        stamp = 0;
        rolled_back = false;
        world_.trace("{} holds an old copy: store {} now", id.value, incarnation.value);
        return; // asks again with the new one
      }
      begin(s);
    };
  });
  after(milliseconds{300}, [this] { join(); });
}

void node::begin(const cluster::snapshot& s) {
  joined_ = true;
  started_stamp_ = stamp;
  cluster::controller_limits limits;
  limits.defect_promotes_out_of_sync = world_.opts.wrong.promotes_out_of_sync;
  controller_ = std::make_unique<cluster::controller>(id, limits, now());
  if (world_.sky.places)
    controller_->place(world_.rules());
  wanted_version_ = 0;
  heard_.clear();
  renew();
  if (s.partitions.empty())
    open_stored(); // a table that was begun anew is filled when all stores have said what they hold
  seen(s);
  poll();
  tick();
  ping();
}

void node::renew() {
  ++stamp; // stored before anybody is told
  world_.ask(index,
             [this, r = record(), s = cluster::store_record{incarnation, stamp},
              life = process_]() -> world::answer {
               if (life == process_ && world_.etcd.look().cluster.id == world_.cluster_id)
                 world_.etcd.renew(r, s);
               return [] {};
             });
  after(milliseconds{1500}, [this] { renew(); });
}

void node::set_draining(bool on) {
  draining_ = on;
}

void node::store_failed() {
  if (!writable_)
    return;
  writable_ = false;
  world_.hit(mark::write_refused);
  world_.ask(index, [this, r = record()]() -> world::answer {
    world_.etcd.update(r);
    return [] {};
  });
}

// --- the table ---

void node::poll() {
  world_.ask(
      index,
      [this, life = process_, known = polled_at_, generation = generation_]() -> world::answer {
        // Most polls find nothing new; they only prove that the view is current.
        if (known.value != 0 && world_.etcd.now() == known &&
            world_.etcd.generation() == generation)
          return [this, life] {
            if (life == process_ && controller_)
              controller_->view_fresh(now());
          };
        const auto s = world_.etcd.look();
        return [this, life, s] {
          if (life == process_)
            seen(s);
        };
      });
}

void node::forget_table() {
  table_.clear();
  polled_at_ = {};
  for (auto& [p, h] : hosts_)
    h->table_lost();
}

void node::seen(const cluster::snapshot& s) {
  if (!joined_ || s.cluster.id != world_.cluster_id)
    return; // a wiped coordinator is refused: go on with what is known
  if (s.cluster.generation < generation_)
    return;
  if (s.cluster.generation > generation_)
    forget_table();
  generation_ = s.cluster.generation;
  polled_at_ = s.at;
  controller_->snapshot_seen(s, now());
  for (const auto& [p, value] : s.partitions)
    partition_seen(p, value.at, value.value);
}

void node::event_seen(const cluster::watch_event& e, std::uint64_t generation) {
  if (!joined_ || generation != generation_)
    return; // a watch ends with its generation; a poll finds the next one
  controller_->event_seen(e, now());
  if (const auto* p = std::get_if<cluster::partition_event>(&e))
    partition_seen(p->partition, p->at, p->value);
}

void node::partition_seen(base::partition_id p, cluster::revision at,
                          const cluster::assignment& value) {
  // A poll's answer may be older than an event; what is shown to a replica made anew must not be.
  auto& known = table_[p];
  if (at < known.at)
    return;
  known = {at, value};
  const bool part = is_replica(value, id) || in_sync_member(value, id) != nullptr;
  auto& h = hosts_[p];
  if (!h && (part || store.stored().count(p) > 0) && writable_)
    h = std::make_unique<partition_host>(world_, *this, p);
  if (h)
    h->table_seen(at, value);
  else
    hosts_.erase(p);
}

partition_host* node::host(base::partition_id p) {
  const auto found = hosts_.find(p);
  return found == hosts_.end() ? nullptr : found->second.get();
}

cluster::node_id node::primary_of(base::partition_id p) const {
  const auto found = table_.find(p);
  return found == table_.end() ? cluster::node_id{} : found->second.value.primary;
}

// --- messages ---

void node::received(std::size_t from, const cluster::message& m) {
  if (!joined_)
    return; // its store was not judged yet: it may be an old copy
  if (auto* h = host(m.partition))
    h->received(world_.nodes[from]->id, m);
}

void node::ping() {
  std::vector<cluster::node_id> dead;
  for (const auto& n : world_.nodes) {
    if (n.get() == this)
      continue;
    const auto heard = heard_.find(n->index);
    if (heard == heard_.end())
      heard_[n->index] = now();
    else if (now() - heard->second > seconds{1})
      dead.push_back(n->id);
  }
  for (const auto& about : dead)
    controller_->peer_dead(id, about, now());
  for (const auto& n : world_.nodes) {
    if (n.get() == this)
      continue;
    world_.send(index, n->id, [from = index, reporter = id, dead](node& to) {
      if (!to.joined_)
        return;
      to.heard_[from] = to.now();
      to.controller_->peer_heard(to.id, reporter);
      for (const auto& about : dead)
        to.controller_->peer_dead(reporter, about, to.now());
    });
  }
  after(milliseconds{200}, [this] { ping(); });
}

// --- swaps ---

void node::swap(const cluster::propose& p, base::partition_id partition) {
  const auto key = ++swap_keys_;
  open_swaps_[key] = true;
  cluster::swap_request r{p.token, partition, p.base, p.next, {}};
  world_.ask(
      index,
      [this, r, key, life = process_, generation = generation_]() -> world::answer {
        const auto a = world_.etcd.swap(r, generation);
        world_.hit(a.outcome == cluster::proposal_outcome::won ? mark::swap_won : mark::swap_lost);
        return [this, a, key, life, next = r.next] {
          if (life != process_ || open_swaps_.count(key) == 0)
            return;
          if (a.outcome == cluster::proposal_outcome::won)
            partition_seen(a.partition, a.at, next);
          answer_swap(key, a.partition, a.token, a.outcome);
        };
      },
      true);
  after(seconds{1}, [this, key, partition, token = p.token] {
    if (open_swaps_.count(key) > 0) {
      world_.hit(mark::swap_unknown);
      answer_swap(key, partition, token, cluster::proposal_outcome::unknown);
    }
  });
}

void node::answer_swap(std::uint64_t key, base::partition_id partition, std::uint64_t token,
                       cluster::proposal_outcome outcome) {
  open_swaps_.erase(key);
  if (auto* h = host(partition))
    h->proposal_answered(token, outcome);
}

void node::run_controller() {
  if (wanted_version_ != world_.wanted_version) {
    wanted_version_ = world_.wanted_version;
    controller_->want(world_.wanted);
  }
  controller_->tick(now());
  for (auto& o : controller_->take_orders()) {
    if (const auto* r = std::get_if<cluster::swap_request>(&o)) {
      world_.trace("{} (controller) wants {} epoch {} primary {} in sync {} of {}", id.value,
                   r->partition.value, r->next.epoch.value, r->next.primary.value,
                   r->next.in_sync.size(), r->next.replicas.size());
      world_.sent_as_controller(index);
      world_.ask(
          index,
          [this, request = *r, life = process_, generation = generation_]() -> world::answer {
            const auto before = world_.etcd.look().partitions[request.partition].value;
            const auto a = world_.etcd.swap(request, generation);
            if (world_.etcd.last_was_fenced)
              world_.hit(mark::swap_fenced);
            if (a.outcome == cluster::proposal_outcome::won) {
              if (before.version == 0)
                world_.hit(mark::created);
              else if (request.next.epoch > before.epoch)
                world_.hit(mark::promoted);
              else
                world_.hit(request.next.replicas.size() > before.replicas.size()
                               ? mark::move_begun
                               : mark::move_finished);
              // Nobody asked for this one to move.
              if (before.version != 0 && request.next.replicas != before.replicas &&
                  world_.wanted.count(request.partition) == 0)
                world_.hit(mark::replaced);
            }
            return [this, a, life] {
              if (life == process_ && controller_)
                controller_->swap_answered(a, now());
            };
          },
          true);
    } else if (std::holds_alternative<cluster::campaign>(o)) {
      world_.ask(index, [this, life = process_]() -> world::answer {
        const auto created = world_.etcd.campaign(id);
        return [this, created, life] {
          if (life == process_ && controller_)
            controller_->campaign_answered(created.value != 0, created, now());
        };
      });
    } else if (const auto* v = std::get_if<cluster::revoke_lease>(&o)) {
      world_.trace("{} (controller) revokes the lease of {}", id.value, v->node.value);
      world_.ask(index, [this, v = *v]() -> world::answer {
        const auto office = world_.etcd.look().controller;
        if (v.fence.value != 0 && office.created != v.fence)
          return [] {}; // deposed
        world_.hit(office.holder == v.node ? mark::office_ended : mark::lease_revoked);
        world_.etcd.revoke(v.node);
        return [] {};
      });
    } else {
      poll();
    }
  }
}

// --- time ---

void node::tick() {
  revive();
  for (auto& [p, h] : hosts_)
    h->tick();
  run_controller();
  after(milliseconds{50}, [this] { tick(); });
  if (now() / milliseconds{250} != (now() - milliseconds{50}) / milliseconds{250})
    poll();
}

} // namespace vedette::sim
