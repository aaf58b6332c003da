#include "ingest/mapping/loader.hpp"

#include "base/utf8.hpp"
#include "base/yaml_end.hpp"
#include "ingest/envelope.hpp"
#include "ingest/formats/json_pass.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>

namespace vedette::ingest {

namespace {

using std::string_view;

/// What is wrong, where; thrown and caught in this file, beside what yaml-cpp throws.
struct complaint {
  int line;
  std::string what;
};

[[noreturn]] void complain(const YAML::Node& at, string_view key, const std::string& what) {
  throw complaint{std::max(at.Mark().line, 0) + 1, fmt::format("{}: {}", key, what)};
}

std::string text_in(const YAML::Node& node, string_view key) {
  if (!node.IsScalar())
    complain(node, key, "must be one text");
  return node.Scalar();
}

/// One text, or a list of them.
std::vector<std::string> texts_in(const YAML::Node& node, string_view key) {
  std::vector<std::string> out;
  if (node.IsScalar())
    out.push_back(node.Scalar());
  else if (node.IsSequence() && node.size() > 0)
    for (const auto& item : node)
      out.push_back(text_in(item, key));
  else
    complain(node, key, "must be a text or a list of texts");
  return out;
}

std::vector<std::string> steps_in(const YAML::Node& node, string_view key, string_view text) {
  const auto steps = parse_pointer(text);
  if (!steps)
    complain(node, key, fmt::format("'{}' is no JSON pointer; it must start with '/'", text));
  for (const auto& step : *steps)
    if (step.empty() || step.size() > key_bytes_max)
      complain(node, key,
               fmt::format("'{}' has a step that is not 1..{} bytes long", text, key_bytes_max));
    else if (step.starts_with('[') && (step.find('=') == std::string::npos || !step.ends_with(']')))
      complain(node, key, fmt::format("'{}' must be '[name=text]'", step));
  return *steps;
}

std::vector<text_pattern> patterns_in(const YAML::Node& node, string_view key) {
  std::vector<text_pattern> out;
  for (const auto& text : texts_in(node, key))
    out.emplace_back(text);
  return out;
}

/// A mapping from pointers to texts, all of which must hold, or a list of such mappings, one of
/// which must. `find` makes of a pointer's steps what the conditions keep.
template <class Where, class Find>
any_of<Where> tests_in(const YAML::Node& node, string_view key, Find&& find) {
  any_of<Where> out;
  const auto one = [&](const YAML::Node& map) {
    if (!map.IsMap() || map.size() == 0)
      complain(map, key, "must be a mapping from JSON pointers to texts");
    auto& all = out.emplace_back();
    for (const auto& member : map)
      all.push_back({find(steps_in(member.first, key, text_in(member.first, key))),
                     patterns_in(member.second, key)});
  };
  if (node.IsSequence() && node.size() > 0)
    for (const auto& map : node)
      one(map);
  else
    one(node);
  return out;
}

/// The value of that name; `known` counts the values.
template <class E>
E enumerator_in(const YAML::Node& node, string_view key, string_view text, int known) {
  std::string names;
  for (int i = 0; i < known; ++i) {
    const auto name = to_string(static_cast<E>(i));
    if (name == text)
      return static_cast<E>(i);
    names += (i > 0 ? ", " : "") + std::string{name};
  }
  complain(node, key, fmt::format("'{}' is none of {}", text, names));
}

constexpr int clouds = 8, outcomes = 5, identity_types = 11, session_classes = 9;

class compiler {
 public:
  source_mapping run(const YAML::Node& root) {
    if (!root.IsMap())
      complain(root, "source", "the file must be a mapping of keys");
    for (const auto& member : once_each(root, {}))
      top(text_in(member.first, "key"), member.first, member.second);
    require(root, !out_.name.empty(), "source", "names the source");
    require(root, !out_.marks.empty(), "recognise", "says which records are of this source");
    require(root, !out_.time.empty(), "event.time", "says when it happened");
    require(root, !out_.service.empty(), "event.service", "says what was called");
    require(root, !out_.action.empty(), "event.action", "says what was done");
    require(root, !out_.identity.empty(), "event.identity", "says who did it");
    out_.no_time = fmt::format("{}: no time", out_.name);
    out_.no_action = fmt::format("{}: no action", out_.name);
    out_.no_actor = fmt::format("{}: no actor", out_.name);
    return std::move(out_);
  }

 private:
  static void require(const YAML::Node& root, bool there, string_view key, string_view why) {
    if (!there)
      complain(root, key, fmt::format("is missing: it {}", why));
  }

  static YAML::Node once_each(const YAML::Node& map, string_view below) {
    std::set<std::string> seen;
    for (const auto& member : map)
      if (!seen.insert(text_in(member.first, "key")).second)
        complain(member.first, fmt::format("{}{}", below, member.first.Scalar()), "is given twice");
    return map;
  }

  void top(const std::string& key, const YAML::Node& name, const YAML::Node& value) {
    if (key == "source") {
      out_.name = text_in(value, key);
      if (out_.name.empty() || out_.name.size() > 32 ||
          out_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
        complain(value, key, fmt::format("'{}' must be 1..32 of [a-z0-9_]", out_.name));
    } else if (key == "cloud") {
      out_.cloud.otherwise = enumerator_in<base::cloud>(value, key, text_in(value, key), clouds);
    } else if (key == "recognise") {
      out_.marks = tests_in<marked_member>(value, key, [](std::vector<std::string> steps) {
        marked_member out{steps.front(), {}};
        out.steps.assign(steps.begin() + 1, steps.end());
        return out;
      });
    } else if (key == "skip") {
      read_skips(value);
    } else if (key == "event") {
      if (!value.IsMap())
        complain(value, key, "must be a mapping of fields");
      for (const auto& member : once_each(value, "event."))
        field(text_in(member.first, key), member.first, member.second);
    } else if (auto* patterns = patterns_of(key)) {
      *patterns = patterns_in(value, key);
    } else if (key != "services" && key != "cases") {
      complain(
          name, key,
          "is an unknown key; known are source, cloud, recognise, empty, skip, event, everyone, "
          "own, admin, services, cases");
    }
  }

  std::vector<text_pattern>* patterns_of(string_view key) {
    return key == "everyone" ? &out_.everyone
           : key == "own"    ? &out_.own
           : key == "admin"  ? &out_.admin
           : key == "empty"  ? &out_.empty
                             : nullptr;
  }

  void field(const std::string& name, const YAML::Node& at, const YAML::Node& node) {
    const auto key = "event." + name;
    if (auto* value = value_of(name)) {
      *value = value_in(node, key);
    } else if (name == "time.unit") {
      constexpr std::array<string_view, 4> units{"s", "ms", "us", "ns"};
      const auto unit = std::ranges::find(units, text_in(node, key));
      if (unit == units.end())
        complain(node, key, fmt::format("'{}' is none of s, ms, us, ns", node.Scalar()));
      out_.unit = static_cast<time_unit>(unit - units.begin() + 1);
    } else if (name == "cloud") {
      read_choice(node, key, clouds, out_.cloud);
    } else if (name == "outcome") {
      read_choice(node, key, outcomes, out_.result);
    } else if (name == "identity.type") {
      read_choice(node, key, identity_types, out_.actor);
    } else if (name == "session.class") {
      read_choice(node, key, session_classes, out_.holder);
    } else if (name == "read_only") {
      out_.read_only = test_in(node, key);
    } else if (name == "bytes" || name == "count") {
      auto& pointers = name == "bytes" ? out_.bytes : out_.count;
      for (const auto& text : texts_in(node, key))
        pointers.push_back(out_.plan.add(steps_in(node, key, text)));
    } else {
      complain(
          at, key,
          "is an unknown field; known are time, time.unit, id, cloud, account, region, service, "
          "action, activity, outcome, error, identity, identity.name, identity.type, session, "
          "session.class, session.workload, source, user_agent, read_only, resources, "
          "target.accounts, bytes, count");
    }
  }

  mapped_value* value_of(string_view name) {
    const std::array<std::pair<string_view, mapped_value*>, 15> values{
        {{"time", &out_.time},
         {"id", &out_.id},
         {"account", &out_.account},
         {"region", &out_.region},
         {"service", &out_.service},
         {"action", &out_.action},
         {"activity", &out_.activity},
         {"error", &out_.error},
         {"identity", &out_.identity},
         {"identity.name", &out_.identity_name},
         {"session", &out_.session},
         {"session.workload", &out_.workload},
         {"source", &out_.address},
         {"user_agent", &out_.user_agent},
         {"resources", &out_.resources}}};
    for (const auto& [known, value] : values)
      if (known == name)
        return value;
    return name == "target.accounts" ? &out_.targets : nullptr;
  }

  /// A text, {value, when}, or a list of them.
  mapped_value value_in(const YAML::Node& node, const std::string& key) {
    mapped_value out;
    if (node.IsMap())
      out.push_back(conditional_in(node, key));
    else if (node.IsSequence() && node.size() > 0)
      for (const auto& item : node)
        out.push_back(item.IsMap() ? conditional_in(item, key)
                                   : mapped_text{parts_in(item, key), {}});
    else if (node.IsScalar())
      out.push_back({parts_in(node, key), {}});
    else
      complain(node, key, "must be a text or a list of texts");
    return out;
  }

  mapped_text conditional_in(const YAML::Node& node, const std::string& key) {
    if (node.size() != 2 || !node["value"] || !node["when"])
      complain(node, key, "a value with a condition has `value` and `when`, and nothing else");
    return {parts_in(node["value"], key), test_in(node["when"], key)};
  }

  std::vector<mapped_part> parts_in(const YAML::Node& node, const std::string& key) {
    const auto text = text_in(node, key);
    if (text.empty())
      complain(node, key, "must not be empty");
    if (text.starts_with('/') && text.find('{') == std::string::npos)
      return {{{}, out_.plan.add(steps_in(node, key, text))}};
    std::vector<mapped_part> parts;
    std::size_t at = 0;
    for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', at)) {
      const auto close = text.find('}', open);
      if (close == std::string::npos)
        complain(node, key, fmt::format("'{}' has a brace that is not closed", text));
      const auto steps = steps_in(node, key, string_view{text}.substr(open + 1, close - open - 1));
      parts.push_back({text.substr(at, open - at), out_.plan.add(steps)});
      at = close + 1;
    }
    if (at < text.size())
      parts.push_back({text.substr(at), mapped_part::none});
    return parts;
  }

  record_test test_in(const YAML::Node& node, const std::string& key) {
    return tests_in<std::size_t>(
        node, key, [&](const std::vector<std::string>& steps) { return out_.plan.add(steps); });
  }

  void read_skips(const YAML::Node& list) {
    if (!list.IsSequence())
      complain(list, "skip", "must be a list of {when, why}");
    for (const auto& item : list) {
      if (!item.IsMap() || item.size() != 2 || !item["when"] || !item["why"])
        complain(item, "skip", "each has `when` and `why`, and nothing else");
      out_.skips.push_back(
          {test_in(item["when"], "skip.when"),
           fmt::format("{}: {}", out_.name, base::one_line(text_in(item["why"], "skip.why")))});
    }
  }

  template <class E>
  void read_choice(const YAML::Node& node, const std::string& key, int known, choice<E>& out) {
    if (node.IsScalar()) {
      out.otherwise = enumerator_in<E>(node, key, node.Scalar(), known);
      return;
    }
    if (!node.IsMap())
      complain(node, key, "must be one value, or a mapping from values to conditions");
    for (const auto& member : node) {
      const auto value = text_in(member.first, key);
      if (value == "otherwise")
        out.otherwise = enumerator_in<E>(member.second, key, text_in(member.second, key), known);
      else
        out.options.push_back(
            {enumerator_in<E>(member.first, key, value, known), test_in(member.second, key)});
    }
  }

  source_mapping out_;
};

} // namespace

bool is_mapping_file(const std::string& text) {
  if (!base::yaml_ends(text))
    return false;
  try {
    const auto root = YAML::Load(text);
    return root.IsMap() && root["source"] && root["recognise"];
  } catch (const YAML::Exception&) {
    return false;
  }
}

base::result<source_mapping> compile_mapping(const mapping_file& file) {
  const auto wrong = [&](int line, const std::string& what) {
    return base::error{base::ec::malformed,
                       fmt::format("{}: line {}: {}", file.name, line, base::one_line(what))};
  };
  if (!base::yaml_ends(file.text))
    return wrong(1, "is no YAML that could be read to its end");
  try {
    const auto root = YAML::Load(file.text);
    auto out = compiler{}.run(root);
    std::vector<std::string> actions;
    if (root["services"])
      actions.push_back(file.text);
    auto loaded = taxonomy::load(actions);
    if (!loaded)
      return base::error{loaded.err().code, fmt::format("{}: {}", file.name, loaded.err().context)};
    out.actions = std::move(*loaded);
    return out;
  } catch (const complaint& c) {
    return wrong(c.line, c.what);
  } catch (const YAML::Exception& e) {
    return wrong(e.mark.line + 1, e.msg);
  }
}

} // namespace vedette::ingest
