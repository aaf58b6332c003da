#include "actors/detector.hpp"

#include "actors/detector_answers.hpp"
#include "actors/detector_parking.hpp"
#include "actors/error.hpp"
#include "actors/fold_steps.hpp"
#include "actors/partition_keys.hpp"
#include "actors/wire_values.hpp"
#include "base/fold_place.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace vedette::actors {

namespace {

/// Of one batch that is being written.
constexpr std::size_t askers_max = 16;

/// What is appended has bytes already, or they are made here.
std::shared_ptr<const std::string> bytes_of(std::string body) {
  return std::make_shared<const std::string>(std::move(body));
}

schemas::answered_entry take_answered(detector_state& st) {
  schemas::answered_entry out{{st.answered.begin(), st.answered.end()}};
  st.answered.clear();
  return out;
}

} // namespace

void append(detector_pointer self, state::entry_kind kind, std::shared_ptr<const std::string> body,
            detector_state::pending what) {
  auto& st = self->state;
  std::vector<append_item> items;
  if (kind != state::entry_kind::answered && !st.answered.empty()) {
    // What was answered meanwhile shares the record.
    const auto a = take_answered(st);
    items.push_back(
        {++st.last_token, state::entry_kind::answered, fold_version, bytes_of(schemas::encode(a))});
  }
  items.push_back({++st.last_token, kind, fold_version, std::move(body)});
  what.since = self->clock().now().time_since_epoch();
  st.appended.emplace_hint(st.appended.end(), st.last_token, std::move(what));
  st.copy->replica().append(std::move(items));
}

namespace {

void offer(detector_pointer self, const std::string& tenant);

/// Kept by the tenant's gate until it is answered, wherever the aggregator is; an answer to an
/// earlier term may name what another emission is now.
void deliver(detector_pointer self, std::uint64_t index, const partition_state::emission& said) {
  const auto ended = [self, index, term = self->state.term,
                      tenant = said.tenant.value](std::set<std::uint64_t> detector_state::*where) {
    auto& st = self->state;
    if (st.term != term)
      return;
    (st.*where).insert(index);
    --st.lanes[tenant].out;
    offer(self, tenant);
  };
  self->request(self->state.args.aggregator_of(said.tenant), caf::infinite, delivery_of(said))
      .then([ended](atom::done) { ended(&detector_state::answered); },
            // The receiver knows what it has.
            [ended](const caf::error&) { ended(&detector_state::failed); });
}

/// Sends on what waits for the tenant, oldest first, as far as there is room.
void offer(detector_pointer self, const std::string& tenant) {
  auto& st = self->state;
  auto& lane = st.lanes[tenant];
  while (lane.out < detector_state::deliveries_max && !lane.waiting.empty()) {
    const auto at = st.fold->outbox().find(*lane.waiting.begin());
    lane.waiting.erase(lane.waiting.begin());
    if (at == st.fold->outbox().end())
      continue;
    ++lane.out;
    deliver(self, at->first, *at->second);
  }
  if (lane.out == 0 && lane.waiting.empty())
    st.lanes.erase(tenant);
}

/// An entry of the outbox gets in line.
void enlist(detector_pointer self, std::uint64_t index) {
  const auto& outbox = self->state.fold->outbox();
  const auto at = outbox.find(index);
  if (at == outbox.end() || !self->state.term)
    return;
  self->state.lanes[at->second->tenant.value].waiting.insert(index);
  offer(self, at->second->tenant.value);
}

void emit(detector_pointer self, std::vector<partition_state::emission> raised) {
  if (!self->state.term)
    return; // it waits in the fold's state for whoever serves
  for (auto& said : raised)
    append(self, state::entry_kind::emitted, bytes_of(schemas::encode(said)),
           {.then = [self](base::entry_index index) { enlist(self, index.value); }});
}

/// `then` also when one is under way already, once that has ended; `failed` before the actor gives
/// up.
void write_checkpoint(detector_pointer self, std::function<void()> then,
                      std::function<void(const base::error&)> failed = {}) {
  auto& st = self->state;
  if (!st.turns.begin(when_ended(then, failed)))
    return;
  request_checkpoint(
      self, st.fold->checkpoint(), false,
      [self, position = st.fold->applied(), then] {
        self->state.fold->checkpointed(position);
        then();
      },
      std::move(failed));
}

/// Writes down that another generation is in force; everything appended later may name it.
void announce(detector_pointer self, const content_generation& content,
              std::function<void()> then = {},
              std::function<void(const base::error&)> failed = {}) {
  auto& st = self->state;
  if (content.number <= st.announced) {
    if (then)
      then();
    return;
  }
  st.announced = content.number;
  append(self, state::entry_kind::config, bytes_of(schemas::encode(content.entry())),
         {.then =
              [then](base::entry_index) {
                if (then)
                  then();
              },
          .failed = std::move(failed)});
}

void answer_all(detector_pointer self, detector_state::written_batch& batch,
                const base::result<partition_batch_result>& r) {
  self->state.under_way.erase(batch.key);
  for (auto& answer : std::exchange(batch.waiting, {}))
    answer(r);
}

void outcome_unknown(detector_pointer self, const detector_state::pending& p,
                     const base::error& why) {
  if (p.batch)
    answer_all(self, *p.batch, why);
  else if (p.failed)
    p.failed(why);
}

/// One committed entry: folded, and whoever waits for it told. `noexcept`: see base::folding.
bool fold_one(detector_pointer self, committed::item& item) noexcept {
  auto& st = self->state;
  detector_state::pending mine;
  if (const auto at = st.appended.find(item.token); at != st.appended.end()) {
    mine = std::move(at->second);
    st.appended.erase(at);
  }
  state::log_entry e{st.copy->partition(),    item.entry.epoch,
                     item.entry.index,        static_cast<state::entry_kind>(item.entry.kind),
                     item.entry.fold_version, {}};
  if (!mine.batch)
    e.body = *item.entry.body;
  const base::folding here{e.partition, e.index};
  const auto* batch = mine.batch ? &mine.batch->entry : nullptr;
  if (auto ok = st.fold->prepare(e, batch); !ok) {
    outcome_unknown(self, mine, ok.err());
    give_up(self, ok.err());
    return false;
  }
  auto raised = st.fold->apply(e, batch, st.suspects.skips(e.index));
  if (mine.since != desk_time{} &&
      self->clock().now().time_since_epoch() > mine.since + home_desk::stall && st.term)
    ask_keepers(self); // sources may have given up waiting
  if (mine.batch) {
    mine.batch->result.waiting = st.waiting(batch->tenant);
    answer_all(self, *mine.batch, mine.batch->result);
  } else if (mine.then) {
    mine.then(e.index);
  }
  if (e.kind == state::entry_kind::parked)
    give_back(self);
  emit(self, std::move(raised));
  if (st.args.digest_every != 0 && e.index.value % st.args.digest_every == 0 &&
      st.copy->replica().compared())
    st.copy->replica().folded_to(e.index, st.fold->digest());
  return true;
}

void begin_term(detector_pointer self, base::epoch epoch);

void go_on(detector_pointer self) {
  fold_shown(
      self, [self](committed::item& item) { return fold_one(self, item); },
      [self](base::epoch epoch) { begin_term(self, epoch); });
  if (!self->state.gave_up && self->state.fold->wants_checkpoint())
    write_checkpoint(self, [] {});
}

/// What was appended and did not come back: whoever waits sends again.
void void_appended(detector_pointer self, std::map<std::uint64_t, detector_state::pending> lost,
                   const base::error& why) {
  auto& st = self->state;
  bool batches = false;
  for (auto& [token, p] : lost) {
    batches = batches || p.batch;
    outcome_unknown(self, p, why);
  }
  if (!batches)
    return;
  if (auto ok = st.fold->reload_ids(); !ok)
    give_up(self, ok.err());
}

void begin_term(detector_pointer self, base::epoch epoch) {
  auto& st = self->state;
  st.term = epoch;
  st.announced = st.fold->generation();
  std::vector<partition_state::emission> left;
  for (const auto& [of, said] : st.fold->unemitted())
    left.push_back(said);
  for (const auto& [index, said] : st.fold->outbox())
    enlist(self, index);
  emit(self, std::move(left));
  announce(self, *st.args.content);
  ask_keepers(self);
  give_back(self);
}

void end_term(detector_pointer self, const base::error& why) {
  auto& st = self->state;
  st.term.reset();
  st.shown.term_waits.reset();
  st.lanes.clear();
  st.failed.clear();
  st.answered.clear();
  st.home.unheard.clear();
  void_appended(self, std::exchange(st.appended, {}), why);
  st.keeper = {}; // whoever parked here was told
}

base::status load_partition(detector_pointer self) {
  auto& st = self->state;
  st.shown = {};
  st.suspects = fold_suspects{st.args.deaths};
  st.fold = std::make_unique<partition_state>(st.copy->partition(), st.copy->store(),
                                              st.args.library, st.args.limits);
  return st.fold->recover();
}

} // namespace

batch_key key_of(const partition_batch& b) {
  return {b.tenant.value + '\x1f' + b.origin.source, {b.origin.session, b.origin.sequence}};
}

void append_batch(detector_pointer self, partition_batch& batch,
                  detector_state::share_answer answer) {
  auto& st = self->state;
  auto entry = entry_of(batch);
  const auto count = batch.events ? static_cast<std::uint32_t>(batch.events->events.size()) : 0;
  if (st.fold->knows(entry))
    return answer(partition_batch_result{0, count, st.waiting(batch.tenant)});
  // The sender may hear of a generation before this partition does; one that passed while this node
  // was away may not be here at all.
  if (batch.events && (batch.parked || batch.events->generation > st.announced)) {
    const auto content = st.args.library->find(batch.events->generation);
    if (!content)
      return answer(content.err());
    announce(self, **content);
  }
  const auto [at, fresh] = st.under_way.try_emplace(key_of(batch));
  if (!fresh) { // a resend of what is being written: the same answer serves both
    auto& waiting = at->second->waiting;
    if (waiting.size() == askers_max) { // of resends that were given up
      waiting.front()(base::error{base::ec::timed_out, "asked again meanwhile"});
      waiting.erase(waiting.begin());
    }
    waiting.push_back(std::move(answer));
    return;
  }
  const auto written = std::make_shared<detector_state::written_batch>();
  at->second = written;
  written->key = at->first;
  written->waiting.push_back(std::move(answer));
  written->result.accepted = count;
  if (batch.events) {
    entry.events = st.fold->without_duplicates(batch.tenant, batch.events);
    written->result.accepted = static_cast<std::uint32_t>(entry.events->events.size());
    written->result.duplicate = count - written->result.accepted;
  }
  // What came over a wire as the entry it becomes need not be made into bytes again.
  const bool as_it_came = batch.encoded && entry.events == batch.events;
  auto body = as_it_came ? batch.encoded : bytes_of(schemas::encode(entry));
  written->entry = std::move(entry);
  append(self, state::entry_kind::batch, std::move(body), {.batch = written});
}

void take_share(detector_pointer self, partition_batch& batch,
                detector_state::share_answer answer) {
  auto& st = self->state;
  if (const auto why = closed(st))
    return answer(*why);
  if (st.home.closed())
    return answer(base::error{
        base::ec::unavailable,
        fmt::format("partition {} takes back first what was parked for it; ask again in a moment",
                    st.copy->partition().value)});
  append_batch(self, batch, std::move(answer));
}

void take_tick(detector_pointer self, const tick& t) {
  auto& st = self->state;
  if (st.draining || st.gave_up)
    return;
  if (st.checkpointed_at == base::receive_time{})
    st.checkpointed_at = t.now;
  if (t.now >= st.checkpointed_at + st.args.checkpoint_interval) {
    st.checkpointed_at = t.now;
    write_checkpoint(self, [] {});
  }
  if (!st.term)
    return;
  schemas::tick_entry entry;
  entry.now = t.now;
  if (t.sources)
    for (const auto& s : *t.sources)
      entry.sources.push_back({s.tenant, s.source, s.watermark, s.holds});
  // No window closes before what was parked for it is folded.
  if (!st.home.closed() && st.fold->wants_tick(entry))
    append(self, state::entry_kind::tick, bytes_of(schemas::encode(entry)));
  give_back(self);
  if (!st.answered.empty() && st.under_way.empty()) {
    const auto a = take_answered(st);
    append(self, state::entry_kind::answered, bytes_of(schemas::encode(a)));
  }
  for (const auto index : std::exchange(st.failed, {}))
    enlist(self, index);
}

void take_content(detector_pointer self, const content_change& c,
                  std::function<void(const base::status&)> then) {
  take_content(self, c, then, [self](const content_ptr& content, auto done, auto failed) {
    announce(self, *content, done, failed);
  });
}

/// Batches under way are committed before it: they are folded when they come, or by the next start.
void drain(detector_pointer self, std::function<void(const base::status&)> then) {
  drain(self, then, [self](auto done, auto failed) { write_checkpoint(self, done, failed); });
}

namespace {

/// What the replica says.
struct detector_listener {
  detector_pointer self;

  void operator()(committed& c) {
    self->state.shown.runs.push_back(std::move(c));
    go_on(self);
  }
  void operator()(const skips_found& s) {
    log_answered(self, s);
    go_on(self);
  }
  void operator()(const append_refused& r) {
    void_appended(self, take_out(self->state.appended, r.tokens), r.why);
  }
  void operator()(const term_began& t) {
    self->state.shown.term_waits = t.epoch;
    go_on(self);
  }
  void operator()(const term_ended& t) { end_term(self, t.why); }
  void operator()(const state_replaced&) { load_anew(self, load_partition); }
  void operator()(const hold_still& h) { self->state.turns.stand_still(h.then); }
  void operator()(const take_checkpoint& c) {
    take_held_checkpoint(
        self, c, partition_meta(self->state.copy->partition()),
        [self = self](base::entry_index at) { self->state.fold->checkpointed(at); });
  }
};

} // namespace

detector::detector(actor group, copy_seat& seat, base::duration beat, detector_args args)
    : group_{group} {
  state.args = std::move(args);
  state.copy =
      std::make_unique<copy_host>(seat, std::exchange(state.args.log, {}), beat,
                                  [this](fold_word& w) { std::visit(detector_listener{this}, w); });
}

base::status detector::open() {
  return open_copy(this, load_partition);
}

} // namespace vedette::actors
