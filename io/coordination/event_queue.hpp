// What waits for the host of a coordinator: answers and news in the order in which they came.
//
// Answers are never dropped (there is one per call, and calls are bounded); when more than
// `events_waiting_max` news wait, the changes among them are dropped and `take_overflow` says once
// that a new view is due. Any thread pushes, one takes.
#pragma once

#include "io/coordination/coordinator.hpp"

#include <condition_variable>
#include <mutex>

namespace vedette::io {

class event_queue {
 public:
  explicit event_queue(std::size_t news_max = events_waiting_max) : news_max_{news_max} {}

  void on_waiting(std::function<void()> wake);
  void push(coordinator_event e);
  [[nodiscard]] std::vector<coordinator_event> take(base::duration wait);
  /// True once after changes were dropped.
  [[nodiscard]] bool take_overflow();

 private:
  std::size_t news_max_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable came_;
  std::function<void()> wake_;
  std::vector<coordinator_event> waiting_;
  std::size_t news_ = 0;
  bool overflowed_ = false;
  bool due_ = false;
};

} // namespace vedette::io
