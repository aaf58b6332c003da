#include "detect/operators/window_state.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "detect/operators/adjust.hpp"
#include "detect/operators/compare.hpp"
#include "detect/tight.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace vedette::detect {

namespace {

constexpr bool has_values(measure_kind k) noexcept {
  return k == measure_kind::distinct || k == measure_kind::novel;
}

double amount_of(const measure& m, const base::event& e, const base::match& found) noexcept {
  switch (m.sum) {
  case sum_of::bytes:
    return static_cast<double>(e.bytes);
  case sum_of::units:
    return e.count;
  case sum_of::slot:
    break;
  }
  double value = 0;
  if (m.slot < found.values.size()) {
    auto text = found.values[m.slot];
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return value;
}

bool hold(const std::vector<clause>& all, const figures& values) noexcept {
  return std::all_of(all.begin(), all.end(),
                     [&](const clause& q) { return compare(values[q.measure], q.op, q.value); });
}

} // namespace

bool window_state::add(const window_context& c, const base::event& e, const base::match& m,
                       base::event_time watermark) {
  const auto b = c.grid.bucket_of(e.time);
  if (empty()) {
    base_ = b - (bucket_grid::horizon - 1);
    settled_through_ = std::max(settled_through_, b - 1 - c.grid.closing());
  }
  settle(c, watermark);
  advance(c, b);
  const auto bit = static_cast<int>(b - base_);
  if (bit < 0 || b <= settled_through_)
    return false;
  const auto bucket = static_cast<std::uint8_t>(bit);

  auto info =
      std::lower_bound(buckets_.begin(), buckets_.end(), bucket,
                       [](const bucket_info& i, std::uint8_t value) { return i.bucket < value; });
  if (info == buckets_.end() || info->bucket != bucket)
    info = insert_tight(buckets_, info, bucket_info{bucket, 0, 0, e.time, e.time, {}});
  ++info->events;
  info->marks |= m.marks;
  info->first = std::min(info->first, e.time);
  info->last = std::max(info->last, e.time);
  add_sample(info->samples, e, bucket_samples);

  std::size_t set = 0, known = 0;
  for (std::size_t i = 0; i < c.op.measures.size(); ++i) {
    const auto& measure = c.op.measures[i];
    const bool counts = !measure.where || (m.marks >> *measure.where & 1) != 0;
    if (has_values(measure.kind)) {
      if (sets_.size() <= set)
        sets_.resize(set + 1);
      const bool novel = measure.kind == measure_kind::novel;
      if (novel && known_.size() <= known)
        known_.resize(known + 1);
      if (counts && measure.slot < m.values.size() && !m.values[measure.slot].empty()) {
        const auto hash = base::hash64(m.values[measure.slot]);
        sets_[set].insert(hash, bit);
        if (novel)
          known_[known].observe(hash, e.time, measure.ttl);
      }
      ++set;
      known += novel;
      continue;
    }
    if (!counts || measure.kind == measure_kind::share)
      continue;
    const double amount = measure.kind == measure_kind::count ? 1 : amount_of(measure, e, m);
    const auto index = static_cast<std::uint8_t>(i);
    auto at = std::lower_bound(cells_.begin(), cells_.end(), std::tuple{bucket, index},
                               [](const cell& x, const auto& key) {
                                 return std::tuple{x.bucket, x.measure} < key;
                               });
    if (at == cells_.end() || at->bucket != bucket || at->measure != index)
      at = insert_tight(cells_, at, cell{0, bucket, index});
    at->value += amount;
  }
  return true;
}

void window_state::advance(const window_context& c, std::int64_t newest) {
  const auto by = newest - (base_ + bucket_grid::horizon - 1);
  if (by <= 0)
    return;
  // What moves out was closed long ago: settle it before it is forgotten.
  close(c, c.grid.start_of(newest));
  const int shift = static_cast<int>(std::min<std::int64_t>(by, bucket_grid::horizon));
  const auto gone = [&](const auto& x) { return x.bucket < shift; };
  erase_tight(cells_, gone);
  erase_tight(buckets_, gone);
  for (auto& x : cells_)
    x.bucket = static_cast<std::uint8_t>(x.bucket - shift);
  for (auto& x : buckets_)
    x.bucket = static_cast<std::uint8_t>(x.bucket - shift);
  for (auto& s : sets_)
    s.shift(shift);
  covered_ = shift >= 64 ? 0 : covered_ >> shift;
  base_ += by;
}

bool window_state::settle(const window_context& c, base::event_time watermark) {
  const bool changed = close(c, watermark);
  forget(c.grid, watermark);
  return changed;
}

void window_state::forget(const bucket_grid& grid, base::event_time watermark) {
  if (empty() || watermark <= base::event_time::min() + base::limits::lateness)
    return;
  // Events may come into this bucket and newer ones; their windows reach back so far.
  const auto open = grid.bucket_of(watermark - base::limits::lateness);
  const auto gone = std::min<std::int64_t>(open - grid.reach() - base_, bucket_grid::horizon);
  if (buckets_.front().bucket >= gone)
    return;
  const auto old = [&](const auto& x) { return x.bucket < gone; };
  erase_tight(cells_, old);
  erase_tight(buckets_, old);
  for (auto& s : sets_)
    s.forget(bits(0, static_cast<int>(gone) - 1));
  if (empty())
    covered_ = 0; // the next event begins at another base
}

bool window_state::blank() const noexcept {
  return empty() && episode_ == detect::episode{} && days_.entries().empty() &&
         std::ranges::all_of(known_, [](const auto& k) { return k.size() == 0; });
}

bool window_state::close(const window_context& c, base::event_time watermark) {
  bool changed = false;
  for (const auto& info : buckets_) {
    const auto number = base_ + info.bucket;
    if (number <= settled_through_)
      continue;
    if (c.grid.start_of(number + 1) + base::limits::lateness > watermark)
      break;
    settled_through_ = number;
    const auto v = judge(c, info.bucket);
    if (v.holds) {
      if (episode_.open() && apart(episode_.last_verdict, info.last, c.of.quiet)) {
        const auto ordinal = episode_.ordinal;
        episode_ = episode{};
        episode_.ordinal = ordinal;
        episode_.count = 0;
      }
      grow(c, info.bucket, v, episode_, covered_);
      changed = true;
    }
    note_days(c, info.bucket, v);
  }
  return changed;
}

figures window_state::measure_window(const window_context& c, int last) const {
  const auto& measures = c.op.measures;
  const int first = last - c.grid.reach();
  const auto window = bits(first, last);
  figures out(measures.size(), 0.0);
  for (const auto& x : cells_)
    if (x.bucket >= first && x.bucket <= last)
      out[x.measure] += x.value;
  std::size_t set = 0, known = 0;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    if (measures[i].kind == measure_kind::distinct) {
      if (set < sets_.size())
        out[i] = sets_[set].count(window);
      ++set;
    } else if (measures[i].kind == measure_kind::novel) {
      if (set < sets_.size() && known < known_.size()) {
        const auto start = c.grid.start_of(base_ + first);
        sets_[set].each(window, [&](std::uint64_t hash) {
          auto since = known_[known].first(hash);
          // Whole seconds are kept, so a run that began within the window's first second counts.
          out[i] += !since || *since + std::chrono::seconds{1} > start;
        });
      }
      ++set;
      ++known;
    }
  }
  for (std::size_t i = 0; i < measures.size(); ++i) {
    if (measures[i].kind != measure_kind::share)
      continue;
    const auto all =
        c.activity.between(c.grid.start_of(base_ + first), c.grid.start_of(base_ + last + 1));
    const double part = out[measures[i].of];
    out[i] = part / std::max(static_cast<double>(all), std::max(part, 1.0));
  }
  return out;
}

window_state::verdict window_state::judge(const window_context& c, int last) const {
  verdict v;
  v.values = measure_window(c, last);
  for (std::size_t i = 0; i < c.op.levels.size(); ++i) {
    const auto& l = c.op.levels[i];
    if (hold(l.all, v.values) && (!v.holds || l.severity > v.severity)) {
      v.holds = true;
      v.severity = l.severity;
      v.why = {static_cast<int>(i), reason::none};
    }
  }
  const auto at = std::find_if(buckets_.begin(), buckets_.end(),
                               [&](const bucket_info& i) { return i.bucket == last; });
  if (at != buckets_.end())
    judge_volumes(c, at->last, v);
  if (v.holds) {
    std::uint32_t marks = 0;
    for (const auto& i : buckets_)
      if (i.bucket >= last - c.grid.reach() && i.bucket <= last)
        marks |= i.marks;
    v.severity = adjusted(c.of, v.severity, marks);
  }
  return v;
}

void window_state::judge_volumes(const window_context& c, base::event_time at, verdict& v) const {
  const bool active = c.known_since + activation <= at;
  for (std::size_t i = 0; i < c.op.volumes.size(); ++i) {
    const auto& volume = c.op.volumes[i];
    const double x = v.values[volume.measure];
    if (x < volume.floor || !hold(volume.all, v.values))
      continue;
    const double usual = days_.learned(volume.measure, at, volume.days);
    base::severity severity{};
    if (active && x > usual * volume.factor)
      severity = c.op.new_for_identity;
    else if (!active && x >= volume.hard)
      severity = c.op.without_history;
    else
      continue;
    if (v.holds && severity <= v.severity)
      continue;
    v.holds = true;
    v.severity = severity;
    v.why = {reason::none, static_cast<int>(i)};
    v.usual = active ? usual : -1;
    v.complete = c.known_since + std::chrono::days{volume.days} <= at;
  }
}

void window_state::grow(const window_context& c, int last, const verdict& v, episode& into,
                        std::uint64_t& covered) const {
  const auto window = bits(last - c.grid.reach(), last);
  episode stretch;
  stretch.ordinal = std::max<std::uint32_t>(into.ordinal, 1);
  bool any = false;
  for (const auto& i : buckets_) {
    const auto bit = std::uint64_t{1} << i.bucket;
    if ((window & bit) == 0)
      continue;
    if (i.bucket == last)
      stretch.since = stretch.last_verdict = i.last;
    if ((covered & bit) != 0 && into.verdicts > 0)
      continue;
    stretch.first = any ? std::min(stretch.first, i.first) : i.first;
    stretch.last = any ? std::max(stretch.last, i.last) : i.last;
    stretch.count += i.events;
    merge_samples(stretch.samples, i.samples, base::limits::alert_events);
    any = true;
  }
  if (!any)
    stretch.first = stretch.last = stretch.since;
  stretch.verdicts = 1;
  stretch.severity = v.severity;
  stretch.why = v.why;
  stretch.values = v.values;
  stretch.usual = v.usual;
  stretch.complete = v.complete;
  covered |= window;
  if (into.verdicts == 0) {
    // The first verdict, or the first after a quiet period: the ordinal counts episodes.
    stretch.ordinal = into.ordinal + 1;
    into = stretch;
  } else {
    if (!any)
      stretch.first = into.first, stretch.last = into.last;
    into.merge(stretch);
  }
}

void window_state::note_days(const window_context& c, int last, const verdict& v) {
  note_days(c.op, c.grid.start_of(base_ + last + 1) - base::duration{1}, v.values);
}

void window_state::note_days(const window_operator& op, base::event_time end,
                             const figures& values) {
  const bool frozen =
      episode_.verdicts > 0 && end - episode_.first < std::chrono::days{7} && end >= episode_.first;
  for (const auto& volume : op.volumes)
    days_.note(base::day_of(end), volume.measure, values[volume.measure], frozen);
}

std::vector<window_state::day_figures>
window_state::count_late(const window_context& c, const base::event& e, const base::match& m) {
  // No watermark: these are all behind it, and among themselves they may come in any order.
  add(c, e, m, base::event_time::min());
  std::vector<day_figures> out;
  const auto bit = c.grid.bucket_of(e.time) - base_;
  for (const auto& info : buckets_)
    if (info.bucket >= bit && info.bucket <= bit + c.grid.reach())
      out.push_back({c.grid.start_of(base_ + info.bucket + 1) - base::duration{1},
                     measure_window(c, info.bucket)});
  return out;
}

void window_state::learn(const window_operator& op, const std::vector<day_figures>& late) {
  for (const auto& window : late)
    note_days(op, window.end, window.values);
}

std::optional<base::severity> window_state::peek(const window_context& c,
                                                 base::event_time t) const {
  std::optional<base::severity> out;
  const auto bit = c.grid.bucket_of(t) - base_;
  for (const auto& info : buckets_) {
    if (info.bucket < bit || info.bucket > bit + c.grid.reach())
      continue;
    const auto v = judge(c, info.bucket);
    if (v.holds && (!out || v.severity > *out))
      out = v.severity;
  }
  return out;
}

episode window_state::speak(const window_context& c) const {
  episode out = episode_;
  auto covered = covered_;
  for (const auto& info : buckets_) {
    if (base_ + info.bucket <= settled_through_)
      continue;
    const auto v = judge(c, info.bucket);
    if (!v.holds)
      continue;
    if (out.verdicts > 0 && apart(out.last_verdict, info.last, c.of.quiet)) {
      const auto ordinal = out.ordinal;
      out = episode{};
      out.ordinal = ordinal;
    }
    grow(c, info.bucket, v, out, covered);
  }
  return out;
}

std::optional<base::event_time> window_state::due(const bucket_grid& grid) const noexcept {
  if (empty())
    return std::nullopt;
  const auto newest = base_ + buckets_.back().bucket;
  if (newest <= settled_through_)
    return std::nullopt;
  for (const auto& i : buckets_)
    if (base_ + i.bucket > settled_through_)
      return grid.start_of(base_ + i.bucket + 1) + base::limits::lateness;
  return std::nullopt;
}

std::size_t window_state::heap_bytes() const noexcept {
  std::size_t total = cells_.capacity() * sizeof(cell) + buckets_.capacity() * sizeof(bucket_info) +
                      sets_.capacity() * sizeof(distinct_set) +
                      known_.capacity() * sizeof(first_seen_set) + days_.heap_bytes() +
                      detect::heap_bytes(episode_.samples) +
                      episode_.values.capacity() * sizeof(double);
  for (const auto& i : buckets_)
    total += detect::heap_bytes(i.samples);
  for (const auto& s : sets_)
    total += s.heap_bytes();
  for (const auto& k : known_)
    total += k.heap_bytes();
  return total;
}

window_state::parts window_state::dismantle() const {
  return {base_, settled_through_, covered_, cells_, buckets_, sets_, known_, days_, episode_};
}

window_state window_state::restore(parts p) {
  window_state out;
  out.base_ = p.base;
  out.settled_through_ = p.settled_through;
  out.covered_ = p.covered;
  out.cells_ = std::move(p.cells);
  out.buckets_ = std::move(p.buckets);
  out.sets_ = std::move(p.sets);
  out.known_ = std::move(p.known);
  out.days_ = std::move(p.days);
  out.episode_ = std::move(p.episode);
  return out;
}

} // namespace vedette::detect
