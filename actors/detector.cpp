#include "actors/detector.hpp"

#include "actors/error.hpp"
#include "actors/identity_json.hpp"
#include "base/json_writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace vedette::actors {

namespace {

using self_pointer = detector_actor::stateful_pointer<detector_state>;

void append(self_pointer self, state::entry_kind kind, std::string body,
            std::function<void(const state::log_entry&)> then,
            std::function<void(const caf::error&)> failed = {});
void emit(self_pointer self, std::vector<partition_state::emission> raised);

/// A node that cannot write must not go on folding; the error is said once and everyone is told.
void give_up(self_pointer self, const caf::error& why) {
  auto& st = self->state;
  if (st.draining)
    return;
  spdlog::error("partition {}: {}", st.args.partition.value, base::to_string(from_caf(why)));
  self->quit(why);
}

state::log_entry entry_of(self_pointer self, state::entry_kind kind, std::string body) {
  auto& st = self->state;
  ++st.appended.value;
  return {st.args.partition, st.args.epoch, st.appended, kind, fold_version, std::move(body)};
}

void append(self_pointer self, state::entry_kind kind, std::string body,
            std::function<void(const state::log_entry&)> then,
            std::function<void(const caf::error&)> failed) {
  append_request request;
  auto& st = self->state;
  if (kind != state::entry_kind::answered && !st.answered.empty()) {
    // What was answered meanwhile shares the record.
    schemas::answered_entry a{std::move(st.answered)};
    st.answered.clear();
    request.entries.push_back(entry_of(self, state::entry_kind::answered, schemas::encode(a)));
  }
  request.entries.push_back(entry_of(self, kind, std::move(body)));
  const auto entries = request.entries;
  self->request(st.args.committer, caf::infinite, std::move(request))
      .then(
          [self, entries, then](atom::done) {
            for (std::size_t i = 0; i + 1 < entries.size(); ++i)
              emit(self, self->state.fold->apply(entries[i]));
            then(entries.back());
          },
          [self, failed](const caf::error& e) {
            if (failed)
              failed(e);
            give_up(self, e);
          });
}

void deliver(self_pointer self, std::uint64_t index,
             const std::shared_ptr<const partition_state::emission>& said) {
  auto& st = self->state;
  if (!st.out.insert(index).second)
    return;
  delivery d;
  d.tenant = said->tenant;
  d.alerts = said->alerts;
  for (const auto& m : said->maxima)
    d.maxima.push_back({m.account, {m.rule}, m.measure, m.day, m.value});
  self->request(st.args.aggregator_of(said->tenant), st.args.outbox_retry, std::move(d))
      .then(
          [self, index](atom::done) {
            self->state.out.erase(index);
            self->state.answered.push_back(index);
          },
          // The next tick offers it again; the receiver knows what it has.
          [self, index](const caf::error&) { self->state.out.erase(index); });
}

void emit(self_pointer self, std::vector<partition_state::emission> raised) {
  for (auto& said : raised)
    append(self, state::entry_kind::emitted, schemas::encode(said),
           [self](const state::log_entry& e) {
             emit(self, self->state.fold->apply(e));
             const auto at = self->state.fold->outbox().find(e.index.value);
             if (at != self->state.fold->outbox().end())
               deliver(self, at->first, at->second);
           });
}

/// `then` also when one is under way already; `failed` before the actor gives up.
void write_checkpoint(self_pointer self, std::function<void()> then,
                      std::function<void(const caf::error&)> failed = {}) {
  auto& st = self->state;
  if (st.checkpointing) {
    then();
    return;
  }
  st.checkpointing = true;
  const auto position = st.fold->applied();
  self->request(st.args.committer, caf::infinite, checkpoint_request{st.fold->checkpoint(), true})
      .then(
          [self, position, then](atom::done) {
            self->state.checkpointing = false;
            self->state.fold->checkpointed(position);
            then();
          },
          [self, failed](const caf::error& e) {
            if (failed)
              failed(e);
            give_up(self, e);
          });
}

/// Writes down that another generation is in force; everything appended later may name it.
void announce(self_pointer self, const content_generation& content, std::function<void()> then) {
  auto& st = self->state;
  if (content.number <= st.announced) {
    then();
    return;
  }
  st.announced = content.number;
  append(self, state::entry_kind::config, schemas::encode(content.entry()),
         [self, entry = content.entry(), then](const state::log_entry& e) {
           if (auto ok = self->state.fold->prepare(entry); !ok) {
             give_up(self, to_caf(ok.err()));
             return;
           }
           emit(self, self->state.fold->apply(e));
           then();
         });
}

caf::result<partition_batch_result> take_batch(self_pointer self, partition_batch& batch) {
  auto& st = self->state;
  if (st.draining)
    return to_caf(
        {base::ec::shutting_down, "this node is draining; send the batch to it again later"});
  schemas::batch_entry entry;
  entry.tenant = batch.tenant;
  entry.source = batch.origin.source;
  entry.session = batch.origin.session;
  entry.sequence = batch.origin.sequence;
  entry.committed_below = batch.origin.committed_below;
  entry.received = batch.received;
  entry.source_watermark = batch.source_watermark;
  const auto count = batch.events ? static_cast<std::uint32_t>(batch.events->events.size()) : 0;
  if (st.fold->knows(entry))
    return partition_batch_result{0, count};
  // The sender may hear of a generation before this partition does.
  if (batch.events && batch.events->generation > st.announced) {
    const auto content = st.args.library->find(batch.events->generation);
    if (!content)
      return to_caf(content.err());
    announce(self, **content, [] {});
  }
  auto promise = self->make_response_promise<partition_batch_result>();
  const auto key = std::pair{batch.tenant.value + '\x1f' + entry.source,
                             std::pair{entry.session, entry.sequence}};
  auto& waiting = st.under_way[key];
  waiting.push_back(promise);
  if (waiting.size() > 1)
    return promise; // a resend of what is being written: the same answer serves both

  partition_batch_result result{count, 0};
  if (batch.events) {
    // The only holder: ingest handed it over.
    auto events = std::const_pointer_cast<base::event_batch>(batch.events);
    result.duplicate = st.fold->drop_duplicates(*events);
    result.accepted -= result.duplicate;
    entry.events = std::move(events);
  }
  for (auto& q : batch.quarantined)
    entry.quarantined.push_back({std::move(q.reason), std::move(q.head)});
  auto body = schemas::encode(entry);
  const auto kept = std::make_shared<const schemas::batch_entry>(std::move(entry));
  append(
      self, state::entry_kind::batch, std::move(body),
      [self, key, kept, result](const state::log_entry& e) {
        auto& st2 = self->state;
        const auto at = st2.under_way.find(key);
        if (at != st2.under_way.end()) {
          for (auto& p : at->second)
            p.deliver(result);
          st2.under_way.erase(at);
        }
        if (auto ok = kept->events ? st2.fold->prepare(kept->events->generation) : base::status{};
            !ok) {
          give_up(self, to_caf(ok.err()));
          return;
        }
        emit(self, st2.fold->apply(e, kept.get()));
        if (st2.fold->wants_checkpoint())
          write_checkpoint(self, [] {});
      },
      [self, key](const caf::error& e) {
        const auto at = self->state.under_way.find(key);
        if (at == self->state.under_way.end())
          return;
        for (auto& p : at->second)
          p.deliver(e);
        self->state.under_way.erase(at);
      });
  return promise;
}

void take_tick(self_pointer self, const tick& t) {
  auto& st = self->state;
  if (st.draining)
    return;
  schemas::tick_entry entry;
  entry.now = t.now;
  if (t.sources)
    for (const auto& s : *t.sources)
      entry.sources.push_back({s.tenant, s.source, s.watermark, s.holds});
  if (st.fold->wants_tick(entry))
    append(self, state::entry_kind::tick, schemas::encode(entry),
           [self](const state::log_entry& e) { emit(self, self->state.fold->apply(e)); });
  if (!st.answered.empty() && st.under_way.empty()) {
    schemas::answered_entry a{std::move(st.answered)};
    st.answered.clear();
    append(self, state::entry_kind::answered, schemas::encode(a),
           [self](const state::log_entry& e) { emit(self, self->state.fold->apply(e)); });
  }
  for (const auto& [index, said] : st.fold->outbox())
    if (std::find(st.answered.begin(), st.answered.end(), index) == st.answered.end())
      deliver(self, index, said);
  if (st.checkpointed_at == base::receive_time{})
    st.checkpointed_at = t.now;
  if (t.now >= st.checkpointed_at + st.args.checkpoint_interval) {
    st.checkpointed_at = t.now;
    write_checkpoint(self, [] {});
  }
}

/// What no checkpoint holds yet is newer than everything that is stored.
answer show_quarantine(self_pointer self, const std::string& tenant, std::uint64_t limit) {
  const auto& st = self->state;
  base::json_writer w;
  w.begin_array();
  std::uint64_t shown = 0;
  std::set<std::string_view> unsaved;
  const auto show = [&](const std::string& key, std::string_view value) {
    const auto q = schemas::decode_batch_entry(value);
    if (!q || q->quarantined.empty())
      return true;
    w.begin_object();
    w.member("id", std::to_string(st.args.partition.value) + "-" + key);
    w.member("tenant", tenant).member("source", q->source);
    w.member("received", base::format_rfc3339(q->received));
    w.member("reason", q->quarantined.front().reason).member("record", q->quarantined.front().head);
    w.end_object();
    return ++shown < limit;
  };
  const auto& held = st.fold->unsaved();
  bool more = limit > 0;
  for (auto at = held.rbegin(); more && at != held.rend(); ++at)
    if (at->tenant.value == tenant) {
      unsaved.insert(at->key);
      more = show(at->key, at->value);
    }
  base::status ok;
  if (more)
    ok = st.args.store->entities().scan(st.args.partition, {tenant}, state::state_kind::quarantine,
                                        [&](const state::state_key& key, std::string_view value) {
                                          // A checkpoint under way may have stored it already.
                                          return unsaved.contains(key.key) || show(key.key, value);
                                        });
  w.end_array();
  if (!ok)
    return {{}, ok.err()};
  return {std::string{w.text()}, {}};
}

std::string describe(self_pointer self) {
  const auto& st = self->state;
  const auto f = st.fold->figures();
  base::json_writer w;
  w.begin_object();
  w.member("partition", st.args.partition.value).member("epoch", st.args.epoch.value);
  w.member("generation", st.fold->generation().value);
  w.member("applied", f.applied.value).member("appended", st.appended.value);
  w.member("checkpointed", f.checkpointed.value);
  w.member("events", f.events)
      .member("late", f.late)
      .member("ahead", f.ahead)
      .member("duplicates", f.duplicates);
  w.member("quarantined", f.quarantined).member("alerts", f.alerts).member("outbox", f.outbox);
  w.member("entities_hot", f.entities_hot).member("entities_hot_bytes", f.entities_hot_bytes);
  w.member("batches_under_way", static_cast<std::uint64_t>(st.under_way.size()));
  w.end_object();
  return std::string{w.text()};
}

} // namespace

detector_actor::behavior_type detector(self_pointer self, detector_args args) {
  auto& st = self->state;
  st.args = std::move(args);
  st.fold = std::make_unique<partition_state>(st.args.partition, st.args.store, st.args.library,
                                              st.args.limits);
  auto left = st.fold->recover();
  if (!left) {
    spdlog::error("recovering partition {}: {}", st.args.partition.value,
                  base::to_string(left.err()));
    self->quit(to_caf(left.err()));
    return detector_actor::behavior_type::make_empty_behavior();
  }
  st.appended = st.fold->applied();
  st.announced = st.fold->generation();
  emit(self, std::move(*left));
  announce(self, *st.args.content, [] {});
  return {
      [self](partition_batch& batch) { return take_batch(self, batch); },
      [self](const tick& t) { take_tick(self, t); },
      [self](const content_change& c) -> caf::result<atom::done> {
        if (self->state.draining)
          return to_caf({base::ec::shutting_down, "this node is draining"});
        auto promise = self->make_response_promise<atom::done>();
        announce(self, *c.content, [promise]() mutable { promise.deliver(atom::done::value); });
        return promise;
      },
      [self](atom::identity, const std::string& tenant, const std::string& key) -> answer {
        const detect::entity_ref ref{{tenant}, base::entity_kind::identity, key};
        auto found = self->state.fold->look_up(ref);
        if (!found)
          return {{}, found.err()};
        if (*found == nullptr)
          return {{},
                  {base::ec::not_found, "looking up identity " + key + ": nothing is known of it"}};
        return {identity_json(ref, **found), {}};
      },
      [self](atom::quarantine, const std::string& tenant, std::uint64_t limit) {
        return show_quarantine(self, tenant, limit);
      },
      [self](atom::drain) -> caf::result<atom::done> {
        auto promise = self->make_response_promise<atom::done>();
        // Batches under way are committed before the checkpoint: the committer is first come, first
        // served.
        write_checkpoint(
            self, [promise]() mutable { promise.deliver(atom::done::value); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
        self->state.draining = true;
        return promise;
      },
      [self](atom::status) { return describe(self); },
  };
}

} // namespace vedette::actors
