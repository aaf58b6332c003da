#include "actors/batch_split.hpp"

#include <iterator>

namespace vedette::actors {

std::vector<batch_split::share>
batch_split::take(const std::shared_ptr<const base::event_batch>& whole,
                  base::generation generation) {
  std::ranges::sort(placed_, [](const placed& a, const placed& b) {
    return a.partition != b.partition ? a.partition < b.partition : a.order < b.order;
  });
  std::vector<share> out;
  const auto make = [&](base::partition_id p, std::size_t events) -> share& {
    auto& s = out.emplace_back();
    s.partition = p;
    s.events = std::make_shared<base::event_batch>();
    s.events->tenant = whole->tenant;
    s.events->source = whole->source;
    s.events->generation = generation;
    s.events->borrowed = whole;
    s.events->events.reserve(events);
    return s;
  };
  for (auto at = placed_.begin(); at != placed_.end();) {
    const auto end = std::find_if(at, placed_.end(),
                                  [&](const placed& p) { return p.partition != at->partition; });
    auto& s = make({at->partition}, static_cast<std::size_t>(std::distance(at, end)));
    for (; at != end; ++at) {
      s.events->events.push_back(at->own ? whole->events[at->number] : copies_[at->number]);
      s.own += at->own;
    }
  }
  if (!quarantined_.empty()) {
    const auto at = std::ranges::lower_bound(out, quarantined_in_, {}, &share::partition);
    const auto place = at - out.begin();
    if (at == out.end() || at->partition != quarantined_in_) {
      make(quarantined_in_, 0);
      std::rotate(out.begin() + place, out.end() - 1, out.end());
    }
    out[static_cast<std::size_t>(place)].quarantined = std::exchange(quarantined_, {});
  }
  placed_.clear();
  copies_.clear();
  return out;
}

} // namespace vedette::actors
