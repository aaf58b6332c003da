#include "state/batch_ledger.hpp"

#include <algorithm>

namespace vedette::state {

bool batch_ledger::knows(const collector& who, std::uint64_t sequence) const {
  const auto at = all_.find(who);
  return at != all_.end() && (sequence < at->second.below || at->second.above.contains(sequence));
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
  if (sequence >= t.below)
    t.above.insert(sequence);
  while (t.above.size() > above_max)
    t.below = *t.above.begin() + 1, t.above.erase(t.above.begin());
  t.above.erase(t.above.begin(), t.above.lower_bound(t.below));
  while (!t.above.empty() && *t.above.begin() == t.below) {
    ++t.below;
    t.above.erase(t.above.begin());
  }
}

batch_ledger batch_ledger::restore(std::map<collector, taken> all) {
  batch_ledger out;
  out.all_ = std::move(all);
  return out;
}

} // namespace vedette::state
