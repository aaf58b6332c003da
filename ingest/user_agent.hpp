// What kind of program a user agent names (detections of tools, consoles, runtimes).
//
// The caller writes its own user agent, so the class may raise a verdict and never excuses one.
// Pure; the normaliser caches it, as few agents make most events.
#pragma once

#include "base/event.hpp"

#include <string_view>

namespace vedette::ingest {

/// O(length × number of known programs); most specific evidence first.
[[nodiscard]] base::client_class classify_user_agent(std::string_view agent) noexcept;

} // namespace vedette::ingest
