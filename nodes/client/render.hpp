// JSON of the API as people and other programs want to read it: indented JSON, YAML, an outline.
// Pure.
#pragma once

#include "nodes/server/api/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vedette::client {

/// Two blanks per level, a newline at the end.
[[nodiscard]] std::string to_pretty_json(server::json_value v);
/// One document, a newline at the end. Strings that YAML would read as something else are quoted.
[[nodiscard]] std::string to_yaml(server::json_value v);
/// A sequence of elements.
[[nodiscard]] std::string to_yaml(const std::vector<server::json_value>& elements);

/// "name: value" lines, nested by indentation; lists of plain values on one line; nothing for
/// members that are empty. Control characters become blanks, so no record can steer the terminal.
[[nodiscard]] std::string to_outline(server::json_value v, int indent = 0);

/// Text without control characters.
[[nodiscard]] std::string harmless(std::string_view text);

} // namespace vedette::client
