#include "actors/source_table.hpp"

#include <algorithm>

namespace vedette::actors {

void source_table::advance(const name& who, base::event_time to, bool holds,
                           base::receive_time at) {
  if (!all_.contains(who) && all_.size() >= sources_max)
    all_.erase(std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  auto& m = all_[who];
  m.watermark = std::max(m.watermark, to);
  m.last = std::max(m.last, at);
  m.holds = holds;
}

base::event_time source_table::of(const name& who) const {
  const auto at = all_.find(who);
  return at == all_.end() ? base::event_time{} : at->second.watermark;
}

base::event_time source_table::of(const base::tenant_id& tenant) const {
  base::event_time held = base::event_time::max(), newest;
  bool any = false;
  for (auto at = all_.lower_bound({tenant, {}}); at != all_.end() && at->first.tenant == tenant;
       ++at) {
    newest = std::max(newest, at->second.watermark);
    if (at->second.holds) {
      any = true;
      held = std::min(held, at->second.watermark);
    }
  }
  return any ? held : newest;
}

bool source_table::all_ended(const base::tenant_id& tenant) const {
  bool any = false;
  for (auto at = all_.lower_bound({tenant, {}}); at != all_.end() && at->first.tenant == tenant;
       ++at) {
    any = true;
    if (at->second.holds)
      return false;
  }
  return any;
}

source_table source_table::restore(std::map<name, mark> all) {
  source_table out;
  out.all_ = std::move(all);
  return out;
}

} // namespace vedette::actors
