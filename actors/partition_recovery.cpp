// A partition's checkpoint, out and in, and the log behind it.
#include "actors/entity_codec.hpp"
#include "actors/partition_keys.hpp"
#include "actors/partition_state.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::actors {

namespace {

/// Entries before the checkpoint whose event ids are remembered again at start.
constexpr std::uint64_t id_tail = 4096;

} // namespace

base::status partition_state::recover() {
  auto position = store_->entities().position(id_);
  if (!position)
    return position.err();
  auto meta = store_->entities().meta(partition_meta(id_));
  if (!meta)
    return meta.err();
  applied_ = checkpointed_ = *position;
  if (*meta) {
    auto c = schemas::decode_partition_checkpoint(**meta);
    if (!c)
      return c.err();
    engines_.restore(std::move(c->generations));
    if (auto ok = engines_.prepare(engines_.in_force()); !ok)
      return ok.err();
    read_checkpoint(*c);
  }

  return reload_ids();
}

base::status partition_state::reload_ids() {
  // Ids are not in the checkpoint: those of the newest entries are read again from the log.
  ids_ = detect::recent_ids{limits_.dedup_bytes};
  const auto kept = store_->log().first_kept(id_).value;
  const auto from =
      std::min(applied_.value, std::max(kept > 0 ? kept - 1 : 0,
                                        applied_.value > id_tail ? applied_.value - id_tail : 0));
  std::optional<base::error> failed;
  auto read = store_->log().read({{id_, {from}}}, [&](const state::log_entry& e) {
    if (e.index > applied_)
      return false;
    if (e.kind != state::entry_kind::batch)
      return true;
    auto batch = schemas::decode_batch_entry(e.body);
    if (!batch) {
      failed = batch.err();
      return false;
    }
    remember_ids(*batch);
    return true;
  });
  if (failed)
    return *failed;
  return read;
}

void partition_state::remember_ids(const schemas::batch_entry& batch) {
  if (!batch.events)
    return;
  const auto whose = base::hash64(batch.tenant.value);
  for (const auto& event : batch.events->events)
    (void)remember_id(whose, event);
}

base::status partition_state::prepare(const state::log_entry& entry,
                                      const schemas::batch_entry* batch) {
  decoded_.reset();
  if (entry.fold_version != fold_version)
    return base::error{base::ec::unsupported,
                       fmt::format("folding entry {} of partition {}: it was written by fold "
                                   "version {}, this build knows {}; drain the node with the build "
                                   "that wrote it first",
                                   entry.index.value, id_.value, entry.fold_version, fold_version)};
  if (entry.kind == state::entry_kind::batch && batch == nullptr) {
    auto decoded = schemas::decode_batch_entry(entry.body);
    if (!decoded)
      return decoded.err();
    decoded_ = std::move(*decoded);
    batch = &*decoded_;
  }
  if (entry.kind == state::entry_kind::parked) {
    const auto p = schemas::decode_parked_entry(entry.body);
    if (!p)
      return p.err();
    if (!state::is_tenant(p->tenant.value))
      return base::error{base::ec::corrupt,
                         fmt::format("folding entry {} of partition {}: what it parks is no "
                                     "tenant's; restore the store",
                                     entry.index.value, id_.value)};
    return {};
  }
  if (entry.kind == state::entry_kind::config) {
    const auto c = schemas::decode_config_entry(entry.body);
    if (!c)
      return c.err();
    // What waits under the old rules is asked about them once more.
    if (auto ok = entities_.empty() ? base::status{} : engines_.prepare(engines_.in_force()); !ok)
      return ok;
    return engines_.prepare(*c);
  }
  if (entry.kind == state::entry_kind::tick && !entities_.empty())
    return engines_.prepare(engines_.in_force());
  if (batch == nullptr || !batch->events)
    return {};
  const auto of = batch->events->generation;
  if (of > engines_.in_force())
    return base::error{base::ec::corrupt,
                       fmt::format("folding entry {} of partition {}: a batch of generation {} "
                                   "stands before the entry that puts it in force; restore the "
                                   "store",
                                   entry.index.value, id_.value, of.value)};
  if (auto ok = engines_.prepare(of); !ok)
    return ok;
  return engines_.prepare(engines_.in_force());
}

base::result<std::shared_ptr<const std::string>>
partition_state::parked_body(base::partition_id home, const parked_batches::item& what) const {
  if (what.body)
    return what.body;
  auto stored = store_->entities().get(parked_batches::key_of(id_, home, what));
  if (!stored)
    return stored.err();
  if (!*stored)
    return base::error{base::ec::corrupt,
                       fmt::format("reading what partition {} keeps for partition {}: entry {} is "
                                   "not in the store; restore it",
                                   id_.value, home.value, what.index.value)};
  return std::make_shared<const std::string>(std::move(**stored));
}

std::shared_ptr<state::changes> partition_state::checkpoint() {
  auto out = std::make_shared<state::changes>();
  for (const auto& u : unsaved_)
    out->put({id_, u.tenant, state::state_kind::quarantine, u.key}, u.value);
  parked_.offer(id_, *out);
  for (auto& [home, e] : entities_)
    if (e.dirty) {
      out->put(key_of(id_, e.ref), encode(e.state, applied_));
      weigh(e);
      e.dirty = false;
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
  c.generations = engines_.named();
  c.digest = digest_;
  c.reported = reported_;
  c.concluded = {concluded_.begin(), concluded_.end()};
  c.parked = parked_.items();
  out->put_meta(partition_meta(id_), schemas::encode(c));
  out->position(id_, applied_);
  return out;
}

void partition_state::checkpointed(base::entry_index position) {
  checkpointed_ = std::max(checkpointed_, position);
  const auto kept = std::find_if(unsaved_.begin(), unsaved_.end(),
                                 [&](const auto& u) { return u.entry > position; });
  for (auto at = unsaved_.begin(); at != kept; ++at)
    unsaved_bytes_ -= at->value.size();
  unsaved_.erase(unsaved_.begin(), kept);
  parked_.saved(position);
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
  now_ = c.now;
  reported_ = c.reported;
  digest_ = c.digest;
  concluded_ = {c.concluded.begin(), c.concluded.end()};
  parked_ = parked_batches::restore(c.parked);
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
    touched(entity(w.tenant, w.kind, w.key));
  }
}

} // namespace vedette::actors
