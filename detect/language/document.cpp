#include "detect/language/document.hpp"

#include "detect/language/detection.hpp"
#include "detect/language/operator_section.hpp"
#include "detect/language/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace vedette::detect {

namespace {

constexpr std::string_view rule_keys[] = {
    "title",       "name",      "id",         "related",        "taxonomy", "status",
    "description", "license",   "references", "author",         "date",     "modified",
    "logsource",   "detection", "fields",     "falsepositives", "level",    "tags",
    "scope",       "vedette",   "cases",      "custom"};

std::string scalar_at(const YAML::Node& map, const char* key) {
  const YAML::Node node = child(map, key);
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string{};
}

std::vector<std::string> texts_at(const YAML::Node& map, const char* key) {
  std::vector<std::string> out;
  const YAML::Node node = child(map, key);
  if (node.IsDefined() && node.IsScalar())
    out.push_back(node.Scalar());
  else if (node.IsDefined() && node.IsSequence())
    for (const auto& element : node)
      if (element.IsScalar())
        out.push_back(element.Scalar());
  return out;
}

/// "attack.privilege_escalation", "attack.t1078.004": a technique belongs to the tactic before it.
std::vector<base::attack_ref> attack_of(const std::vector<std::string>& tags) {
  std::vector<base::attack_ref> out;
  std::string tactic;
  bool waiting = false; // a tactic no technique has followed yet
  for (std::string tag : tags) {
    constexpr std::string_view space = "attack.";
    if (tag.substr(0, space.size()) != space)
      continue;
    tag.erase(0, space.size());
    const bool technique =
        tag.size() > 1 && tag[0] == 't' && std::isdigit(static_cast<unsigned char>(tag[1])) != 0;
    const bool other = tag.size() > 1 && (tag[0] == 'g' || tag[0] == 's' || tag[0] == 'c') &&
                       std::isdigit(static_cast<unsigned char>(tag[1])) != 0;
    if (other)
      continue; // groups, software and campaigns say nothing of what happened
    if (technique) {
      std::transform(tag.begin(), tag.end(), tag.begin(),
                     [](char c) { return c == 't' ? 'T' : c; });
      out.push_back({tactic, tag});
      waiting = false;
    } else {
      if (waiting)
        out.push_back({tactic, ""});
      std::replace(tag.begin(), tag.end(), '_', '-');
      tactic = tag;
      waiting = true;
    }
  }
  if (waiting)
    out.push_back({tactic, ""});
  return out;
}

bool is_rule_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

/// Which events a rule is for. Sources that no collector delivers yet make it dormant.
void compile_logsource(const YAML::Node& node, reporter& problems, compiled_rule& into) {
  if (!node.IsDefined() || !node.IsMap()) {
    problems.at_line(into.line,
                     "the rule has no 'logsource': write e.g. 'logsource: {product: vedette}'");
    return;
  }
  problems.check_keys(node, "'logsource'", {"product", "service", "category", "definition"});
  const std::string product = scalar_at(node, "product");
  const std::string service = scalar_at(node, "service");
  const bool category = child(node, "category").IsDefined();
  if (product == "vedette" || (product.empty() && service.empty() && !category))
    return;
  if (product == "aws" && (service == "cloudtrail" || service.empty()) && !category)
    into.traits = traits::cloud_is(base::cloud::aws);
  else
    into.dormant = true;
}

} // namespace

void compile_metadata(const YAML::Node& document, reporter& problems, compiled_rule& into) {
  into.line = std::max(line_of(document), 1);
  rule& r = into.shape;
  r.origin = problems.file();
  r.title = scalar_at(document, "title");
  r.description = scalar_at(document, "description");
  r.sigma_id = scalar_at(document, "id");
  into.name = scalar_at(document, "name");
  r.id.value = into.name.empty() ? r.sigma_id : into.name;
  if (r.title.empty())
    problems.at_line(into.line, "the rule has no 'title'");
  if (r.id.value.empty())
    problems.at_line(into.line, "the rule has neither 'name' nor 'id': alerts could not name it");
  else if (!is_rule_name(folded(r.id.value)))
    problems.at_line(into.line, "rule name '" + r.id.value +
                                    "' may hold letters, digits, '-', '_' and '.', at most 64");
  if (const YAML::Node level = child(document, "level"); level.IsDefined()) {
    const auto parsed = level.IsScalar() ? base::parse_severity(level.Scalar()) : std::nullopt;
    if (parsed)
      r.severity = *parsed;
    else
      problems.at(level,
                  "'level' is informational, low, medium, high or critical" +
                      (level.IsScalar() ? suggestion(level.Scalar(), {"informational", "low",
                                                                      "medium", "high", "critical"})
                                        : std::string{}));
  }
  r.attack = attack_of(texts_at(document, "tags"));
  r.false_positives = texts_at(document, "falsepositives");
}

std::optional<compiled_rule> compile_rule(const YAML::Node& document, const load_options& options,
                                          reporter& problems) {
  const std::size_t before = problems.count();
  compiled_rule out;
  problems.check_keys(document, "a rule", rule_keys);
  compile_metadata(document, problems, out);
  compile_logsource(child(document, "logsource"), problems, out);
  auto when = compile_detection(child(document, "detection"), options, problems);
  if (!when)
    return std::nullopt;
  out.when = std::move(*when);
  if (const YAML::Node section = child(document, "vedette"); section.IsDefined())
    compile_operator(section, problems, out);
  else
    compile_plain(out);
  if (problems.count() != before)
    return std::nullopt;
  return out;
}

} // namespace vedette::detect
