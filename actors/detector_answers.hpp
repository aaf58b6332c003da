// What a detector says when it is asked, as JSON. Internal to actors/detector*.cpp.
#pragma once

#include "actors/detector.hpp"

namespace vedette::actors {

[[nodiscard]] answer show_identity(detector_pointer self, const std::string& tenant,
                                   const std::string& key);
/// Newest first. O(records of the tenant in the partition).
[[nodiscard]] answer show_quarantine(detector_pointer self, const std::string& tenant,
                                     std::uint64_t limit);
[[nodiscard]] std::string describe(detector_pointer self);

} // namespace vedette::actors
