// How long a replica takes to have what was the end of the log, and whether that is out of all
// proportion to what another takes.
//
// Kept by a primary for each of its replicas. Only what was reached in the end is judged: whoever
// says nothing at all is silent, not slow. Remembers a few times. Pure.
#pragma once

#include "cluster/replica_words.hpp"

#include <optional>
#include <utility>

namespace vedette::cluster {

class replica_pace {
 public:
  /// The log ends at `last` now, and the replica has it up to `match`. Called when either moves.
  void seen(base::entry_index match, base::entry_index last, instant now) {
    if (behind_ && match >= behind_->first) {
      newest_ = now - behind_->second;
      usual_ = usual_ ? (7 * *usual_ + *newest_) / 8 : *newest_;
      behind_.reset();
    }
    if (!behind_ && match < last)
      behind_ = {last, now};
  }
  /// How long it has lacked what was the end then; zero when it lacks nothing.
  [[nodiscard]] instant behind_for(instant now) const {
    return behind_ ? now - behind_->second : instant{};
  }
  /// What it takes for the end, over the last eight times or so; nothing before the first.
  [[nodiscard]] std::optional<instant> usual() const noexcept { return usual_; }

  /// Whether it took longer than `bound` the last time it got there. One that left for that is
  /// watched further, but a single good time is not enough for it.
  void judge(instant bound, bool in_sync, instant now) {
    const auto took = std::exchange(newest_, std::nullopt);
    if (!took || (!in_sync && !slow_since_))
      return;
    if (*took > bound) {
      slow_at_ = now;
      if (!slow_since_)
        slow_since_ = now - *took;
    } else if (in_sync) {
      slow_since_.reset();
    }
  }
  /// Too slow every time for so long.
  [[nodiscard]] instant slow_for(instant now) const {
    return slow_since_ ? now - *slow_since_ : instant{};
  }
  /// Was never found to be too slow, or not for that long.
  [[nodiscard]] bool rested(instant span, instant now) const {
    return !slow_since_ || (now - slow_at_ >= span && behind_for(now) < span);
  }
  /// It is put in sync again, and what it was is forgiven.
  void forgive() { slow_since_.reset(); }

  /// Its primary was away itself.
  void was_away(instant span) {
    if (behind_)
      behind_->second += span;
    if (slow_since_)
      *slow_since_ += span;
    slow_at_ += span;
  }

 private:
  /// The end as it was at some time, and that time; moves on when the replica reaches it.
  std::optional<std::pair<base::entry_index, instant>> behind_;
  std::optional<instant> usual_, newest_, slow_since_;
  instant slow_at_{};
};

} // namespace vedette::cluster
