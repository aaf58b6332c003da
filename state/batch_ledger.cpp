#include "state/batch_ledger.hpp"

#include <algorithm>

namespace vedette::state {

bool batch_ledger::knows(const collector& who, std::uint64_t sequence) const {
  const auto at = all_.find(who);
  return at != all_.end() &&
         (sequence < at->second.below || std::ranges::binary_search(at->second.above, sequence));
}

void batch_ledger::take(const collector& who, std::uint64_t sequence, std::uint64_t committed_below,
                        base::receive_time at) {
  if (!all_.contains(who) && all_.size() >= sessions_max)
    all_.erase(std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  auto& t = all_[who];
  t.last = std::max(t.last, at);
  t.below = std::max(t.below, committed_below);
  auto& above = t.above;
  if (sequence >= t.below)
    // Nearly always the greatest.
    if (const auto place = std::ranges::lower_bound(above, sequence);
        place == above.end() || *place != sequence)
      above.insert(place, sequence);
  if (above.size() > above_max)
    t.below = std::max(t.below, above[above.size() - above_max - 1] + 1);
  auto known = std::ranges::lower_bound(above, t.below);
  for (; known != above.end() && *known == t.below; ++known)
    ++t.below;
  above.erase(above.begin(), known);
}

batch_ledger batch_ledger::restore(std::map<collector, taken> all) {
  batch_ledger out;
  out.all_ = std::move(all);
  return out;
}

} // namespace vedette::state
