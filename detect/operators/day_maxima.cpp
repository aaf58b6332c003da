#include "detect/operators/day_maxima.hpp"

#include "detect/tight.hpp"

#include <algorithm>
#include <tuple>

namespace vedette::detect {

void day_maxima::note(base::day_number day, std::uint8_t measure, double value, bool frozen) {
  const auto before = [](const entry& e, const std::tuple<base::day_number, std::uint8_t>& key) {
    return std::tuple{e.day, e.measure} < key;
  };
  auto at = std::lower_bound(entries_.begin(), entries_.end(), std::tuple{day, measure}, before);
  if (at != entries_.end() && at->day == day && at->measure == measure) {
    if (value > at->value) {
      at->value = value;
      at->sent = false; // late events made a told day larger: tell it again
    }
    at->frozen = at->frozen || frozen;
    return;
  }
  insert_tight(entries_, at, {day, measure, frozen, false, value});
  const auto newest = entries_.back().day;
  std::erase_if(entries_, [&](const entry& e) { return newest - e.day >= days_kept; });
}

double day_maxima::learned(std::uint8_t measure, base::event_time t, int days) const {
  const auto newest = newest_closed(t);
  double learned = 0;
  for (const auto& e : entries_) {
    if (e.measure != measure || e.frozen || e.day > newest || e.day <= newest - days)
      continue;
    learned = learned == 0 ? e.value : std::max(learned, std::min(e.value, learned * growth_max));
  }
  return learned;
}

day_maxima day_maxima::restore(std::vector<entry> entries) {
  day_maxima out;
  out.entries_ = std::move(entries);
  return out;
}

} // namespace vedette::detect
