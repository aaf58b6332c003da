#include "state/log_index.hpp"

#include <algorithm>

namespace vedette::state {

namespace {

base::entry_index at(const positions& p, base::partition_id partition) {
  const auto found = p.find(partition);
  return found == p.end() ? base::entry_index{} : found->second;
}

/// Where a partition's log ended when a run began.
base::entry_index last_before(const log_run& run, base::partition_id partition) {
  const auto found = run.before.find(partition);
  return found == run.before.end() ? base::entry_index{} : found->second.last;
}

base::error corrupt(std::string why) {
  return {base::ec::corrupt,
          "opening the log: " + std::move(why) +
              "; restore the store from a backup, or open it accepting the loss"};
}

} // namespace

bool log_index::take(state_of& s, const log_entry& e) {
  switch (e.kind) {
  case entry_kind::promise:
    if (e.epoch < s.promised)
      return false;
    s.promised = e.epoch;
    return true;
  case entry_kind::cut:
    if (e.index > s.last || e.index < s.reset)
      return false;
    s.last = e.index;
    s.history.cut(e.index);
    return true;
  case entry_kind::reset: {
    auto history = schemas::decode_history(e.body);
    if (!history)
      return false;
    s.last = s.reset = e.index;
    s.history = base::epoch_history{std::move(*history)};
    return true;
  }
  default:
    if (e.index.value != s.last.value + 1 || e.epoch < s.history.epoch_at(s.last))
      return false;
    s.last = e.index;
    s.history.appended(e.epoch, e.index);
    return true;
  }
}

log_index::states log_index::after(std::span<const log_entry> group) const {
  VEDETTE_ASSERT(!group.empty());
  states out;
  for (const auto& e : group) {
    auto [at, fresh] = out.try_emplace(e.partition);
    if (fresh)
      if (const auto known = standings_.find(e.partition); known != standings_.end())
        at->second = known->second;
    VEDETTE_ASSERT(take(at->second, e));
  }
  return out;
}

bool log_index::begins_run() const noexcept {
  return runs_.empty() || next_record_ - runs_.back().first_record >= run_records_ ||
         bytes_ - runs_.back().bytes_before >= run_bytes_;
}

log_run log_index::next_run(base::receive_time now) const {
  log_run run{next_record_, bytes_, entries_, now, {}};
  for (const auto& [partition, s] : standings_)
    run.before[partition] = {s.last, s.promised, s.reset, s.history.starts()};
  return run;
}

void log_index::count(std::span<const log_entry> group, std::uint64_t bytes) {
  ++next_record_;
  bytes_ += bytes;
  for (const auto& e : group)
    entries_ += !is_note(e.kind);
}

void log_index::add(std::span<const log_entry> group, states after, std::uint64_t bytes,
                    base::receive_time now) {
  if (begins_run())
    runs_.push_back(next_run(now));
  for (auto& [partition, s] : after)
    standings_[partition] = std::move(s);
  count(group, bytes);
}

base::status log_index::restore(const log_run& run) {
  if (!runs_.empty() && (run.first_record <= runs_.back().first_record ||
                         run.bytes_before < runs_.back().bytes_before))
    return corrupt("run " + std::to_string(run.first_record) +
                   " does not follow the one before it");
  runs_.push_back(run);
  next_record_ = run.first_record;
  bytes_ = run.bytes_before;
  entries_ = run.entries_before;
  standings_.clear();
  for (const auto& [partition, b] : run.before)
    standings_[partition] = {b.last, b.reset, b.promised, base::epoch_history{b.history}};
  return {};
}

base::status log_index::add_stored(std::uint64_t record, std::span<const log_entry> group,
                                   std::uint64_t bytes) {
  if (runs_.empty() || record != next_record_)
    return corrupt("record " + std::to_string(next_record_) + " is missing, the next one is " +
                   std::to_string(record));
  for (const auto& e : group) {
    auto& known = standings_[e.partition];
    if (!take(known, e))
      return corrupt("record " + std::to_string(record) + " holds entry " +
                     std::to_string(e.index.value) + " of partition " +
                     std::to_string(e.partition.value) + " after entry " +
                     std::to_string(known.last.value));
  }
  count(group, bytes);
  return {};
}

base::entry_index log_index::first_kept(base::partition_id partition, const state_of& s) const {
  const auto before = runs_.empty() ? base::entry_index{} : last_before(runs_.front(), partition);
  return {std::max(std::min(before, s.last), s.reset).value + 1};
}

log_standing log_index::standing(base::partition_id partition) const {
  const auto found = standings_.find(partition);
  if (found == standings_.end())
    return {};
  const auto& s = found->second;
  return {s.promised, first_kept(partition, s), s.last, s.history.starts()};
}

std::vector<base::partition_id> log_index::partitions() const {
  std::vector<base::partition_id> out;
  for (const auto& [partition, s] : standings_)
    out.push_back(partition);
  return out;
}

bool log_index::filter::wants(const log_entry& e) {
  const auto at = wanted_.find(e.partition);
  if (at == wanted_.end() || is_note(e.kind))
    return false;
  auto& w = at->second;
  if (e.index != w.next || e.index > w.last)
    return false;
  // Starts that were forgotten lie so far back that nothing behind them is cut any more.
  if (const auto epoch = w.history.epoch_at(e.index); epoch.value != 0 && epoch != e.epoch)
    return false;
  if (w.next == w.last)
    --unfinished_;
  ++w.next.value;
  return true;
}

log_index::filter log_index::filter_of(const positions& after) const {
  filter out;
  for (const auto& [partition, index] : after)
    if (const auto found = standings_.find(partition);
        found != standings_.end() && index < found->second.last) {
      out.wanted_[partition] = {{index.value + 1}, found->second.last, found->second.history};
      ++out.unfinished_;
    }
  return out;
}

base::result<std::uint64_t> log_index::start_of(const positions& after) const {
  positions wanted;
  for (const auto& [partition, index] : after) {
    const auto known = standings_.find(partition);
    if (known == standings_.end() || index >= known->second.last)
      continue;
    const auto first = first_kept(partition, known->second);
    if (index.value + 1 < first.value)
      return base::error{base::ec::not_found,
                         "reading the log of partition " + std::to_string(partition.value) +
                             " after entry " + std::to_string(index.value) +
                             ": it was trimmed up to entry " + std::to_string(first.value - 1) +
                             "; start from a checkpoint at or after that"};
    wanted.emplace(partition, index);
  }
  if (wanted.empty())
    return next_record_;
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    bool early_enough = true;
    for (const auto& [partition, index] : wanted)
      early_enough = early_enough && last_before(*run, partition) <= index;
    if (early_enough)
      return run->first_record;
  }
  VEDETTE_ASSERT(false); // the oldest run begins at or before everything kept
  return next_record_;
}

std::size_t log_index::trimmable(const positions& upto, const trim_limits& keep,
                                 base::receive_time now) const {
  std::size_t count = 0;
  while (count + 1 < runs_.size()) {
    const auto& next = runs_[count + 1];
    for (const auto& [partition, s] : next.before)
      if (s.last > at(upto, partition))
        return count;
    // The run's last record is at most as young as the first of the next.
    const bool old = next.began < now - keep.age;
    const bool large = bytes_ - runs_[count].bytes_before > keep.bytes;
    if (!old && !large)
      return count;
    ++count;
  }
  return count;
}

void log_index::drop_runs(std::size_t count) {
  VEDETTE_ASSERT(count < runs_.size() || count == 0);
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::uint64_t log_index::first_record() const noexcept {
  return runs_.empty() ? next_record_ : runs_.front().first_record;
}

log_usage log_index::usage() const {
  log_usage u;
  if (runs_.empty())
    return u;
  u.bytes = bytes_ - runs_.front().bytes_before;
  u.records = next_record_ - runs_.front().first_record;
  u.entries = entries_ - runs_.front().entries_before;
  u.oldest = runs_.front().began;
  return u;
}

} // namespace vedette::state
