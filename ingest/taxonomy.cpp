#include "ingest/taxonomy.hpp"

#include "base/ascii.hpp"
#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "ingest/envelope.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace vedette::ingest {

namespace {

using base::ec;
using base::error;
using base::is_digit;
using std::string_view;

/// How many characters at the end of `text` match `shape`, where '9' stands for any digit and the
/// rest for itself: all of `shape` or nothing.
bool ends_like(string_view text, string_view shape) noexcept {
  if (text.size() <= shape.size())
    return false;
  const auto tail = text.substr(text.size() - shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '9' ? !is_digit(tail[i]) : tail[i] != shape[i])
      return false;
  return true;
}

/// Dotted, or a JSON pointer when it begins with '/'.
record_path path_of(string_view text) {
  record_path out;
  if (text.starts_with('/')) {
    if (auto steps = parse_pointer(text))
      out.steps = std::move(*steps);
    return out;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const auto dot = std::min(text.find('.', at), text.size());
    out.steps.emplace_back(text.substr(at, dot - at));
    at = dot + 1;
  }
  return out;
}

/// Throws YAML::Exception's kin only through yaml-cpp; our own complaints come back as text.
std::string template_of(string_view text, value_template& out) {
  std::size_t at = 0;
  while (true) {
    const auto open = text.find('{', at);
    if (open == string_view::npos)
      break;
    const auto close = text.find('}', open);
    if (close == string_view::npos || close == open + 1)
      return fmt::format("'{}' has a brace without a path", text);
    out.parts.push_back({std::string{text.substr(at, open - at)},
                         path_of(text.substr(open + 1, close - open - 1))});
    at = close + 1;
  }
  if (out.parts.empty()) {
    // No braces: the whole text is one path.
    out.parts.push_back({{}, path_of(text)});
    return {};
  }
  if (at < text.size())
    out.parts.push_back({std::string{text.substr(at)}, {}});
  return {};
}

std::vector<std::string> list_of(const YAML::Node& node) {
  std::vector<std::string> out;
  if (node.IsScalar())
    out.push_back(node.as<std::string>());
  else if (node.IsSequence())
    for (const auto& item : node)
      out.push_back(item.as<std::string>());
  return out;
}

/// Empty when `node` was read into `out`; otherwise what is wrong with it.
std::string read_entry(const YAML::Node& node, activity_entry& out) {
  if (node.IsScalar()) {
    out.activity = node.as<std::string>();
    return {};
  }
  if (!node.IsMap())
    return "is neither an activity's name nor a mapping";
  for (const auto& member : node) {
    const auto key = member.first.as<std::string>();
    const auto& value = member.second;
    if (key == "activity") {
      out.activity = value.as<std::string>();
    } else if (key == "read_only") {
      out.read_only = value.as<bool>();
    } else if (key == "resources") {
      for (const auto& text : list_of(value))
        if (auto wrong = template_of(text, out.resources.emplace_back()); !wrong.empty())
          return wrong;
    } else if (key == "targets" || key == "policies" || key == "bytes") {
      auto& paths = key == "targets" ? out.targets : key == "policies" ? out.policies : out.bytes;
      for (const auto& text : list_of(value))
        paths.push_back(path_of(text));
    } else if (key == "count") {
      for (const auto& text : list_of(value)) {
        const bool elements = text.starts_with('#');
        out.count.push_back({path_of(elements ? string_view{text}.substr(1) : text), elements});
      }
    } else {
      return fmt::format("has an unknown key '{}'; known are activity, resources, targets, "
                         "policies, count, bytes, read_only",
                         key);
    }
  }
  return out.activity.empty() ? "names no activity" : "";
}

std::uint64_t key_of(string_view service, string_view action) noexcept {
  return base::mix(base::hash64(service), base::hash64(action));
}

} // namespace

base::result<std::shared_ptr<const taxonomy>>
taxonomy::load(const std::vector<std::string>& texts) {
  auto out = std::make_shared<taxonomy>();
  try {
    for (const auto& text : texts) {
      const auto root = YAML::Load(text);
      const auto services = root["services"];
      if (!services || !services.IsMap())
        return error{ec::malformed, "reading activities: no mapping 'services' at the top"};
      for (const auto& service : services) {
        const auto service_name = service.first.as<std::string>();
        if (!service.second.IsMap())
          return error{ec::malformed,
                       fmt::format("reading activities: {} (line {}): is no mapping of actions",
                                   base::one_line(service_name), service.first.Mark().line + 1)};
        for (const auto& action : service.second) {
          const auto action_name = action.first.as<std::string>();
          activity_entry entry;
          if (const auto wrong = read_entry(action.second, entry); !wrong.empty())
            return error{ec::malformed, base::one_line(fmt::format(
                                            "reading activities: {} {} (line {}): {}", service_name,
                                            action_name, action.first.Mark().line + 1, wrong))};
          if (const auto at = out->position(service_name, action_name); at != none) {
            out->entries_[at].entry = std::move(entry);
          } else {
            out->index_.emplace(key_of(service_name, action_name), out->entries_.size());
            out->entries_.push_back({service_name, action_name, std::move(entry)});
          }
        }
      }
    }
  } catch (const YAML::Exception& e) {
    return error{ec::malformed, fmt::format("reading activities: line {}: {}", e.mark.line + 1,
                                            base::one_line(e.msg))};
  }
  return std::shared_ptr<const taxonomy>{std::move(out)};
}

std::size_t taxonomy::position(string_view service, string_view action) const {
  const auto [from, to] = index_.equal_range(key_of(service, action));
  for (auto it = from; it != to; ++it) {
    const auto& e = entries_[it->second];
    if (e.service == service && e.action == action)
      return it->second;
  }
  return none;
}

const activity_entry* taxonomy::find(string_view service, string_view action) const {
  auto at = position(service, action);
  if (at == none) {
    const auto bare = without_date(action);
    if (bare.size() != action.size())
      at = position(service, bare);
  }
  return at == none ? nullptr : &entries_[at].entry;
}

string_view taxonomy::without_date(string_view action) noexcept {
  auto rest = action;
  // "v2" behind a date; on its own ("ListObjectsV2") it belongs to the name.
  auto version = rest.size();
  while (version > 0 && is_digit(rest[version - 1]))
    --version;
  if (version < rest.size() && rest.size() - version <= 2 && version > 0 &&
      rest[version - 1] == 'v') {
    const auto before = rest.substr(0, version - 1);
    if (ends_like(before, "99999999") || ends_like(before, "9999_99_99"))
      rest = before;
  }
  if (ends_like(rest, "99999999"))
    return rest.substr(0, rest.size() - 8);
  if (ends_like(rest, "9999_99_99")) {
    rest.remove_suffix(10);
    return rest.ends_with('_') ? rest.substr(0, rest.size() - 1) : rest;
  }
  return action;
}

} // namespace vedette::ingest
