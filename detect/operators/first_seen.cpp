#include "detect/operators/first_seen.hpp"

#include "base/limits.hpp"
#include "detect/tight.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

bool by_hash(const first_seen_set::run& r, std::uint64_t hash) noexcept {
  return r.hash < hash;
}

} // namespace

void first_seen_set::observe(std::uint64_t hash, base::event_time t, base::duration ttl) {
  const auto now = base::seconds_of(t);
  const auto keep = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(ttl).count(), 0, UINT32_MAX));
  auto at = std::lower_bound(runs_.begin(), runs_.end(), hash, by_hash);
  if (at != runs_.end() && at->hash == hash) {
    if (now > at->last && now - at->last > keep)
      *at = {hash, now, now};
    at->first = std::min(at->first, now);
    at->last = std::max(at->last, now);
    return;
  }
  if (runs_.size() >= base::limits::first_seen_values) {
    // Forget what has outlived its time; if all are alive, the one unseen for longest.
    const auto dead = [&](const run& r) { return now > r.last && now - r.last > keep; };
    if (std::erase_if(runs_, dead) == 0)
      runs_.erase(std::min_element(runs_.begin(), runs_.end(), [](const run& a, const run& b) {
        return a.last != b.last ? a.last < b.last : a.hash < b.hash;
      }));
    at = std::lower_bound(runs_.begin(), runs_.end(), hash, by_hash);
  }
  insert_tight(runs_, at, {hash, now, now});
}

std::optional<base::event_time> first_seen_set::first(std::uint64_t hash) const noexcept {
  auto at = std::lower_bound(runs_.begin(), runs_.end(), hash, by_hash);
  if (at == runs_.end() || at->hash != hash)
    return std::nullopt;
  return base::event_time{std::chrono::seconds{at->first}};
}

first_seen_set first_seen_set::restore(std::vector<run> runs) {
  first_seen_set out;
  out.runs_ = std::move(runs);
  return out;
}

} // namespace vedette::detect
