#include "actors/replica.hpp"

#include "actors/error.hpp"
#include "actors/replica_skips.hpp"
#include "actors/replica_storage.hpp"
#include "base/json_writer.hpp"

#include <spdlog/spdlog.h>

namespace vedette::actors {

namespace {

using self_pointer = replica_actor::stateful_pointer<replica_state>;

cluster::replica_boot boot_of(const replica_args& args, base::entry_index applied) {
  auto s = args.store->log().standing(args.partition);
  return {args.partition,       args.self, s.promised, s.first_kept, s.last,
          std::move(s.history), applied};
}

/// From what the store holds.
base::status make_core(self_pointer self) {
  auto& st = self->state;
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
  st.behind_switch.clear();
  st.switching = st.fold_asked = st.reading = false;
  st.term_to_begin.reset();
  st.suspect.reset();
  st.sink = {};
  ++st.life;
  ++st.cores;
  return {};
}

void end_term(self_pointer self, const base::error& why) {
  auto& st = self->state;
  st.tokens.clear();
  st.waiting.clear();
  st.term_to_begin.reset();
  if (st.args.serving)
    st.args.serving(st.args.partition, false);
  if (st.fold)
    self->send(st.fold, term_ended{why});
}

/// Appends what waits, as far as it is taken.
void append_waiting(self_pointer self) {
  auto& st = self->state;
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
      self->send(st.fold, std::move(refused));
      return;
    }
    st.tokens.emplace_back(*index, item.token);
    st.waiting.pop_front();
  }
}

// --- what the fold is shown ---

void show(self_pointer self, std::vector<cluster::entry> entries) {
  auto& st = self->state;
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
  self->send(st.fold, std::move(out));
}

void show_committed(self_pointer self);

void read_for_fold(self_pointer self, base::entry_index upto) {
  auto& st = self->state;
  st.reading = true;
  offload(self,
          [self, life = st.life, store = st.args.store, partition = st.args.partition,
           after = st.shown, upto]() -> std::function<void()> {
            auto entries = std::make_shared<std::vector<cluster::entry>>();
            const auto read =
                read_entries(*store, partition, after, upto, std::size_t{4} << 20, *entries);
            return [self, life, entries, read] {
              auto& now = self->state;
              if (life != now.life)
                return;
              now.reading = false;
              if (!read) {
                fail(self, read.err());
                return;
              }
              show(self, std::move(*entries));
              show_committed(self);
            };
          });
}

void show_committed(self_pointer self) {
  auto& st = self->state;
  if (!st.fold || st.reading || st.switching)
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
      read_for_fold(self, upto);
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
    show(self, std::move(entries));
  }
  if (st.term_to_begin && st.shown >= st.term_from) {
    self->send(st.fold, term_began{*st.term_to_begin});
    st.term_to_begin.reset();
    if (st.args.serving)
      st.args.serving(st.args.partition, true);
  }
}

void remember(self_pointer self, const std::vector<cluster::entry>& entries) {
  auto& st = self->state;
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

void say_alarm(self_pointer self, const cluster::raise_alarm& a) {
  auto& st = self->state;
  ++st.alarms;
  st.last_alarm = a.text;
  spdlog::error("partition {}: {}", st.args.partition.value, a.text);
}

void carry_out(self_pointer self, cluster::order& o) {
  auto& st = self->state;
  if (auto* s = std::get_if<cluster::send>(&o)) {
    st.args.send(s->to, s->what);
  } else if (auto* w = std::get_if<cluster::write_entries>(&o)) {
    remember(self, w->entries);
    store_order(self, o);
  } else if (auto* t = std::get_if<cluster::truncate_log>(&o)) {
    while (!st.recent.empty() && st.recent.back().index > t->last) {
      st.recent_bytes -= st.recent.back().bytes();
      st.recent.pop_back();
    }
    while (!st.arrivals.empty() && st.arrivals.back().first > t->last)
      st.arrivals.pop_back();
    store_order(self, o);
  } else if (std::holds_alternative<cluster::switch_checkpoint>(o)) {
    st.recent.clear();
    st.recent_bytes = 0;
    store_order(self, o);
  } else if (std::holds_alternative<cluster::write_epoch>(o) ||
             std::holds_alternative<cluster::stage_chunk>(o) ||
             std::holds_alternative<cluster::drop_staged>(o)) {
    store_order(self, o);
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
    end_term(self, e->why);
  } else if (auto* p = std::get_if<cluster::propose>(&o)) {
    st.args.propose(st.args.partition, *p);
  } else if (std::holds_alternative<cluster::reread_table>(o)) {
    st.args.reread(st.args.partition);
  } else if (auto* a = std::get_if<cluster::raise_alarm>(&o)) {
    say_alarm(self, *a);
  } else {
    seeding_order(self, o);
  }
}

void carry_out_all(self_pointer self) {
  auto& core = *self->state.core;
  for (auto orders = core.take_orders(); !orders.empty(); orders = core.take_orders())
    for (auto& o : orders)
      carry_out(self, o);
}

std::string describe(self_pointer self) {
  const auto& st = self->state;
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
void answer_seals(self_pointer self) {
  auto& st = self->state;
  const bool failed = st.core->role() == cluster::replica_role::failed;
  std::erase_if(st.seals, [&](auto& s) {
    if (!failed && st.core->sealed() < s.first)
      return false;
    s.second.deliver(describe(self));
    return true;
  });
}

} // namespace

void run_orders(self_pointer self) {
  carry_out_all(self);
  append_waiting(self);
  carry_out_all(self);
  show_committed(self);
  answer_seals(self);
}

void fail(self_pointer self, const base::error& why, bool store) {
  auto& st = self->state;
  if (st.core->role() == cluster::replica_role::failed)
    return;
  st.problem = base::to_string(why);
  st.core->store_failed(why);
  if (st.args.failed)
    st.args.failed(st.args.partition, why, store);
  run_orders(self);
}

void replaced(self_pointer self, base::entry_index at) {
  auto& st = self->state;
  ++st.seeded;
  ++st.life;
  st.reading = false;
  st.suspect.reset();
  st.shown = st.may_show = at;
  st.unfolded_bytes = 0;
  st.folding.clear();
  if (st.fold)
    self->send(st.fold, state_replaced{});
}

void begin_again(self_pointer self, const base::error& why) {
  auto& st = self->state;
  if (!st.begin_again) {
    spdlog::warn("partition {}: {}; its replica begins again with what the store holds",
                 st.args.partition.value, base::to_string(why));
    st.begin_again = why;
    st.core->store_failed(why);
    run_orders(self);
  }
  if (st.unanswered > 0)
    return; // what was ordered and not written yet would change the log under a new core
  st.begin_again.reset();
  st.unfolded_bytes = 0;
  if (auto ok = make_core(self); !ok) {
    st.problem = base::to_string(ok.err());
    st.core->store_failed(ok.err());
    return;
  }
  if (st.fold)
    self->send(st.fold, state_replaced{});
  // Nothing older than a read made since.
  st.args.reread(st.args.partition);
}

replica_actor::behavior_type replica(self_pointer self, replica_args args) {
  self->state.args = std::move(args);
  if (auto ok = make_core(self); !ok) {
    spdlog::error("opening partition {}: {}", self->state.args.partition.value,
                  base::to_string(ok.err()));
    self->quit(to_caf(ok.err()));
    return replica_actor::behavior_type::make_empty_behavior();
  }
  self->delayed_send(self, self->state.args.beat, atom::beat::value);
  return {
      [self](const fold_actor& fold) {
        self->state.fold = fold;
        run_orders(self);
      },
      [self](append_request& r) {
        auto& st = self->state;
        for (auto& i : r.items)
          st.waiting.push_back(std::move(i));
        run_orders(self);
      },
      [self](const folded_so_far& f) {
        auto& st = self->state;
        st.unfolded_bytes -= std::min(st.unfolded_bytes, f.bytes);
        measure_fold(st);
        show_committed(self);
      },
      [self](const fold_digest& d) {
        self->state.core->folded(d.at, d.value, self->state.args.now());
        run_orders(self);
      },
      [self](const fold_failed& f) { fail(self, f.why, false); },
      [self](const ask_skips& a) {
        self->state.suspect = replica_state::suspicion{a, a.entry, {}, false, std::nullopt};
        look_for_skips(self);
      },
      [self](const peer_message& m) {
        self->state.core->received(m.from, *m.what, self->state.args.now());
        run_orders(self);
      },
      [self](const table_value& t) {
        self->state.core->table_seen(t.at, t.value, self->state.args.now());
        run_orders(self);
      },
      [self](const proposal_result& p) {
        self->state.core->proposal_answered(p.token, p.outcome, self->state.args.now());
        run_orders(self);
      },
      [self](atom::lost) { self->state.core->table_lost(); },
      [self](atom::beat) {
        auto& st = self->state;
        // A copy that is alone and serves has nobody to remind of anything.
        const bool calm = st.core->role() == cluster::replica_role::serving &&
                          st.core->peers().empty() && st.waiting.empty() && !st.suspect;
        self->delayed_send(self, calm ? 10 * st.args.beat : st.args.beat, atom::beat::value);
        tend_log(self);
        st.core->tick(st.args.now());
        run_orders(self);
        look_for_skips(self);
      },
      [](const work_done& w) { (*w.then)(); },
      [self](const seal_request& r) -> caf::result<std::string> {
        auto promise = self->make_response_promise<std::string>();
        self->state.core->seal(r.epoch);
        self->state.seals.emplace_back(r.epoch, promise);
        run_orders(self);
        return promise;
      },
      [self](atom::status) { return describe(self); },
  };
}

} // namespace vedette::actors
