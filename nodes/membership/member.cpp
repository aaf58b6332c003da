#include "nodes/membership/member.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace vedette::membership {
namespace {

using namespace std::chrono_literals;
using base::ec;

constexpr base::duration again_soon = 300ms;
constexpr base::duration again_later = 1s;
constexpr base::duration stamp_every = 1s;

bool passes(ec code) {
  return code == ec::unavailable || code == ec::timed_out;
}

} // namespace

member::member(membership_args args, membership_hooks hooks)
    : args_{std::move(args)}, hooks_{std::move(hooks)} {
  VEDETTE_ASSERT(args_.coordinator && args_.store && args_.time != nullptr);
  if (args_.min_in_sync == 0)
    args_.min_in_sync = cluster::default_min_in_sync(args_.copies);
  seen_.self = args_.self;
}

void member::begin() {
  began_at_ = now();
  auto known = read_identity(*args_.store);
  if (!known) {
    started_ = base::status{known.err()};
    return;
  }
  id_ = std::move(*known);
  highest_ = id_.highest;
  // Drawn once: what is asked again must be the same.
  if (id_.seed == 0)
    id_.seed = args_.seed != 0 ? args_.seed : draw_number();
  if (id_.tenant_partitions == 0)
    id_.tenant_partitions = args_.tenant_partitions;
  enter(step::open);
  ask();
}

// --- steps ---

void member::enter(step s) {
  step_ = s;
  awaited_ = 0;
  next_at_ = now();
}

io::open_request member::open_request() const {
  io::open_request r;
  r.known_id = id_.cluster_id;
  r.record.id = id_.cluster_id.empty() ? draw_cluster_id() : id_.cluster_id;
  r.record.partitions = args_.partitions;
  r.record.tenant_partitions = id_.tenant_partitions;
  r.record.seed = id_.seed;
  r.record.generation = std::max<std::uint64_t>(1, id_.generation);
  // A store that knows a cluster founds no other in its place; a coordinator in this process is
  // told again.
  r.found_if_absent = args_.standalone || (args_.found_if_absent && id_.cluster_id.empty());
  if (claiming_ && claimed_ == 0) {
    r.anew = true;
    r.record.generation = id_.generation + 1;
  }
  return r;
}

void member::ask() {
  auto& c = *args_.coordinator;
  switch (step_) {
  case step::open:
    awaited_ = c.open(open_request());
    return;
  case step::judge:
    awaited_ = c.read_store(args_.self.id);
    return;
  case step::join: {
    // Counted on disk before anybody is told.
    ++id_.stamp;
    id_.highest = highest_;
    if (auto done = write_identity(*args_.store, id_); !done)
      return failed(done.err());
    args_.self.incarnation = id_.incarnation;
    args_.self.stamp = id_.stamp;
    record_dirty_ = false;
    awaited_ = c.join(args_.self, args_.lease);
    return;
  }
  case step::watch:
    awaited_ = c.watch();
    return;
  case step::initial:
  case step::view:
  case step::in:
    return;
  }
}

void member::set_state(standing s, std::string why) {
  const std::lock_guard hold{mutex_};
  seen_.state = s;
  seen_.why = std::move(why);
}

void member::say_ended(const std::string& why) {
  if (std::exchange(ended_said_, true))
    return;
  spdlog::error("membership of node {}: {}", args_.self.id.value, why);
  if (hooks_.ended)
    hooks_.ended(why);
}

/// A step did not work: tried again, or given up when nothing runs yet that could wait.
void member::failed(const base::error& why) {
  const auto text = base::to_string(why);
  if (std::exchange(last_failure_, text) != text)
    spdlog::info("membership of node {}: {}", args_.self.id.value, text);
  awaited_ = 0;
  if (claiming_ && step_ == step::open && !passes(why.code))
    claimed(why);
  if (!started_) {
    // A coordinator may come, a founder may, and the lease of a process before us ends.
    const bool may_pass = passes(why.code) || (step_ == step::open && why.code == ec::not_found) ||
                          (step_ != step::open && why.code == ec::conflict);
    if (!may_pass || now() - began_at_ >= args_.patience) {
      started_ = base::status{why};
      return;
    }
    next_at_ = now() + again_soon;
    return;
  }
  next_at_ = now() + again_later;
  {
    const std::lock_guard hold{mutex_};
    seen_.why = text;
  }
  if (!passes(why.code))
    say_ended(text);
}

void member::opened(const cluster::cluster_record& record, cluster::revision at) {
  const bool known = !id_.cluster_id.empty();
  if (known && !args_.standalone && record.generation < id_.generation)
    return failed(
        {ec::conflict, fmt::format("opening cluster {}: its table is generation {}, this store has "
                                   "seen {}: the coordinator was restored from an old backup; run "
                                   "`vedette cluster rebuild-table`",
                                   record.id, record.generation, id_.generation)});
  // Where the table stood since, another may have been put in sync: its old value is no value.
  restored_ = restored_ || at < reached_;
  if (known && !args_.standalone && restored_ && record.generation == id_.generation)
    return failed(
        {ec::conflict,
         fmt::format("opening cluster {}: its coordinator was restored from an old "
                     "backup while this node ran: run `vedette cluster rebuild-table`, or bring "
                     "it back as it was and start the nodes anew",
                     record.id)});
  if (known && id_.seed != record.seed)
    return failed({ec::denied, fmt::format("opening cluster {}: its record has another seed than "
                                           "this store's entities were placed by; restore the "
                                           "coordinator, or empty this data directory",
                                           record.id)});
  const bool anew = id_.generation != 0 && record.generation > id_.generation;
  id_.cluster_id = record.id;
  id_.generation = record.generation;
  id_.seed = record.seed;
  id_.tenant_partitions = record.tenant_partitions;
  {
    const std::lock_guard hold{mutex_};
    seen_.cluster = record;
    if (anew) {
      seen_.table.clear();
      for (auto& [name, d] : seen_.documents)
        d.at = {};
    }
  }
  if (anew) {
    reached_ = {};
    restored_ = false;
    spdlog::info("membership of node {}: the table was made anew (generation {})",
                 args_.self.id.value, record.generation);
    highest_ = {};
    give_up_asked();
    if (hooks_.table_lost)
      hooks_.table_lost();
  }
  if (!controller_) {
    cluster::controller_limits limits;
    limits.lease = args_.lease;
    controller_.emplace(args_.self.id, limits, now());
    cluster::placement_rules rules;
    rules.groups = cluster::partition_groups(record);
    rules.copies = args_.copies;
    rules.min_in_sync = args_.min_in_sync;
    rules.gone_after = args_.gone_after;
    rules.make_after = args_.make_after;
    controller_->place(std::move(rules));
  }
  watching_ = false;
  enter(step::judge);
}

void member::judged(const io::store_read& read) {
  if (!read.outcome)
    return failed(read.outcome.err());
  const auto verdict =
      cluster::judge_start(args_.self.id, {id_.incarnation, id_.stamp}, *read.outcome, read.live);
  if (!verdict)
    return failed(verdict.err());
  if (*verdict == cluster::start_verdict::new_incarnation)
    return redraw();
  enter(step::join);
}

/// This store is an old copy: it may not pass for the one that acknowledged what it lacks.
void member::redraw() {
  if (started_)
    return failed({ec::conflict, fmt::format("joining as node {}: another process was a member "
                                             "with a newer copy of this data directory; stop one "
                                             "of them, and start this one anew",
                                             args_.self.id.value)});
  const auto before = id_.incarnation;
  draw_incarnation(id_);
  spdlog::warn("membership of node {}: this data directory is an old copy (store {:x}); it takes "
               "part as store {:x} and is brought up to date",
               args_.self.id.value, before.value, id_.incarnation.value);
  if (auto done = write_identity(*args_.store, id_); !done)
    return failed(done.err());
  enter(step::judge);
}

void member::joined(const io::node_joined& j) {
  if (!j.outcome) {
    enter(step::judge);
    return failed(j.outcome.err());
  }
  if (*j.outcome == cluster::start_verdict::new_incarnation)
    return redraw();
  session_ = true;
  ended_said_ = false;
  last_failure_.clear();
  stamp_at_ = now() + stamp_every;
  {
    const std::lock_guard hold{mutex_};
    seen_.self = args_.self;
  }
  spdlog::info("membership of node {}: joined cluster {} (store {:x}, stamp {})",
               args_.self.id.value, id_.cluster_id, id_.incarnation.value, id_.stamp);
  if (watching_) {
    set_state(standing::member, {});
    enter(step::in);
    return;
  }
  enter(started_ || args_.initial.empty() ? step::watch : step::initial);
  if (step_ == step::initial)
    put_initial();
}

void member::put_initial() {
  initial_left_ = args_.initial.size();
  for (const auto& [partition, value] : args_.initial)
    swap({author::initial, {0, partition, {}, value, {}}, {}, {}, 0});
}

/// The session is over; the table and the nodes stay as they are known.
void member::lose(const std::string& why) {
  session_ = false;
  spdlog::warn("membership of node {}: {}", args_.self.id.value, why);
  set_state(standing::joining, why);
  if (step_ == step::in || step_ == step::view || step_ == step::watch || step_ == step::initial)
    enter(step::judge);
}

// --- what comes ---

void member::handle(io::coordinator_event& e) {
  if (auto* o = std::get_if<io::cluster_opened>(&e)) {
    if (o->call != awaited_)
      return;
    awaited_ = 0;
    if (!o->outcome)
      return failed(o->outcome.err());
    if (o->founded)
      spdlog::info("membership of node {}: founded cluster {}", args_.self.id.value,
                   (*o->outcome).id);
    if (claiming_ && o->founded)
      claimed_ = (*o->outcome).generation;
    opened(*o->outcome, o->at);
  } else if (auto* s = std::get_if<io::store_read>(&e)) {
    if (s->call == std::exchange(awaited_, s->call == awaited_ ? 0 : awaited_))
      judged(*s);
  } else if (auto* j = std::get_if<io::node_joined>(&e)) {
    if (j->call == std::exchange(awaited_, j->call == awaited_ ? 0 : awaited_))
      joined(*j);
  } else if (auto* d = std::get_if<io::call_done>(&e)) {
    if (d->call == leave_call_)
      left_ = true;
    if (d->call == record_call_) {
      record_call_ = 0;
      record_dirty_ = record_dirty_ || !d->outcome;
      record_at_ = now() + again_soon;
    }
    if (d->call == awaited_ && d->kind == io::call_kind::watch) {
      awaited_ = 0;
      if (!d->outcome)
        return failed(d->outcome.err());
      watching_ = true;
      if (step_ == step::watch)
        step_ = step::view;
    }
  } else if (auto* c = std::get_if<io::campaign_done>(&e)) {
    if (c->call == campaign_call_) {
      campaign_call_ = 0;
      controller_->campaign_answered(c->outcome == cluster::proposal_outcome::won, c->created,
                                     now());
    }
  } else if (auto* w = std::get_if<io::swap_done>(&e)) {
    swapped(*w);
  } else if (auto* t = std::get_if<io::document_put>(&e)) {
    document_put(*t);
  } else if (auto* r = std::get_if<io::partition_read>(&e)) {
    read(*r);
  } else if (auto* b = std::get_if<io::view_began>(&e)) {
    view_began(*b);
  } else if (auto* v = std::get_if<io::view_changed>(&e)) {
    view_changed(v->event);
  } else if (auto* p = std::get_if<io::view_proved>(&e)) {
    reached_ = std::max(reached_, p->at);
    if (controller_)
      controller_->view_fresh(p->asked_at);
  } else if (auto* l = std::get_if<io::session_lost>(&e)) {
    lose(l->why);
  } else if (auto* x = std::get_if<io::coordinator_estranged>(&e)) {
    lose(x->why);
    watching_ = false;
    restored_ = restored_ || x->kind == io::estrangement::restored;
    set_state(standing::estranged, x->why);
    // Seen by the watch before the answer to the claim that did it: the answer is still to come.
    const bool by_own_claim = claiming_ && step_ == step::open && awaited_ != 0;
    if (!by_own_claim)
      enter(step::open);
    if (by_own_claim || x->kind == io::estrangement::rebuilt)
      return;
    next_at_ = now() + again_later;
    say_ended(x->why);
  } else if (auto* h = std::get_if<io::reach_changed>(&e)) {
    spdlog::info("membership of node {}: the coordinator is {}{}{}", args_.self.id.value,
                 h->reachable ? "within reach" : "out of reach", h->why.empty() ? "" : ": ",
                 h->why);
    const std::lock_guard hold{mutex_};
    seen_.reachable = h->reachable;
    if (seen_.state == standing::member)
      seen_.why = h->why;
  } else if (auto* f = std::get_if<io::record_refused>(&e)) {
    spdlog::error("membership of node {}: {} in the coordinator: {}", args_.self.id.value, f->key,
                  f->why);
  }
}

void member::tick() {
  if (leaving_)
    return;
  if (claiming_ && now() >= claim_until_)
    claimed(base::error{ec::timed_out, "making the table anew: the coordinator did not answer in "
                                       "time; look at `vedette status`, and again"});
  if (awaited_ == 0 && now() >= next_at_ && !(started_ && !*started_))
    ask();
  if (session_ && step_ == step::in) {
    if (!args_.standalone && now() >= stamp_at_)
      count_stamp();
    if (record_dirty_ && record_call_ == 0 && now() >= record_at_)
      write_record();
  }
  if (watching_) {
    read_again();
    run_controller();
  }
  if (std::exchange(nodes_dirty_, false) && hooks_.nodes)
    hooks_.nodes(seen_.nodes);
}

void member::count_stamp() {
  const auto before = now();
  ++id_.stamp;
  id_.highest = highest_;
  const auto done = write_identity(*args_.store, id_);
  // A slow disk must not take this thread's time from the controller.
  stamp_at_ = now() + std::max(stamp_every, (now() - before) * 20);
  if (!done) {
    if (!std::exchange(stamp_failed_, true))
      spdlog::warn("membership of node {}: counting the stamp: {}", args_.self.id.value,
                   base::to_string(done.err()));
    return;
  }
  stamp_failed_ = false;
  static_cast<void>(args_.coordinator->write_store(args_.self.id, {id_.incarnation, id_.stamp}));
}

void member::write_record() {
  record_dirty_ = false;
  record_call_ = args_.coordinator->update_node(args_.self);
  const std::lock_guard hold{mutex_};
  seen_.self = args_.self;
}

void member::set_writable(bool on) {
  record_dirty_ = record_dirty_ || args_.self.writable != on;
  args_.self.writable = on;
}

void member::set_draining(bool on) {
  record_dirty_ = record_dirty_ || args_.self.draining != on;
  args_.self.draining = on;
}

void member::set_starved(bool on, double lost) {
  if (args_.standalone || args_.self.starved == on)
    return;
  args_.self.starved = on;
  record_dirty_ = true;
  if (!on) {
    spdlog::info("membership of node {}: it gets the time it needs again", args_.self.id.value);
    return;
  }
  spdlog::warn("membership of node {}: it got no time for {:.0f} % of the last seconds, so others "
               "lead until that is over; look at the CPU, memory and disk of its machine",
               args_.self.id.value, lost * 100);
}

void member::peer_liveness(const cluster::node_id& reporter, const cluster::node_id& about,
                           bool alive) {
  if (!controller_)
    return;
  if (alive)
    controller_->peer_heard(reporter, about);
  else
    controller_->peer_dead(reporter, about, now());
}

void member::leave() {
  if (std::exchange(leaving_, true))
    return;
  if (!session_) {
    left_ = true;
    return;
  }
  spdlog::info("membership of node {}: leaving", args_.self.id.value);
  leave_call_ = args_.coordinator->leave();
}

view member::snapshot() const {
  const std::lock_guard hold{mutex_};
  auto out = seen_;
  for (const auto& [partition, value] : out.table)
    if (value.value.replicas.size() > args_.copies)
      out.moving.push_back(partition);
  return out;
}

} // namespace vedette::membership
