// Server-sent events out of the pieces of a response body, wherever the pieces break.
//
// Remembers the event in progress, at most `event_max`; a longer one is dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vedette::client {

struct sent_event {
  std::string id, name, data;
};

class event_lines {
 public:
  static constexpr std::size_t event_max = std::size_t{4} << 20;

  /// Calls `out` for each event that became complete. O(length).
  void push(std::string_view piece, const std::function<void(const sent_event&)>& out);
  /// The id of the last complete event that had one: what to resume from.
  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }

 private:
  void line(std::string_view text, const std::function<void(const sent_event&)>& out);

  std::string pending_; ///< the line in progress
  sent_event event_;
  bool dropped_ = false;
  std::string last_id_;
};

} // namespace vedette::client
