// The bytes of one streamed response on their way from whoever writes to the connection.
//
// Writers are on any thread, the connection takes from its strand; bounded by
// http_stream::stream_buffer_bytes.
#pragma once

#include "io/http/responder_sink.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace vedette::io {

class stream_queue {
 public:
  /// `wake` asks the connection to come and take; `cut` asks it to close at once. Both may be
  /// called from any thread, also after the connection is gone.
  stream_queue(std::function<void()> wake, std::function<void()> cut)
      : wake_{std::move(wake)}, cut_{std::move(cut)} {}

  bool write(std::string bytes) {
    bool was_idle = false;
    bool overflow = false;
    {
      const std::lock_guard hold{mutex_};
      if (!open_)
        return false;
      overflow = waiting_ + bytes.size() > http_stream::stream_buffer_bytes;
      if (overflow) {
        open_ = false;
      } else if (!bytes.empty()) {
        waiting_ += bytes.size();
        queued_ += bytes;
        was_idle = !taken_;
      }
    }
    if (overflow)
      cut_();
    else if (was_idle)
      wake_();
    return !overflow;
  }

  void close() {
    {
      const std::lock_guard hold{mutex_};
      if (!open_)
        return;
      open_ = false;
    }
    wake_();
  }

  [[nodiscard]] bool is_open() const {
    const std::lock_guard hold{mutex_};
    return open_;
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard hold{mutex_};
    return waiting_;
  }

  void on_end(std::function<void()> f) {
    {
      const std::lock_guard hold{mutex_};
      if (!ended_) {
        on_end_ = std::move(f);
        return;
      }
    }
    f();
  }

  // The connection's side, on its strand.

  /// Everything queued, to be written as one piece; empty when there is nothing or the last piece
  /// is still being written.
  std::string take() {
    const std::lock_guard hold{mutex_};
    if (taken_ || queued_.empty())
      return {};
    taken_ = true;
    in_flight_ = queued_.size();
    return std::exchange(queued_, {});
  }
  void taken_is_written() {
    const std::lock_guard hold{mutex_};
    taken_ = false;
    waiting_ -= in_flight_;
    in_flight_ = 0;
  }
  /// Closed by the writer and all written.
  [[nodiscard]] bool finished() const {
    const std::lock_guard hold{mutex_};
    return !open_ && !taken_ && queued_.empty();
  }
  /// The connection is done with it. Calls the `on_end` hook once.
  void end() {
    std::function<void()> hook;
    {
      const std::lock_guard hold{mutex_};
      open_ = false;
      ended_ = true;
      queued_.clear();
      hook = std::exchange(on_end_, nullptr);
    }
    if (hook)
      hook();
  }

 private:
  const std::function<void()> wake_;
  const std::function<void()> cut_;
  mutable std::mutex mutex_;
  std::string queued_;
  std::size_t waiting_ = 0; ///< queued and in flight
  std::size_t in_flight_ = 0;
  bool taken_ = false;
  bool open_ = true;
  bool ended_ = false;
  std::function<void()> on_end_;
};

/// What the copies of one http_stream share; the last one to go ends the response.
class stream_handle final : public http_stream::sink {
 public:
  explicit stream_handle(std::shared_ptr<stream_queue> queue) : queue_{std::move(queue)} {}
  ~stream_handle() override { queue_->close(); }

  bool write(std::string bytes) override { return queue_->write(std::move(bytes)); }
  void close() override { queue_->close(); }
  [[nodiscard]] bool is_open() const override { return queue_->is_open(); }
  [[nodiscard]] std::size_t waiting_bytes() const override { return queue_->waiting(); }
  void on_end(std::function<void()> f) override { queue_->on_end(std::move(f)); }

 private:
  std::shared_ptr<stream_queue> queue_;
};

} // namespace vedette::io
