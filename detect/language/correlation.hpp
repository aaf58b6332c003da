// Sigma correlations (event_count, value_count, temporal, temporal_ordered), compiled to one rule:
// its selection is "any referenced rule matched", each referenced rule a mark.
//
// Remembers nothing; called by detect/ruleset.cpp once all plain rules are compiled.
#pragma once

#include "detect/language/compiled_rule.hpp"
#include "detect/language/yaml.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vedette::detect {

/// A correlation with the rules it refers to; pointers into the caller's rules.
struct compiled_correlation {
  compiled_rule rule;
  std::vector<std::string> references;
  bool generate = false; ///< the referenced rules raise their own alerts too
};

using rule_lookup = std::function<const compiled_rule*(const std::string&)>;

/// `find` looks a rule up by name or id; null when there is none.
[[nodiscard]] std::optional<compiled_correlation>
compile_correlation(const YAML::Node& document, const rule_lookup& find, reporter& problems);

} // namespace vedette::detect
