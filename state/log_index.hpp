// What a log holds and where: standings of partitions, the runs it is made of, what may be trimmed.
//
// Pure, and the same for every implementation of `partition_log`, so that they cannot disagree
// about it. Remembers one `log_run` per run (512 records or 8 MiB by default: about 2,600 for 20
// GiB) with one standing per partition. Not thread-safe; its log guards it.
#pragma once

#include "state/store.hpp"

#include <deque>
#include <span>

namespace vedette::state {

using schemas::log_run;

class log_index {
 public:
  log_index(std::uint64_t run_records, std::uint64_t run_bytes)
      : run_records_{run_records}, run_bytes_{run_bytes} {}

  /// The number of the record that will be appended next; the first is 1.
  [[nodiscard]] std::uint64_t next_record() const noexcept { return next_record_; }

  struct state_of {
    base::entry_index last, reset;
    base::epoch promised;
    base::epoch_history history;
  };
  using states = std::map<base::partition_id, state_of>;

  /// What the group's partitions will be; asserts that each log goes on where it stopped.
  [[nodiscard]] states after(std::span<const log_entry> group) const;
  /// Whether the next record begins a run, which is then to be stored beside it.
  [[nodiscard]] bool begins_run() const noexcept;
  [[nodiscard]] log_run next_run(base::receive_time now) const;
  /// Takes note of the next record, which leads to these states; `begins_run` is asked here again.
  void add(std::span<const log_entry> group, states after, std::uint64_t bytes,
           base::receive_time now);

  /// Takes a stored run, oldest first; the records of the last one are then given to `add_stored`.
  /// ec::corrupt when it cannot follow what is known.
  [[nodiscard]] base::status restore(const log_run& run);
  [[nodiscard]] base::status add_stored(std::uint64_t record, std::span<const log_entry> group,
                                        std::uint64_t bytes);

  [[nodiscard]] log_standing standing(base::partition_id partition) const;
  [[nodiscard]] std::vector<base::partition_id> partitions() const;

  /// The record to begin with in order to meet all entries after `after`; `next_record` when there
  /// are none; ec::not_found when some were trimmed.
  [[nodiscard]] base::result<std::uint64_t> start_of(const positions& after) const;

  /// Tells the entries of a read that are to be shown from notes, from what was cut and from second
  /// copies. Takes the standings as they are now.
  class filter {
   public:
    /// Whether `e` is the next entry of its partition's log. Asked in the order of the log.
    [[nodiscard]] bool wants(const log_entry& e);
    /// Nothing more is wanted.
    [[nodiscard]] bool done() const noexcept { return unfinished_ == 0; }

   private:
    friend class log_index;
    struct wanted {
      base::entry_index next, last;
      base::epoch_history history;
    };
    std::map<base::partition_id, wanted> wanted_;
    std::size_t unfinished_ = 0; ///< partitions of which an entry is still wanted
  };
  [[nodiscard]] filter filter_of(const positions& after) const;

  /// How many of the oldest runs may go; never the newest. O(runs that go x partitions).
  [[nodiscard]] std::size_t trimmable(const positions& upto, const trim_limits& keep,
                                      base::receive_time now) const;
  /// Forgets them. The first record that stays is `first_record`.
  void drop_runs(std::size_t count);
  [[nodiscard]] std::uint64_t first_record() const noexcept;
  [[nodiscard]] const std::deque<log_run>& runs() const noexcept { return runs_; }

  /// Everything but `bytes_written`.
  [[nodiscard]] log_usage usage() const;

 private:
  /// False when the entry cannot follow.
  [[nodiscard]] static bool take(state_of& s, const log_entry& e);
  void count(std::span<const log_entry> group, std::uint64_t bytes);
  [[nodiscard]] base::entry_index first_kept(base::partition_id partition, const state_of& s) const;

  std::uint64_t run_records_, run_bytes_;
  std::deque<log_run> runs_;
  states standings_;
  std::uint64_t next_record_ = 1;
  std::uint64_t bytes_ = 0;   ///< of all records ever
  std::uint64_t entries_ = 0; ///< of all records ever, without notes
};

} // namespace vedette::state
