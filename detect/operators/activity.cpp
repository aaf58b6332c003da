#include "detect/operators/activity.hpp"

#include "detect/tight.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

std::uint32_t minute_of(base::event_time t) noexcept {
  const auto m = std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(m, 0));
}

} // namespace

void activity_counter::add(base::event_time t) {
  const auto at = minute_of(t);
  if (!minutes_.empty() && minutes_.back().at == at) {
    ++minutes_.back().events;
    return;
  }
  auto place = std::lower_bound(minutes_.begin(), minutes_.end(), at,
                                [](const minute& m, std::uint32_t value) { return m.at < value; });
  if (place != minutes_.end() && place->at == at) {
    ++place->events;
    return;
  }
  insert_tight(minutes_, place, {at, 1});
  const auto newest = minutes_.back().at;
  if (newest - minutes_.front().at > kept)
    erase_tight(minutes_, [&](const minute& m) { return newest - m.at > kept; });
}

std::uint64_t activity_counter::between(base::event_time from, base::event_time to) const noexcept {
  if (to <= from)
    return 0;
  const auto lo = minute_of(from), hi = minute_of(to - base::duration{1});
  std::uint64_t total = 0;
  for (const auto& m : minutes_)
    if (m.at >= lo && m.at <= hi)
      total += m.events;
  return total;
}

activity_counter activity_counter::restore(std::vector<minute> minutes) {
  activity_counter out;
  out.minutes_ = std::move(minutes);
  return out;
}

} // namespace vedette::detect
