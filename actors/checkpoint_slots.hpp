// How many checkpoints a node sends at the same time, and who waits for his turn.
//
// Each holds a few chunks in memory and keeps the store from forgetting; all of them together must
// fit what the mesh lets wait for a peer (io::mesh_settings), or chunks are dropped and are waited
// for in vain. Shared by all copies of a node; all calls from any thread. Who does not want one any
// more stays in the queue until his turn; what waits is bounded by the copies and the times they
// were asked for a checkpoint meanwhile.
#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace vedette::actors {

class checkpoint_slots : public std::enable_shared_from_this<checkpoint_slots> {
 public:
  explicit checkpoint_slots(std::size_t count) : free_{count} { VEDETTE_ASSERT(count > 0); }

  /// Given back when the last copy of it goes.
  using slot = std::shared_ptr<void>;

  /// `then` gets one, at once or, from the thread that gives one back, later; in the order of
  /// asking. It must not block and must not take another one in the call.
  void take(std::function<void(slot)> then) {
    {
      const std::scoped_lock lock{mutex_};
      if (free_ == 0 || !waiting_.empty()) {
        waiting_.push_back(std::move(then));
        return;
      }
      --free_;
    }
    then(make());
  }

 private:
  slot make() {
    return {this, [self = shared_from_this()](void*) { self->give_back(); }};
  }
  void give_back() {
    {
      const std::scoped_lock lock{mutex_};
      ++free_;
      if (std::exchange(handing_out_, true))
        return; // whoever does sees it; it may be this thread, further out
    }
    for (;;) {
      std::function<void(slot)> next;
      {
        const std::scoped_lock lock{mutex_};
        if (waiting_.empty() || free_ == 0) {
          handing_out_ = false;
          return;
        }
        --free_;
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      next(make());
    }
  }

  std::mutex mutex_;
  std::size_t free_;
  bool handing_out_ = false;
  std::deque<std::function<void(slot)>> waiting_;
};

} // namespace vedette::actors
