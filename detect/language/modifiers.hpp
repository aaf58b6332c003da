// One line of a Sigma selection, "field|modifier|modifier: values", compiled to a leaf.
//
// Remembers nothing. Expansions (lists, base64 offsets, dashes) are bounded by `values_max` per
// line. Called at load by detect/language/detection.cpp.
#pragma once

#include "detect/language/selection.hpp"
#include "detect/language/yaml.hpp"

#include <cstdint>
#include <optional>

namespace vedette::detect {

/// Values one field line may stand for after expansion.
inline constexpr std::size_t values_max = 10'000;

/// Adds what the line says to `into`; the node, or nothing after reporting why not. An empty field
/// name (or `keyword`) means every leaf of the record.
[[nodiscard]] std::optional<std::uint32_t> compile_line(const YAML::Node& key,
                                                        const YAML::Node& value,
                                                        const load_options& options,
                                                        reporter& problems, selection& into);

/// A keyword: text anywhere in any leaf.
[[nodiscard]] std::optional<std::uint32_t> compile_keywords(const YAML::Node& values,
                                                            reporter& problems, selection& into);

} // namespace vedette::detect
