#include "nodes/config/yaml.hpp"

#include "base/yaml_end.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace vedette::config {
namespace {

using base::ec;

base::error at(std::string_view name, int line, ec code, std::string_view what) {
  return {code, fmt::format("reading {}: line {}: {}", name, line, what)};
}

class converter {
 public:
  explicit converter(std::string_view name) : name_{name} {}

  base::status convert(const YAML::Node& from, yaml_value& to, int depth) {
    to.line = from.Mark().line + 1;
    if (++values_ > yaml_values_max)
      return at(name_, to.line, ec::too_large,
                fmt::format("more than {} values, aliases included", yaml_values_max));
    if (depth > yaml_depth_max)
      return at(name_, to.line, ec::too_large,
                fmt::format("nested deeper than {} levels", yaml_depth_max));
    switch (from.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return {};
    case YAML::NodeType::Scalar:
      to.type = yaml_value::kind::scalar;
      to.text = from.Scalar();
      return {};
    case YAML::NodeType::Sequence:
      to.type = yaml_value::kind::list;
      for (const auto& item : from) {
        if (auto done = convert(item, to.items.emplace_back(), depth + 1); !done)
          return done;
      }
      return {};
    case YAML::NodeType::Map:
      return members(from, to, depth);
    }
    return {};
  }

 private:
  base::status members(const YAML::Node& from, yaml_value& to, int depth) {
    to.type = yaml_value::kind::map;
    for (const auto& member : from) {
      const int line = member.first.Mark().line + 1;
      if (!member.first.IsScalar())
        return at(name_, line, ec::malformed, "a key must be plain text");
      const std::string key = member.first.Scalar();
      const auto same = std::ranges::find(to.items, key, &yaml_value::name);
      if (same != to.items.end())
        return at(name_, line, ec::malformed,
                  fmt::format("'{}' was already set on line {}; keep one", key, same->line));
      auto& value = to.items.emplace_back();
      value.name = key;
      if (auto done = convert(member.second, value, depth + 1); !done)
        return done;
      value.line = line; // the key's line is the one an editor jumps to
    }
    return {};
  }

  std::string_view name_;
  std::size_t values_ = 0;
};

} // namespace

base::result<yaml_value> parse_yaml(std::string_view text, std::string_view name) {
  if (text.size() > yaml_bytes_max)
    return base::error{ec::too_large, fmt::format("reading {}: {} bytes; at most {} are read", name,
                                                  text.size(), yaml_bytes_max)};
  yaml_value out;
  try {
    const std::string copy{text};
    if (!base::yaml_ends(copy))
      return at(name, 1, ec::malformed, "not valid YAML: it does not end");
    const auto documents = YAML::LoadAll(copy);
    if (documents.size() > 1)
      return at(name, documents[1].Mark().line + 1, ec::malformed,
                "a second document starts here; one file holds one");
    if (!documents.empty()) {
      if (auto done = converter{name}.convert(documents[0], out, 0); !done)
        return done.err();
    }
  } catch (const YAML::Exception& e) {
    return at(name, std::max(e.mark.line, 0) + 1, ec::malformed,
              fmt::format("not valid YAML: {}", e.msg));
  }
  if (out.type == yaml_value::kind::null) {
    out.type = yaml_value::kind::map;
    out.line = 1;
  }
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:+";
  const bool safe = !text.empty() && text != "null" && text != "Null" && text != "NULL" &&
                    text.find_first_not_of(plain) == std::string_view::npos && !text.ends_with(':');
  if (safe)
    return std::string{text};
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

} // namespace vedette::config
