#include "nodes/replay/kept_state.hpp"

#include "actors/entity_codec.hpp"
#include "actors/partition_keys.hpp"
#include "actors/tenant_codec.hpp"
#include "schemas/codec/checkpoint_codec.hpp"
#include "schemas/codec/record_codec.hpp"
#include "state/rocks/rocks_store.hpp"

#include <fmt/format.h>

#include <utility>

namespace vedette::replay {

namespace {

constexpr base::partition_id events{0};
/// Of `respond::tenant_state`.
constexpr const char* tenant_meta = "replay/tenant";
constexpr std::string_view source = "replay";
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

} // namespace

kept_state::kept_state(std::unique_ptr<state::store> store, base::tenant_id tenant)
    : store_{std::move(store)}, tenant_{std::move(tenant)} {}

base::result<kept_state> kept_state::open(const std::string& folder,
                                          const base::tenant_id& tenant) {
  auto store = state::open_rocks_store(folder);
  if (!store)
    return store.err();
  const auto& entities = (*store)->entities();
  const auto run = entities.position(events);
  if (!run)
    return run.err();
  const auto meta = entities.meta(actors::partition_meta(events));
  if (!meta)
    return meta.err();
  kept_state out{std::move(*store), tenant};
  out.run_ = {run->value + 1};
  const base::error foreign{base::ec::invalid_argument,
                            fmt::format("--state {}: is the data directory of a node; name a "
                                        "folder that replay may keep its state in",
                                        folder)};
  if (!*meta)
    return out.store_->log().usage().entries == 0 ? base::result<kept_state>{std::move(out)}
                                                  : base::result<kept_state>{foreign};
  const auto c = schemas::decode_partition_checkpoint(**meta);
  if (!c)
    return c.err();
  if (c->sources.size() != 1 || c->sources.front().name != source)
    return foreign;
  if (c->sources.front().tenant != tenant)
    return base::error{base::ec::invalid_argument,
                       fmt::format("--state {}: keeps the state of tenant {}, not of {}; name "
                                   "another folder, or --tenant {}",
                                   folder, c->sources.front().tenant.value, tenant.value,
                                   c->sources.front().tenant.value)};
  out.watermark_ = c->sources.front().watermark;
  return out;
}

base::status kept_state::load(const entity_visitor& visit) const {
  std::optional<base::error> failed;
  const auto read =
      store_->entities().scan(events, [&](const state::state_key& key, std::string_view value) {
        auto e = actors::decode_entity(value);
        if (!e) {
          failed = e.err();
          return false;
        }
        visit({key.tenant, static_cast<base::entity_kind>(key.kind), key.key}, std::move(e->state));
        return true;
      });
  return failed ? base::status{*failed} : read;
}

base::result<std::optional<respond::tenant_state::data>> kept_state::load_tenant() const {
  const auto bytes = store_->entities().meta(tenant_meta);
  if (!bytes)
    return bytes.err();
  if (!*bytes)
    return std::optional<respond::tenant_state::data>{};
  auto d = actors::decode_tenant(**bytes);
  if (!d)
    return d.err();
  return std::optional{std::move(*d)};
}

void kept_state::stage() {
  if (problem_ || waiting_.empty())
    return;
  if (auto ok = store_->entities().stage(events, waiting_); !ok)
    problem_ = ok.err();
  waiting_.clear();
  waiting_bytes_ = 0;
}

void kept_state::keep(const detect::entity_ref& ref, const detect::entity_state& state) {
  if (!std::exchange(staging_, true)) // what a run that was ended had staged
    if (auto ok = store_->entities().drop_staged(events); !ok)
      problem_ = ok.err();
  if (problem_)
    return;
  waiting_.push_back({state::to_bytes(actors::key_of(events, ref)).substr(state::partition_bytes),
                      actors::encode(state, run_)});
  waiting_bytes_ += waiting_.back().key.size() + waiting_.back().value.size();
  if (waiting_bytes_ >= chunk_bytes)
    stage();
}

base::status kept_state::commit(base::event_time watermark,
                                const respond::tenant_state::data& tenant) {
  stage();
  if (!staging_ && !problem_)
    if (auto ok = store_->entities().drop_staged(events); !ok)
      problem_ = ok.err();
  if (problem_)
    return *problem_;
  schemas::partition_checkpoint c;
  c.now = watermark;
  c.sources.push_back({tenant_, std::string{source}, watermark, {}, false});
  state::changes beside;
  beside.put_meta(actors::partition_meta(events), schemas::encode(c));
  beside.put_meta(tenant_meta, actors::encode(tenant));
  beside.position(events, run_);
  const base::epoch epoch{1};
  return store_->switch_staged(
      events,
      {events, epoch, run_, state::entry_kind::reset, 1, schemas::encode_history({{epoch, {1}}})},
      beside);
}

} // namespace vedette::replay
