#include "state/log_index.hpp"

namespace vedette::state {

namespace {

base::entry_index at(const positions& p, base::partition_id partition) {
  const auto found = p.find(partition);
  return found == p.end() ? base::entry_index{} : found->second;
}

base::error corrupt(std::string why) {
  return {base::ec::corrupt,
          "opening the log: " + std::move(why) +
              "; restore the store from a backup, or open it accepting the loss"};
}

} // namespace

void log_index::check(std::span<const log_entry> group) const {
  VEDETTE_ASSERT(!group.empty());
  positions expected;
  for (const auto& e : group) {
    auto [at_, fresh] = expected.try_emplace(e.partition, base::entry_index{});
    if (fresh)
      at_->second = last(e.partition);
    VEDETTE_ASSERT(e.index.value == at_->second.value + 1);
    at_->second = e.index;
  }
}

bool log_index::begins_run() const noexcept {
  return runs_.empty() || next_record_ - runs_.back().first_record >= run_records_ ||
         bytes_ - runs_.back().bytes_before >= run_bytes_;
}

log_run log_index::next_run(base::receive_time now) const {
  return {next_record_, bytes_, entries_, now, last_};
}

void log_index::add(std::span<const log_entry> group, std::uint64_t bytes, base::receive_time now) {
  if (begins_run())
    runs_.push_back(next_run(now));
  for (const auto& e : group)
    last_[e.partition] = e.index;
  ++next_record_;
  bytes_ += bytes;
  entries_ += group.size();
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
  last_ = run.last_before;
  return {};
}

base::status log_index::add_stored(std::uint64_t record, std::span<const log_entry> group,
                                   std::uint64_t bytes) {
  if (runs_.empty() || record != next_record_)
    return corrupt("record " + std::to_string(next_record_) + " is missing, the next one is " +
                   std::to_string(record));
  for (const auto& e : group) {
    auto& l = last_[e.partition];
    if (e.index.value != l.value + 1)
      return corrupt("record " + std::to_string(record) + " holds entry " +
                     std::to_string(e.index.value) + " of partition " +
                     std::to_string(e.partition.value) + " after entry " + std::to_string(l.value));
    l = e.index;
  }
  ++next_record_;
  bytes_ += bytes;
  entries_ += group.size();
  return {};
}

base::entry_index log_index::last(base::partition_id partition) const {
  return at(last_, partition);
}

base::entry_index log_index::first_kept(base::partition_id partition) const {
  const auto before =
      runs_.empty() ? base::entry_index{} : at(runs_.front().last_before, partition);
  return {before.value + 1};
}

base::result<std::uint64_t> log_index::start_of(const positions& after) const {
  positions wanted;
  for (const auto& [partition, index] : after) {
    if (index >= last(partition))
      continue;
    const auto first = first_kept(partition);
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
      early_enough = early_enough && at(run->last_before, partition) <= index;
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
    for (const auto& [partition, index] : next.last_before)
      if (index > at(upto, partition))
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
