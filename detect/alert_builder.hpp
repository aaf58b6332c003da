// An episode, turned into the alert that people read.
#pragma once

#include "base/alert.hpp"
#include "detect/entity_state.hpp"
#include "detect/rule.hpp"

namespace vedette::detect {

/// Everything of the alert but revision and state. O(samples).
[[nodiscard]] base::alert build_alert(const rule& of, const entity_ref& ref, const profile& who,
                                      const std::string& group, const episode& ep);

} // namespace vedette::detect
