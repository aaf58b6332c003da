// Severity after the rule's adjustments, given the marks of the events that take part.
#pragma once

#include "base/severity.hpp"
#include "detect/rule.hpp"

#include <algorithm>
#include <cstdint>

namespace vedette::detect {

/// A raise stops at its `at_most` and never lowers; a negative step stops at info.
[[nodiscard]] inline base::severity adjusted(const rule& of, base::severity s,
                                             std::uint32_t marks) noexcept {
  for (const auto& a : of.adjustments)
    if ((marks >> a.mark & 1) != 0)
      s = base::raised(s, a.steps, a.steps > 0 ? std::max(a.at_most, s) : base::severity::critical);
  return s;
}

} // namespace vedette::detect
