#include "detect/operators/travel_state.hpp"

#include "base/geo.hpp"
#include "base/limits.hpp"
#include "detect/operators/adjust.hpp"
#include "detect/tight.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vedette::detect {

std::optional<travel_figures> judge_travel(const travel_operator& op, base::event_time t1,
                                           base::geo_point p1, base::event_time t2,
                                           base::geo_point p2) noexcept {
  const auto gap = t1 < t2 ? t2 - t1 : t1 - t2;
  if (gap > op.within)
    return std::nullopt;
  const double km = base::distance_km(p1, p2);
  if (km < op.km_min)
    return std::nullopt;
  const auto hours =
      std::chrono::duration<double, std::ratio<3600>>(std::max(gap, op.at_least)).count();
  const double kmh = km / hours;
  if (kmh <= op.kmh_max)
    return std::nullopt;
  return travel_figures{km, kmh};
}

bool comparable(const travel_operator& op, const sighting& a, const sighting& b) noexcept {
  if (op.unless_both && (a.marks & b.marks) >> *op.unless_both & 1)
    return false;
  return !op.traveller || a.event.identity() == b.event.identity();
}

added travel_state::add(const rule& of, const travel_operator& op, const base::event& e,
                        const base::match& m) {
  added out;
  if (!e.has_place)
    return out;
  auto shown = sample_fields::of(e);
  if (op.traveller && *op.traveller < m.values.size())
    shown.identity = m.values[*op.traveller];
  sighting now{sample{shown}, e.place, m.marks, false};
  const auto keep = op.within + base::limits::lateness;
  std::erase_if(sightings_, [&](const sighting& s) { return s.event.time + keep < e.time; });

  episode found;
  const auto count = [&](sighting& s) {
    if (s.counted)
      return;
    s.counted = true;
    found.first = found.count == 0 ? s.event.time : std::min(found.first, s.event.time);
    found.last = found.count == 0 ? s.event.time : std::max(found.last, s.event.time);
    ++found.count;
    merge_sample(found.samples, s.event, base::limits::alert_events);
  };
  for (auto& s : sightings_) {
    if (!comparable(op, s, now))
      continue;
    const auto v = judge_travel(op, s.event.time, s.place, now.event.time, now.place);
    if (!v)
      continue;
    const auto since = std::max(s.event.time, now.event.time);
    found.since = found.verdicts == 0 ? since : std::min(found.since, since);
    found.last_verdict = std::max(found.last_verdict, since);
    ++found.verdicts;
    const auto strength =
        std::pair{adjusted(of, op.severity, s.marks | now.marks), figures{v->kmh, v->km}};
    std::tie(found.severity, found.values) =
        std::max(std::pair{found.severity, found.values}, strength);
    count(s);
    count(now);
  }
  const auto at = std::upper_bound(
      sightings_.begin(), sightings_.end(), now,
      [](const sighting& a, const sighting& b) { return earlier(a.event, b.event); });
  insert_tight(sightings_, at, std::move(now));
  if (sightings_.size() > sightings_max)
    sightings_.erase(sightings_.begin());
  if (found.verdicts == 0)
    return out;
  if (found.count == 0)
    found.first = found.last = found.since;
  out.news = true;
  out.retires = episodes_.add(std::move(found), of.quiet, out.retired);
  return out;
}

std::size_t travel_state::heap_bytes() const noexcept {
  std::size_t total = sightings_.capacity() * sizeof(sighting) + episodes_.heap_bytes();
  for (const auto& s : sightings_)
    total += s.event.heap_bytes();
  return total;
}

travel_state travel_state::restore(parts p) {
  travel_state out;
  out.sightings_ = std::move(p.sightings);
  out.episodes_ = std::move(p.episodes);
  return out;
}

} // namespace vedette::detect
