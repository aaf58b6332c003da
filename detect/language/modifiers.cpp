#include "detect/language/modifiers.hpp"

#include "detect/language/suggest.hpp"
#include "detect/language/transforms.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace vedette::detect {

namespace {

constexpr std::string_view known_modifiers[] = {
    "contains", "startswith", "endswith", "all",    "cased",   "re",     "i",
    "m",        "s",          "cidr",     "exists", "gt",      "gte",    "lt",
    "lte",      "neq",        "fieldref", "expand", "windash", "base64", "base64offset"};

enum class reading { text, regex, network, exists, order, reference };

struct field_line {
  std::string field;
  reading as = reading::text;
  anchoring where = anchoring::whole;
  ordering op = ordering::gt;
  regex_flags flags;
  bool cased = false;
  bool all = false;
  bool negated = false;
  std::vector<std::string> transforms; ///< in the order written
};

/// Takes one modifier in; a sentence when it does not go with those before it.
std::string take_in(std::string_view modifier, field_line& out) {
  const auto read_as = [&out](reading as) {
    if (out.as != reading::text || out.where != anchoring::whole)
      return std::string{"says a second time how the value is compared: keep one of them"};
    out.as = as;
    return std::string{};
  };
  const auto anchor = [&out](anchoring where) {
    if ((out.as != reading::text && out.as != reading::reference) || out.where != anchoring::whole)
      return std::string{"says a second time how the value is compared: keep one of them"};
    out.where = where;
    return std::string{};
  };
  const auto order = [&](ordering op) {
    out.op = op;
    return read_as(reading::order);
  };
  if (modifier == "contains")
    return anchor(anchoring::contains);
  if (modifier == "startswith")
    return anchor(anchoring::starts);
  if (modifier == "endswith")
    return anchor(anchoring::ends);
  if (modifier == "re")
    return read_as(reading::regex);
  if (modifier == "i" || modifier == "m" || modifier == "s") {
    if (out.as != reading::regex)
      return "belongs behind 're'";
    (modifier == "i"   ? out.flags.ignore_case
     : modifier == "m" ? out.flags.multi_line
                       : out.flags.dot_all) = true;
    return {};
  }
  if (modifier == "cidr")
    return read_as(reading::network);
  if (modifier == "exists")
    return read_as(reading::exists);
  if (modifier == "gt")
    return order(ordering::gt);
  if (modifier == "gte")
    return order(ordering::gte);
  if (modifier == "lt")
    return order(ordering::lt);
  if (modifier == "lte")
    return order(ordering::lte);
  if (modifier == "fieldref")
    return out.as == reading::text ? (out.as = reading::reference, std::string{})
                                   : read_as(reading::reference);
  if (modifier == "all")
    out.all = true;
  else if (modifier == "cased")
    out.cased = true;
  else if (modifier == "neq")
    out.negated = true;
  else
    out.transforms.emplace_back(modifier);
  return {};
}

std::optional<field_line> parse_key(const YAML::Node& key, reporter& problems) {
  field_line out;
  const std::string& text = key.Scalar();
  std::size_t at = std::min(text.find('|'), text.size());
  out.field = text.substr(0, at);
  const std::size_t before = problems.count();
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('|', at + 1), text.size());
    const std::string modifier = text.substr(at + 1, end - at - 1);
    at = end;
    if (std::find(std::begin(known_modifiers), std::end(known_modifiers), modifier) ==
        std::end(known_modifiers)) {
      problems.at(key, "unknown modifier '" + modifier + "' in '" + text + "'" +
                           suggestion(modifier, known_modifiers));
      continue;
    }
    if (auto why_not = take_in(modifier, out); !why_not.empty())
      problems.at(key, "modifier '" + modifier + "' in '" + text + "' " + why_not);
  }
  if (out.negated && out.all)
    problems.at(key,
                "'neq' and 'all' in '" + text + "' exclude each other: negate in the condition");
  if (out.as != reading::text && !out.transforms.empty() &&
      !(out.transforms.size() == 1 && out.transforms.front() == "expand"))
    problems.at(key, "'" + out.transforms.front() + "' in '" + text +
                         "' changes text, and there is none");
  if (problems.count() != before)
    return std::nullopt;
  return out;
}

struct value_text {
  std::string text;
  scalar_type type = scalar_type::text;
  bool literal = false; ///< no wildcards in it any more
  int line = 0;
};

/// All values of the line after expand, windash and base64; false after reporting.
bool collect(const field_line& l, const YAML::Node& key, const YAML::Node& value,
             const load_options& options, reporter& problems, std::vector<value_text>& out) {
  std::vector<YAML::Node> nodes;
  if (value.IsSequence()) {
    for (const auto& element : value)
      nodes.push_back(element);
    if (nodes.empty()) {
      problems.at(key, "'" + key.Scalar() + "' has an empty list: nothing could match");
      return false;
    }
  } else {
    nodes.push_back(value);
  }
  for (const auto& node : nodes) {
    if (!node.IsNull() && !node.IsScalar()) {
      problems.at(node,
                  "'" + key.Scalar() +
                      "' needs a value or a list of values; for a nested field write a.b.c: value");
      return false;
    }
    out.push_back({node.IsNull() ? "" : node.Scalar(), type_of(node), false, line_of(node)});
  }
  for (const std::string& transform : l.transforms) {
    std::vector<value_text> changed;
    const auto put = [&](const value_text& from, std::string text, bool literal) {
      changed.push_back({std::move(text), scalar_type::text, literal, from.line});
    };
    for (const auto& from : out) {
      if (transform == "expand") {
        std::vector<std::string> texts = {from.text};
        for (const std::string& name : placeholders(from.text)) {
          const auto list = options.lists.find(name);
          if (list == options.lists.end()) {
            problems.at_line(from.line, "placeholder '%" + name +
                                            "%' has no list: put its values into the list '" +
                                            name + "' or leave the rule out");
            return false;
          }
          std::vector<std::string> next;
          for (const auto& text : texts)
            for (const auto& replacement : list->second)
              if (next.size() < values_max)
                next.push_back(replace_placeholder(text, name, replacement));
          texts = std::move(next);
        }
        for (auto& text : texts)
          put(from, std::move(text), from.literal);
      } else if (transform == "windash") {
        for (auto& text : dashes(from.text))
          put(from, std::move(text), from.literal);
      } else if (transform == "base64") {
        put(from, base64(from.text), true);
      } else {
        for (auto& text : base64_offsets(from.text))
          put(from, std::move(text), true);
      }
    }
    out = std::move(changed);
  }
  if (out.size() > values_max) {
    problems.at(key, "'" + key.Scalar() + "' stands for more than 10,000 values: shorten the list");
    return false;
  }
  return true;
}

std::optional<pattern> compile_value(const field_line& l, const value_text& v,
                                     const std::string& key, reporter& problems) {
  const auto take = [&](base::result<pattern> made) -> std::optional<pattern> {
    if (made)
      return std::move(*made);
    problems.at_line(v.line, made.err().context);
    return std::nullopt;
  };
  switch (l.as) {
  case reading::regex:
    return take(pattern::regex(v.text, l.flags));
  case reading::network:
    return take(pattern::network(v.text));
  case reading::order:
    if (const auto number = number_of(v.text))
      return pattern::compare(l.op, *number);
    problems.at_line(v.line, "'" + key + "' compares with '" + v.text + "', which is not a number");
    return std::nullopt;
  default:
    break;
  }
  const bool plain = l.where == anchoring::whole && l.transforms.empty();
  if (v.type == scalar_type::null) {
    if (plain)
      return pattern::null();
    problems.at_line(
        v.line, "'" + key + "' has no value: give one, or drop the modifier to ask for absence");
    return std::nullopt;
  }
  if (v.type == scalar_type::number && plain)
    return pattern::number(v.text, *number_of(v.text));
  return v.literal ? pattern::literal(v.text, l.where, l.cased)
                   : pattern::text(v.text, l.where, l.cased);
}

std::optional<leaf> compile_exists(const field_line& l, const YAML::Node& key,
                                   const YAML::Node& value, bool& wanted, reporter& problems) {
  if (!value.IsScalar() || type_of(value) != scalar_type::boolean) {
    problems.at(key, "'" + key.Scalar() + "' needs true or false");
    return std::nullopt;
  }
  wanted = value.as<bool>();
  leaf out;
  out.field = base::field_name{l.field};
  out.kind = leaf_kind::exists;
  return out;
}

} // namespace

std::optional<std::uint32_t> compile_line(const YAML::Node& key, const YAML::Node& value,
                                          const load_options& options, reporter& problems,
                                          selection& into) {
  const auto parsed = parse_key(key, problems);
  if (!parsed)
    return std::nullopt;
  leaf out;
  bool wanted = true;
  if (parsed->as == reading::exists) {
    auto made = compile_exists(*parsed, key, value, wanted, problems);
    if (!made)
      return std::nullopt;
    out = std::move(*made);
  } else if (parsed->as == reading::reference) {
    if (!value.IsScalar() || value.Scalar().empty()) {
      problems.at(key, "'" + key.Scalar() + "' needs the name of one other field");
      return std::nullopt;
    }
    out.field = base::field_name{parsed->field};
    out.other = base::field_name{value.Scalar()};
    out.kind = leaf_kind::reference;
    out.relation = parsed->where;
    out.cased = parsed->cased;
  } else {
    std::vector<value_text> values;
    if (!collect(*parsed, key, value, options, problems, values))
      return std::nullopt;
    out.field = base::field_name{parsed->field};
    out.keyword = parsed->field.empty();
    out.kind = parsed->all ? leaf_kind::all_of : leaf_kind::any_of;
    field_line how = *parsed;
    // A keyword is text somewhere in the record, never a whole value.
    if (out.keyword && how.as == reading::text && how.where == anchoring::whole)
      how.where = anchoring::contains;
    for (const auto& v : values) {
      auto compiled = compile_value(how, v, key.Scalar(), problems);
      if (!compiled)
        return std::nullopt;
      out.patterns.push_back(std::move(*compiled));
    }
  }
  const std::uint32_t node = into.add_leaf(std::move(out));
  if (wanted && !parsed->negated)
    return node;
  return into.add({node_kind::negation, 0, {node}});
}

std::optional<std::uint32_t> compile_keywords(const YAML::Node& values, reporter& problems,
                                              selection& into) {
  leaf out;
  out.keyword = true;
  for (const auto& value : values) {
    if (!value.IsScalar()) {
      problems.at(value, "a keyword is a word or a text, not a list or a map");
      return std::nullopt;
    }
    out.patterns.push_back(pattern::text(value.Scalar(), anchoring::contains, false));
  }
  return into.add_leaf(std::move(out));
}

} // namespace vedette::detect
