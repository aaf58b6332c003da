#include "nodes/server/partition_stage.hpp"

#include "actors/error.hpp"
#include "nodes/server/task_runner.hpp"

#include <spdlog/spdlog.h>

namespace vedette::server {

namespace {

actors::replica_actor handle_of(const actors::fold_here& f) {
  return f.detector ? actors::replica_actor{f.detector} : actors::replica_actor{f.aggregator};
}

} // namespace

partition_stage::partition_stage(caf::actor_system& system, args a)
    : system_{system}, args_{std::move(a)}, keeper_{system.spawn<task_runner>()} {
  const auto gate = [this](base::partition_id p) {
    actors::gate_args g;
    g.partition = p;
    g.self = args_.doors.self.node;
    g.ask = [this](const cluster::node_id& to, const actors::remote_request& r) {
      return args_.doors.ask && args_.doors.ask(to, r);
    };
    g.others = static_cast<bool>(args_.doors.ask);
    return g;
  };
  const auto& routing = args_.doors.routing;
  const auto groups = std::min<std::size_t>(args_.groups, routing.partitions);
  std::vector<std::vector<actors::gated_partition>> gated(groups);
  for (base::partition_id p; p.value < routing.partitions; ++p.value)
    gated[actors::detector_groups::group_of(p, groups)].push_back({gate(p), args_.keepers_of(p)});
  for (auto& group : gated) {
    detector_gates_.push_back(
        system_.spawn(actors::gate_of_detectors, std::move(group),
                      // Asked of only once there are batches, and by then all handles are there.
                      actors::partition_handles{
                          [this](base::partition_id other) { return detectors_.of(other); }}));
    detectors_.groups.push_back(detector_gates_.back());
    folding_.push_back(system_.spawn(actors::detectors, actors::seat_args{args_.committer}));
    watch(folding_.back());
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

actors::replica_args partition_stage::log_of(base::partition_id p) {
  actors::replica_args r;
  r.partition = p;
  r.self = args_.doors.self;
  r.store = args_.store;
  r.limits = args_.limits;
  r.folded_after = args_.folded_after;
  r.slots = slots_;
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
  return r;
}

void partition_stage::make_copy(base::partition_id p) {
  actors::fold_here here{p, {}, {}};
  if (is_tenants(p)) {
    auto copy = args_.aggregator(p);
    copy.seat.committer = args_.committer;
    copy.log = log_of(p);
    here.aggregator = system_.spawn(actors::aggregator, std::move(copy));
    watch(here.aggregator);
  } else {
    const auto copy = std::make_shared<actors::detector_args>(args_.detector(p));
    copy->log = log_of(p);
    here.detector = folding_[actors::detector_groups::group_of(p, folding_.size())];
    caf::anon_send(here.detector, actors::new_detector{copy});
  }
  tell_gate(p, here);
  for (const auto& d : desks_)
    caf::anon_send(d, here);
  const std::lock_guard lock{mutex_};
  copies_[p] = std::move(here);
}

template <class... Words>
void partition_stage::tell_gate(base::partition_id p, Words&&... words) {
  if (p.value < args_.doors.routing.partitions)
    caf::anon_send(detector_gates_[actors::detector_groups::group_of(p, detector_gates_.size())],
                   std::forward<Words>(words)...);
  else if (const auto a = aggregator_gates_.find(p); a != aggregator_gates_.end())
    caf::anon_send(a->second, std::forward<Words>(words)...);
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
    caf::anon_send(replica_of(p), actors::table_value{p, at, value});
  tell_gate(p, p, actors::route{value.primary, value.epoch});
}

void partition_stage::proposed(base::partition_id p, std::uint64_t token,
                               cluster::proposal_outcome outcome) {
  if (const auto r = replica_of(p))
    caf::anon_send(r, actors::proposal_result{p, token, outcome});
}

template <class Word>
void partition_stage::tell_copies(const Word& word) {
  for (const auto& g : folding_)
    caf::anon_send(g, word);
  for (const auto& [p, c] : copies_)
    if (c.aggregator)
      caf::anon_send(c.aggregator, word);
}

void partition_stage::table_lost() {
  // Behind what was assigned before: its revisions would outrank those of the new table.
  run_in(keeper_, [this](caf::event_based_actor*) {
    const std::lock_guard lock{mutex_};
    table_.clear();
    tell_copies(actors::atom::lost::value);
  });
}

void partition_stage::peer_heard(const cluster::node_id& node, bool heard) {
  const std::lock_guard lock{mutex_};
  tell_copies(actors::peer_heard{node, heard});
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
  const auto p = r.partition;
  tell_gate(p, std::move(r));
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
      out.push_back({p, handle_of(c), c.detector, c.aggregator});
  }
  return out;
}

actors::replica_actor partition_stage::replica_of(base::partition_id p) const {
  const std::lock_guard lock{mutex_};
  const auto at = copies_.find(p);
  return at == copies_.end() ? actors::replica_actor{} : handle_of(at->second);
}

std::vector<actors::fold_here> partition_stage::local() const {
  const std::lock_guard lock{mutex_};
  std::vector<actors::fold_here> out;
  for (const auto& [p, c] : copies_)
    out.push_back(c);
  return out;
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
  for (const auto& g : detector_gates_)
    end(g);
  for (const auto& g : folding_)
    end(g);
  for (const auto& [p, g] : aggregator_gates_)
    end(g);
  for (const auto& d : desks_)
    end(d);
  end(keeper_);
  end(node_desk_);
  const std::lock_guard lock{mutex_};
  for (const auto& [p, c] : copies_)
    end(c.aggregator);
  copies_.clear();
  // A thread of its own ends only when nobody holds its actor any more.
  args_.committer = nullptr;
}

} // namespace vedette::server
