#include "base/epoch_history.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace vedette::base {

epoch_history::epoch_history(std::vector<epoch_start> starts) : starts_{std::move(starts)} {
  VEDETTE_ASSERT(well_formed(starts_));
}

bool epoch_history::well_formed(const std::vector<epoch_start>& starts) noexcept {
  if (starts.size() > starts_max)
    return false;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (starts[i].epoch.value == 0 || starts[i].first.value == 0)
      return false;
    if (i > 0 && (starts[i].epoch <= starts[i - 1].epoch || starts[i].first <= starts[i - 1].first))
      return false;
  }
  return true;
}

void epoch_history::appended(base::epoch in, entry_index index) {
  if (!starts_.empty()) {
    VEDETTE_ASSERT(in >= starts_.back().epoch);
    if (in == starts_.back().epoch)
      return;
  }
  starts_.push_back({in, index});
  if (starts_.size() > starts_max)
    starts_.erase(starts_.begin());
}

void epoch_history::cut(entry_index last) {
  while (!starts_.empty() && starts_.back().first > last)
    starts_.pop_back();
}

base::epoch epoch_history::epoch_at(entry_index index) const noexcept {
  const auto after = std::ranges::upper_bound(starts_, index, {}, &epoch_start::first);
  return after == starts_.begin() ? epoch{} : std::prev(after)->epoch;
}

entry_index last_shared(const epoch_history& a, entry_index a_last, const epoch_history& b,
                        entry_index b_last) {
  const auto& as = a.starts();
  const auto& bs = b.starts();
  std::size_t i = as.size(), j = bs.size();
  while (i > 0 && j > 0) {
    const auto& x = as[i - 1];
    const auto& y = bs[j - 1];
    if (x.epoch == y.epoch && x.first == y.first) {
      const auto end = [](const auto& starts, std::size_t next, entry_index last) {
        return next < starts.size() ? entry_index{starts[next].first.value - 1} : last;
      };
      return std::min(end(as, i, a_last), end(bs, j, b_last));
    }
    if (x.epoch >= y.epoch)
      --i;
    else
      --j;
  }
  return {};
}

} // namespace vedette::base
