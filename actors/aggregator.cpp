#include "actors/aggregator.hpp"

#include "actors/aggregator_answers.hpp"
#include "actors/aggregator_attempts.hpp"
#include "actors/aggregator_journal.hpp"
#include "actors/error.hpp"
#include "actors/fold_steps.hpp"
#include "actors/partition_keys.hpp"
#include "base/fold_place.hpp"
#include "base/json_writer.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace vedette::actors {

namespace {

void carry_out(aggregator_pointer self, const base::tenant_id& tenant, respond::outputs said) {
  if (!self->state.term)
    return; // the copy that serves says and does it
  for (const auto& p : said.publish) {
    ++self->state.alerts;
    if (self->state.args.publish)
      self->state.args.publish(p);
  }
  if (!said.intents.empty()) {
    respond::intents_committed committed{{}, self->state.args.now()};
    for (const auto& a : said.intents)
      committed.actions.push_back({a.id, a.plan_hash});
    journal(self, tenant, {std::move(committed)}, {});
  }
  for (const auto& a : said.runnable)
    attempt(self, tenant, a);
}

base::status load_tenants(aggregator_pointer self) {
  auto& st = self->state;
  st.shown = {};
  st.suspects = fold_suspects{st.args.deaths};
  st.fold = std::make_unique<tenants_fold>(st.copy->partition(), st.copy->store(), st.args.library);
  auto ok = st.fold->recover();
  if (st.fold->in_force())
    st.announced = st.fold->in_force()->number;
  return ok;
}

void announce(aggregator_pointer self, const content_ptr& content, std::function<void()> then = {},
              std::function<void(const base::error&)> failed = {}) {
  auto& st = self->state;
  if (content->number <= st.announced) {
    if (then)
      then();
    return;
  }
  st.announced = content->number;
  std::vector<append_item> items;
  items.push_back(item_of(self, state::entry_kind::config, schemas::encode(content->entry())));
  st.appended[st.last_token] = {{{}, {}, content},
                                [then](const respond::outputs&) {
                                  if (then)
                                    then();
                                },
                                std::move(failed)};
  st.copy->replica().append(std::move(items));
}

/// One committed entry. `noexcept`: see base::folding.
bool fold_one(aggregator_pointer self, const committed::item& item) noexcept {
  auto& st = self->state;
  const base::folding here{st.copy->partition(), item.entry.index};
  if (st.suspects.skips(item.entry.index) != nullptr ||
      item.entry.kind == static_cast<std::uint8_t>(state::entry_kind::skip)) {
    // Nobody waits for it: an earlier process or the replica made it.
    st.fold->pass_over(item.entry.index);
    return true;
  }
  aggregator_state::pending what;
  if (const auto at = st.appended.find(item.token); at != st.appended.end()) {
    what = std::move(at->second);
    st.appended.erase(at);
  } else {
    auto read = st.fold->understand(item.entry);
    if (!read) {
      give_up(self, read.err());
      return false;
    }
    what.says = std::move(*read);
  }
  const bool of_tenant = what.says.input.has_value();
  auto answers = st.fold->apply(item.entry.index, std::move(what.says));
  if (!answers) {
    give_up(self, answers.err());
    return false;
  }
  const auto told = what.then && of_tenant ? answers->front().said : respond::outputs{};
  for (auto& a : *answers)
    carry_out(self, a.tenant, std::move(a.said));
  if (what.then)
    what.then(told);
  return true;
}

void take(aggregator_pointer self, delivery d, caf::typed_response_promise<atom::done> promise) {
  std::vector<respond::input> inputs;
  const auto at = self->state.args.now();
  if (!d.maxima.empty()) {
    respond::day_maxima_told told{{}, at};
    for (const auto& m : d.maxima)
      told.maxima.push_back({m.account, m.rule, m.measure, m.day, m.value});
    inputs.emplace_back(std::move(told));
  }
  for (auto& a : d.alerts)
    inputs.emplace_back(respond::alert_arrived{std::move(a), at});
  if (inputs.empty()) {
    promise.deliver(atom::done::value);
    return;
  }
  journal(
      self, d.tenant, std::move(inputs),
      [promise](const auto&) mutable { promise.deliver(atom::done::value); },
      [promise](const base::error& e) mutable { promise.deliver(to_caf(e)); });
}

void take_deliveries(aggregator_pointer self) {
  auto& waiting = self->state.waiting;
  while (!waiting.empty() && self->state.appended.size() < aggregator_state::appended_max) {
    auto [d, promise] = std::move(waiting.front());
    waiting.pop_front();
    take(self, std::move(d), std::move(promise));
  }
}

void void_appended(std::map<std::uint64_t, aggregator_state::pending> lost,
                   const base::error& why) {
  for (auto& [token, p] : lost)
    if (p.failed)
      p.failed(why);
}

/// What was decided in a term before and is not done yet goes on.
void resume_when_due(aggregator_pointer self, base::receive_time now) {
  auto& st = self->state;
  if (!st.term || !st.resume_at || now < *st.resume_at)
    return;
  st.resume_at.reset();
  for (const auto& [name, tenant] : st.fold->tenants()) {
    respond::outputs left;
    left.intents = tenant->uncommitted_intents();
    left.runnable = tenant->runnable_actions();
    journal(self, {name}, {respond::responder_changed{st.args.now()}}, {});
    carry_out(self, {name}, std::move(left));
  }
}

/// This copy serves from here on.
void begin_term(aggregator_pointer self, base::epoch epoch) {
  auto& st = self->state;
  st.term = epoch;
  if (!st.fold->in_force())
    st.fold->begin_under(st.args.content);
  else
    st.announced = st.fold->in_force()->number;
  st.resume_at = st.args.now() + st.args.resume_after;
  resume_when_due(self, st.args.now());
  announce(self, st.args.content);
}

/// What it costs grows with what the tenants hold, so it is told the more seldom, up to 16 times.
/// Copies that hold the same tell it of the same entries; others meet at the larger step.
void tell_digest(aggregator_pointer self, base::entry_index at) {
  const auto& st = self->state;
  const auto every = st.args.digest_every;
  if (every == 0 || at.value % every != 0 || !st.copy->replica().compared())
    return;
  const auto held = st.fold->size();
  if (at.value % (every * std::min<std::size_t>(std::bit_floor(1 + held / 1000), 16)) == 0)
    st.copy->replica().folded_to(at, st.fold->digest());
}

void go_on(aggregator_pointer self) {
  fold_shown(
      self,
      [self](const committed::item& item) {
        if (!fold_one(self, item))
          return false;
        tell_digest(self, item.entry.index);
        return true;
      },
      [self](base::epoch epoch) { begin_term(self, epoch); });
  take_deliveries(self);
}

void write_checkpoint(aggregator_pointer self, std::function<void()> then,
                      std::function<void(const base::error&)> failed = {}) {
  if (!self->state.turns.begin(when_ended(then, failed)))
    return;
  request_checkpoint(self, self->state.fold->checkpoint(), false, std::move(then),
                     std::move(failed));
}

void take_tick(aggregator_pointer self, const tick& t) {
  auto& st = self->state;
  if (st.draining || st.gave_up)
    return;
  resume_when_due(self, t.now);
  if (st.term && t.now >= st.ticked_at + std::chrono::seconds{1}) {
    st.ticked_at = t.now;
    for (const auto& [name, tenant] : st.fold->tenants())
      if (!tenant->actions({.state = respond::action_state::waiting_approval, .limit = 1})
               .empty() ||
          !tenant->actions({.state = respond::action_state::approved, .limit = 1}).empty())
        journal(self, {name}, {respond::tick{t.now, {}}}, {});
  }
  if (st.checkpointed_at == base::receive_time{})
    st.checkpointed_at = t.now;
  // Without tenants too: an entry that no checkpoint covers keeps the whole node's log.
  if (st.fold->applied().value > 0 && t.now >= st.checkpointed_at + st.args.checkpoint_interval) {
    st.checkpointed_at = t.now;
    write_checkpoint(self, [] {});
  }
}

caf::result<answer> take_command(aggregator_pointer self, const tenant_command& c) {
  if (const auto why = closed(self->state))
    return to_caf(*why);
  auto promise = self->make_response_promise<answer>();
  journal(
      self, c.tenant, {c.command},
      [self, promise, c](const respond::outputs& said) mutable {
        if (said.refused)
          promise.deliver(answer{{}, *said.refused});
        else
          promise.deliver(answer_after(*self->state.fold->find(c.tenant), c.command));
      },
      [promise](const base::error& e) mutable { promise.deliver(to_caf(e)); });
  return promise;
}

void end_term(aggregator_pointer self, const base::error& why) {
  auto& st = self->state;
  st.term.reset();
  st.shown.term_waits.reset();
  st.resume_at.reset();
  void_appended(std::exchange(st.appended, {}), why);
  for (auto& [d, promise] : std::exchange(st.waiting, {}))
    promise.deliver(to_caf(why));
}

std::string describe(aggregator_pointer self) {
  const auto& st = self->state;
  base::json_writer w;
  w.begin_object();
  w.member("partition", st.copy->partition().value).member("applied", st.fold->applied().value);
  w.member("epoch", st.term ? st.term->value : 0);
  w.member("generation", st.fold->in_force() ? st.fold->in_force()->number.value : 0);
  w.member("alerts", st.alerts).member("actions", st.actions);
  w.member("tenants", static_cast<std::uint64_t>(st.fold->tenants().size()));
  w.end_object();
  return std::string{w.text()};
}

/// What the replica says.
struct aggregator_listener {
  aggregator_pointer self;

  void operator()(committed& c) {
    self->state.shown.runs.push_back(std::move(c));
    go_on(self);
  }
  void operator()(const skips_found& s) {
    log_answered(self, s);
    go_on(self);
  }
  void operator()(const append_refused& r) {
    void_appended(take_out(self->state.appended, r.tokens), r.why);
  }
  void operator()(const term_began& t) {
    self->state.shown.term_waits = t.epoch;
    go_on(self);
  }
  void operator()(const term_ended& t) { end_term(self, t.why); }
  void operator()(const state_replaced&) { load_anew(self, load_tenants); }
  void operator()(const hold_still& h) { self->state.turns.stand_still(h.then); }
  void operator()(const take_checkpoint& c) {
    take_held_checkpoint(self, c, tenants_meta(self->state.copy->partition()),
                         [](base::entry_index) {});
  }
};

} // namespace

folding_aggregator::behavior_type aggregator(aggregator_pointer self, aggregator_args args) {
  auto& st = self->state;
  st.args = std::move(args);
  st.seat = std::make_unique<actor_seat<aggregator_pointer>>(self, std::exchange(st.args.seat, {}));
  st.copy = std::make_unique<copy_host>(
      *st.seat, std::exchange(st.args.log, {}), st.seat->beat(),
      [self](fold_word& w) { std::visit(aggregator_listener{self}, w); });
  if (auto ok = open_copy(self, load_tenants); !ok) {
    self->quit(to_caf(ok.err()));
    return folding_aggregator::behavior_type::make_empty_behavior();
  }
  st.seat->beat_soon();
  return copy_behavior(
      self,
      [self](base::partition_id p) {
        auto* copy = self->state.copy.get();
        return p == copy->partition() ? copy : nullptr;
      },
      [self](auto what) { what(*self->state.copy); },
      [self](delivery& d) -> caf::result<atom::done> {
        if (const auto why = closed(self->state))
          return to_caf(*why);
        auto promise = self->make_response_promise<atom::done>();
        self->state.waiting.emplace_back(std::move(d), promise);
        take_deliveries(self);
        return promise;
      },
      [self](const tenant_command& c) { return take_command(self, c); },
      [self](const tenant_query& q) -> answer {
        if (self->state.gave_up)
          return {{}, *closed(self->state)};
        const auto& tenants = self->state.fold->tenants();
        const auto at = tenants.find(q.tenant.value);
        if (at == tenants.end())
          return answer_unknown_tenant(q);
        return answer_query(*at->second, q);
      },
      [self](const content_change& c) {
        auto promise = self->make_response_promise<atom::done>();
        take_content(self, c, answer_to(promise),
                     [self](const content_ptr& content, auto then, auto failed) {
                       announce(self, content, then, failed);
                     });
        return promise;
      },
      [self](const tick& t) { take_tick(self, t); },
      [self](atom::drain) {
        auto promise = self->make_response_promise<atom::done>();
        drain(self, answer_to(promise),
              [self](auto then, auto failed) { write_checkpoint(self, then, failed); });
        return promise;
      },
      [self](atom::status) { return describe(self); });
}

} // namespace vedette::actors
