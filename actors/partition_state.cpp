#include "actors/partition_state.hpp"

#include "actors/entity_codec.hpp"
#include "actors/failpoint.hpp"
#include "actors/partition_keys.hpp"
#include "base/fold_place.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::actors {

namespace {

std::uint64_t home_of(std::string_view tenant, base::entity_kind kind, std::string_view key) {
  return base::hash64(key, base::mix(base::hash64(tenant), static_cast<std::uint64_t>(kind)));
}

/// A parked batch has a name beside its source's; no source has such a one.
state::batch_ledger::collector keeper_of(const schemas::batch_entry& batch) {
  return {batch.tenant, fmt::format("\x1fparked/{}", batch.parked->keeper.value),
          batch.parked->epoch.value};
}

} // namespace

partition_state::partition_state(base::partition_id id, std::shared_ptr<state::store> store,
                                 std::shared_ptr<content_library> library, partition_limits limits)
    : id_{id}, store_{std::move(store)}, limits_{limits}, engines_{id, std::move(library)},
      ids_{limits.dedup_bytes} {}

bool partition_state::knows(const schemas::batch_entry& batch) const {
  if (batch.parked)
    return ledger_.knows(keeper_of(batch), batch.parked->index.value);
  return ledger_.knows({batch.tenant, batch.source, batch.session}, batch.sequence);
}

std::shared_ptr<const base::event_batch>
partition_state::without_duplicates(const base::tenant_id& tenant,
                                    const std::shared_ptr<const base::event_batch>& events) {
  const auto whose = base::hash64(tenant.value);
  std::shared_ptr<base::event_batch> rest; // made when the first one is met
  const auto& all = events->events;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& e = all[i];
    const bool fresh = remember_id(whose, e);
    if (!fresh && !rest) {
      rest = std::make_shared<base::event_batch>();
      rest->tenant = events->tenant;
      rest->source = events->source;
      rest->generation = events->generation;
      rest->borrowed = events;
      rest->events.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (fresh && rest) {
      rest->events.push_back(e);
    }
  }
  if (!rest)
    return events;
  figures_.duplicates += all.size() - rest->events.size();
  return rest;
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
                                                              const schemas::batch_entry* batch,
                                                              const std::set<std::uint32_t>* skip) {
  VEDETTE_ASSERT(entry.partition == id_);
  VEDETTE_ASSERT(entry.index.value == applied_.value + 1);
  folding_ = entry.index.value;
  raised_.clear();
  const bool passed_over = skip != nullptr && skip->contains(base::whole_entry) &&
                           entry.kind != state::entry_kind::batch;
  switch (passed_over ? state::entry_kind::skip : entry.kind) {
  case state::entry_kind::batch:
    if (batch == nullptr) {
      VEDETTE_ASSERT(decoded_.has_value());
      remember_ids(*decoded_);
      fold_batch(*decoded_, skip);
      decoded_.reset();
    } else {
      fold_batch(*batch, skip);
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
  case state::entry_kind::config: {
    auto c = schemas::decode_config_entry(entry.body);
    VEDETTE_ASSERT(c.has_value());
    fold_config(*c);
    break;
  }
  case state::entry_kind::parked: {
    auto p = schemas::decode_parked_entry(entry.body);
    VEDETTE_ASSERT(p.has_value());
    parked_.park(p->home, {entry.epoch, entry.index, std::move(p->tenant), p->received, 0,
                           std::make_shared<const std::string>(std::move(p->batch))});
    break;
  }
  case state::entry_kind::unparked: {
    const auto u = schemas::decode_unparked_entry(entry.body);
    VEDETTE_ASSERT(u.has_value());
    parked_.unpark(u->home, u->through);
    break;
  }
  default:
    break; // kinds of other logs, or of later builds that this fold version need not know
  }
  applied_ = entry.index;
  std::vector<emission> out;
  digest_.low = base::mix(digest_.low, entry.index.value);
  for (auto& [tenant, said] : raised_) {
    const auto h = base::hash128_of(schemas::encode(said));
    digest_ = {base::mix(digest_.high, h.high), base::mix(digest_.low, h.low)};
    unemitted_[{said.of_entry, tenant}] = said;
    out.push_back(std::move(said));
  }
  return out;
}

partition_state::entity_table::value_type& partition_state::entity(const base::tenant_id& tenant,
                                                                   base::entity_kind kind,
                                                                   std::string_view key) {
  auto home = home_of(tenant.value, kind, key);
  for (auto at = entities_.find(home); at != entities_.end(); at = entities_.find(++home)) {
    const auto& ref = at->second.ref;
    if (ref.kind == kind && ref.key == key && ref.tenant == tenant)
      return *at;
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
  return *entities_.emplace(home, std::move(fresh)).first;
}

void partition_state::fold_batch(const schemas::batch_entry& batch,
                                 const std::set<std::uint32_t>* skip) {
  now_ = std::max(now_, batch.received);
  ledger_.take({batch.tenant, batch.source, batch.session}, batch.sequence, batch.committed_below,
               batch.received);
  if (batch.parked)
    ledger_.take(keeper_of(batch), batch.parked->index.value, batch.parked->below.value,
                 batch.received);
  const source_table::name who{batch.tenant, batch.source};
  auto newest = std::max(sources_.of(who), batch.source_watermark);
  sources_.advance(who, newest, true, batch.received);
  concluded_.erase(batch.tenant.value);
  for (std::size_t i = 0; i < batch.quarantined.size(); ++i)
    keep_quarantined(batch, i, batch.quarantined[i]);
  if (!batch.events)
    return;
  const auto limit = batch.received + base::limits::ahead;
  auto others = base::event_time::max();
  for (const auto& [name, m] : sources_.all())
    if (name.tenant == batch.tenant && name.source != batch.source && m.holds)
      others = std::min(others, m.watermark);
  auto& engine = engines_.of(batch.events->generation);
  auto& in_force = engines_.current();
  const auto& events = batch.events->events;
  for (std::size_t number = 0; number < events.size(); ++number) {
    const auto& e = events[number];
    if (skip != nullptr &&
        (skip->contains(static_cast<std::uint32_t>(number)) || skip->contains(base::whole_entry))) {
      keep_quarantined(
          batch, batch.quarantined.size() + number,
          {"folding it ended the process again and again",
           fmt::format("event {} of {}: {} {}", e.id, e.identity, e.service, e.action)});
      continue;
    }
    base::folding::record(number);
    failpoint("fold", e.id);
    ++figures_.events;
    const bool ahead = e.time > limit;
    if (!ahead)
      newest = std::max(newest, e.time);
    const bool late = e.time + base::limits::lateness < newest;
    figures_.late += late;
    figures_.ahead += ahead;
    const bool routed = !e.routed_to.empty();
    auto& at =
        entity(batch.tenant,
               routed ? static_cast<base::entity_kind>(e.routed_kind) : base::entity_kind::identity,
               routed ? e.routed_to : e.identity);
    auto& entity = at.second;
    out_.clear();
    engine.fold(entity.ref, entity.state, e, std::min(newest, others), late || ahead, out_);
    figures_.late += out_.found_closed;
    collect(batch.tenant);
    entity.dirty = true;
    // Many events of a batch are one entity's: its figures are brought up to date once.
    entity.matched |= !e.matches.empty();
    if (!entity.changed) {
      entity.changed = true;
      changed_.push_back(&at);
    }
  }
  for (auto* at : changed_) {
    auto& entity = at->second;
    if (&engine != &in_force) {
      out_.clear();
      engine.hand_over(entity.ref, entity.state, in_force, out_);
      collect(batch.tenant);
    }
    if (entity.matched || entity.bytes == 0)
      weigh_sometimes(entity);
    requeue(*at);
    entity.changed = entity.matched = false;
  }
  changed_.clear();
  sources_.advance(who, newest, true, batch.received);
  base::folding::record(base::whole_entry);
  if (skip == nullptr || !skip->contains(base::whole_entry))
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
    if (!sources_.all_ended(tenant)) {
      concluded_.erase(tenant.value);
      continue;
    }
    // Nothing more is to come: what stands is final as far as anyone can tell.
    if (concluded_.insert(tenant.value).second) {
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
        engines_.current().conclude(at->second.ref, at->second.state, out_);
        collect(tenant);
        at->second.dirty = true;
        touched(*at);
      }
    }
  }
  if (now_ >= reported_ + limits_.coalesce)
    report_news();
}

void partition_state::fold_config(const schemas::config_entry& c) {
  if (c.generation <= engines_.in_force())
    return;
  if (entities_.empty()) {
    engines_.take(c);
    return;
  }
  auto& before = engines_.current();
  engines_.take(c);
  auto& after = engines_.current();
  if (&before == &after)
    return;
  // Those that wait for something, which every copy has in memory, in an order that all have. The
  // others may be here and not there, so nothing may come of it that they are: a rule that was away
  // and is back finds its open windows when their entity is next heard of.
  std::vector<entity_table::value_type*> all;
  for (auto& at : entities_) {
    auto& e = at.second;
    if (e.news || e.due != base::event_time::max())
      all.push_back(&at);
    else
      e.state.shares_due = base::event_time::min(); // as when it is read from the store
  }
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return a->second.ref < b->second.ref; });
  for (auto* at : all) {
    auto& e = at->second;
    out_.clear();
    before.hand_over(e.ref, e.state, after, out_);
    collect(e.ref.tenant);
    e.dirty = true;
    touched(*at);
  }
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
    engines_.current().settle(at->second.ref, at->second.state, watermark, out_);
    collect(tenant);
    at->second.dirty = true;
    touched(*at);
  }
}

void partition_state::report_news() {
  reported_ = now_;
  const auto these = news_;
  for (auto home : these) {
    auto at = entities_.find(home);
    VEDETTE_ASSERT(at != entities_.end());
    out_.clear();
    engines_.current().report(at->second.ref, at->second.state, out_);
    collect(at->second.ref.tenant);
    at->second.dirty = true;
    touched(*at);
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

void partition_state::weigh(hot_entity& e) {
  const auto bytes = e.state.bytes();
  e.unweighed = 0;
  hot_bytes_ += bytes - e.bytes;
  e.bytes = bytes;
}

void partition_state::requeue(entity_table::value_type& at) {
  auto& e = at.second;
  const auto due = engines_.current().due(e.state).value_or(base::event_time::max());
  if (due != e.due) {
    auto& queue = due_[e.ref.tenant.value];
    if (e.due != base::event_time::max())
      queue.erase({e.due, at.first});
    if (due != base::event_time::max())
      queue.insert({due, at.first});
    e.due = due;
  }
  const bool news = detect::engine::has_news(e.state);
  if (news != e.news) {
    if (news)
      news_.insert(at.first);
    else
      news_.erase(at.first);
    e.news = news;
  }
}

void partition_state::keep_quarantined(const schemas::batch_entry& batch, std::size_t number,
                                       schemas::quarantined_entry record) {
  ++figures_.quarantined;
  schemas::batch_entry one;
  one.tenant = batch.tenant;
  one.source = batch.source;
  one.received = batch.received;
  one.quarantined.push_back(std::move(record));
  // Later entries sort first, so that the newest are shown first.
  unsaved_.push_back({batch.tenant,
                      fmt::format("{:016x}-{:06x}", ~folding_, number),
                      schemas::encode(one),
                      {folding_}});
  unsaved_bytes_ += unsaved_.back().value.size();
}

partition_figures partition_state::figures() const {
  figures_.entities_hot = entities_.size();
  figures_.entities_hot_bytes = hot_bytes_;
  figures_.ids_bytes = ids_.heap_bytes();
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
  return &entity(ref.tenant, ref.kind, ref.key).second.state;
}

} // namespace vedette::actors
