// YAML text as plain values that know their line; the only door of this folder to yaml-cpp.
//
// Keeps nothing between calls. Bounded: `yaml_bytes_max` of text, `yaml_depth_max` levels and
// `yaml_values_max` values after aliases are written out, so that a file of aliases to aliases
// cannot grow. Called by load.cpp and tenants.cpp.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::config {

inline constexpr std::size_t yaml_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t yaml_values_max = 200'000;
inline constexpr int yaml_depth_max = 16;

struct yaml_value {
  enum class kind : std::uint8_t { null, scalar, list, map };

  kind type = kind::null;
  int line = 0;                  ///< 1-based
  std::string name;              ///< the key, for a member of a map
  std::string text;              ///< as written, for a scalar: "007" stays "007"
  std::vector<yaml_value> items; ///< elements of a list or members of a map, in file order
};

/// Parses one document; an empty text is an empty map. `name` is only used in errors. A key that
/// stands twice in one map is an error. O(size).
[[nodiscard]] base::result<yaml_value> parse_yaml(std::string_view text, std::string_view name);

/// `text` as a YAML scalar that reads back as the same text.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace vedette::config
