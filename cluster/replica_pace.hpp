// How long a replica takes to have what was the end of the log, and whether that is out of all
// proportion to what another takes.
//
// Kept by a primary for each of its replicas. Only what was reached in the end is judged: whoever
// says nothing at all is silent, not slow. Remembers a few times. Pure.
#pragma once

#include "cluster/replica_words.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vedette::cluster {

class replica_pace {
 public:
  /// The log ends at `last` now, and the replica has it up to `match`. Called when either moves.
  /// `follows`: it gets entries as they come, so what it takes for them is its pace.
  void seen(base::entry_index match, base::entry_index last, bool follows, instant now) {
    if (behind_ && match >= behind_->end) {
      if (behind_->follows) {
        const auto took = now - behind_->since;
        usual_ = usual_ ? (7 * *usual_ + took) / 8 : took;
        best_ = std::min(best_.value_or(took), took);
      }
      behind_.reset();
    }
    if (!behind_ && match < last)
      behind_ = {last, now, follows};
  }
  /// How long it has lacked what was the end then; zero when it lacks nothing.
  [[nodiscard]] instant behind_for(instant now) const {
    return behind_ ? now - behind_->since : instant{};
  }
  /// What it takes for the end, over the last eight times or so; nothing before the first.
  [[nodiscard]] std::optional<instant> usual() const noexcept { return usual_; }

  /// Often. Takes note when it took longer than `bound` each time since the last call; without a
  /// bound there is nothing to compare it with. One that left for that is watched further, but good
  /// times alone are not enough for it: they must last (`rested`).
  void judge(std::optional<instant> bound, bool in_sync, instant now) {
    const auto best = std::exchange(best_, std::nullopt);
    const bool entered = in_sync && !was_in_sync_;
    was_in_sync_ = in_sync;
    if (entered) { // what it was outside is forgiven
      slow_since_.reset();
      usual_.reset();
      return;
    }
    if (!best || !bound || (!in_sync && !slow_since_))
      return;
    if (*best > *bound) {
      slow_at_ = now;
      if (!slow_since_)
        slow_since_ = now;
    } else if (in_sync) {
      slow_since_.reset();
    }
  }
  /// Between the first and the last of the times that were all too long.
  [[nodiscard]] instant slow_for() const {
    return slow_since_ ? slow_at_ - *slow_since_ : instant{};
  }
  /// Was never found to be too slow, or not for that long.
  [[nodiscard]] bool rested(instant span, instant now) const {
    return !slow_since_ || (now - slow_at_ >= span && behind_for(now) < span);
  }

  /// Its primary was away itself.
  void was_away(instant span) {
    if (behind_)
      behind_->since += span;
    if (slow_since_)
      *slow_since_ += span;
    slow_at_ += span;
  }

 private:
  /// The end as it was at some time; moves on when the replica reaches it.
  struct mark {
    base::entry_index end;
    instant since{};
    bool follows = false;
  };
  std::optional<mark> behind_;
  std::optional<instant> usual_, best_, slow_since_;
  instant slow_at_{};
  bool was_in_sync_ = false;
};

} // namespace vedette::cluster
