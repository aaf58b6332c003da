#include "tests/sim/world.hpp"

#include "tests/sim/collector.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/real/truth.hpp"

namespace vedette::sim {

world::world(const options& o)
    : opts{o}, chance{o.seed * 0x9e3779b97f4a7c15ULL + 1}, etcd{time, seconds{5}} {
  if (!opts.real_folds)
    return;
  check.reads_model = false;
  real = std::make_unique<real::truth>(check);
  test::random apart{opts.seed ^ 0x5eed'0000'0000'0002ULL};
  for (auto of = opts.faulty / 4; of < opts.faulty; of += opts.faulty / 2)
    generations_.push_back(of + opts.faulty / 1000 * static_cast<std::int64_t>(apart.below(250)));
}

world::~world() = default;

instant world::uniform(instant low, instant high) {
  return low + instant{static_cast<std::int64_t>(
                   chance.below(static_cast<std::uint64_t>((high - low).count()) + 1))};
}

instant world::delay() {
  return uniform(microseconds{100}, healing ? instant{milliseconds{2}} : sky.delay_max);
}

node& world::node_of(const cluster::node_id& id) {
  for (auto& n : nodes)
    if (n->id == id)
      return *n;
  VEDETTE_ASSERT(false && "a node of no known name");
  return *nodes.front();
}

// --- the network ---

void world::send(std::size_t from, const cluster::node_id& to,
                 std::function<void(node&)> delivered) {
  auto& target = node_of(to);
  if (cut(from, target.index))
    return;
  if (chance.chance(sky.loss)) {
    hit(mark::message_lost);
    return;
  }
  const auto arrive = [&](const std::function<void(node&)>& what) {
    auto at = time.now() + delay();
    if (!sky.reorders) {
      auto& last = last_arrival_[from * nodes.size() + target.index];
      at = last = std::max(at, last);
    }
    time.after(at - time.now(),
               [&target, what] { target.deliver([&target, what] { what(target); }); });
  };
  arrive(delivered);
  if (chance.chance(sky.doubled)) {
    hit(mark::message_doubled);
    arrive(delivered);
  }
}

void world::ask(std::size_t from, std::function<answer()> question, bool may_be_late) {
  if (coordinator_cut_[from] > 0)
    return;
  auto there = delay();
  if (may_be_late && chance.chance(sky.late_swap))
    there += uniform(milliseconds{200}, seconds{4});
  time.after(there, [this, from, question = std::move(question)] {
    if (etcd.down)
      return;
    auto said = question();
    if (coordinator_cut_[from] > 0 || chance.chance(sky.answer_lost))
      return;
    time.after(delay(), [this, from, said = std::move(said)] { nodes[from]->deliver(said); });
  });
}

std::uint64_t world::keep(checkpoint state) {
  const auto key = kept_.size() + 1;
  kept_[key] = std::move(state);
  return key;
}

void world::call_cloud(alert_id action, std::size_t from, std::function<void()> done) {
  time.after(uniform(milliseconds{5}, milliseconds{200}), [this, action, from, done] {
    if (real)
      real->called(action);
    else
      check.called(action);
    // The cloud knows the idempotency key: a second call changes nothing.
    in_effect_[action] = 1;
    if (chance.chance(sky.loss))
      return;
    time.after(uniform(milliseconds{5}, milliseconds{50}),
               [this, from, done] { nodes[from]->deliver(done); });
  });
}

base::generation world::generation_known(instant later) const {
  base::generation g{1};
  for (const auto at : generations_)
    g.value += time.now() >= at + later;
  return g;
}

// --- the play ---

void world::found_cluster() {
  const auto n = 3 + chance.below(3);
  cuts_.assign(n * n, 0);
  coordinator_cut_.assign(n, 0);
  last_arrival_.assign(n * n, {});
  copies = chance.chance(0.2) ? 2 : 3;
  detectors = static_cast<std::uint32_t>(1 + chance.below(2));
  limits.digest_every = 16;
  limits.cache_bytes = 256u << chance.below(8);
  limits.tail_max =
      40 + limits.cache_bytes / 32; // no draw of its own: old seeds stay what they are
  limits.batch_entries = 1 + chance.below(32);
  limits.window_messages = 1 + chance.below(8);
  limits.uncommitted_entries = 6 + chance.below(60);
  limits.grow_slack = chance.below(16);
  limits.defects = opts.wrong.protocol;
  for (std::size_t i = 0; i < n; ++i) {
    auto& added = nodes.emplace_back(std::make_unique<node>(*this, i));
    added->clock_rate = 0.97 + 0.06 * static_cast<double>(chance.below(1000)) / 1000;
    added->clock_offset = uniform(seconds{1}, seconds{100'000});
  }
  etcd.changed = [this](const cluster::watch_event& e) {
    // A watch's events come in order, or the watch breaks and its node polls.
    for (auto& to : nodes) {
      if (coordinator_cut_[to->index] > 0 || chance.chance(sky.answer_lost))
        continue;
      time.after(milliseconds{2}, [&t = *to, e, g = etcd.generation()] {
        t.deliver([&t, e, g] { t.event_seen(e, g); });
      });
    }
  };
  std::map<base::partition_id, cluster::assignment> table;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    std::vector<cluster::member> members;
    for (std::size_t c = 0; c < copies; ++c) {
      const auto& holder = *nodes[(p + c) % n];
      members.push_back({holder.id, holder.incarnation});
    }
    table[{p}] = *cluster::create(members, cluster::default_min_in_sync(copies));
  }
  if (sky.fresh)
    table.clear();
  etcd.found(cluster_id, partitions(), std::move(table));
  for (auto& started : nodes)
    started->start();
  for (std::uint64_t c = 0; c < 3; ++c)
    collectors.push_back(std::make_unique<collector>(*this, c));
  for (auto& c : collectors)
    c->tick();
}

cluster::placement_rules world::rules() const {
  cluster::placement_rules r;
  auto& detecting = r.groups.emplace_back();
  for (std::uint32_t p = 0; p < detectors; ++p)
    detecting.push_back({p});
  auto& aggregating = r.groups.emplace_back();
  for (std::uint32_t p = detectors; p < partitions(); ++p)
    aggregating.push_back({p});
  r.copies = copies;
  r.min_in_sync = cluster::default_min_in_sync(copies);
  r.make_after = seconds{2};
  r.gone_after = seconds{4};
  return r;
}

outcome world::play() {
  draw_weather();
  found_cluster();
  const auto stop = [this] { return check.violation().has_value(); };
  const std::function<void()> leases = [this, &leases] {
    if (!etcd.down)
      for (auto ended = etcd.expire(); ended > 0; --ended)
        hit(mark::lease_expired);
    time.after(milliseconds{100}, leases);
  };
  leases();
  const std::function<void()> faults = [this, &faults] {
    if (healing)
      return;
    cause_fault();
    time.after(uniform(sky.between_faults / 4, sky.between_faults * 2), faults);
  };
  time.after(seconds{2}, faults);
  time.run_until(opts.faulty, stop);
  heal();
  const auto healed_at = time.now();
  bool rot_to_come = sky.rot;
  // Placement has its say first: what a rotten primary is copied to is rotten too.
  const instant calm_after = sky.moves || sky.places || sky.drains ? seconds{12} : seconds{4};
  std::string why;
  while (!stop()) {
    time.run_until(time.now() + milliseconds{500}, stop);
    if (time.now() - healed_at < seconds{4})
      continue;
    // State that rotted is found by comparing digests, which needs entries.
    generating = false;
    for (const auto& [p, v] : etcd.look().partitions)
      for (const auto& r : v.value.replicas)
        if (auto* h = node_of(r).host(p))
          generating = generating || h->rotten();
    why = unrest();
    if (why.empty() && rot_to_come) {
      rot_to_come = time.now() - healed_at < calm_after;
      if (!rot_to_come)
        rot_one();
      continue;
    }
    if (why.empty())
      break;
    if (time.now() - healed_at > opts.heal_max)
      check.violate("not at rest after healing: " + why);
  }
  outcome result;
  result.healed_in = time.now() - healed_at;
  if (!stop())
    final_check();
  result.violation = check.violation();
  result.covered = covered;
  result.steps = time.steps();
  result.events = next_event;
  result.alerts = real ? real->expected_alerts() : check.expected_alerts();
  return result;
}

std::string world::unrest() const {
  for (const auto& c : collectors)
    if (!c->idle())
      return "a collector waits for an acknowledgement";
  const auto table = etcd.look();
  if (table.cluster.id != cluster_id)
    return "the table is not rebuilt";
  if (etcd.down)
    return "the coordinator is down";
  if (table.partitions.size() != partitions())
    return fmt::format("{} of {} partitions are made", table.partitions.size(), partitions());
  for (const auto& [p, v] : table.partitions) {
    const auto& a = v.value;
    if (a.in_sync.size() < a.replicas.size())
      return fmt::format("partition {}: {} of {} in sync", p.value, a.in_sync.size(),
                         a.replicas.size());
    const partition_fold* first = nullptr;
    for (const auto& n : nodes) {
      if (!is_replica(a, n->id))
        continue;
      const auto* h = n->host(p);
      if (h == nullptr)
        return fmt::format("partition {}: {} does not host it", p.value, n->id.value);
      if (n->id == a.primary && !h->serving())
        return fmt::format("partition {}: {} does not serve", p.value, n->id.value);
      if (h->rotten())
        return fmt::format("partition {}: {} is rotten", p.value, n->id.value);
      const auto& fold = h->fold();
      if (!fold.at_rest())
        return fmt::format("partition {}: {} has something left to do", p.value, n->id.value);
      if (fold.applied() != h->replica().last().value)
        return fmt::format("partition {}: {} is behind", p.value, n->id.value);
      if (first != nullptr && first->applied() != fold.applied())
        return fmt::format("partition {}: replicas stand at {} and {}", p.value, first->applied(),
                           fold.applied());
      first = &fold;
    }
  }
  return {};
}

void world::final_check() {
  for (const auto& [p, v] : etcd.look().partitions) {
    const auto& primary = node_of(v.value.primary).host(p)->fold();
    const auto digest = primary.digest();
    for (const auto& n : nodes)
      if (is_replica(v.value, n->id) && n->host(p)->fold().digest() != digest)
        check.violate(fmt::format("partition {}: {} and {} differ in state at rest", p.value,
                                  n->id.value, v.value.primary.value));
    check.log_ends(p, primary.applied());
    primary.judge();
  }
  if (real)
    real->at_rest(next_event, check.acknowledged_events());
  else
    check.final_counts(next_event, in_effect_);
}

outcome run(const options& o) {
  world w{o};
  return w.play();
}

} // namespace vedette::sim
