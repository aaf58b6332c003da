#include "nodes/config/values.hpp"

#include "base/ip_address.hpp"
#include "nodes/config/yaml.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <string_view>

namespace vedette::config {
namespace {

base::error must_be(std::string_view what) {
  return {base::ec::invalid_argument, fmt::format("must be {}", what)};
}

base::result<std::string> one(const raw_value& raw, std::string_view what) {
  if (raw.is_list || raw.items.size() != 1)
    return must_be(fmt::format("{}, not a list", what));
  return raw.items.front();
}

template <class T>
bool whole(std::string_view text, T& to) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
  return failed == std::errc{} && end == text.data() + text.size();
}

constexpr std::array<std::string_view, 5> log_levels{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> log_formats{"text", "json"};
constexpr std::array<std::string_view, 3> sync_policies{"commit", "risk_interval", "risk_unsynced"};
constexpr std::array<std::string_view, 2> executors{"webhook", "aws"};
constexpr std::array<std::string_view, 2> coordinators{"none", "etcd"};
constexpr std::array<std::string_view, 4> roles{"ingest", "detect", "respond", "operate"};

std::string listed(std::span<const std::string_view> names) {
  std::string out = "one of ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0)
      out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

template <class Enum>
base::status read_name(const std::string& text, std::span<const std::string_view> names, Enum& to) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) {
      to = static_cast<Enum>(i);
      return {};
    }
  }
  return must_be(listed(names));
}

template <class Enum>
base::status read_one_name(const raw_value& raw, std::span<const std::string_view> names,
                           Enum& to) {
  auto text = one(raw, listed(names));
  if (!text)
    return text.err();
  return read_name(*text, names, to);
}

template <std::size_t N, class Enum>
std::string name_of(const std::array<std::string_view, N>& names, Enum v) {
  return std::string{names.at(static_cast<std::size_t>(v))};
}

/// The elements of a list; a flat text is split at commas, blanks around elements dropped.
std::vector<std::string> elements(const raw_value& raw) {
  if (!raw.is_flat)
    return raw.items;
  std::vector<std::string> out;
  for (const auto& item : raw.items) {
    std::string_view rest = item;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      auto part = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const auto first = part.find_first_not_of(" \t");
      if (first == std::string_view::npos)
        continue;
      out.emplace_back(part.substr(first, part.find_last_not_of(" \t") - first + 1));
    }
  }
  return out;
}

struct unit {
  std::string_view name;
  int shift;
};
constexpr std::array<unit, 5> byte_units{
    {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}}};

/// A list of names of the enum.
template <std::size_t N, class Enum>
base::status read_names(const raw_value& raw, const std::array<std::string_view, N>& names,
                        std::vector<Enum>& to) {
  for (const auto& part : elements(raw)) {
    Enum v{};
    if (auto done = read_name(part, names, v); !done)
      return must_be("a list of " + listed(names).substr(std::string_view{"one of "}.size()));
    to.push_back(v);
  }
  return {};
}

template <std::size_t N, class Enum>
std::string names_of(const std::array<std::string_view, N>& names, const std::vector<Enum>& v) {
  std::string out = "[";
  for (const auto e : v)
    out += (out.size() > 1 ? ", " : "") + name_of(names, e);
  return out + "]";
}

} // namespace

bool endpoint::is_loopback() const noexcept {
  if (host == "localhost")
    return true;
  const auto ip = base::ip_address::parse(host);
  if (!ip)
    return false;
  static const auto v4 = base::ip_network::parse("127.0.0.0/8");
  static const auto v6 = base::ip_network::parse("::1");
  return v4->contains(*ip) || v6->contains(*ip);
}

base::status read(const raw_value& raw, std::string& to) {
  auto text = one(raw, "one text");
  if (!text)
    return text.err();
  to = std::move(*text);
  return {};
}

base::status read(const raw_value& raw, bool& to) {
  auto text = one(raw, "true or false");
  if (!text)
    return text.err();
  if (*text != "true" && *text != "false")
    return must_be("true or false");
  to = *text == "true";
  return {};
}

base::status read(const raw_value& raw, std::uint32_t& to) {
  auto text = one(raw, "a whole number");
  if (!text)
    return text.err();
  std::uint32_t v = 0;
  if (!whole(*text, v))
    return must_be("a whole number");
  to = v;
  return {};
}

base::status read(const raw_value& raw, byte_size& to) {
  constexpr std::string_view what = "a size such as 64MiB or 20GiB";
  auto text = one(raw, what);
  if (!text)
    return text.err();
  for (const auto& u : byte_units) {
    if (!text->ends_with(u.name))
      continue;
    std::uint64_t v = 0;
    if (!whole(std::string_view{*text}.substr(0, text->size() - u.name.size()), v) ||
        (v << u.shift) >> u.shift != v)
      return must_be(what);
    to.value = v << u.shift;
    return {};
  }
  return must_be(what);
}

base::status read(const raw_value& raw, base::duration& to) {
  constexpr std::string_view what = "a time such as 100ms, 20m or 7d";
  auto text = one(raw, what);
  if (!text)
    return text.err();
  const auto v = base::parse_duration(*text);
  if (!v)
    return must_be(what);
  to = *v;
  return {};
}

base::status read(const raw_value& raw, endpoint& to) {
  constexpr std::string_view what = "an address and port such as 127.0.0.1:8470, or off";
  auto text = one(raw, what);
  if (!text)
    return text.err();
  if (*text == "off") {
    to = {};
    return {};
  }
  const auto colon = text->rfind(':');
  if (colon == std::string::npos || colon == 0)
    return must_be(what);
  std::string_view host = std::string_view{*text}.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!base::ip_address::parse(host))
      return must_be(what);
  } else if (host.find(':') != std::string_view::npos) {
    return must_be("written [address]:port when the address is IPv6");
  }
  std::uint16_t port = 0;
  if (host.empty() || !whole(std::string_view{*text}.substr(colon + 1), port))
    return must_be(what);
  to = {std::string{host}, port};
  return {};
}

base::status read(const raw_value& raw, log_level& to) {
  return read_one_name(raw, log_levels, to);
}
base::status read(const raw_value& raw, log_format& to) {
  return read_one_name(raw, log_formats, to);
}
base::status read(const raw_value& raw, sync_policy& to) {
  return read_one_name(raw, sync_policies, to);
}
base::status read(const raw_value& raw, coordinator_kind& to) {
  return read_one_name(raw, coordinators, to);
}

base::status read(const raw_value& raw, std::vector<std::string>& to) {
  auto parts = elements(raw);
  for (const auto& part : parts) {
    if (part.empty())
      return must_be("a list without empty elements");
  }
  to = std::move(parts);
  return {};
}

base::status read(const raw_value& raw, std::vector<role>& to) {
  std::vector<role> out;
  if (auto done = read_names(raw, roles, out); !done)
    return done;
  if (out.empty())
    return must_be("at least one of " + listed(roles).substr(std::string_view{"one of "}.size()));
  to = std::move(out);
  return {};
}

base::status read(const raw_value& raw, std::vector<executor_kind>& to) {
  std::vector<executor_kind> out;
  if (auto done = read_names(raw, executors, out); !done)
    return done;
  to = std::move(out);
  return {};
}

std::string write(const std::string& v) {
  return quoted(v);
}
std::string write(bool v) {
  return v ? "true" : "false";
}
std::string write(std::uint32_t v) {
  return std::to_string(v);
}

std::string write(byte_size v) {
  for (const auto& u : byte_units) {
    const auto one_unit = std::uint64_t{1} << u.shift;
    if (v.value >= one_unit && v.value % one_unit == 0)
      return fmt::format("{}{}", v.value >> u.shift, u.name);
  }
  return "0";
}

std::string write(base::duration v) {
  return base::format_duration(v);
}

std::string write(const endpoint& v) {
  if (!v.enabled())
    return "off";
  const bool v6 = v.host.find(':') != std::string::npos;
  return quoted(v6 ? fmt::format("[{}]:{}", v.host, v.port) : fmt::format("{}:{}", v.host, v.port));
}

std::string write(log_level v) {
  return name_of(log_levels, v);
}
std::string write(log_format v) {
  return name_of(log_formats, v);
}
std::string write(sync_policy v) {
  return name_of(sync_policies, v);
}
std::string write(coordinator_kind v) {
  return name_of(coordinators, v);
}

std::string write(const std::vector<std::string>& v) {
  std::string out = "[";
  for (const auto& item : v)
    out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}

std::string write(const std::vector<role>& v) {
  return names_of(roles, v);
}
std::string write(const std::vector<executor_kind>& v) {
  return names_of(executors, v);
}

} // namespace vedette::config
