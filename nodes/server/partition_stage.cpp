#include "nodes/server/partition_stage.hpp"

#include "actors/error.hpp"
#include "nodes/server/task_runner.hpp"

#include <spdlog/spdlog.h>

namespace vedette::server {

partition_stage::partition_stage(caf::actor_system& system, args a)
    : system_{system}, args_{std::move(a)}, keeper_{system.spawn<task_runner>()} {
  const auto gate = [this](base::partition_id p) {
    actors::gate_args g;
    g.partition = p;
    g.self = args_.doors.self.node;
    g.ask = [this](const cluster::node_id& to, const actors::remote_request& r) {
      return args_.doors.ask && args_.doors.ask(to, r);
    };
    return g;
  };
  const auto& routing = args_.doors.routing;
  for (std::uint32_t i = 0; i < routing.partitions; ++i) {
    const base::partition_id p{i};
    detector_gates_[p] =
        system_.spawn(actors::gate_of_detector, gate(p), args_.keepers_of(p),
                      // Asked of only once there are batches, and by then all handles are there.
                      actors::partition_handles{
                          [this](base::partition_id other) { return detectors_[other.value]; }});
    detectors_.push_back(detector_gates_[p]);
  }
  for (std::uint32_t i = 0; i < routing.tenant_partitions; ++i) {
    const base::partition_id p{cluster::tenant_partitions_from + i};
    aggregator_gates_[p] = system_.spawn(actors::gate_of_aggregator, gate(p));
    aggregators_[p] = aggregator_gates_[p];
  }
  for (unsigned i = 0; i < args_.desks; ++i)
    desks_.push_back(system_.spawn(
        actors::desk,
        actors::desk_args{[this](const cluster::node_id& to, const actors::remote_reply& r) {
          if (args_.doors.answer)
            (void)args_.doors.answer(to, r); // who gets no answer asks again
        }}));
  node_desk_args n;
  n.self = args_.doors.self;
  n.tell = args_.doors.tell_node;
  n.drain = args_.doors.drain;
  n.cluster = args_.doors.view;
  n.held = [this] { return held_copies(false); };
  n.led = [this] { return held_copies(true); };
  n.failure = [this] { return failure(); };
  node_desk_ = system_.spawn(node_desk, std::move(n));
  // What the store holds is opened at once: its state is loaded while the table is on its way.
  for (const auto p : args_.store->log().partitions())
    if (p.value < routing.partitions ||
        (is_tenants(p) && p.value - cluster::tenant_partitions_from < routing.tenant_partitions))
      make_copy(p);
}

template <class Copy>
void partition_stage::watch(const Copy& which) {
  caf::actor_cast<caf::strong_actor_ptr>(which)->get()->attach_functor(
      [faults = faults_](const caf::error& why) {
        const std::lock_guard lock{faults->mutex};
        if (!faults->stopping && !faults->first)
          faults->first = actors::from_caf(why);
      });
}

void partition_stage::make_copy(base::partition_id p) {
  actors::copy_args c;
  c.committer = args_.committer;
  auto& r = c.log;
  r.partition = p;
  r.self = args_.doors.self;
  r.store = args_.store;
  r.limits = args_.limits;
  r.folded_after = args_.folded_after;
  r.send = [this](const cluster::node_id& to, const cluster::message& m) {
    if (args_.doors.send_replica)
      (void)args_.doors.send_replica(to, m); // the protocol repeats
  };
  r.propose = args_.doors.propose;
  r.reread = args_.doors.reread;
  r.serving = [this](base::partition_id which, bool on) {
    const std::lock_guard lock{mutex_};
    if (on)
      serving_.insert(which);
    else
      serving_.erase(which);
  };
  r.failed = [faults = faults_, writable = args_.doors.writable](
                 base::partition_id, const base::error& why, bool store) {
    // What this node leads goes to others; a damaged state of one partition is no reason for that.
    if (writable && store)
      writable(false);
    const std::lock_guard lock{faults->mutex};
    if (!faults->stopping && !faults->first)
      faults->first = why;
  };
  r.now = [] { return cluster::instant{std::chrono::steady_clock::now().time_since_epoch()}; };
  copy made;
  actors::fold_here here{p, {}, {}};
  if (is_tenants(p)) {
    made.aggregator = here.aggregator = args_.make_aggregator(p, std::move(c));
    made.replica = made.aggregator;
    watch(made.aggregator);
    caf::anon_send(aggregator_gates_.at(p), made.aggregator);
  } else {
    made.detector = here.detector = args_.make_detector(p, std::move(c));
    made.replica = made.detector;
    watch(made.detector);
    caf::anon_send(detector_gates_.at(p), made.detector);
  }
  for (const auto& d : desks_)
    caf::anon_send(d, here);
  const std::lock_guard lock{mutex_};
  copies_[p] = std::move(made);
}

void partition_stage::tell_gate(base::partition_id p, const actors::route& r) {
  if (const auto d = detector_gates_.find(p); d != detector_gates_.end())
    caf::anon_send(d->second, r);
  else if (const auto a = aggregator_gates_.find(p); a != aggregator_gates_.end())
    caf::anon_send(a->second, r);
}

void partition_stage::assigned(base::partition_id p, cluster::revision at,
                               const cluster::assignment& value) {
  run_in(keeper_, [this, p, at, value](caf::event_based_actor*) { take(p, at, value); });
}

void partition_stage::take(base::partition_id p, cluster::revision at,
                           const cluster::assignment& value) {
  const auto& self = args_.doors.self.node;
  const bool part = is_replica(value, self) || in_sync_member(value, self) != nullptr;
  bool there = false;
  {
    const std::lock_guard lock{mutex_};
    there = copies_.contains(p);
    table_[p] = {at, value};
  }
  if (part && !there) {
    make_copy(p);
    there = true;
  }
  if (there)
    caf::anon_send(replica_of(p), actors::table_value{at, value});
  tell_gate(p, {value.primary, value.epoch});
}

void partition_stage::proposed(base::partition_id p, std::uint64_t token,
                               cluster::proposal_outcome outcome) {
  if (const auto r = replica_of(p))
    caf::anon_send(r, actors::proposal_result{token, outcome});
}

void partition_stage::table_lost() {
  // Behind what was assigned before: its revisions would outrank those of the new table.
  run_in(keeper_, [this](caf::event_based_actor*) {
    const std::lock_guard lock{mutex_};
    table_.clear();
    for (const auto& [p, c] : copies_)
      caf::anon_send(c.replica, actors::atom::lost::value);
  });
}

void partition_stage::received(const cluster::node_id& from, cluster::message m) {
  // A copy that the table has not asked for yet: whoever sends repeats.
  if (const auto r = replica_of(m.partition))
    caf::anon_send(
        r, actors::peer_message{from, std::make_shared<const cluster::message>(std::move(m))});
}

void partition_stage::asked(const cluster::node_id& from, std::string request) {
  // The partition is not known before it is decoded; requests of one node stay in order.
  const auto desk = std::hash<std::string>{}(from.value) % desks_.size();
  caf::anon_send(desks_[desk], actors::asked_from_afar{from, std::move(request)});
}

void partition_stage::answered(actors::remote_reply r) {
  if (const auto d = detector_gates_.find(r.partition); d != detector_gates_.end())
    caf::anon_send(d->second, std::move(r));
  else if (const auto a = aggregator_gates_.find(r.partition); a != aggregator_gates_.end())
    caf::anon_send(a->second, std::move(r));
}

void partition_stage::node_told(const cluster::node_id& from, actors::node_message m) {
  caf::anon_send(node_desk_, node_said{from, std::move(m)});
}

std::vector<held_copy> partition_stage::held_copies(bool led) const {
  const std::lock_guard lock{mutex_};
  std::vector<held_copy> out;
  for (const auto& [p, c] : copies_) {
    const auto v = table_.find(p);
    if (!led || (v != table_.end() && v->second.value.primary == args_.doors.self.node))
      out.push_back({p, c.replica, c.detector, c.aggregator});
  }
  return out;
}

actors::replica_actor partition_stage::replica_of(base::partition_id p) const {
  const std::lock_guard lock{mutex_};
  const auto at = copies_.find(p);
  return at == copies_.end() ? actors::replica_actor{} : at->second.replica;
}

template <class Fold>
std::vector<Fold> partition_stage::folds(Fold copy::*which) const {
  const std::lock_guard lock{mutex_};
  std::vector<Fold> out;
  for (const auto& [p, c] : copies_)
    if (c.*which)
      out.push_back(c.*which);
  return out;
}

std::vector<actors::folding_detector> partition_stage::local_detectors() const {
  return folds(&copy::detector);
}

std::vector<actors::folding_aggregator> partition_stage::local_aggregators() const {
  return folds(&copy::aggregator);
}

std::vector<base::partition_id> partition_stage::led() const {
  const std::lock_guard lock{mutex_};
  std::vector<base::partition_id> out;
  for (const auto& [p, v] : table_)
    if (v.value.primary == args_.doors.self.node)
      out.push_back(p);
  return out;
}

std::optional<base::error> partition_stage::failure() const {
  const std::lock_guard lock{faults_->mutex};
  return faults_->first;
}

void partition_stage::stop() {
  {
    const std::lock_guard lock{faults_->mutex};
    faults_->stopping = true;
  }
  const auto end = [](const auto& a) {
    if (a)
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  };
  for (const auto& [p, g] : detector_gates_)
    end(g);
  for (const auto& [p, g] : aggregator_gates_)
    end(g);
  for (const auto& d : desks_)
    end(d);
  end(keeper_);
  end(node_desk_);
  const std::lock_guard lock{mutex_};
  for (const auto& [p, c] : copies_) {
    end(c.detector);
    end(c.aggregator);
  }
  copies_.clear();
  // A thread of its own ends only when nobody holds its actor any more.
  args_.committer = nullptr;
}

} // namespace vedette::server
