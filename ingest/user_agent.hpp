// What kind of program a user agent names (detections of tools, consoles, runtimes).
//
// The caller writes its own user agent, so the class may raise a verdict and never excuses one.
// Pure. Few agents make most events, so each normaliser remembers the classes of some.
#pragma once

#include "base/event.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette::ingest {

/// O(length × number of known programs); most specific evidence first.
[[nodiscard]] base::client_class classify_user_agent(std::string_view agent) noexcept;

/// Remembers 1,024 agents. Two slots per hash, so that two frequent agents that fall together do
/// not throw each other out.
class agent_classes {
 public:
  /// As `classify_user_agent`. O(length) when remembered.
  [[nodiscard]] base::client_class of(std::string_view agent) noexcept;

 private:
  struct slot {
    std::uint64_t hash = 0;
    base::client_class value = base::client_class::unknown;
  };
  std::array<slot, 1024> slots_{};
};

} // namespace vedette::ingest
