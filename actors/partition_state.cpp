#include "actors/partition_state.hpp"

#include "actors/entity_codec.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::actors {

namespace {

/// Entries before the checkpoint whose event ids are remembered again at start.
constexpr std::uint64_t id_tail = 4096;

std::string meta_name(base::partition_id id) {
  return fmt::format("partition/{:08x}", id.value);
}

state::state_key key_of(base::partition_id id, const detect::entity_ref& ref) {
  return {id, ref.tenant, state::kind_of(ref.kind), ref.key};
}

std::uint64_t home_of(std::string_view tenant, base::entity_kind kind, std::string_view key) {
  return base::hash64(key, base::mix(base::hash64(tenant), static_cast<std::uint64_t>(kind)));
}

} // namespace

partition_state::partition_state(base::partition_id id, std::shared_ptr<state::store> store,
                                 std::shared_ptr<const detect::ruleset> rules,
                                 partition_limits limits)
    : id_{id}, store_{std::move(store)}, rules_{std::move(rules)}, limits_{limits},
      engine_{rules_, detect::voice::at_once}, ids_{limits.dedup_bytes} {}

base::result<std::vector<partition_state::emission>> partition_state::recover() {
  auto position = store_->entities().position(id_);
  if (!position)
    return position.err();
  auto meta = store_->entities().meta(meta_name(id_));
  if (!meta)
    return meta.err();
  applied_ = checkpointed_ = *position;
  if (*meta) {
    auto c = schemas::decode_partition_checkpoint(**meta);
    if (!c)
      return c.err();
    read_checkpoint(*c);
  }

  // Ids are not in the checkpoint: those of the newest entries are read again from the log.
  const auto kept = store_->log().first_kept(id_).value;
  const auto from = std::min(
      position->value,
      std::max(kept > 0 ? kept - 1 : 0, position->value > id_tail ? position->value - id_tail : 0));
  std::optional<base::error> failed;
  const auto read =
      store_->log().read({{id_, base::entry_index{from}}}, [&](const state::log_entry& e) {
        if (e.fold_version != fold_version) {
          failed = base::error{
              base::ec::unsupported,
              fmt::format(
                  "folding entry {} of partition {}: it was written by fold version {}, this "
                  "build knows {}; drain the node with the build that wrote it first",
                  e.index.value, id_.value, e.fold_version, fold_version)};
          return false;
        }
        if (e.kind == state::entry_kind::batch) {
          auto batch = schemas::decode_batch_entry(e.body);
          if (!batch) {
            failed = batch.err();
            return false;
          }
          if (batch->events)
            for (const auto& event : batch->events->events)
              (void)ids_.insert(event.id,
                                event.routed_to.empty() ? 0 : base::hash64(event.routed_to));
          if (e.index > *position)
            (void)apply(e, &*batch);
        } else if (e.index > *position) {
          (void)apply(e);
        }
        return true;
      });
  if (failed)
    return *failed;
  if (!read)
    return read.err();
  std::vector<emission> out;
  for (const auto& [of, said] : unemitted_)
    out.push_back(said);
  return out;
}

bool partition_state::knows(const schemas::batch_entry& batch) const {
  return ledger_.knows({batch.tenant, batch.source, batch.session}, batch.sequence);
}

std::uint32_t partition_state::drop_duplicates(base::event_batch& events) {
  const auto before = events.events.size();
  std::erase_if(events.events, [&](const base::event& e) {
    return !ids_.insert(e.id, e.routed_to.empty() ? 0 : base::hash64(e.routed_to));
  });
  const auto dropped = static_cast<std::uint32_t>(before - events.events.size());
  figures_.duplicates += dropped;
  return dropped;
}

bool partition_state::wants_tick(const schemas::tick_entry& t) const {
  if (!news_.empty() && t.now >= reported_ + limits_.coalesce)
    return true;
  for (const auto& [who, m] : sources_.all())
    if (m.holds && m.last + limits_.source_silence < t.now)
      return true;
  for (const auto& s : t.sources) {
    const source_table::name who{s.tenant, s.source};
    const auto known = sources_.all().find(who);
    const auto due = due_.find(s.tenant.value);
    const bool waits = due != due_.end() && !due->second.empty();
    if (known == sources_.all().end()
            ? waits
            : (known->second.holds != s.holds || (waits && s.watermark > known->second.watermark)))
      return true;
  }
  return false;
}

std::vector<partition_state::emission> partition_state::apply(const state::log_entry& entry,
                                                              const schemas::batch_entry* batch) {
  VEDETTE_ASSERT(entry.partition == id_);
  VEDETTE_ASSERT(entry.index.value == applied_.value + 1);
  folding_ = entry.index.value;
  raised_.clear();
  switch (entry.kind) {
  case state::entry_kind::batch:
    if (batch != nullptr) {
      fold_batch(*batch);
    } else if (auto decoded = schemas::decode_batch_entry(entry.body)) {
      fold_batch(*decoded);
    } else {
      VEDETTE_ASSERT(!"a committed batch entry decodes");
    }
    break;
  case state::entry_kind::tick: {
    auto t = schemas::decode_tick_entry(entry.body);
    VEDETTE_ASSERT(t.has_value());
    fold_tick(*t);
    break;
  }
  case state::entry_kind::emitted: {
    auto e = schemas::decode_emitted_entry(entry.body);
    VEDETTE_ASSERT(e.has_value());
    unemitted_.erase({e->of_entry, e->tenant.value});
    outbox_[entry.index.value] = std::make_shared<const emission>(std::move(*e));
    break;
  }
  case state::entry_kind::answered: {
    auto a = schemas::decode_answered_entry(entry.body);
    VEDETTE_ASSERT(a.has_value());
    for (auto index : a->emitted)
      outbox_.erase(index);
    break;
  }
  default:
    break; // kinds of other logs, or of later builds that this fold version need not know
  }
  applied_ = entry.index;
  std::vector<emission> out;
  for (auto& [tenant, said] : raised_) {
    unemitted_[{said.of_entry, tenant}] = said;
    out.push_back(std::move(said));
  }
  return out;
}

partition_state::entity_table::iterator partition_state::entity(const base::tenant_id& tenant,
                                                                base::entity_kind kind,
                                                                std::string_view key) {
  auto home = home_of(tenant.value, kind, key);
  for (auto at = entities_.find(home); at != entities_.end(); at = entities_.find(++home)) {
    const auto& ref = at->second.ref;
    if (ref.kind == kind && ref.key == key && ref.tenant == tenant)
      return at;
  }
  hot_entity fresh;
  fresh.ref = {tenant, kind, std::string{key}};
  auto stored = store_->entities().get(key_of(id_, fresh.ref));
  // An unreadable entity would be folded from nothing, silently: stop instead.
  VEDETTE_ASSERT(stored.has_value());
  if (*stored) {
    auto decoded = decode_entity(**stored);
    VEDETTE_ASSERT(decoded.has_value());
    // A checkpoint writes entities and position together, so none is ahead of the log.
    VEDETTE_ASSERT(decoded->folded.value <= applied_.value);
    fresh.state = std::move(decoded->state);
  }
  return entities_.emplace(home, std::move(fresh)).first;
}

void partition_state::fold_batch(const schemas::batch_entry& batch) {
  now_ = std::max(now_, batch.received);
  ledger_.take({batch.tenant, batch.source, batch.session}, batch.sequence, batch.committed_below,
               batch.received);
  const source_table::name who{batch.tenant, batch.source};
  auto newest = std::max(sources_.of(who), batch.source_watermark);
  sources_.advance(who, newest, true, batch.received);
  concluded_.erase(batch.tenant.value);
  keep_quarantined(batch);
  if (!batch.events)
    return;
  const auto limit = batch.received + base::limits::ahead;
  auto others = base::event_time::max();
  for (const auto& [name, m] : sources_.all())
    if (name.tenant == batch.tenant && name.source != batch.source && m.holds)
      others = std::min(others, m.watermark);
  for (const auto& e : batch.events->events) {
    ++figures_.events;
    const bool ahead = e.time > limit;
    if (!ahead)
      newest = std::max(newest, e.time);
    const bool late = e.time + base::limits::lateness < newest;
    figures_.late += late;
    figures_.ahead += ahead;
    const bool routed = !e.routed_to.empty();
    auto at =
        entity(batch.tenant,
               routed ? static_cast<base::entity_kind>(e.routed_kind) : base::entity_kind::identity,
               routed ? e.routed_to : e.identity);
    auto& entity = at->second;
    out_.clear();
    engine_.fold(entity.ref, entity.state, e, std::min(newest, others), late || ahead, out_);
    collect(batch.tenant);
    entity.dirty = true;
    if (!e.matches.empty())
      touched(at);
  }
  sources_.advance(who, newest, true, batch.received);
  settle_due(batch.tenant);
}

void partition_state::fold_tick(const schemas::tick_entry& t) {
  now_ = std::max(now_, t.now);
  std::set<base::tenant_id> tenants;
  for (const auto& s : t.sources) {
    sources_.advance({s.tenant, s.source}, s.watermark, s.holds, t.now);
    tenants.insert(s.tenant);
  }
  for (const auto& [who, m] : sources_.all())
    if (m.holds && m.last + limits_.source_silence < now_) {
      sources_.advance(who, m.watermark, false, m.last);
      tenants.insert(who.tenant);
    }
  for (const auto& tenant : tenants) {
    settle_due(tenant);
    // Nothing more is to come: what stands is final as far as anyone can tell.
    if (sources_.all_ended(tenant) && concluded_.insert(tenant.value).second) {
      auto waiting = due_.find(tenant.value);
      std::set<std::uint64_t> these = news_;
      if (waiting != due_.end())
        for (const auto& [when, home] : waiting->second)
          these.insert(home);
      for (auto home : these) {
        auto at = entities_.find(home);
        if (at == entities_.end() || at->second.ref.tenant != tenant)
          continue;
        out_.clear();
        engine_.conclude(at->second.ref, at->second.state, out_);
        collect(tenant);
        at->second.dirty = true;
        touched(at);
      }
    }
  }
  if (now_ >= reported_ + limits_.coalesce)
    report_news();
}

void partition_state::settle_due(const base::tenant_id& tenant) {
  const auto queue = due_.find(tenant.value);
  if (queue == due_.end())
    return;
  const auto watermark = sources_.of(tenant);
  while (!queue->second.empty() && queue->second.begin()->first <= watermark) {
    auto at = entities_.find(queue->second.begin()->second);
    VEDETTE_ASSERT(at != entities_.end());
    out_.clear();
    engine_.settle(at->second.ref, at->second.state, watermark, out_);
    collect(tenant);
    at->second.dirty = true;
    touched(at);
  }
}

void partition_state::report_news() {
  reported_ = now_;
  const auto these = news_;
  for (auto home : these) {
    auto at = entities_.find(home);
    VEDETTE_ASSERT(at != entities_.end());
    out_.clear();
    engine_.report(at->second.ref, at->second.state, out_);
    collect(at->second.ref.tenant);
    at->second.dirty = true;
    touched(at);
  }
}

void partition_state::collect(const base::tenant_id& tenant) {
  if (out_.empty())
    return;
  auto& said = raised_[tenant.value];
  said.of_entry = folding_;
  said.tenant = tenant;
  figures_.alerts += out_.alerts.size();
  std::move(out_.alerts.begin(), out_.alerts.end(), std::back_inserter(said.alerts));
  for (auto& m : out_.maxima)
    said.maxima.push_back(
        {std::move(m.account), std::move(m.rule.value), std::move(m.measure), m.day, m.value});
}

void partition_state::touched(entity_table::iterator at) {
  auto& e = at->second;
  const auto bytes = e.state.bytes();
  hot_bytes_ += bytes - e.bytes;
  e.bytes = bytes;
  const auto due = engine_.due(e.state).value_or(base::event_time::max());
  if (due != e.due) {
    auto& queue = due_[e.ref.tenant.value];
    if (e.due != base::event_time::max())
      queue.erase({e.due, at->first});
    if (due != base::event_time::max())
      queue.insert({due, at->first});
    e.due = due;
  }
  const bool news = detect::engine::has_news(e.state);
  if (news != e.news) {
    if (news)
      news_.insert(at->first);
    else
      news_.erase(at->first);
    e.news = news;
  }
}

void partition_state::keep_quarantined(const schemas::batch_entry& batch) {
  for (std::size_t i = 0; i < batch.quarantined.size(); ++i) {
    ++figures_.quarantined;
    schemas::batch_entry one;
    one.tenant = batch.tenant;
    one.source = batch.source;
    one.received = batch.received;
    one.quarantined = {batch.quarantined[i]};
    // Later entries sort first, so that the newest are shown first.
    pending_.put({id_, batch.tenant, state::state_kind::quarantine,
                  fmt::format("{:016x}-{:06x}", ~folding_, i)},
                 schemas::encode(one));
  }
}

std::shared_ptr<state::changes> partition_state::checkpoint() {
  auto out = std::make_shared<state::changes>(std::move(pending_));
  pending_ = {};
  for (auto& [home, e] : entities_)
    if (e.dirty) {
      out->put(key_of(id_, e.ref), encode(e.state, applied_));
    }
  schemas::partition_checkpoint c;
  c.now = now_;
  for (const auto& [who, t] : ledger_.all())
    c.batches.push_back(
        {who.tenant, who.source, who.session, t.below, {t.above.begin(), t.above.end()}, t.last});
  for (const auto& [who, m] : sources_.all())
    c.sources.push_back({who.tenant, who.source, m.watermark, m.last, m.holds});
  for (const auto& [index, said] : outbox_)
    c.outbox.push_back({index, schemas::encode(*said)});
  for (const auto& [of, said] : unemitted_)
    c.unemitted.push_back(schemas::encode(said));
  for (const auto& [home, e] : entities_)
    if (e.news || e.due != base::event_time::max())
      c.waiting.push_back({e.ref.tenant, e.ref.kind, e.ref.key, e.due, e.news});
  out->put_meta(meta_name(id_), schemas::encode(c));
  out->position(id_, applied_);
  for (auto& [home, e] : entities_)
    e.dirty = false;
  return out;
}

void partition_state::checkpointed(base::entry_index position) {
  checkpointed_ = std::max(checkpointed_, position);
  let_go();
}

void partition_state::let_go() {
  if (hot_bytes_ <= limits_.cache_bytes / 2)
    return;
  // Whatever is as stored and waits for nothing can be read again when it is needed.
  for (auto at = entities_.begin();
       at != entities_.end() && hot_bytes_ > limits_.cache_bytes / 2;) {
    const auto& e = at->second;
    if (e.dirty || e.news || e.due != base::event_time::max()) {
      ++at;
      continue;
    }
    hot_bytes_ -= e.bytes;
    at = entities_.erase(at);
  }
}

void partition_state::read_checkpoint(const schemas::partition_checkpoint& c) {
  now_ = reported_ = c.now;
  std::map<state::batch_ledger::collector, state::batch_ledger::taken> taken;
  for (const auto& b : c.batches)
    taken[{b.tenant, b.source, b.session}] = {b.below, {b.above.begin(), b.above.end()}, b.last};
  ledger_ = state::batch_ledger::restore(std::move(taken));
  std::map<source_table::name, source_table::mark> marks;
  for (const auto& s : c.sources)
    marks[{s.tenant, s.name}] = {s.watermark, s.last, s.holds};
  sources_ = source_table::restore(std::move(marks));
  for (const auto& o : c.outbox) {
    auto said = schemas::decode_emitted_entry(o.body);
    VEDETTE_ASSERT(said.has_value());
    outbox_[o.index] = std::make_shared<const emission>(std::move(*said));
  }
  for (const auto& body : c.unemitted) {
    auto said = schemas::decode_emitted_entry(body);
    VEDETTE_ASSERT(said.has_value());
    unemitted_[{said->of_entry, said->tenant.value}] = std::move(*said);
  }
  for (const auto& w : c.waiting) {
    auto at = entity(w.tenant, w.kind, w.key);
    touched(at);
  }
}

partition_figures partition_state::figures() const {
  figures_.entities_hot = entities_.size();
  figures_.entities_hot_bytes = hot_bytes_;
  figures_.outbox = outbox_.size();
  figures_.applied = applied_;
  figures_.checkpointed = checkpointed_;
  return figures_;
}

base::result<const detect::entity_state*> partition_state::look_up(const detect::entity_ref& ref) {
  auto home = home_of(ref.tenant.value, ref.kind, ref.key);
  for (auto at = entities_.find(home); at != entities_.end(); at = entities_.find(++home))
    if (at->second.ref == ref)
      return &at->second.state;
  auto stored = store_->entities().get(key_of(id_, ref));
  if (!stored)
    return stored.err();
  if (!*stored)
    return static_cast<const detect::entity_state*>(nullptr);
  return &entity(ref.tenant, ref.kind, ref.key)->second.state;
}

} // namespace vedette::actors
