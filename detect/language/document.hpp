// One YAML document that is a rule: Sigma's metadata, the log source, the detection and the
// `vedette:` section put together. Remembers nothing; called at load only.
#pragma once

#include "detect/language/compiled_rule.hpp"
#include "detect/language/yaml.hpp"

#include <optional>

namespace vedette::detect {

/// The rule, or nothing after reporting everything that is wrong with it.
[[nodiscard]] std::optional<compiled_rule>
compile_rule(const YAML::Node& document, const load_options& options, reporter& problems);

/// What rules and correlations have in common: ids, title, level, tags. Reports what is missing.
void compile_metadata(const YAML::Node& document, reporter& problems, compiled_rule& into);

} // namespace vedette::detect
