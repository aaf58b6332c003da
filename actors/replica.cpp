#include "actors/replica.hpp"

#include "actors/error.hpp"
#include "actors/replica_skips.hpp"
#include "actors/replica_storage.hpp"
#include "base/json_writer.hpp"

#include <spdlog/spdlog.h>

namespace vedette::actors {

namespace {

/// A beat that comes so much later than it was due.
constexpr std::chrono::milliseconds noticed_absence{100};

cluster::replica_boot boot_of(const replica_args& args, base::entry_index applied) {
  auto s = args.store->log().standing(args.partition);
  return {args.partition,       args.self, s.promised, s.first_kept, s.last,
          std::move(s.history), applied};
}

/// From what the store holds.
base::status make_core(replica_state& st) {
  const auto position = st.args.store->entities().position(st.args.partition);
  if (!position)
    return position.err();
  st.core = std::make_unique<cluster::replica>(boot_of(st.args, *position), st.args.limits,
                                               st.args.now());
  st.shown = st.may_show = *position;
  st.recent.clear();
  st.recent_bytes = 0;
  st.arrivals.clear();
  st.folding.clear();
  st.writes.clear();
  st.open.clear();
  st.opening.clear();
  st.behind_switch.clear();
  st.switching = st.fold_asked = st.reading = false;
  st.term_to_begin.reset();
  st.suspect.reset();
  st.sink = {};
  ++st.life;
  ++st.cores;
  return {};
}

void end_term(replica_state& st, const base::error& why) {
  st.tokens.clear();
  st.waiting.clear();
  st.term_to_begin.reset();
  if (st.args.serving)
    st.args.serving(st.args.partition, false);
  if (st.fold_there)
    st.host->tell_fold(term_ended{why});
}

/// Appends what waits, as far as it is taken.
void append_waiting(replica_state& st) {
  while (!st.waiting.empty()) {
    auto& item = st.waiting.front();
    const auto index = st.core->append(static_cast<std::uint8_t>(item.kind), item.fold_version,
                                       item.body, st.args.now());
    if (!index) {
      if (index.err().code == base::ec::unavailable)
        return; // too much is uncommitted; the next progress or beat tries again
      append_refused refused{{}, index.err()};
      for (const auto& w : st.waiting)
        refused.tokens.push_back(w.token);
      st.waiting.clear();
      st.host->tell_fold(std::move(refused));
      return;
    }
    st.tokens.emplace_back(*index, item.token);
    st.waiting.pop_front();
  }
}

// --- what the fold is shown ---

void show(replica_state& st, std::vector<cluster::entry> entries) {
  committed out;
  for (auto& e : entries) {
    VEDETTE_ASSERT(e.index.value == st.shown.value + 1);
    st.shown = e.index;
    std::uint64_t token = 0;
    while (!st.tokens.empty() && st.tokens.front().first <= e.index) {
      if (st.tokens.front().first == e.index)
        token = st.tokens.front().second;
      st.tokens.pop_front();
    }
    out.bytes += e.bytes();
    out.items.push_back({token, std::move(e)});
  }
  st.unfolded_bytes += out.bytes;
  if (st.args.folded_after)
    st.folding.push_back(st.shown);
  st.host->tell_fold(std::move(out));
}

void show_committed(replica_state& st);

void read_for_fold(replica_state& st, base::entry_index upto) {
  st.reading = true;
  st.host->offload([&st, life = st.life, store = st.args.store, partition = st.args.partition,
                    after = st.shown, upto]() -> std::function<void()> {
    auto entries = std::make_shared<std::vector<cluster::entry>>();
    const auto read = read_entries(*store, partition, after, upto, std::size_t{1} << 20, *entries);
    return [&st, life, entries, read] {
      if (life != st.life)
        return;
      st.reading = false;
      if (!read) {
        fail(st, read.err());
        return;
      }
      show(st, std::move(*entries));
      show_committed(st);
    };
  });
}

void show_committed(replica_state& st) {
  if (!st.fold_there || st.reading || st.switching)
    return;
  while (st.shown < st.may_show && st.unfolded_bytes < replica_state::unfolded_bytes_max) {
    // What was shown from the log need not be held here.
    while (!st.recent.empty() && st.recent.front().index <= st.shown) {
      st.recent_bytes -= st.recent.front().bytes();
      st.recent.pop_front();
    }
    if (st.recent.empty() || st.recent.front().index.value != st.shown.value + 1) {
      const auto upto =
          st.recent.empty()
              ? st.may_show
              : std::min(st.may_show, base::entry_index{st.recent.front().index.value - 1});
      read_for_fold(st, upto);
      return;
    }
    std::vector<cluster::entry> entries;
    std::size_t bytes = 0;
    while (!st.recent.empty() && st.recent.front().index <= st.may_show &&
           bytes < (std::size_t{1} << 20)) {
      bytes += st.recent.front().bytes();
      entries.push_back(std::move(st.recent.front()));
      st.recent.pop_front();
    }
    st.recent_bytes -= bytes;
    show(st, std::move(entries));
  }
  if (st.term_to_begin && st.shown >= st.term_from) {
    st.host->tell_fold(term_began{*st.term_to_begin});
    st.term_to_begin.reset();
    if (st.args.serving)
      st.args.serving(st.args.partition, true);
  }
}

void remember(replica_state& st, const std::vector<cluster::entry>& entries) {
  for (const auto& e : entries) {
    st.recent.push_back(e);
    st.recent_bytes += e.bytes();
  }
  if (st.args.folded_after && !entries.empty() && st.arrivals.size() < replica_state::arrivals_max)
    st.arrivals.emplace_back(entries.back().index, st.args.now());
  while (st.recent_bytes > replica_state::recent_bytes_max && st.recent.size() > 1) {
    st.recent_bytes -= st.recent.front().bytes();
    st.recent.pop_front();
  }
}

void measure_fold(replica_state& st) {
  if (st.folding.empty())
    return;
  const auto done = st.folding.front();
  st.folding.pop_front();
  std::optional<cluster::instant> came;
  while (!st.arrivals.empty() && st.arrivals.front().first <= done) {
    came = st.arrivals.front().second;
    st.arrivals.pop_front();
  }
  if (came && st.core->role() == cluster::replica_role::follower)
    st.args.folded_after(std::chrono::duration<double>(st.args.now() - *came).count());
}

// --- orders ---

void say_alarm(replica_state& st, const cluster::raise_alarm& a) {
  ++st.alarms;
  st.last_alarm = a.text;
  spdlog::error("partition {}: {}", st.args.partition.value, a.text);
}

void carry_out(replica_state& st, cluster::order& o) {
  if (auto* s = std::get_if<cluster::send>(&o)) {
    st.args.send(s->to, s->what);
  } else if (auto* w = std::get_if<cluster::write_entries>(&o)) {
    remember(st, w->entries);
    store_order(st, o);
  } else if (auto* t = std::get_if<cluster::truncate_log>(&o)) {
    while (!st.recent.empty() && st.recent.back().index > t->last) {
      st.recent_bytes -= st.recent.back().bytes();
      st.recent.pop_back();
    }
    while (!st.arrivals.empty() && st.arrivals.back().first > t->last)
      st.arrivals.pop_back();
    store_order(st, o);
  } else if (std::holds_alternative<cluster::switch_checkpoint>(o)) {
    st.recent.clear();
    st.recent_bytes = 0;
    store_order(st, o);
  } else if (std::holds_alternative<cluster::write_epoch>(o) ||
             std::holds_alternative<cluster::stage_chunk>(o) ||
             std::holds_alternative<cluster::drop_staged>(o)) {
    store_order(st, o);
  } else if (auto* c = std::get_if<cluster::committed_through>(&o)) {
    st.may_show = std::max(st.may_show, c->index);
  } else if (auto* b = std::get_if<cluster::start_serving>(&o)) {
    spdlog::info("partition {}: serves epoch {} from entry {}", st.args.partition.value,
                 b->epoch.value, b->from.value);
    st.term_to_begin = b->epoch;
    st.term_from = b->from;
  } else if (auto* e = std::get_if<cluster::stop_serving>(&o)) {
    spdlog::info("partition {}: stops serving epoch {}: {}", st.args.partition.value,
                 e->epoch.value, e->why.context);
    end_term(st, e->why);
  } else if (auto* p = std::get_if<cluster::propose>(&o)) {
    st.args.propose(st.args.partition, *p);
  } else if (std::holds_alternative<cluster::reread_table>(o)) {
    st.args.reread(st.args.partition);
  } else if (auto* a = std::get_if<cluster::raise_alarm>(&o)) {
    say_alarm(st, *a);
  } else {
    seeding_order(st, o);
  }
}

void carry_out_all(replica_state& st) {
  for (;;) {
    const auto made = st.cores;
    auto orders = st.core->take_orders();
    if (orders.empty())
      return;
    for (auto& o : orders) {
      carry_out(st, o);
      if (st.cores != made) // it began again: what the one before ordered is void
        break;
    }
  }
}

std::string describe(const replica_state& st) {
  const auto& c = *st.core;
  base::json_writer w;
  w.begin_object();
  w.member("partition", st.args.partition.value);
  w.member("role", cluster::to_string(c.role()));
  w.member("epoch", c.table().epoch.value).member("promised", c.promised().value);
  w.member("last", c.last().value).member("durable", c.durable().value);
  w.member("durable_epoch", c.history().epoch_at(c.durable()).value);
  w.member("sealed", c.sealed().value).member("version", c.table().version);
  w.member("min_in_sync", c.table().min_in_sync).key("holders").begin_array();
  for (const auto& node : c.table().replicas)
    w.value(node.value);
  w.end_array();
  w.member("committed", c.committed().value).member("shown", st.shown.value);
  w.member("leader", c.leader().value);
  w.member("waiting", static_cast<std::uint64_t>(st.waiting.size()));
  w.member("times_seeded", st.seeded).member("alarms", st.alarms);
  if (!st.last_alarm.empty())
    w.member("last_alarm", st.last_alarm);
  if (!st.problem.empty())
    w.member("problem", st.problem);
  w.key("replicas").begin_array();
  for (const auto& p : c.peers()) {
    w.begin_object();
    w.member("node", p.node.value).member("match", p.match.value);
    w.member("mode", p.mode == cluster::peer_mode::tailing   ? "tailing"
                     : p.mode == cluster::peer_mode::seeding ? "seeding"
                                                             : "probing");
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return std::string{w.text()};
}

/// Those whose promise is on stable storage, or never will be.
void answer_seals(replica_state& st) {
  const bool failed = st.core->role() == cluster::replica_role::failed;
  std::erase_if(st.seals, [&](auto& s) {
    if (!failed && st.core->sealed() < s.first)
      return false;
    s.second(describe(st));
    return true;
  });
}

} // namespace

void run_orders(replica_state& st) {
  carry_out_all(st);
  append_waiting(st);
  carry_out_all(st);
  show_committed(st);
  answer_seals(st);
}

void fail(replica_state& st, const base::error& why, bool store) {
  if (st.core->role() == cluster::replica_role::failed)
    return;
  st.problem = base::to_string(why);
  st.core->store_failed(why);
  if (st.args.failed)
    st.args.failed(st.args.partition, why, store);
  run_orders(st);
}

void replaced(replica_state& st, base::entry_index at) {
  ++st.seeded;
  ++st.life;
  st.opening.clear();
  st.reading = false;
  st.suspect.reset();
  st.shown = st.may_show = at;
  st.unfolded_bytes = 0;
  st.folding.clear();
  if (st.fold_there)
    st.host->tell_fold(state_replaced{});
}

void begin_again(replica_state& st, const base::error& why) {
  if (!st.begin_again) {
    spdlog::warn("partition {}: {}; its replica begins again with what the store holds",
                 st.args.partition.value, base::to_string(why));
    st.begin_again = why;
    st.core->store_failed(why);
    run_orders(st);
  }
  if (st.unanswered > 0)
    return; // what was ordered and not written yet would change the log under a new core
  st.begin_again.reset();
  st.unfolded_bytes = 0;
  if (auto ok = make_core(st); !ok) {
    st.problem = base::to_string(ok.err());
    st.core->store_failed(ok.err());
    return;
  }
  if (st.fold_there)
    st.host->tell_fold(state_replaced{});
  // Nothing older than a read made since.
  st.args.reread(st.args.partition);
}

hosted_replica::hosted_replica(replica_args args, replica_host& host) {
  st_.args = std::move(args);
  st_.host = &host;
}

base::status hosted_replica::open() {
  return make_core(st_);
}

void hosted_replica::fold_there() {
  st_.fold_there = true;
  run_orders(st_);
}

void hosted_replica::append(std::vector<append_item> items) {
  for (auto& i : items)
    st_.waiting.push_back(std::move(i));
  run_orders(st_);
}

void hosted_replica::folded(std::size_t bytes) {
  st_.unfolded_bytes -= std::min(st_.unfolded_bytes, bytes);
  measure_fold(st_);
  show_committed(st_);
}

bool hosted_replica::compared() const {
  return st_.core->role() != cluster::replica_role::serving || !st_.core->peers().empty();
}

void hosted_replica::folded_to(base::entry_index at, const base::hash128& digest) {
  st_.core->folded(at, digest, st_.args.now());
  run_orders(st_);
}

void hosted_replica::fold_failed(const base::error& why) {
  fail(st_, why, false);
}

void hosted_replica::find_skips(ask_skips a) {
  const auto about = a.entry;
  st_.suspect = replica_state::suspicion{
      std::move(a), st_.core->committed_elsewhere(), about, {}, false, std::nullopt};
  look_for_skips(st_);
}

void hosted_replica::received(const peer_message& m) {
  st_.core->received(m.from, *m.what, st_.args.now());
  run_orders(st_);
}

void hosted_replica::peer_heard(const cluster::node_id& node, bool heard) {
  st_.core->peer_heard(node, heard, st_.args.now());
  run_orders(st_);
}

void hosted_replica::table_seen(const table_value& t) {
  st_.core->table_seen(t.at, t.value, st_.args.now());
  run_orders(st_);
}

void hosted_replica::proposal_answered(const proposal_result& p) {
  st_.core->proposal_answered(p.token, p.outcome, st_.args.now());
  run_orders(st_);
}

void hosted_replica::table_lost() {
  st_.core->table_lost();
}

void hosted_replica::seal(base::epoch epoch, std::function<void(std::string)> then) {
  st_.core->seal(epoch);
  st_.seals.emplace_back(epoch, std::move(then));
  run_orders(st_);
}

bool hosted_replica::beat(cluster::instant interval) {
  const auto now = st_.args.now();
  const auto before = std::exchange(st_.beaten_at, now);
  if (before && now - *before > interval + noticed_absence)
    st_.core->was_away(now - *before - interval);
  // A copy that is alone and serves has nobody to remind of anything.
  const bool calm = st_.core->role() == cluster::replica_role::serving &&
                    st_.core->peers().empty() && st_.waiting.empty() && !st_.suspect;
  tend_log(st_);
  st_.core->tick(now);
  run_orders(st_);
  look_for_skips(st_);
  return calm;
}

std::string hosted_replica::status() const {
  return describe(st_);
}

} // namespace vedette::actors
