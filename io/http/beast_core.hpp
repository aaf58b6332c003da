// What all connections of one server share, and what the server knows of each connection.
#pragma once

#include "io/http/beast.hpp"
#include "io/http/gate.hpp"
#include "io/http/server.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace vedette::io {

/// A connection as drain and stop see it; all calls from any thread.
class connection_base {
 public:
  connection_base() = default;
  virtual ~connection_base() = default;
  connection_base(const connection_base&) = delete;
  connection_base& operator=(const connection_base&) = delete;

  virtual void drain() = 0;
  virtual void cut() = 0;
};

class server_core {
 public:
  server_core(http_server_settings s, http_router r, http_hooks h)
      : settings{std::move(s)}, router{std::move(r)}, hooks{std::move(h)}, gate{settings, router,
                                                                                hooks} {}

  /// Runs `f` on the executor from any thread; drops it once the server has stopped, when nothing
  /// would run it any more and it would keep its connection, and so us, alive for ever.
  template <class Executor, class F>
  void hand_over(const Executor& executor, F f) {
    const std::shared_lock hold{stopping_};
    if (!stopped_)
      asio::post(executor, std::move(f));
  }
  void refuse_handing_over() {
    const std::unique_lock hold{stopping_};
    stopped_ = true;
  }

  void enter(const std::shared_ptr<connection_base>& c) {
    const std::lock_guard hold{mutex_};
    open_.emplace(c.get(), c);
  }
  void leave(connection_base* c) {
    const std::lock_guard hold{mutex_};
    open_.erase(c);
    if (open_.empty())
      none_open_.notify_all();
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard hold{mutex_};
    return open_.size();
  }
  [[nodiscard]] std::vector<std::shared_ptr<connection_base>> all() const {
    const std::lock_guard hold{mutex_};
    std::vector<std::shared_ptr<connection_base>> out;
    for (const auto& [raw, weak] : open_)
      if (auto c = weak.lock())
        out.push_back(std::move(c));
    return out;
  }
  bool wait_until_none(std::chrono::milliseconds patience) {
    std::unique_lock hold{mutex_};
    return none_open_.wait_for(hold, patience, [&] { return open_.empty(); });
  }

  /// Counts body bytes held; false when that would be more than all connections may hold together.
  bool take_body_bytes(std::size_t bytes) {
    if (body_bytes_.fetch_add(bytes) + bytes <= settings.limits.bodies_bytes_max)
      return true;
    body_bytes_ -= bytes;
    return false;
  }
  void give_body_bytes(std::size_t bytes) { body_bytes_ -= bytes; }

  const http_server_settings settings;
  const http_router router;
  const http_hooks hooks;
  const http_gate gate;
  std::atomic<bool> draining{false};
  asio::io_context io;

 private:
  std::shared_mutex stopping_;
  bool stopped_ = false;
  mutable std::mutex mutex_;
  std::condition_variable none_open_;
  std::unordered_map<connection_base*, std::weak_ptr<connection_base>> open_;
  std::atomic<std::size_t> body_bytes_{0};
};

} // namespace vedette::io
