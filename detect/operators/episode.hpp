// One stretch in which a rule holds for an entity: what becomes an alert and grows by revisions.
//
// Episodes add up: `merge` is commutative and associative, so the same events give the same episode
// in any order. The ordinal is the entity's running number of episodes of this rule, from 1.
#pragma once

#include "base/severity.hpp"
#include "base/time.hpp"
#include "detect/operators/sample.hpp"

#include <cstdint>
#include <vector>

namespace vedette::detect {

/// The numbers a verdict stands on: measures of the window, or distance and speed, in rule order.
using figures = std::vector<double>;

/// Which reason of the rule was the strongest: a level, or a volume.
struct reason {
  static constexpr int none = -1;
  int level = none;
  int volume = none;

  friend bool operator==(const reason&, const reason&) = default;
};

struct episode {
  std::uint32_t ordinal = 0;     ///< 0: there is none
  base::event_time since;        ///< when the verdict became true
  base::event_time first, last;  ///< of the events that count
  base::event_time last_verdict; ///< newest time at which the rule held
  std::uint64_t count = 0;       ///< events that count
  std::uint64_t verdicts = 0;    ///< times the rule held: events, or buckets whose window held
  base::severity severity = base::severity::info;
  reason why;
  figures values;       ///< at the strongest moment
  double usual = -1;    ///< for a volume: the learned maximum compared with; negative: no history
  bool complete = true; ///< the baseline had no missing days
  bool late = false;
  std::vector<sample> samples;

  [[nodiscard]] bool open() const noexcept { return ordinal != 0; }
  /// Adds another stretch of the same episode. Keeps the stronger reason: higher severity, then
  /// larger figures, then the earlier one.
  void merge(const episode& other);

  friend bool operator==(const episode&, const episode&) = default;
};

/// True when a verdict at `next` no longer belongs to an episode whose newest verdict was `last`.
[[nodiscard]] inline bool apart(base::event_time last, base::event_time next,
                                base::duration quiet) noexcept {
  return next > last && next - last > quiet;
}

/// What adding an event to an operator did.
struct added {
  bool news = false;    ///< an episode began or grew
  bool retires = false; ///< an older episode can no longer change: `retired`
  episode retired;
};

/// The open episode and, for as long as a late verdict could still join the two, the one that
/// follows it. Verdicts may come in any order within the lateness; quiet periods are longer than
/// that, so there are never three that could still change.
class episode_pair {
 public:
  /// Adds a stretch whose ordinal is not set yet. True when an older episode can no longer change
  /// because a third one began; it is then in `retired`.
  bool add(episode one, base::duration quiet, episode& retired);

  [[nodiscard]] const episode& newest() const noexcept { return next_.open() ? next_ : current_; }
  [[nodiscard]] const episode& current() const noexcept { return current_; }
  [[nodiscard]] bool has_two() const noexcept { return next_.open(); }
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return detect::heap_bytes(current_.samples) + detect::heap_bytes(next_.samples) +
           (current_.values.capacity() + next_.values.capacity()) * sizeof(double);
  }

  [[nodiscard]] const episode& next() const noexcept { return next_; }
  static episode_pair restore(episode current, episode next);

 private:
  episode current_;
  episode next_;
};

} // namespace vedette::detect
