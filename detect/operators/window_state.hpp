// The window operator: counts, sums, distinct and first-seen values over a sliding window, and the
// verdicts they give.
//
// Remembers, for one rule and one group: per bucket of event time the numbers of each measure and
// the earliest few events; which values occurred in which buckets; day maxima; the open episode.
// All of it is a function of the set of events added, so late and shuffled arrivals change nothing
// (within the lateness). Bounded by 64 buckets, `limits::distinct_exact` values and 33 days.
//
// A verdict is settled when its window is closed: no event can enter it any more. Before that,
// `speak` tells what already holds, so that a live node need not wait; only settled verdicts enter
// the episode that is stored.
#pragma once

#include "base/event.hpp"
#include "detect/operators/activity.hpp"
#include "detect/operators/day_maxima.hpp"
#include "detect/operators/distinct_set.hpp"
#include "detect/operators/episode.hpp"
#include "detect/operators/first_seen.hpp"
#include "detect/operators/grid.hpp"
#include "detect/rule.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace vedette::detect {

/// What the operator may look at beside its own state.
struct window_context {
  const rule& of;
  const window_operator& op;
  const bucket_grid& grid;
  const activity_counter& activity; ///< of the identity; empty for other groups
  base::event_time known_since;     ///< first event of the group: younger than 14 days has no usual
};

/// How long a group is watched before its own past counts (detections: activation).
inline constexpr std::chrono::days activation{14};

class window_state {
 public:
  struct cell {
    double value = 0;
    std::uint8_t bucket = 0, measure = 0;

    friend bool operator==(const cell&, const cell&) = default;
  };
  struct bucket_info {
    std::uint8_t bucket = 0;
    std::uint32_t events = 0;
    std::uint32_t marks = 0; ///< of any event in it
    base::event_time first, last;
    std::vector<sample> samples;

    friend bool operator==(const bucket_info&, const bucket_info&) = default;
  };
  /// Events kept per bucket; 17 buckets of them are more than an alert lists.
  static constexpr std::size_t bucket_samples = 6;

  /// Adds one matched event that is not late. Settles what the watermark has closed first. False
  /// when events further ahead than the lateness have closed its window already.
  bool add(const window_context& c, const base::event& e, const base::match& m,
           base::event_time watermark);
  /// Counts one late event among the other late ones, in a state of their own whose operator has
  /// measures only, and gives the largest windows it lies in. O(reach x values).
  struct day_figures {
    base::event_time end; ///< of the window
    figures values;
  };
  std::vector<day_figures> count_late(const window_context& c, const base::event& e,
                                      const base::match& m);
  /// Takes such windows into this state's own past, which they can only make larger: what a closed
  /// window held on time is not known any more and is not added to them.
  void learn(const window_operator& op, const std::vector<day_figures>& late);
  /// Settles every window that closed before the watermark, and forgets what no window that may yet
  /// close reaches back to; true when the episode changed.
  bool settle(const window_context& c, base::event_time watermark);
  /// The severity that windows with an event at `t` reach now; nothing when none holds. One window
  /// for an event that is the newest, all it lies in for a late one.
  [[nodiscard]] std::optional<base::severity> peek(const window_context& c,
                                                   base::event_time t) const;
  /// The episode as it stands with the verdicts of windows that are still open; ordinal 0 if none.
  [[nodiscard]] episode speak(const window_context& c) const;

  /// When `settle` has something to do next; nothing when all is settled.
  [[nodiscard]] std::optional<base::event_time> due(const bucket_grid& grid) const noexcept;
  [[nodiscard]] const episode& settled() const noexcept { return episode_; }
  [[nodiscard]] day_maxima& days() noexcept { return days_; }
  /// No different from a new one but for windows that are closed.
  [[nodiscard]] bool blank() const noexcept;
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  /// Everything there is to store; the codec writes it and gives it back.
  struct parts {
    std::int64_t base = 0, settled_through = 0;
    std::uint64_t covered = 0;
    std::vector<cell> cells;
    std::vector<bucket_info> buckets;
    std::vector<distinct_set> sets;
    std::vector<first_seen_set> known;
    day_maxima days;
    detect::episode episode;
  };
  [[nodiscard]] parts dismantle() const;
  static window_state restore(parts p);

 private:
  struct verdict {
    bool holds = false;
    base::severity severity = base::severity::info;
    reason why;
    figures values;
    double usual = -1;
    bool complete = true;
  };

  [[nodiscard]] bool empty() const noexcept { return buckets_.empty(); }
  void advance(const window_context& c, std::int64_t newest);
  bool close(const window_context& c, base::event_time watermark);
  void forget(const bucket_grid& grid, base::event_time watermark);
  [[nodiscard]] figures measure_window(const window_context& c, int last) const;
  [[nodiscard]] verdict judge(const window_context& c, int last) const;
  void judge_volumes(const window_context& c, base::event_time at, verdict& v) const;
  /// Adds the window ending at bit `last` to `into`, counting buckets not in `covered` yet.
  void grow(const window_context& c, int last, const verdict& v, episode& into,
            std::uint64_t& covered) const;
  void note_days(const window_context& c, int last, const verdict& v);
  void note_days(const window_operator& op, base::event_time end, const figures& values);

  std::int64_t base_ = 0;             ///< bucket number of bit 0
  std::int64_t settled_through_ = 0;  ///< windows ending here or before are settled
  std::uint64_t covered_ = 0;         ///< buckets the settled episode has counted
  std::vector<cell> cells_;           ///< ascending by (bucket, measure)
  std::vector<bucket_info> buckets_;  ///< ascending
  std::vector<distinct_set> sets_;    ///< one per distinct or novel measure, in rule order
  std::vector<first_seen_set> known_; ///< one per novel measure, in rule order
  day_maxima days_;
  episode episode_;
};

} // namespace vedette::detect
