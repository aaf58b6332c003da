#include "detect/language/operator_reader.hpp"

#include "detect/language/fields.hpp"
#include "detect/language/operator_section.hpp"
#include "detect/language/suggest.hpp"

#include <algorithm>
#include <cmath>

namespace vedette::detect {

int operator_reader::line(const YAML::Node& node) const {
  const int own = line_of(node);
  return own > 0 ? own : rule_.line;
}

void operator_reader::check_keys(const YAML::Node& map, std::string_view what,
                                 std::span<const std::string_view> known) {
  if (!map.IsMap())
    problem(map, std::string{what} + " holds keys and values");
  problems_.check_keys(map, what, known);
}

base::duration operator_reader::duration(const YAML::Node& node, const YAML::Node& parent,
                                         std::string_view what, base::duration fallback) {
  if (!node.IsDefined())
    return fallback;
  const auto parsed = node.IsScalar() ? base::parse_duration(node.Scalar()) : std::nullopt;
  if (parsed && *parsed >= std::chrono::seconds{1} && *parsed <= std::chrono::days{366})
    return *parsed;
  problem(node.IsScalar() ? node : parent,
          "'" + std::string{what} + "' is a time such as 90s, 10m, 2h or 5d, at most a year");
  return fallback;
}

base::severity operator_reader::severity(const YAML::Node& node, base::severity fallback) {
  if (!node.IsDefined())
    return fallback;
  const auto parsed = node.IsScalar() ? base::parse_severity(node.Scalar()) : std::nullopt;
  if (parsed)
    return *parsed;
  problem(node, "a severity is info, low, medium, high or critical" +
                    (node.IsScalar()
                         ? suggestion(node.Scalar(), {"info", "low", "medium", "high", "critical"})
                         : std::string{}));
  return fallback;
}

base::control operator_reader::control(const YAML::Node& node) {
  if (!node.IsDefined())
    return base::control::runtime;
  for (auto c : {base::control::runtime, base::control::posture, base::control::both})
    if (node.IsScalar() && node.Scalar() == base::to_string(c))
      return c;
  problem(node, "'control' is runtime, posture or both");
  return base::control::runtime;
}

bool operator_reader::boolean(const YAML::Node& node, bool fallback) {
  if (!node.IsDefined())
    return fallback;
  if (node.IsScalar() && type_of(node) == scalar_type::boolean)
    return node.as<bool>();
  problem(node, "true or false is expected here");
  return fallback;
}

double operator_reader::number(const YAML::Node& node, const YAML::Node& parent,
                               std::string_view what, double least, double most, double fallback) {
  if (!node.IsDefined())
    return fallback;
  const auto parsed = node.IsScalar() ? number_of(node.Scalar()) : std::nullopt;
  if (parsed && *parsed >= least && *parsed <= most)
    return *parsed;
  problem(node.IsScalar() ? node : parent, "'" + std::string{what} + "' is a number from " +
                                               std::to_string(static_cast<long long>(least)) +
                                               " to " +
                                               std::to_string(static_cast<long long>(most)));
  return fallback;
}

std::vector<std::string> operator_reader::fields(const YAML::Node& node, std::string_view what) {
  std::vector<std::string> out;
  if (node.IsScalar())
    out.push_back(node.Scalar());
  else if (node.IsSequence())
    for (const auto& element : node)
      out.push_back(element.IsScalar() ? element.Scalar() : std::string{});
  if (out.empty() || std::find(out.begin(), out.end(), "") != out.end()) {
    problem(node, "'" + std::string{what} + "' is a field's name or a list of names");
    return {};
  }
  for (const auto& field : out)
    if (looks_normalised(field))
      problem(node, "there is no field '" + field + "'" + suggestion(field, normalised_fields()));
  return out;
}

std::optional<std::uint8_t> operator_reader::mark(const YAML::Node& node, std::string_view what) {
  if (!node.IsScalar()) {
    problem(node, "'" + std::string{what} + "' is the name of a selection");
    return std::nullopt;
  }
  const auto bit = mark_of(node.Scalar(), rule_);
  if (!bit) {
    const auto& names = rule_.when.names();
    const std::vector<std::string_view> known(names.begin(), names.end());
    problem(node, rule_.when.find_name(node.Scalar())
                      ? "more than 32 selections are referred to: merge some"
                      : "no selection is called '" + node.Scalar() + "'" +
                            suggestion(node.Scalar(), known));
  }
  return bit;
}

std::vector<YAML::Node> operator_reader::maps(const YAML::Node& list, std::string_view what) {
  std::vector<YAML::Node> out;
  if (!list.IsDefined())
    return out;
  if (list.IsSequence())
    for (const auto& element : list)
      if (element.IsMap())
        out.push_back(element);
  if (out.empty() || out.size() != list.size())
    problem(list, "'" + std::string{what} + "' is a list of maps: '- key: value'");
  return out;
}

std::string operator_reader::sentence(const YAML::Node& node, std::string_view fallback,
                                      const std::vector<measure>& measures,
                                      std::initializer_list<std::string_view> extra) {
  if (!node.IsDefined())
    return std::string{fallback};
  if (!node.IsScalar() || node.Scalar().empty()) {
    problem(node, "'why' is one sentence");
    return std::string{fallback};
  }
  // What detect/alert_builder.cpp can say of an episode.
  std::vector<std::string_view> known = {"count",    "entity", "identity", "action",
                                         "resource", "source", "region"};
  known.insert(known.end(), extra.begin(), extra.end());
  for (const measure& m : measures)
    known.push_back(m.name);
  const std::string& text = node.Scalar();
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    const std::string word = text.substr(at + 1, end == std::string::npos ? 0 : end - at - 1);
    if (std::find(known.begin(), known.end(), word) == known.end())
      problem(node,
              "'why' names '{" + word +
                  "}', which is neither a measure nor one of count, entity, identity, action, "
                  "resource, source, region" +
                  suggestion(word, known));
  }
  return text;
}

std::optional<measure> operator_reader::one_measure(const YAML::Node& name,
                                                    const YAML::Node& node) {
  check_keys(node, "a measure", {"count", "distinct", "novel", "sum", "share", "where", "ttl"});
  measure out;
  out.name = name.Scalar();
  static constexpr std::pair<const char*, measure_kind> kinds[] = {
      {"count", measure_kind::count},
      {"distinct", measure_kind::distinct},
      {"novel", measure_kind::novel},
      {"sum", measure_kind::sum},
      {"share", measure_kind::share}};
  YAML::Node of;
  int given = 0;
  for (const auto& [word, kind] : kinds)
    if (const YAML::Node value = child(node, word); value.IsDefined()) {
      of.reset(value);
      out.kind = kind;
      ++given;
    }
  if (given != 1) {
    problem(node, "measure '" + out.name + "' says one of count, distinct, novel, sum, share");
    return std::nullopt;
  }
  if (const YAML::Node where = child(node, "where"); where.IsDefined())
    out.where = mark(where, "where");
  if (child(node, "ttl").IsDefined() && out.kind != measure_kind::novel)
    problem(child(node, "ttl"), "'ttl' goes with 'novel'");
  out.ttl = duration(child(node, "ttl"), node, "ttl", out.ttl);
  switch (out.kind) {
  case measure_kind::count:
    if (!of.IsScalar() || (of.Scalar() != "all" && of.Scalar() != "true"))
      out.where = mark(of, "count");
    break;
  case measure_kind::distinct:
  case measure_kind::novel:
    out.slot = intern(rule_.slots, slot_of(fields(of, out.name)));
    break;
  case measure_kind::sum: {
    const auto summed = fields(of, "sum");
    if (summed.size() != 1)
      problem(node, "'sum' takes one field: bytes, count, or a numeric one of the record");
    else if (summed.front() == "bytes")
      out.sum = sum_of::bytes;
    else if (summed.front() != "count" && summed.front() != "units") {
      out.sum = sum_of::slot;
      out.slot = intern(rule_.slots, slot_of(summed));
    }
    break;
  }
  case measure_kind::share:
    break; // resolved when all measures are known
  }
  return out;
}

std::uint8_t operator_reader::counting(std::string_view mark_name, std::uint8_t mark,
                                       std::vector<measure>& measures) {
  for (std::size_t i = 0; i < measures.size(); ++i)
    if (measures[i].kind == measure_kind::count && measures[i].where == mark)
      return static_cast<std::uint8_t>(i);
  measure out;
  out.name = mark_name;
  out.where = mark;
  measures.push_back(std::move(out));
  return static_cast<std::uint8_t>(measures.size() - 1);
}

std::vector<measure> operator_reader::measures(const YAML::Node& map) {
  std::vector<measure> out;
  if (!map.IsDefined())
    return out;
  if (!map.IsMap())
    problem(map, "'measures' gives each number a name: 'denied: {count: denied}'");
  const auto given = members_of(map);
  for (const auto& [name, node] : given) {
    if (!name.IsScalar() || !node.IsMap())
      problem(name, "a measure is written 'name: {count: selection}'");
    else if (std::any_of(out.begin(), out.end(),
                         [&, &name = name](const measure& m) { return m.name == name.Scalar(); }))
      problem(name, "measure '" + name.Scalar() + "' is given twice");
    else if (auto made = one_measure(name, node))
      out.push_back(std::move(*made));
  }
  for (const auto& [name, node] : given) {
    const YAML::Node share = child(node, "share");
    if (!share.IsDefined())
      continue;
    const auto of = std::find_if(out.begin(), out.end(), [&](const measure& m) {
      return share.IsScalar() && m.name == share.Scalar() && m.kind != measure_kind::share;
    });
    std::optional<std::uint8_t> divided;
    if (of != out.end())
      divided = static_cast<std::uint8_t>(of - out.begin());
    else if (const auto bit = mark(share, "share"))
      divided = counting(share.Scalar(), *bit, out);
    for (measure& m : out)
      if (divided && m.kind == measure_kind::share && m.name == name.Scalar())
        m.of = *divided;
  }
  return out;
}

void operator_reader::clauses(const YAML::Node& name, const YAML::Node& value,
                              std::vector<measure>& measures, bool windowed, level& out) {
  static constexpr std::pair<std::string_view, comparison> ops[] = {
      {"gte", comparison::gte}, {"gt", comparison::gt}, {"lte", comparison::lte},
      {"lt", comparison::lt},   {"eq", comparison::eq}, {"neq", comparison::neq}};
  const std::string& word = name.Scalar();
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [&](const measure& m) { return m.name == word; });
  std::optional<std::uint8_t> index;
  if (found != measures.end())
    index = static_cast<std::uint8_t>(found - measures.begin());

  if (value.IsScalar() && type_of(value) == scalar_type::boolean) {
    const bool wanted = value.as<bool>();
    if (!index) {
      const auto bit = mark(name, "when");
      if (!bit)
        return;
      if (!windowed) {
        (wanted ? out.marks : out.without) |= std::uint32_t{1} << *bit;
        return;
      }
      index = counting(word, *bit, measures);
    }
    out.all.push_back({*index, wanted ? comparison::gte : comparison::lt, 1});
    return;
  }
  if (!index) {
    std::vector<std::string_view> known;
    for (const measure& m : measures)
      known.push_back(m.name);
    problem(name, rule_.when.find_name(word)
                      ? "selection '" + word +
                            "' is true or false here; to compare its number add a measure"
                      : "no measure is called '" + word + "'" + suggestion(word, known));
    return;
  }
  if (value.IsScalar() && number_of(value.Scalar())) {
    out.all.push_back({*index, comparison::gte, *number_of(value.Scalar())});
    return;
  }
  if (!value.IsMap() || value.size() == 0) {
    problem(name, "'" + word + "' is compared like this: {gte: 5}");
    return;
  }
  for (const auto& [op, bound] : members_of(value)) {
    const auto known = std::find_if(std::begin(ops), std::end(ops), [&, &op = op](const auto& o) {
      return op.IsScalar() && o.first == op.Scalar();
    });
    const auto number = bound.IsScalar() ? number_of(bound.Scalar()) : std::nullopt;
    if (known == std::end(ops) || !number)
      problem(op, "'" + word + "' is compared with gte, gt, lte, lt, eq or neq and a number");
    else
      out.all.push_back({*index, known->second, *number});
  }
}

std::vector<level> operator_reader::levels(const YAML::Node& list, std::vector<measure>& measures,
                                           bool windowed) {
  std::vector<level> out;
  for (const auto& node : maps(list, "levels")) {
    check_keys(node, "a level", {"severity", "when", "why"});
    level l;
    l.severity = severity(child(node, "severity"), rule_.shape.severity);
    if (const YAML::Node when = child(node, "when"); when.IsDefined()) {
      if (!when.IsMap())
        problem(when,
                "'when' compares measures or names selections: {denied: {gte: 15}, tool: true}");
      for (const auto& [name, value] : members_of(when))
        if (name.IsScalar())
          clauses(name, value, measures, windowed, l);
    } else if (windowed) {
      problem(node, "a level of a window needs 'when'");
    }
    l.why = windowed ? sentence(child(node, "why"), rule_.shape.title, measures, {"window"})
                     : sentence(child(node, "why"), rule_.shape.title, {}, {});
    out.push_back(std::move(l));
  }
  return out;
}

std::vector<volume> operator_reader::volumes(const YAML::Node& list,
                                             std::vector<measure>& measures) {
  std::vector<volume> out;
  for (const auto& node : maps(list, "volume")) {
    check_keys(node, "a volume", {"measure", "floor", "hard", "factor", "days", "when", "why"});
    volume v;
    const YAML::Node name = child(node, "measure");
    const auto found = std::find_if(measures.begin(), measures.end(), [&](const measure& m) {
      return name.IsScalar() && m.name == name.Scalar();
    });
    if (found == measures.end() || found->kind == measure_kind::share ||
        found->kind == measure_kind::novel)
      problem(node, "'volume' needs a 'measure' that counts, sums or tells values apart");
    else
      v.measure = static_cast<std::uint8_t>(found - measures.begin());
    constexpr double most = 1e15;
    v.floor = number(child(node, "floor"), node, "floor", 1, most, 0);
    v.hard = number(child(node, "hard"), node, "hard", 1, most, 0);
    v.factor = number(child(node, "factor"), node, "factor", 1, 1000, v.factor);
    v.days = static_cast<int>(number(child(node, "days"), node, "days", 1, 90, v.days));
    if (!child(node, "floor").IsDefined() || !child(node, "hard").IsDefined() || v.hard < v.floor)
      problem(node, "'volume' needs 'floor' and a 'hard' that is not below it");
    if (const YAML::Node when = child(node, "when"); when.IsDefined()) {
      if (!when.IsMap())
        problem(when, "'when' compares measures or names selections: {regions: {gte: 3}}");
      level besides;
      for (const auto& [word, bound] : members_of(when))
        if (word.IsScalar())
          clauses(word, bound, measures, true, besides);
      v.all = std::move(besides.all);
    }
    v.why = sentence(child(node, "why"), "", measures, {"window", "usual"});
    out.push_back(std::move(v));
  }
  return out;
}

void operator_reader::finish(const std::vector<measure>& measures, const std::vector<level>& levels,
                             const std::vector<volume>& volumes) {
  if (measures.size() > rule_measures_max)
    problems_.at_line(rule_.line, "more than 32 measures in one rule");
  for (std::size_t i = 0; i < measures.size(); ++i) {
    const auto uses = [i](const clause& c) { return c.measure == i; };
    const bool used =
        std::any_of(levels.begin(), levels.end(),
                    [&](const level& l) {
                      return std::any_of(l.all.begin(), l.all.end(), uses) ||
                             l.why.find("{" + measures[i].name + "}") != std::string::npos;
                    }) ||
        std::any_of(volumes.begin(), volumes.end(),
                    [&](const volume& v) {
                      return v.measure == i || std::any_of(v.all.begin(), v.all.end(), uses) ||
                             v.why.find("{" + measures[i].name + "}") != std::string::npos;
                    }) ||
        std::any_of(measures.begin(), measures.end(),
                    [i](const measure& m) { return m.kind == measure_kind::share && m.of == i; });
    if (!used)
      problems_.at_line(rule_.line,
                        "measure '" + measures[i].name +
                            "' is in no level, volume or why: it would only cost memory");
  }
}

} // namespace vedette::detect
