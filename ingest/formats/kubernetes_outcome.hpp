// Whether a Kubernetes call worked, from its HTTP code and what the authoriser decided.
#pragma once

#include "base/event.hpp"

#include <string_view>

namespace vedette::ingest {

/// `code`: responseStatus.code as written, empty when there is none; `decision`: the annotation
/// authorization.k8s.io/decision. A 403 for want of quota is no denial.
[[nodiscard]] base::outcome kubernetes_outcome(std::string_view code, std::string_view decision,
                                               std::string_view message) noexcept;

} // namespace vedette::ingest
