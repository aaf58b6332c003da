// Sigma's `detection:` section, compiled: named selections (maps, lists of maps, keywords) and the
// condition over them. Remembers nothing; called at load only.
#pragma once

#include "detect/language/selection.hpp"
#include "detect/language/yaml.hpp"

#include <optional>

namespace vedette::detect {

/// The compiled section, or nothing after reporting everything that is wrong with it.
[[nodiscard]] std::optional<selection>
compile_detection(const YAML::Node& detection, const load_options& options, reporter& problems);

} // namespace vedette::detect
