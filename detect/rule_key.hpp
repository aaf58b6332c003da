// What an entity's state of a rule is found by, whatever index the rule has in this generation.
//
// The upper 40 bits are the rule's id, the lower 24 what its state depends on: kind of operator,
// grouping, window, measures, steps. A rule that changes one of them is found as the same rule in
// another shape, whose state begins anew. Thresholds, texts and severities are not part of it.
// Pure; called by the engine.
#pragma once

#include "detect/rule.hpp"

#include <cstdint>

namespace vedette::detect {

/// O(measures or steps). On disk for ever.
[[nodiscard]] std::uint64_t key_of(const rule& r);
/// Of one rule id, in whatever shape.
[[nodiscard]] bool same_rule(std::uint64_t a, std::uint64_t b) noexcept;

} // namespace vedette::detect
