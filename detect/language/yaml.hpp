// One YAML file as a tree of nodes that know their line, and a reporter that turns a node and a
// sentence into a `load_problem`. The only place of the rule language that calls yaml-cpp's parser.
//
// Bounded by `yaml_bytes_max`, `yaml_depth_max` and `yaml_nodes_max`: what walks the tree recurses.
#pragma once

#include "base/result.hpp"
#include "detect/language/source.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace vedette::detect {

inline constexpr std::size_t yaml_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t yaml_depth_max = 64;
inline constexpr std::size_t yaml_nodes_max = 200'000;

/// The documents of one file; empty ones are left out. The error's context starts with "LINE: ".
[[nodiscard]] base::result<std::vector<YAML::Node>> parse_yaml(std::string_view text);

/// The member of a map; an undefined node when there is none or the node is no map, where
/// yaml-cpp's own look-up throws.
[[nodiscard]] YAML::Node child(const YAML::Node& map, const char* key);

/// 1-based; 0 when the node is not from a file.
[[nodiscard]] int line_of(const YAML::Node& node);

/// A scalar written without quotes that YAML reads as null, a boolean or a number; text otherwise.
enum class scalar_type { null, boolean, number, text };
[[nodiscard]] scalar_type type_of(const YAML::Node& node);
/// Value of a scalar that `type_of` calls a number, or of a text that looks like one.
[[nodiscard]] std::optional<double> number_of(std::string_view text);

/// Keys and values of a map in the order of the file; a non-scalar key yields its line and "".
[[nodiscard]] std::vector<std::pair<YAML::Node, YAML::Node>> members_of(const YAML::Node& map);

/// Collects what is wrong with one source.
class reporter {
 public:
  reporter(std::string file, std::vector<load_problem>& out) : file_{std::move(file)}, out_{out} {}

  void at(const YAML::Node& node, std::string what) { at_line(line_of(node), std::move(what)); }
  void at_line(int line, std::string what);
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::size_t count() const { return out_.size(); }

  /// Reports keys of `map` that are not in `known`, with the nearest one, and keys given twice.
  void check_keys(const YAML::Node& map, std::string_view what,
                  std::span<const std::string_view> known);
  void check_keys(const YAML::Node& map, std::string_view what,
                  std::initializer_list<std::string_view> known) {
    check_keys(map, what, std::span{known.begin(), known.size()});
  }

 private:
  std::string file_;
  std::vector<load_problem>& out_;
};

} // namespace vedette::detect
