// Reading YAML written by people: every problem is listed with file and line, unknown keys name the
// nearest known one. Used by the playbook loader only; holds nothing but the list it appends to.
#pragma once

#include "base/time.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace vedette::respond {

struct load_problem {
  std::string where; ///< file:line
  std::string what;  ///< what is wrong and what to do

  friend bool operator==(const load_problem&, const load_problem&) = default;
};

class yaml_reader {
 public:
  yaml_reader(std::string file, std::vector<load_problem>& problems)
      : file_{std::move(file)}, problems_{problems} {}

  void fail(const YAML::Node& at, std::string what);
  [[nodiscard]] std::string where(const YAML::Node& at) const;

  /// Complains about keys that are not among `known`; false when `map` is no map.
  bool keys(const YAML::Node& map, std::string_view what,
            std::initializer_list<std::string_view> known);

  /// The text at `key`; complains and gives "" when it is required and absent, or no scalar.
  std::string text(const YAML::Node& map, const char* key, bool required = false);
  /// A text or a list of texts; empty when absent.
  std::vector<std::string> texts(const YAML::Node& map, const char* key);
  std::vector<std::string> texts_of(const YAML::Node& node, std::string_view what);
  /// A whole number of at least `least`.
  std::uint32_t number(const YAML::Node& map, const char* key, std::uint32_t otherwise,
                       std::uint32_t least);
  base::duration timespan(const YAML::Node& map, const char* key, base::duration otherwise);

  /// The value that `parse` makes of the text at `key`; complains with the list of `allowed` words.
  template <class Parse, class T>
  T word(const YAML::Node& map, const char* key, Parse parse, T otherwise, std::string_view allowed,
         bool required = false) {
    const auto said = text(map, key, required);
    if (said.empty())
      return otherwise;
    if (auto value = parse(said))
      return *value;
    fail(map[key], std::string{key} + ": '" + said + "' is not one of " + std::string{allowed});
    return otherwise;
  }

 private:
  std::string file_;
  std::vector<load_problem>& problems_;
};

/// The one of `known` that is closest in spelling, if it is close enough to be meant.
[[nodiscard]] std::optional<std::string_view>
nearest(std::string_view word, std::initializer_list<std::string_view> known);

} // namespace vedette::respond
