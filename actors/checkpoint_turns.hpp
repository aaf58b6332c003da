// When a fold may write a checkpoint: one at a time, and none while its state is being replaced.
//
// Remembers who waits for the one under way. Owned by a fold's actor.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace vedette::actors {

class checkpoint_turns {
 public:
  using outcome = std::function<void(const base::status&)>;

  /// True when the caller may begin one now and will say `ended`; otherwise `then` hears what
  /// became of the one under way.
  [[nodiscard]] bool begin(outcome then) {
    if (under_way_ || still_) {
      waiting_.push_back(std::move(then));
      return false;
    }
    under_way_ = true;
    return true;
  }
  void ended(const base::status& how) {
    under_way_ = false;
    for (auto& f : std::exchange(waiting_, {}))
      f(how);
  }

  /// No further one until `move_on`; `then` runs when none is under way.
  void stand_still(std::function<void()> then) {
    auto stop = [this, then = std::move(then)](const base::status&) {
      still_ = true;
      then();
    };
    if (under_way_)
      waiting_.insert(waiting_.begin(), std::move(stop));
    else
      stop({});
  }
  /// Another state is there: there is no checkpoint of the old one any more.
  void move_on() {
    still_ = false;
    for (auto& f : std::exchange(waiting_, {}))
      f(base::error{base::ec::conflict, "writing a checkpoint: another state took its place"});
  }

 private:
  bool under_way_ = false, still_ = false;
  std::vector<outcome> waiting_;
};

} // namespace vedette::actors
