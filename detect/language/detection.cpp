#include "detect/language/detection.hpp"

#include "detect/language/condition.hpp"
#include "detect/language/modifiers.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::detect {

namespace {

class section {
 public:
  section(const load_options& options, reporter& problems)
      : options_{options}, problems_{problems} {}

  std::optional<selection> compile(const YAML::Node& detection) {
    const std::size_t before = problems_.count();
    YAML::Node condition;
    std::set<std::string> seen;
    for (const auto& [key, value] : members_of(detection)) {
      if (!key.IsScalar() || key.Scalar().empty()) {
        problems_.at(key, "a selection needs a name");
      } else if (!seen.insert(key.Scalar()).second) {
        problems_.at(key, "selection '" + key.Scalar() + "' is given twice: only one would count");
      } else if (key.Scalar() == "condition") {
        condition = value;
        condition_line_ = line_of(key);
      } else if (key.Scalar() == "timeframe") {
        problems_.at(key,
                     "'timeframe' belongs to a correlation (timespan) or under 'vedette' (window)");
      } else if (into_.names().size() == selection::names_max) {
        problems_.at(key, "more than 64 selections in one rule: merge some into lists");
        break;
      } else if (const auto root = named(key, value)) {
        (void)into_.add_name(key.Scalar(), *root);
      }
    }
    if (problems_.count() == before)
      compile_condition(condition, line_of(detection));
    if (problems_.count() != before)
      return std::nullopt;
    return std::move(into_);
  }

 private:
  using compiled = std::optional<std::uint32_t>;

  compiled named(const YAML::Node& key, const YAML::Node& value) {
    if (value.IsMap())
      return map(value);
    if (value.IsScalar()) {
      YAML::Node one{YAML::NodeType::Sequence};
      one.push_back(value);
      return compile_keywords(one, problems_, into_);
    }
    if (!value.IsSequence() || value.size() == 0) {
      problems_.at(key, "selection '" + key.Scalar() + "' is empty: give it fields or keywords");
      return std::nullopt;
    }
    return list(value);
  }

  /// Maps and keywords of a list are alternatives.
  compiled list(const YAML::Node& elements) {
    std::vector<std::uint32_t> alternatives;
    YAML::Node keywords{YAML::NodeType::Sequence};
    for (const auto& element : elements) {
      if (element.IsScalar()) {
        keywords.push_back(element);
        continue;
      }
      if (!element.IsMap()) {
        problems_.at(element, "a selection's list holds maps of fields or keywords");
        return std::nullopt;
      }
      const auto root = map(element);
      if (!root)
        return std::nullopt;
      alternatives.push_back(*root);
    }
    if (keywords.size() > 0) {
      const auto root = compile_keywords(keywords, problems_, into_);
      if (!root)
        return std::nullopt;
      alternatives.push_back(*root);
    }
    return into_.add_group(node_kind::any, std::move(alternatives));
  }

  /// All lines of a map must hold.
  compiled map(const YAML::Node& lines) {
    std::vector<std::uint32_t> all;
    std::set<std::string> seen;
    bool good = true;
    for (const auto& [key, value] : members_of(lines)) {
      if (!key.IsScalar()) {
        problems_.at(key, "a field's name is a word");
        good = false;
      } else if (!seen.insert(key.Scalar()).second) {
        problems_.at(key, "'" + key.Scalar() + "' is given twice in one selection: use a list");
        good = false;
      } else if (const auto root = compile_line(key, value, options_, problems_, into_)) {
        all.push_back(*root);
      } else {
        good = false;
      }
    }
    if (good && all.empty())
      problems_.at(lines, "an empty selection: give it fields or keywords");
    if (!good || all.empty())
      return std::nullopt;
    return into_.add_group(node_kind::all, std::move(all));
  }

  /// A list of conditions is the older way to write "or".
  void compile_condition(const YAML::Node& condition, int fallback_line) {
    std::vector<YAML::Node> texts;
    if (condition.IsSequence())
      for (const auto& text : condition)
        texts.push_back(text);
    else
      texts.push_back(condition);
    std::vector<std::uint32_t> roots;
    for (const auto& text : texts) {
      const int line = condition_line_ > 0 ? condition_line_ : fallback_line;
      if (!text.IsScalar() || text.Scalar().empty()) {
        problems_.at_line(line,
                          "the detection has no condition: write e.g. 'condition: selection'");
        return;
      }
      auto parsed = parse_condition(text.Scalar(), into_);
      if (const auto* what = std::get_if<std::string>(&parsed)) {
        problems_.at_line(line, "condition '" + text.Scalar() + "': " + *what);
        return;
      }
      roots.push_back(std::get<std::uint32_t>(parsed));
    }
    into_.set_root(into_.add_group(node_kind::any, std::move(roots)));
  }

  const load_options& options_;
  reporter& problems_;
  selection into_;
  int condition_line_ = 0;
};

} // namespace

std::optional<selection> compile_detection(const YAML::Node& detection, const load_options& options,
                                           reporter& problems) {
  if (!detection.IsMap()) {
    problems.at(detection, "the rule has no 'detection' with selections and a condition");
    return std::nullopt;
  }
  return section{options, problems}.compile(detection);
}

} // namespace vedette::detect
