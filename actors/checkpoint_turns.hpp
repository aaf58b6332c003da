// When a fold may write a checkpoint: one at a time, and none while its state is being replaced.
//
// Remembers who waits for the one under way. Owned by a fold's actor.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace vedette::actors {

class checkpoint_turns {
 public:
  /// True when the caller may begin one now and will say `ended`; otherwise `then` runs later.
  [[nodiscard]] bool begin(std::function<void()> then) {
    if (under_way_ || still_) {
      waiting_.push_back(std::move(then));
      return false;
    }
    under_way_ = true;
    return true;
  }
  void ended() {
    under_way_ = false;
    for (auto& f : std::exchange(waiting_, {}))
      f();
  }

  /// No further one until `move_on`; `then` runs when none is under way.
  void stand_still(std::function<void()> then) {
    auto stop = [this, then = std::move(then)] {
      still_ = true;
      then();
    };
    if (under_way_)
      waiting_.insert(waiting_.begin(), std::move(stop));
    else
      stop();
  }
  /// Another state is there; what waited for a checkpoint of the old one is forgotten.
  void move_on() {
    still_ = false;
    waiting_.clear();
  }

 private:
  bool under_way_ = false, still_ = false;
  std::vector<std::function<void()>> waiting_;
};

} // namespace vedette::actors
