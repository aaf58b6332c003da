#include "detect/language/yaml.hpp"

#include "base/utf8.hpp"
#include "base/yaml_end.hpp"
#include "detect/language/suggest.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace vedette::detect {

namespace {

/// Whether the tree, with aliases followed, stays inside the bounds. yaml-cpp itself stops at 500
/// levels but shares aliased nodes, so a few lines can stand for more nodes than memory has.
bool bounded(const YAML::Node& node, std::size_t depth, std::size_t& budget) {
  if (depth > yaml_depth_max || budget == 0)
    return false;
  --budget;
  if (node.IsMap()) {
    for (const auto& member : node)
      if (!bounded(member.first, depth + 1, budget) || !bounded(member.second, depth + 1, budget))
        return false;
  } else if (node.IsSequence()) {
    for (const auto& element : node)
      if (!bounded(element, depth + 1, budget))
        return false;
  }
  return true;
}

} // namespace

base::result<std::vector<YAML::Node>> parse_yaml(std::string_view text) {
  if (text.size() > yaml_bytes_max)
    return base::error{base::ec::too_large, "1: the file is larger than 1 MiB: split it"};
  std::vector<YAML::Node> documents;
  try {
    const std::string copy{text};
    if (!base::yaml_ends(copy))
      return base::error{base::ec::malformed, "1: not YAML: it does not end"};
    for (auto& document : YAML::LoadAll(copy))
      if (!document.IsNull()) {
        std::size_t budget = yaml_nodes_max;
        if (!bounded(document, 0, budget))
          return base::error{
              base::ec::too_large,
              std::to_string(document.Mark().line + 1) +
                  ": more than 64 levels or 200,000 nodes (aliases count each time): "
                  "split the file"};
        documents.push_back(document);
      }
  } catch (const YAML::Exception& e) {
    return base::error{base::ec::malformed, std::to_string(std::max(0, e.mark.line) + 1) +
                                                ": not YAML: " + base::one_line(e.msg)};
  }
  return documents;
}

YAML::Node child(const YAML::Node& map, const char* key) {
  if (map.IsDefined() && map.IsMap())
    if (const YAML::Node found = map[key]; found.IsDefined())
      return found;
  return YAML::Node{YAML::NodeType::Undefined};
}

int line_of(const YAML::Node& node) {
  if (!node.IsDefined() || node.Mark().is_null())
    return 0;
  return node.Mark().line + 1;
}

scalar_type type_of(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull())
    return scalar_type::null;
  if (node.Tag() == "!" || !node.IsScalar())
    return scalar_type::text; // quoted
  const std::string& text = node.Scalar();
  for (std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"})
    if (text == word)
      return scalar_type::boolean;
  return number_of(text) ? scalar_type::number : scalar_type::text;
}

std::optional<double> number_of(std::string_view text) {
  // "inf" and "nan" are words here; "1e5" is a number, "0x1f" a name.
  if (text.empty() || (text.front() != '-' && (text.front() < '0' || text.front() > '9')))
    return std::nullopt;
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || text == "-inf" ||
      text.substr(0, 4) == "-nan")
    return std::nullopt;
  return value;
}

std::vector<std::pair<YAML::Node, YAML::Node>> members_of(const YAML::Node& map) {
  std::vector<std::pair<YAML::Node, YAML::Node>> members;
  if (map.IsMap())
    for (const auto& member : map)
      members.emplace_back(member.first, member.second);
  return members;
}

void reporter::at_line(int line, std::string what) {
  out_.push_back(
      {file_ + ":" + std::to_string(std::max(line, 1)), base::one_line(std::move(what))});
}

void reporter::check_keys(const YAML::Node& map, std::string_view what,
                          std::span<const std::string_view> known) {
  std::set<std::string> seen;
  for (const auto& [key, value] : members_of(map)) {
    if (!key.IsScalar()) {
      at(key, "a key of " + std::string{what} + " is not a word: write 'key: value'");
      continue;
    }
    if (!seen.insert(key.Scalar()).second)
      at(key, "'" + key.Scalar() + "' is given twice in " + std::string{what} + ": keep one");
    if (std::find(known.begin(), known.end(), key.Scalar()) == known.end())
      at(key, "unknown key '" + key.Scalar() + "' in " + std::string{what} +
                  suggestion(key.Scalar(), known));
  }
}

} // namespace vedette::detect
