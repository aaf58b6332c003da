#include "detect/language/correlation.hpp"

#include "detect/language/document.hpp"
#include "detect/language/operator_section.hpp"
#include "detect/language/suggest.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace vedette::detect {

namespace {

enum class correlation_type { event_count, value_count, temporal, temporal_ordered };

constexpr std::pair<std::string_view, correlation_type> types[] = {
    {"event_count", correlation_type::event_count},
    {"value_count", correlation_type::value_count},
    {"temporal", correlation_type::temporal},
    {"temporal_ordered", correlation_type::temporal_ordered}};

/// What an alias stands for in each referenced rule.
using aliases = std::map<std::string, std::map<std::string, std::string>>;

class correlation_reader {
 public:
  correlation_reader(const rule_lookup& find, reporter& problems)
      : find_{find}, problems_{problems} {}

  std::optional<compiled_correlation> read(const YAML::Node& document) {
    const std::size_t before = problems_.count();
    problems_.check_keys(document, "a correlation",
                         {"title", "name", "id", "status", "description", "references", "author",
                          "date", "modified", "level", "tags", "falsepositives", "correlation",
                          "generate", "related", "license", "taxonomy", "scope", "cases"});
    compile_metadata(document, problems_, out_.rule);
    const YAML::Node node = child(document, "correlation");
    if (!node.IsMap()) {
      problems_.at(node, "'correlation' holds type, rules, timespan, group-by and condition");
      return std::nullopt;
    }
    problems_.check_keys(
        node, "'correlation'",
        {"type", "rules", "timespan", "group-by", "condition", "aliases", "generate"});
    for (const YAML::Node& flag : {child(document, "generate"), child(node, "generate")})
      if (flag.IsDefined() && flag.IsScalar() && type_of(flag) == scalar_type::boolean)
        out_.generate = flag.as<bool>();
    const auto type = read_type(node);
    read_rules(node);
    read_aliases(child(node, "aliases"));
    read_group(child(node, "group-by"));
    const base::duration timespan = read_timespan(node);
    if (type && problems_.count() == before)
      build(*type, node, timespan);
    if (problems_.count() != before)
      return std::nullopt;
    out_.rule.shape.slots = static_cast<std::uint8_t>(out_.rule.slots.size());
    out_.rule.has_operator = true;
    return std::move(out_);
  }

 private:
  void problem(const YAML::Node& node, std::string what) {
    problems_.at_line(line_of(node) > 0 ? line_of(node) : out_.rule.line, std::move(what));
  }

  std::optional<correlation_type> read_type(const YAML::Node& node) {
    const YAML::Node type = child(node, "type");
    for (const auto& [word, value] : types)
      if (type.IsDefined() && type.IsScalar() && type.Scalar() == word)
        return value;
    problem(node, "correlation 'type' is event_count, value_count, temporal or temporal_ordered" +
                      (type.IsDefined() && type.IsScalar()
                           ? suggestion(type.Scalar(), {"event_count", "value_count", "temporal",
                                                        "temporal_ordered"})
                           : std::string{}));
    return std::nullopt;
  }

  void read_rules(const YAML::Node& node) {
    const YAML::Node rules = child(node, "rules");
    std::vector<std::uint32_t> roots;
    std::uint64_t demanded = 0;
    bool all_dormant = true;
    if (rules.IsDefined() && rules.IsScalar())
      out_.references.push_back(rules.Scalar());
    else if (rules.IsDefined() && rules.IsSequence())
      for (const auto& name : rules)
        out_.references.push_back(name.IsScalar() ? name.Scalar() : std::string{});
    if (out_.references.empty())
      problem(node, "a correlation needs 'rules': names or ids of the rules it counts");
    for (const std::string& name : out_.references) {
      const compiled_rule* referred = find_(name);
      if (referred == nullptr) {
        problem(rules, "no rule '" + name +
                           "' was loaded: correlate the name or id of a rule of this set");
        continue;
      }
      if (referred->has_operator) {
        problem(rules, "rule '" + name +
                           "' has an operator of its own: only plain Sigma rules are correlated");
        continue;
      }
      selection& into = out_.rule.when;
      if (into.names().size() + referred->when.names().size() + 1 > selection::names_max ||
          out_.rule.shape.marks.size() == 32) {
        problem(rules, "the correlated rules have more than 64 selections together");
        return;
      }
      const std::uint32_t root = into.append(referred->when, name + "/");
      out_.rule.mark_names.push_back(into.add_name(name, root));
      out_.rule.shape.marks.push_back(name);
      if (!referred->dormant) {
        // A dormant rule's selection must not match another source's events by accident.
        roots.push_back(into.add({node_kind::named, out_.rule.mark_names.back(), {}}));
        demanded |= referred->traits;
        all_dormant = false;
      }
    }
    out_.rule.dormant = all_dormant;
    if (!all_dormant) {
      out_.rule.traits = demanded;
      out_.rule.when.set_root(out_.rule.when.add_group(node_kind::any, std::move(roots)));
    }
  }

  void read_aliases(const YAML::Node& node) {
    if (!node.IsDefined())
      return;
    for (const auto& [alias, fields] : members_of(node)) {
      if (!alias.IsScalar() || !fields.IsMap()) {
        problem(node, "an alias gives each rule its field: 'user: {rule_a: a.b, rule_b: c}'");
        continue;
      }
      for (const auto& [rule, field] : members_of(fields)) {
        if (!rule.IsScalar() || !field.IsScalar() || !bit_of(rule.Scalar()))
          problem(fields, "alias '" + alias.Scalar() + "' names a rule that is not among 'rules'");
        else
          aliases_[alias.Scalar()][rule.Scalar()] = field.Scalar();
      }
    }
  }

  [[nodiscard]] std::optional<std::size_t> bit_of(const std::string& name) const {
    const auto& marks = out_.rule.shape.marks;
    const auto found = std::find(marks.begin(), marks.end(), name);
    return found == marks.end() ? std::nullopt
                                : std::optional{static_cast<std::size_t>(found - marks.begin())};
  }

  [[nodiscard]] slot_part part_of(const std::string& field) const {
    const auto alias = aliases_.find(field);
    if (alias == aliases_.end())
      return {{{slot_part::always, base::field_name{field}}}};
    slot_part out;
    for (const auto& [rule, own] : alias->second)
      out.choices.push_back({out_.rule.mark_names[*bit_of(rule)], base::field_name{own}});
    return out;
  }

  void read_group(const YAML::Node& node) {
    static constexpr std::pair<std::string_view, group_by> words[] = {
        {"identity", group_by::identity},
        {"session", group_by::session},
        {"source.ip", group_by::address},
        {"resource", group_by::resource},
        {"account", group_by::account}};
    std::vector<std::string> fields;
    if (node.IsDefined() && node.IsScalar())
      fields.push_back(node.Scalar());
    else if (node.IsDefined() && node.IsSequence())
      for (const auto& field : node)
        fields.push_back(field.IsScalar() ? field.Scalar() : std::string{});
    rule& r = out_.rule.shape;
    if (fields.empty()) {
      r.by = group_by::tenant; // without group-by Sigma counts over everything
      return;
    }
    for (const auto& [word, by] : words)
      if (fields.size() == 1 && fields.front() == word && aliases_.count(fields.front()) == 0) {
        r.by = by;
        return;
      }
    slot key;
    for (const auto& field : fields)
      key.parts.push_back(part_of(field));
    r.by = group_by::field;
    (void)intern(out_.rule.slots, std::move(key));
  }

  base::duration read_timespan(const YAML::Node& node) {
    const YAML::Node timespan = child(node, "timespan");
    const auto parsed = timespan.IsDefined() && timespan.IsScalar()
                            ? base::parse_duration(timespan.Scalar())
                            : std::nullopt;
    if (parsed && *parsed > base::duration{0} && *parsed <= std::chrono::days{366})
      return *parsed;
    problem(node, "a correlation needs 'timespan': a time such as 90s, 10m or 2h");
    return std::chrono::minutes{1};
  }

  /// `condition: {gte: 10, field: x}`; the field, if one is given.
  std::optional<std::string> read_condition(const YAML::Node& node, std::vector<clause>& clauses) {
    static constexpr std::pair<std::string_view, comparison> ops[] = {
        {"gte", comparison::gte}, {"gt", comparison::gt}, {"lte", comparison::lte},
        {"lt", comparison::lt},   {"eq", comparison::eq}, {"neq", comparison::neq}};
    std::optional<std::string> field;
    for (const auto& [key, value] : members_of(node)) {
      if (key.IsScalar() && key.Scalar() == "field" && value.IsScalar()) {
        field = value.Scalar();
        continue;
      }
      const auto op = std::find_if(std::begin(ops), std::end(ops), [&key = key](const auto& o) {
        return key.IsScalar() && o.first == key.Scalar();
      });
      const auto number = value.IsScalar() ? number_of(value.Scalar()) : std::nullopt;
      if (op == std::end(ops) || !number)
        problem(
            key,
            "a correlation's condition is gte, gt, lte, lt, eq or neq with a number, and 'field'");
      else
        clauses.push_back({0, op->second, *number});
    }
    if (clauses.empty())
      problem(node, "a correlation that counts needs a condition such as {gte: 10}");
    return field;
  }

  void build(correlation_type type, const YAML::Node& node, base::duration timespan) {
    rule& r = out_.rule.shape;
    if (type == correlation_type::temporal || type == correlation_type::temporal_ordered) {
      if (out_.references.size() < 2)
        problem(node, "a temporal correlation needs two or more rules");
      sequence_operator op;
      op.within = timespan;
      op.ordered = type == correlation_type::temporal_ordered;
      op.severity = r.severity;
      op.why = r.title;
      for (std::size_t i = 0; i < r.marks.size(); ++i)
        op.steps.push_back(static_cast<std::uint8_t>(i));
      r.op = std::move(op);
      return;
    }
    window_operator op;
    op.window = timespan;
    level l;
    l.severity = r.severity;
    const auto field = read_condition(child(node, "condition"), l.all);
    measure m;
    if (type == correlation_type::event_count) {
      m.name = "events";
      l.why = r.title + ": {events} events in {window}";
    } else {
      m.name = "values";
      m.kind = measure_kind::distinct;
      l.why = r.title + ": {values} different values in {window}";
      if (!field)
        problem(node, "value_count needs the 'field' whose values are counted, in its condition");
      else
        m.slot = intern(out_.rule.slots, slot{{part_of(*field)}});
    }
    op.measures.push_back(std::move(m));
    op.levels.push_back(std::move(l));
    r.op = std::move(op);
  }

  const rule_lookup& find_;
  reporter& problems_;
  compiled_correlation out_;
  aliases aliases_;
};

} // namespace

std::optional<compiled_correlation>
compile_correlation(const YAML::Node& document, const rule_lookup& find, reporter& problems) {
  return correlation_reader{find, problems}.read(document);
}

} // namespace vedette::detect
