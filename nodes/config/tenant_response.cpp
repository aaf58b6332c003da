#include "nodes/config/tenant_response.hpp"

#include "nodes/config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace vedette::config {
namespace {

using base::tenant_response;

constexpr std::array<std::string_view, 3> modes{"dry_run", "approve", "auto"};
constexpr std::uint32_t actions_max = 10'000;

class response_reader {
 public:
  response_reader(const std::string& path, const tell_problem& fail) : path_{path}, fail_{fail} {}

  void section(const yaml_value& from, const std::vector<std::string>& names,
               const std::string& path,
               const std::function<bool(const yaml_value&, const std::string&)>& member) const {
    if (from.type == yaml_value::kind::null)
      return;
    if (from.type != yaml_value::kind::map)
      return fail_(from.line, fmt::format("{} is written as keys and values", path));
    for (const auto& m : from.items)
      if (!member(m, path + "." + m.name))
        fail_(m.line, fmt::format("unknown key '{}.{}'; did you mean '{}.{}'?", path, m.name, path,
                                  nearest(m.name, names)));
  }

  void mode(const yaml_value& from, const std::string& path, std::string& to) const {
    if (std::ranges::find(modes, from.text) == modes.end())
      return fail_(from.line, fmt::format("{} must be dry_run, approve or auto", path));
    to = from.text;
  }

  void modes_by_name(const yaml_value& from, const std::string& path,
                     std::map<std::string, std::string>& to) const {
    if (from.type != yaml_value::kind::map)
      return fail_(from.line, fmt::format("{} is written as names, each with a mode", path));
    for (const auto& m : from.items)
      mode(m, path + "." + m.name, to[m.name]);
  }

  void text(const yaml_value& from, const std::string& path, std::string& to) const {
    if (from.type != yaml_value::kind::scalar)
      return fail_(from.line, fmt::format("{} must be one text", path));
    to = from.text;
  }

  void number(const yaml_value& from, const std::string& path, std::uint32_t& to) const {
    const auto* end = from.text.data() + from.text.size();
    std::uint32_t value = 0;
    const auto [at, failed] = std::from_chars(from.text.data(), end, value);
    if (from.text.empty() || failed != std::errc{} || at != end || value > actions_max)
      return fail_(from.line,
                   fmt::format("{} must be a whole number from 0 to {}", path, actions_max));
    to = value;
  }

  void aws(const yaml_value& from, const std::string& path, base::aws_access& to) const {
    section(from, {"role", "external_id", "organization_role"}, path,
            [&](const yaml_value& m, const std::string& at) {
              if (m.name == "role")
                text(m, at, to.role);
              else if (m.name == "external_id")
                text(m, at, to.external_id);
              else if (m.name == "organization_role")
                text(m, at, to.organization_role);
              else
                return false;
              return true;
            });
    if (!to.organization_role.empty() && !to.organization_role.starts_with("arn:"))
      fail_(from.line, fmt::format("{}.organization_role must be the ARN of a role of the "
                                   "organization's management account",
                                   path));
  }

  void all(const yaml_value& from, tenant_response& to) const {
    section(from, {"mode", "playbooks", "kinds", "actions_per_hour", "aws"}, path_,
            [&](const yaml_value& m, const std::string& at) {
              if (m.name == "mode")
                mode(m, at, to.mode);
              else if (m.name == "playbooks")
                modes_by_name(m, at, to.playbooks);
              else if (m.name == "kinds")
                modes_by_name(m, at, to.kinds);
              else if (m.name == "actions_per_hour")
                number(m, at, to.actions_per_hour);
              else if (m.name == "aws")
                aws(m, at, to.aws);
              else
                return false;
              return true;
            });
  }

 private:
  const std::string& path_;
  const tell_problem& fail_;
};

} // namespace

void read_response(const yaml_value& from, const std::string& path, tenant_response& to,
                   const tell_problem& fail) {
  response_reader{path, fail}.all(from, to);
}

std::string write(const tenant_response& r, std::size_t indent) {
  const tenant_response shipped;
  std::string out;
  const auto line = [&](std::size_t deeper, std::string_view name, const std::string& value) {
    out += fmt::format("{:{}}{}: {}\n", "", indent + deeper, name, value);
  };
  const auto named = [&](std::string_view name, const std::map<std::string, std::string>& values) {
    if (values.empty())
      return;
    line(2, name, {});
    for (const auto& [what, mode] : values)
      line(4, quoted(what), mode);
  };
  if (r.mode != shipped.mode)
    line(2, "mode", r.mode);
  named("playbooks", r.playbooks);
  named("kinds", r.kinds);
  if (r.actions_per_hour != shipped.actions_per_hour)
    line(2, "actions_per_hour", std::to_string(r.actions_per_hour));
  if (!(r.aws == shipped.aws)) {
    line(2, "aws", {});
    for (const auto& [name, value] : {std::pair{"role", &r.aws.role},
                                      {"external_id", &r.aws.external_id},
                                      {"organization_role", &r.aws.organization_role}})
      if (!value->empty())
        line(4, name, quoted(*value));
  }
  return out.empty() ? out : fmt::format("{:{}}response:\n", "", indent) + out;
}

} // namespace vedette::config
