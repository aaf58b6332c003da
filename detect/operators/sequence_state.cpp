#include "detect/operators/sequence_state.hpp"

#include "base/limits.hpp"
#include "detect/operators/adjust.hpp"
#include "detect/operators/single_state.hpp"
#include "detect/tight.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

bool has_mark(const sequence_state::step_event& s, std::uint8_t mark) noexcept {
  return (s.marks >> mark & 1) != 0;
}

} // namespace

std::vector<std::size_t> sequence_state::chain(const sequence_operator& op,
                                               std::size_t last) const {
  const auto oldest = events_[last].event.time - op.within;
  std::vector<std::size_t> out;
  if (op.same && events_[last].event.identity().empty())
    return out;
  if (op.ordered) {
    if (!has_mark(events_[last], op.steps.back()))
      return {};
    out.push_back(last);
    std::size_t before = last;
    for (std::size_t step = op.steps.size() - 1; step-- > 0;) {
      std::size_t i = before;
      bool found = false;
      while (i-- > 0 && events_[i].event.time >= oldest) {
        // Strictly earlier: two things in the same instant have no order.
        if (events_[i].event.time < events_[before].event.time &&
            has_mark(events_[i], op.steps[step]) && together(op, i, last)) {
          found = true;
          break;
        }
      }
      if (!found)
        return {};
      before = i;
      out.push_back(i);
    }
    return out;
  }
  for (auto mark : op.steps) {
    std::size_t i = last + 1;
    bool found = false;
    while (i-- > 0 && events_[i].event.time >= oldest) {
      if (has_mark(events_[i], mark) && together(op, i, last)) {
        found = true;
        break;
      }
    }
    if (!found)
      return {};
    out.push_back(i);
  }
  return out;
}

bool sequence_state::together(const sequence_operator& op, std::size_t a,
                              std::size_t b) const noexcept {
  return !op.same || events_[a].event.identity() == events_[b].event.identity();
}

added sequence_state::add(const rule& of, const sequence_operator& op, const base::event& e,
                          const base::match& m, bool late) {
  added out;
  auto shown = sample_fields::of(e);
  if (op.same)
    shown.identity = *op.same < m.values.size() ? m.values[*op.same] : std::string_view{};
  step_event now{sample{shown}, m.marks, false, false};
  if (const auto own = judge_levels(of, op.levels, m.marks)) {
    episode one;
    one.since = one.first = one.last = one.last_verdict = e.time;
    one.count = one.verdicts = 1;
    one.severity = own->severity;
    one.why = {own->level, reason::none};
    one.late = late;
    one.samples.push_back(now.event);
    now.counted = true;
    out.news = true;
    out.retires = episodes_.add(std::move(one), of.quiet, out.retired);
  }
  if (late)
    return out;
  const auto keep = op.within + base::limits::lateness;
  std::erase_if(events_, [&](const step_event& s) { return s.event.time + keep < e.time; });
  const auto at = std::upper_bound(
      events_.begin(), events_.end(), now,
      [](const step_event& a, const step_event& b) { return earlier(a.event, b.event); });
  auto position = static_cast<std::size_t>(at - events_.begin());
  insert_tight(events_, at, std::move(now));
  if (events_.size() > events_max) {
    events_.erase(events_.begin());
    if (position == 0)
      return out; // older than all that is remembered
    --position;
  }

  for (std::size_t i = position; i < events_.size(); ++i) {
    if (chain(op, i).empty())
      continue;
    // Everything that matched inside the span counts, not only the steps chosen: which steps are
    // the latest changes with late arrivals, what lies inside the span does not.
    const auto end = events_[i].event.time;
    episode stretch;
    stretch.since = stretch.last_verdict = stretch.first = stretch.last = end;
    std::uint32_t marks = 0;
    // Where the sequence held before, only the new event can have changed what was said.
    bool changed = !events_[i].held;
    for (std::size_t j = i + 1; j-- > 0 && events_[j].event.time >= end - op.within;) {
      auto& s = events_[j];
      if (!together(op, j, i))
        continue;
      changed = changed || j == position;
      marks |= s.marks;
      stretch.first = s.event.time;
      if (s.counted)
        continue;
      s.counted = true;
      ++stretch.count;
      merge_sample(stretch.samples, s.event, base::limits::alert_events);
    }
    if (!changed)
      continue;
    stretch.verdicts = events_[i].held ? 0 : 1;
    events_[i].held = true;
    out.news = true;
    stretch.severity = adjusted(of, op.severity, marks);
    out.retires = episodes_.add(std::move(stretch), of.quiet, out.retired) || out.retires;
  }
  return out;
}

std::size_t sequence_state::heap_bytes() const noexcept {
  std::size_t total = events_.capacity() * sizeof(step_event) + episodes_.heap_bytes();
  for (const auto& s : events_)
    total += s.event.heap_bytes();
  return total;
}

sequence_state sequence_state::restore(parts p) {
  sequence_state out;
  out.events_ = std::move(p.events);
  out.episodes_ = std::move(p.episodes);
  return out;
}

} // namespace vedette::detect
