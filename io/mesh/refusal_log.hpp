// Says each kind of refusal at most once a minute, with how many were not said: whoever can send
// rubbish must not be able to fill a log. Remembers a time and a count per kind. Owned by the
// mesh's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spdlog/spdlog.h>

namespace vedette::io {

enum class refusal : std::uint8_t { frame, cluster, node, key, process, undialable, broken };

class refusal_log {
 public:
  using instant = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::minutes pause{1};

  void say(refusal what, instant now, std::string_view text) {
    auto& k = kinds_[static_cast<std::size_t>(what)];
    if (k.said && now - *k.said < pause) {
      ++k.unsaid;
      return;
    }
    if (k.unsaid > 0)
      spdlog::warn("mesh: {} ({} more like it since the last time)", text, k.unsaid);
    else
      spdlog::warn("mesh: {}", text);
    k = {now, 0};
  }

 private:
  struct kind {
    std::optional<instant> said;
    std::uint64_t unsaid = 0;
  };
  std::array<kind, static_cast<std::size_t>(refusal::broken) + 1> kinds_;
};

} // namespace vedette::io
