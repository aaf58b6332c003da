// Three replicas of one partition in one test, without a clock, a disk or a network: the test says
// what is stored, what arrives and when it is.
//
// Storage answers at once unless `hold` names the node; swaps are decided at once unless
// `etcd_down`. Used by tests/cluster/replica*.cpp.
#pragma once

#include "cluster/replica.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace vedette::cluster {

class rig {
 public:
  struct store {
    std::deque<entry> log; ///< from 1 on
    base::epoch promised;
    epoch_history history;
    base::entry_index base; ///< the log begins behind it
    ticket last_ticket = 0;
  };

  explicit rig(std::uint32_t min_in_sync = 2, replica_limits l = {}) : limits{l} {
    std::vector<member> members;
    for (const char* n : {"a", "b", "c"})
      members.push_back({{n}, {static_cast<std::uint64_t>(*n)}});
    table = *create(members, min_in_sync);
    for (const auto& m : members)
      boot(m.node.value, m.incarnation);
    show();
  }

  void boot(const std::string& n, store_incarnation incarnation, base::entry_index applied = {}) {
    const auto& s = stores[n];
    replica_boot b;
    b.self = {{n}, incarnation};
    b.promised = s.promised;
    b.first_kept = {s.base.value + 1};
    b.last = {s.base.value + s.log.size()};
    b.history = s.history.starts();
    b.applied = std::max(applied, s.base);
    committed[n] = b.applied.value;
    serving.erase(n);
    replicas[n] = std::make_unique<replica>(b, limits, now);
  }
  void wipe(const std::string& n) { stores[n] = {}; }
  void crash(const std::string& n) { replicas.erase(n); }

  /// Everybody sees the table.
  void show() {
    for (auto& [n, r] : replicas)
      r->table_seen({at}, table, now);
    pump();
  }
  void set(const base::result<assignment>& next) {
    REQUIRE(next);
    table = *next;
    ++at;
  }
  void pass(std::chrono::milliseconds t) {
    for (std::chrono::milliseconds step{50}; t.count() > 0; t -= step) {
      now += step;
      deliver_late();
      for (auto& [n, r] : replicas)
        r->tick(now);
      pump();
    }
  }
  [[nodiscard]] base::result<base::entry_index> append(const std::string& n, const char* text) {
    auto index = replicas.at(n)->append(1, 1, std::make_shared<const std::string>(text), now);
    pump();
    return index;
  }
  /// An entry every 50 ms.
  void busy(std::chrono::milliseconds t) {
    for (std::chrono::milliseconds step{50}; t.count() > 0; t -= step) {
      REQUIRE(append("a", "x"));
      pass(step);
    }
  }
  [[nodiscard]] replica& at_node(const std::string& n) { return *replicas.at(n); }
  void release(const std::string& n) {
    hold.erase(n);
    replicas.at(n)->stored(stores[n].last_ticket, now);
    pump();
  }
  [[nodiscard]] std::string text(const std::string& n) const {
    std::string all;
    for (const auto& e : stores.at(n).log)
      all += *e.body;
    return all;
  }

  void pump() {
    for (bool again = true; again;) {
      again = false;
      for (const char* n : {"a", "b", "c"}) {
        if (replicas.count(n) == 0)
          continue;
        for (auto& o : replicas[n]->take_orders()) {
          again = true;
          carry_out(n, o);
        }
      }
    }
  }

  replica_limits limits;
  instant now{std::chrono::seconds{100}};
  assignment table;
  std::uint64_t at = 1;
  bool etcd_down = false;
  std::map<std::string, std::unique_ptr<replica>> replicas;
  std::map<std::string, store> stores;
  std::map<std::string, std::uint64_t> committed;
  std::map<std::string, base::epoch> serving;
  std::set<std::string> hold;                        ///< their storage does not answer
  std::set<std::pair<std::string, std::string>> cut; ///< (from, to)
  std::map<std::string, instant> late;               ///< what they say, and what is said to them
  std::vector<alarm_kind> alarms;
  std::map<std::string, int> seeded;
  std::size_t swaps = 0;

 private:
  struct late_message {
    instant due;
    std::string from;
    send what;
  };
  std::deque<late_message> under_way;

  void deliver(const std::string& from, const send& m) {
    if (replicas.count(m.to.value) > 0)
      replicas[m.to.value]->received({from}, m.what, now);
  }
  void deliver_late() {
    for (auto& m : std::exchange(under_way, {}))
      if (m.due <= now)
        deliver(m.from, m.what);
      else
        under_way.push_back(std::move(m));
    pump();
  }

  void stored(const std::string& n, ticket t) {
    stores[n].last_ticket = t;
    if (hold.count(n) == 0)
      replicas[n]->stored(t, now);
  }

  void carry_out(const std::string& n, order& o) {
    auto& s = stores[n];
    auto& r = *replicas[n];
    if (auto* m = std::get_if<send>(&o)) {
      if (cut.count({n, m->to.value}) > 0)
        return;
      const auto delay = late[n] + late[m->to.value];
      if (delay > instant{})
        under_way.push_back({now + delay, n, *m});
      else
        deliver(n, *m);
    } else if (auto* w = std::get_if<write_entries>(&o)) {
      for (const auto& e : w->entries) {
        REQUIRE(e.index.value == s.base.value + s.log.size() + 1);
        s.log.push_back(e);
        s.history.appended(e.epoch, e.index);
      }
      stored(n, w->number);
    } else if (auto* e = std::get_if<write_epoch>(&o)) {
      s.promised = e->promised;
      stored(n, e->number);
    } else if (auto* t = std::get_if<truncate_log>(&o)) {
      REQUIRE(t->last.value >= committed[n]);
      s.log.resize(t->last.value - s.base.value);
      s.history.cut(t->last);
      stored(n, t->number);
    } else if (auto* c = std::get_if<stage_chunk>(&o)) {
      stored(n, c->number);
    } else if (auto* d = std::get_if<drop_staged>(&o)) {
      stored(n, d->number);
    } else if (auto* sw = std::get_if<switch_checkpoint>(&o)) {
      s.log.clear();
      s.base = sw->manifest.at.index;
      s.history = epoch_history{sw->manifest.history};
      committed[n] = s.base.value;
      ++seeded[n];
      stored(n, sw->number);
    } else if (auto* ct = std::get_if<committed_through>(&o)) {
      REQUIRE(ct->index.value > committed[n]);
      committed[n] = ct->index.value;
    } else if (auto* ss = std::get_if<start_serving>(&o)) {
      serving[n] = ss->epoch;
    } else if (std::holds_alternative<stop_serving>(o)) {
      serving.erase(n);
    } else if (auto* p = std::get_if<propose>(&o)) {
      ++swaps;
      if (etcd_down)
        return;
      const bool won = p->base.value == at;
      if (won) {
        table = p->next;
        ++at;
      }
      r.proposal_answered(p->token, won ? proposal_outcome::won : proposal_outcome::lost, now);
      for (auto& [other, x] : replicas)
        x->table_seen({at}, table, now);
    } else if (std::holds_alternative<reread_table>(o)) {
      if (!etcd_down)
        r.table_seen({at}, table, now);
    } else if (auto* rl = std::get_if<read_log>(&o)) {
      std::vector<entry> entries;
      for (auto i = rl->from.value; i > s.base.value && i <= s.base.value + s.log.size(); ++i)
        entries.push_back(s.log[i - s.base.value - 1]);
      r.log_was_read(rl->request, std::move(entries), now);
    } else if (auto* oc = std::get_if<open_checkpoint>(&o)) {
      replica::opened_checkpoint opened;
      opened.at = {committed[n]};
      opened.chunks = 3;
      r.checkpoint_opened(oc->id, opened, now);
    } else if (auto* rc = std::get_if<read_chunk>(&o)) {
      r.chunk_was_read(rc->id, rc->number, std::make_shared<const std::string>("x"), now);
    } else if (auto* a = std::get_if<raise_alarm>(&o)) {
      alarms.push_back(a->kind);
    }
  }
};

} // namespace vedette::cluster
