// Reads the parts of a `vedette:` section: durations, severities, measures, levels, volumes. Each
// call reports what is wrong and returns something usable, so one load names every mistake.
//
// Lives while one section is compiled; used by detect/language/operator_section.cpp only.
#pragma once

#include "detect/language/compiled_rule.hpp"
#include "detect/language/yaml.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::detect {

class operator_reader {
 public:
  operator_reader(reporter& problems, compiled_rule& into) : problems_{problems}, rule_{into} {}

  void problem(const YAML::Node& node, std::string what) {
    problems_.at_line(line(node), std::move(what));
  }
  void check_keys(const YAML::Node& map, std::string_view what,
                  std::span<const std::string_view> known);
  void check_keys(const YAML::Node& map, std::string_view what,
                  std::initializer_list<std::string_view> known) {
    check_keys(map, what, std::span{known.begin(), known.size()});
  }

  [[nodiscard]] base::duration duration(const YAML::Node& node, const YAML::Node& parent,
                                        std::string_view what, base::duration fallback);
  [[nodiscard]] base::severity severity(const YAML::Node& node, base::severity fallback);
  [[nodiscard]] base::control control(const YAML::Node& node);
  [[nodiscard]] bool boolean(const YAML::Node& node, bool fallback);
  [[nodiscard]] double number(const YAML::Node& node, const YAML::Node& parent,
                              std::string_view what, double least, double most, double fallback);
  /// A field's name or a list of them, each checked against the normalised families.
  [[nodiscard]] std::vector<std::string> fields(const YAML::Node& node, std::string_view what);
  [[nodiscard]] std::optional<std::uint8_t> mark(const YAML::Node& node, std::string_view what);
  [[nodiscard]] std::vector<YAML::Node> maps(const YAML::Node& list, std::string_view what);
  /// A `why` text whose placeholders exist: measures, what an alert always knows, or `extra` words.
  [[nodiscard]] std::string sentence(const YAML::Node& node, std::string_view fallback,
                                     const std::vector<measure>& measures,
                                     std::initializer_list<std::string_view> extra);

  [[nodiscard]] std::vector<measure> measures(const YAML::Node& map);
  /// May add measures that a level implies (`when: {mark: true}` counts the mark).
  [[nodiscard]] std::vector<level> levels(const YAML::Node& list, std::vector<measure>& measures,
                                          bool windowed);
  [[nodiscard]] std::vector<volume> volumes(const YAML::Node& list, std::vector<measure>& measures);
  /// Checks that need everything: counts, and that each measure is used.
  void finish(const std::vector<measure>& measures, const std::vector<level>& levels,
              const std::vector<volume>& volumes);

 private:
  [[nodiscard]] int line(const YAML::Node& node) const;
  [[nodiscard]] std::optional<measure> one_measure(const YAML::Node& name, const YAML::Node& node);
  void clauses(const YAML::Node& name, const YAML::Node& value, std::vector<measure>& measures,
               bool windowed, level& out);
  /// Index of the measure that counts this mark, added when there is none.
  [[nodiscard]] std::uint8_t counting(std::string_view mark_name, std::uint8_t mark,
                                      std::vector<measure>& measures);

  reporter& problems_;
  compiled_rule& rule_;
};

} // namespace vedette::detect
