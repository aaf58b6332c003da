// When a node whose disk was full starts anew: there is room again, and has been for some seconds.
//
// A node that finds its disk full again at once waits longer before the next try. Remembers two
// times; told the time and the space, asks for neither. Used by vedetted's main, once a second.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace vedette {

class space_return {
 public:
  /// Free bytes that are worth a try: on a small disk a quarter of it will do.
  static constexpr std::uintmax_t room = std::uintmax_t{64} << 20;
  /// Whoever makes room may not be done yet, or somebody else may want it too.
  static constexpr base::duration steady = std::chrono::seconds{2};
  static constexpr base::duration pause_max = std::chrono::minutes{1};

  /// Of a node that is out of space. True: start it anew now.
  [[nodiscard]] bool look(base::duration now, std::uintmax_t free, std::uintmax_t size) {
    if (free < std::min(room, size / 4)) {
      since_.reset();
      return false;
    }
    if (!since_)
      since_ = now;
    if (now - *since_ < steady || (tried_ && now - *tried_ < pause_))
      return false;
    // Long after the last time it is another matter.
    pause_ =
        tried_ && now - *tried_ < 10 * pause_max ? std::min(2 * pause_, pause_max) : 4 * steady;
    tried_ = now;
    since_.reset();
    return true;
  }

 private:
  std::optional<base::duration> since_, tried_;
  base::duration pause_{};
};

} // namespace vedette
