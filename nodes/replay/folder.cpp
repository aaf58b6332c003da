#include "nodes/replay/folder.hpp"

#include "base/hash.hpp"

#include <algorithm>

namespace vedette::replay {

std::uint64_t home_of(std::string_view tenant, base::entity_kind kind,
                      std::string_view key) noexcept {
  return base::hash64(key, base::mix(base::hash64(tenant), static_cast<std::uint64_t>(kind)));
}

folder::folder(std::shared_ptr<const detect::ruleset> rules, const pipeline_options& how, int share,
               int shares)
    : engine_{std::move(rules), detect::voice::settled}, how_{how},
      share_{static_cast<std::uint64_t>(share)}, shares_{static_cast<std::uint64_t>(shares)},
      ids_{how.dedup_bytes / static_cast<std::size_t>(shares)} {}

void folder::restore(detect::entity_ref ref, detect::entity_state state, std::uint64_t home) {
  entities_.insert_or_assign(home, held{std::move(ref), std::move(state)});
}

void folder::fold(const unit& u) {
  const auto& events = u.batch.events;
  const auto limit = how_.now + base::limits::ahead;
  const auto stateless = [&](const base::event& e, base::event_time watermark) {
    return e.time > limit || e.time + base::limits::lateness < watermark;
  };
  std::size_t next_routed = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& e = events[i];
    const auto watermark = std::max(watermark_, u.newest[i]);
    // Routed copies of an event follow it in `routed`, marked by its position in the unit.
    if (u.homes[i] % shares_ == share_) {
      if (!ids_.insert(e.id)) {
        ++counted_.duplicates;
      } else {
        counted_.late += e.time + base::limits::lateness < watermark;
        counted_.ahead += e.time > limit;
        take(e, base::entity_kind::identity, e.identity, u.homes[i], watermark,
             stateless(e, watermark));
      }
    }
    for (; next_routed < u.routed.size() && u.routed[next_routed].id.data() == e.id.data();
         ++next_routed) {
      const auto& copy = u.routed[next_routed];
      const auto home = u.routed_homes[next_routed];
      if (home % shares_ != share_ || !ids_.insert(copy.id, home))
        continue;
      take(copy, static_cast<base::entity_kind>(copy.routed_kind), copy.routed_to, home, watermark,
           stateless(copy, watermark));
    }
  }
  if (!u.newest.empty())
    watermark_ = std::max(watermark_, u.newest.back());
}

void folder::take(const base::event& e, base::entity_kind kind, std::string_view key,
                  std::uint64_t home, base::event_time watermark, bool stateless) {
  auto [at, fresh] = entities_.try_emplace(home);
  auto& entity = at->second;
  if (fresh)
    entity.ref = {how_.tenant, kind, std::string{key}};
  entity.holder = e.holder;
  out_.clear();
  engine_.fold(entity.ref, entity.state, e, watermark, stateless, out_);
  std::move(out_.alerts.begin(), out_.alerts.end(), std::back_inserter(said_.alerts));
  std::move(out_.maxima.begin(), out_.maxima.end(), std::back_inserter(said_.maxima));
}

void folder::finish(const entity_visitor& keep, outcome& out) {
  for (auto& [home, entity] : entities_) {
    if (keep)
      keep(entity.ref, entity.state);
    out.entity_bytes += entity.state.bytes();
    if (entity.ref.kind == base::entity_kind::identity)
      out.identity_bytes[entity.holder].push_back(entity.state.bytes());
    out_.clear();
    engine_.finish(entity.ref, entity.state, out_);
    std::move(out_.alerts.begin(), out_.alerts.end(), std::back_inserter(said_.alerts));
    std::move(out_.maxima.begin(), out_.maxima.end(), std::back_inserter(said_.maxima));
  }
  out.entities += entities_.size();
  out.watermark = std::max(out.watermark, watermark_);
  std::move(said_.alerts.begin(), said_.alerts.end(), std::back_inserter(out.alerts));
  std::move(said_.maxima.begin(), said_.maxima.end(), std::back_inserter(out.maxima));
}

} // namespace vedette::replay
