// What goes wrong: drawn from the seed, undone by healing.
#include "tests/sim/node.hpp"
#include "tests/sim/world.hpp"

namespace vedette::sim {

void world::draw_weather() {
  // Each seed has some kinds of faults and not others: a cluster in which everything always fails
  // never gets far enough to be interesting.
  const auto some = [&](double p) { return chance.chance(p); };
  sky.loss = some(0.6) ? 0.0005 * static_cast<double>(chance.below(100)) : 0;
  sky.doubled = some(0.5) ? 0.0005 * static_cast<double>(chance.below(100)) : 0;
  sky.answer_lost = some(0.5) ? 0.002 * static_cast<double>(chance.below(100)) : 0;
  sky.late_swap = some(0.4) ? 0.4 : 0;
  sky.reorders = some(0.4);
  sky.delay_max = some(0.3) ? uniform(milliseconds{5}, milliseconds{120})
                            : uniform(milliseconds{1}, milliseconds{4});
  sky.between_faults = uniform(milliseconds{300}, milliseconds{2500});
  sky.crashes = some(0.8);
  sky.wipes = some(0.4);
  sky.pauses = some(0.5);
  sky.cuts = some(0.7);
  sky.disks = some(0.5);
  sky.coordinator = some(0.5);
  sky.coordinator_wipe = some(0.1);
  sky.moves = some(0.4);
  sky.drains = some(0.3);
  sky.rot = some(0.2);
  // Drawn apart, so that the worlds of older seeds stay what they were.
  test::random apart{opts.seed ^ 0x5eed'0000'0000'0001ULL};
  sky.fresh = apart.chance(0.3);
  sky.places = sky.fresh || apart.chance(0.4);
  // A real detector's digest tells what it has said, not every cell of its memory.
  sky.rot = sky.rot && !opts.real_folds;
}

bool world::may_lose_store(std::size_t n) const {
  // An honest loss is no bug: never take the last stores that hold a promise.
  if (time.now() - last_wipe_ < seconds{8})
    return false;
  const auto table = etcd.look();
  // While the table is lost nobody can know whether a store is the last in sync: one that loses
  // something then is beyond what is promised (docs/coordination.md).
  if (table.cluster.id != cluster_id || rebuilding_)
    return false;
  for (const auto& [p, v] : table.partitions) {
    std::size_t others = 0;
    for (const auto& m : v.value.in_sync)
      for (const auto& other : nodes)
        others += other->index != n && other->id == m.node && other->incarnation == m.incarnation;
    // A swap under way may be about to take one of them out.
    if (others < 2)
      return false;
  }
  return true;
}

void world::began_to_serve(std::size_t n) {
  if (!healing && sky.crashes && time.now() > seconds{2} && chance.chance(0.15))
    time.after(uniform(microseconds{1}, milliseconds{60}), [this, n] { crash_now(n); });
}

void world::sent_as_controller(std::size_t n) {
  if (!healing && sky.crashes && chance.chance(0.1))
    time.after(uniform(microseconds{1}, milliseconds{5}), [this, n] { crash_now(n); });
}

/// A moment at which writes are under way is worth more than any other.
void world::crash_when_busy(std::size_t n, int tries) {
  if (tries == 0 || !nodes[n]->store.idle()) {
    crash_now(n);
    return;
  }
  time.after(microseconds{250}, [this, n, tries] { crash_when_busy(n, tries - 1); });
}

void world::crash_now(std::size_t n) {
  auto& victim = *nodes[n];
  if (healing || !victim.up())
    return;
  const auto old = victim.store.copy();
  const auto old_stamp = victim.stamp;
  victim.crash();
  auto down = uniform(milliseconds{50}, chance.chance(0.3) ? seconds{9} : seconds{2});
  if (sky.wipes && chance.chance(0.4) && may_lose_store(n)) {
    last_wipe_ = time.now();
    victim.store.wipe();
    victim.incarnation = {++incarnations};
    victim.stamp = 0;
    victim.rolled_back = false;
    hit(mark::wipe);
    trace("{} loses its disk", victim.id.value);
  } else if (sky.wipes && chance.chance(0.4)) {
    // Goes on for a while, then somebody puts the copy of now back.
    time.after(seconds{6}, [this, &victim, old, old_stamp] {
      const auto recorded = etcd.store_of(victim.id);
      if (healing || !victim.up() || !recorded || recorded->stamp <= old_stamp + 1 ||
          recorded->incarnation != victim.incarnation || !may_lose_store(victim.index))
        return;
      last_wipe_ = time.now();
      victim.crash();
      victim.store.put_back(old);
      victim.stamp = old_stamp;
      victim.rolled_back = true;
      hit(mark::old_copy);
      trace("{} gets an old copy of its store back", victim.id.value);
      time.after(milliseconds{100}, [&victim] { victim.start(); });
    });
  }
  time.after(down, [&victim] { victim.start(); });
}

void world::cause_node_fault(std::size_t n) {
  auto& victim = *nodes[n];
  if (!victim.up())
    return;
  switch (chance.below(4)) {
  case 0:
  case 1:
    if (!sky.crashes)
      return;
    crash_when_busy(n, chance.chance(0.5) ? 400 : 0);
    return;
  case 2:
    if (sky.pauses)
      victim.pause(uniform(milliseconds{100}, chance.chance(0.3) ? seconds{8} : seconds{2}));
    return;
  case 3: {
    if (!sky.disks)
      return;
    const auto length = uniform(milliseconds{300}, seconds{5});
    if (chance.chance(0.5)) {
      victim.store.sync_time = microseconds{400} * 200;
      hit(mark::disk_slow);
      trace("{} has a slow disk", victim.id.value);
      time.after(length, [&victim] { victim.store.sync_time = microseconds{400}; });
    } else {
      victim.store.full = true;
      hit(mark::disk_full);
      trace("{} has a full disk", victim.id.value);
      time.after(length, [&victim] { victim.store.full = false; });
    }
    return;
  }
  default:
    return;
  }
}

void world::cause_network_fault(std::size_t n) {
  if (!sky.cuts)
    return;
  const auto length = uniform(milliseconds{200}, chance.chance(0.3) ? seconds{10} : seconds{3});
  const auto size = nodes.size();
  const auto other = (n + 1 + chance.below(size - 1)) % size;
  std::vector<std::size_t> links;
  bool from_coordinator = false;
  switch (chance.below(4)) {
  case 0: // a node alone
    for (std::size_t i = 0; i < size; ++i)
      if (i != n)
        links.insert(links.end(), {n * size + i, i * size + n});
    from_coordinator = chance.chance(0.5);
    hit(mark::cut_two_way);
    break;
  case 1:
    links = {n * size + other, other * size + n};
    hit(mark::cut_two_way);
    break;
  case 2:
    links = {n * size + other};
    hit(mark::cut_one_way);
    break;
  default:
    from_coordinator = true;
    break;
  }
  if (from_coordinator) {
    hit(mark::cut_coordinator);
    ++coordinator_cut_[n];
  }
  trace("{} is cut off: {} links{}", nodes[n]->id.value, links.size(),
        from_coordinator ? ", coordinator" : "");
  for (const auto link : links)
    ++cuts_[link];
  time.after(length, [this, n, links, from_coordinator] {
    for (const auto link : links)
      --cuts_[link];
    coordinator_cut_[n] -= from_coordinator;
  });
}

void world::cause_coordinator_fault() {
  if (!sky.coordinator || etcd.down || rebuilding_)
    return;
  etcd.down = true;
  hit(mark::coordinator_down);
  const auto length = uniform(milliseconds{300}, chance.chance(0.3) ? seconds{12} : seconds{3});
  const bool wiped = sky.coordinator_wipe && time.now() > opts.faulty / 2;
  if (wiped)
    sky.coordinator_wipe = false;
  trace("the coordinator goes down");
  time.after(length, [this, wiped] {
    if (wiped) {
      etcd.wipe();
      etcd.down = false;
      for (auto& n : nodes)
        n->found_out_by_nobody = n->rolled_back;
      hit(mark::coordinator_wiped);
      trace("the coordinator comes back empty");
      rebuilding_ = true;
      // Nodes that follow an empty table while their old primaries go on, or that follow none.
      claimed_ = opts.seed % 2 == 1;
      if (claimed_)
        etcd.found(cluster_id, partitions(), {});
      time.after(seconds{2}, [this] { rebuild_table(); });
      return;
    }
    const bool renewed = chance.chance(0.5);
    if (!renewed)
      hit(mark::leases_expired_together);
    trace("the coordinator comes back{}", renewed ? "" : ", leases run on");
    etcd.came_back(renewed);
  });
}

void world::rebuild_table() {
  // What an operator does: every node up and answering, every store sealed at one epoch, then the
  // table is made.
  const auto again = [this] { time.after(seconds{1}, [this] { rebuild_table(); }); };
  for (auto& n : nodes) {
    if (!n->up() || n->paused()) {
      again();
      return;
    }
  }
  std::map<base::partition_id, cluster::assignment> table;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    std::vector<cluster::store_report> reports;
    base::epoch highest;
    for (auto& n : nodes)
      if (auto* h = n->host({p}))
        highest = std::max({highest, h->replica().promised(), n->store.seen({p}).table.epoch});
    bool sealed = true;
    for (auto& n : nodes) {
      auto* h = n->host({p});
      if (h == nullptr || h->replica().role() == cluster::replica_role::failed) {
        // A node that restarted since has nothing to host by; it reads its store.
        const auto stored = n->store.stored().find({p});
        if (stored == n->store.stored().end()) {
          reports.push_back({{n->id, n->incarnation}, highest, {}, 0, 1, {}}); // it holds nothing
          continue;
        }
        sealed = false;
        break;
      }
      const auto& r = h->replica();
      if (r.promised() < highest || r.sealed() < highest ||
          r.role() == cluster::replica_role::serving ||
          r.role() == cluster::replica_role::preparing || r.durable() != r.last()) {
        h->seal({highest.value + (r.promised() < highest ? 0 : 1)});
        sealed = false;
        continue;
      }
      const auto last = r.last();
      const auto& seen = n->store.seen({p}).table;
      reports.push_back({r.self(),
                         r.sealed(),
                         {r.history().epoch_at(last), last},
                         seen.version,
                         seen.min_in_sync,
                         seen.replicas});
    }
    if (!sealed) {
      again();
      return;
    }
    const auto made = cluster::rebuild_assignment(reports);
    if (!made) {
      trace("rebuilding partition {}: {}", p, made.err().context);
      again();
      return;
    }
    table[{p}] = *made;
  }
  trace("the table is rebuilt");
  hit(mark::table_rebuilt);
  rebuilding_ = false;
  if (claimed_)
    etcd.fill(std::move(table));
  else
    etcd.found(cluster_id, partitions(), std::move(table));
}

void world::ask_for_a_move() {
  if (!sky.moves || nodes.size() <= copies)
    return;
  const auto table = etcd.look();
  if (table.partitions.empty())
    return;
  const base::partition_id p{static_cast<std::uint32_t>(chance.below(partitions()))};
  const auto first = chance.below(nodes.size());
  std::vector<cluster::node_id> to;
  for (std::size_t c = 0; c < copies; ++c)
    to.push_back(nodes[(first + c) % nodes.size()]->id);
  wanted[p] = to;
  ++wanted_version;
  trace("partition {} shall move to {}..", p.value, to.front().value);
}

void world::cause_fault() {
  const auto n = chance.below(nodes.size());
  switch (chance.below(10)) {
  case 0:
  case 1:
  case 2:
  case 3:
    cause_node_fault(n);
    return;
  case 4:
  case 5:
  case 6:
    cause_network_fault(n);
    return;
  case 7:
    cause_coordinator_fault();
    return;
  case 8:
    ask_for_a_move();
    return;
  default:
    if (sky.drains && nodes[n]->up()) {
      hit(mark::drained);
      trace("{} drains", nodes[n]->id.value);
      nodes[n]->set_draining(true);
      time.after(uniform(seconds{1}, seconds{6}),
                 [&drained = *nodes[n]] { drained.set_draining(false); });
    }
    return;
  }
}

void world::rot_one() {
  // When all is well, and a primary only where no new copy will be made of it: when half of the
  // in-sync states or more come from the rotten one, digests cannot mend it (docs/cluster.md).
  for (const auto& [p, v] : etcd.look().partitions) {
    auto victims = v.value.replicas;
    const bool may_be_moved = sky.moves || sky.drains || sky.places;
    if (copies < 3 && (may_be_moved || v.value.primary != victims.front()))
      continue; // the rotten one may be asked to lead
    if (copies < 3 || may_be_moved)
      std::erase(victims, v.value.primary);
    if (p.value >= detectors || victims.empty())
      continue;
    auto* h = node_of(victims[chance.below(victims.size())]).host(p);
    if (!h->fold().may_rot())
      continue;
    h->rot(chance.next());
    return;
  }
}

void world::heal() {
  healing = true;
  trace("healing");
  sky.loss = sky.doubled = sky.answer_lost = sky.late_swap = 0;
  std::ranges::fill(cuts_, 0);
  std::ranges::fill(coordinator_cut_, 0);
  for (auto& n : nodes) {
    n->store.full = false;
    n->store.sync_time = microseconds{400};
    n->start();
  }
}

} // namespace vedette::sim
