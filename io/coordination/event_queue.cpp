#include "io/coordination/event_queue.hpp"

#include <utility>

namespace vedette::io {
namespace {

bool is_view(const coordinator_event& e) {
  return std::holds_alternative<view_began>(e) || std::holds_alternative<view_changed>(e) ||
         std::holds_alternative<view_proved>(e);
}

} // namespace

void event_queue::on_waiting(std::function<void()> wake) {
  const std::lock_guard hold{mutex_};
  wake_ = std::move(wake);
}

void event_queue::push(coordinator_event e) {
  std::function<void()> wake;
  {
    const std::lock_guard hold{mutex_};
    if (std::holds_alternative<view_began>(e))
      overflowed_ = false;
    if (is_view(e)) {
      if (overflowed_)
        return;
      // One proof says as much as many: a host that sleeps must not lose its view over them.
      if (std::holds_alternative<view_proved>(e) && !waiting_.empty() &&
          std::holds_alternative<view_proved>(waiting_.back())) {
        waiting_.back() = std::move(e);
        return;
      }
      if (++news_ > news_max_) {
        std::erase_if(waiting_, is_view);
        news_ = 0;
        overflowed_ = due_ = true;
        return;
      }
    }
    if (waiting_.empty())
      wake = wake_;
    waiting_.push_back(std::move(e));
  }
  came_.notify_one();
  if (wake)
    wake();
}

std::vector<coordinator_event> event_queue::take(base::duration wait) {
  std::unique_lock hold{mutex_};
  if (waiting_.empty() && wait > base::duration::zero())
    came_.wait_for(hold, wait, [&] { return !waiting_.empty(); });
  news_ = 0;
  return std::exchange(waiting_, {});
}

bool event_queue::take_overflow() {
  const std::lock_guard hold{mutex_};
  return std::exchange(due_, false);
}

} // namespace vedette::io
