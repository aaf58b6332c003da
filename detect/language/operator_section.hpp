// The `vedette:` section of a rule: what its state is kept about, its measures, levels, volumes,
// sequence or travel. docs/rules/README.md describes it for authors. Remembers nothing; load only.
#pragma once

#include "detect/language/compiled_rule.hpp"
#include "detect/language/yaml.hpp"

#include <string>
#include <string_view>

namespace vedette::detect {

/// Fills the operator, marks and slots of `into`, whose selection is compiled; reports what is
/// wrong.
void compile_operator(const YAML::Node& section, reporter& problems, compiled_rule& into);

/// A rule without section: each match is an alert of the rule's own level.
void compile_plain(compiled_rule& into);

/// The bit of a named selection in match.marks, added on first use; nothing (unreported) when there
/// is no such selection, or no bit left.
[[nodiscard]] std::optional<std::uint8_t> mark_of(std::string_view name, compiled_rule& into);

/// A slot over fields all of which always count.
[[nodiscard]] slot slot_of(const std::vector<std::string>& fields);

} // namespace vedette::detect
