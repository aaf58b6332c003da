#include "respond/playbooks/text_template.hpp"

#include "base/json_writer.hpp"
#include "respond/limits.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

constexpr std::string_view field_names[] = {
    "tenant",
    "tenant.break_glass",
    "incident.id",
    "incident.title",
    "incident.severity",
    "alert.id",
    "alert.rule",
    "alert.title",
    "alert.why",
    "alert.severity",
    "alert.time",
    "alert.first_event",
    "alert.last_event",
    "cloud",
    "account",
    "identity.id",
    "identity.name",
    "identity.type",
    "session",
    "region",
    "regions",
    "ip",
    "ips",
    "resource",
    "resources",
    "item",
    "planned.time",
};

// AWS gives an organisation's own administrators this role in each account it creates; a lock that
// also locks it out could only be undone by AWS support.
constexpr std::string_view recovery_role = "arn:aws:iam::*:role/OrganizationAccountAccessRole";

std::vector<std::string> one(std::string value) {
  if (value.empty())
    return {};
  return {std::move(value)};
}

std::vector<std::string> first(const std::vector<std::string>& values) {
  return values.empty() ? std::vector<std::string>{} : one(values.front());
}

bool deferred(std::string_view name) {
  return name.starts_with("attempt.") || name.starts_with("result.") || name.starts_with("prior.");
}

std::string escaped(std::string_view value) {
  base::json_writer json;
  json.value(value);
  return std::string{json.text().substr(1, json.text().size() - 2)};
}

std::string json_list(const std::vector<std::string>& values) {
  base::json_writer json;
  json.begin_array();
  for (const auto& v : values)
    json.value(v);
  json.end_array();
  return std::string{json.text()};
}

// Whether the end of `text` stands inside a JSON string, given whether its start does.
bool inside_quotes(std::string_view text, bool inside) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && inside)
      ++i;
    else if (text[i] == '"')
      inside = !inside;
  }
  return inside;
}

} // namespace

std::optional<plan_field> parse_plan_field(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(field_names); ++i)
    if (field_names[i] == name)
      return static_cast<plan_field>(i);
  return std::nullopt;
}

std::string_view to_string(plan_field f) noexcept {
  return field_names[static_cast<int>(f)];
}

std::string_view leaf_of(std::string_view text) noexcept {
  const auto at = text.find_last_of("/:");
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

std::vector<std::string> values_of(plan_field f, const plan_context& c) {
  const auto& a = c.alert;
  switch (f) {
  case plan_field::tenant:
    return one(a.tenant.value);
  case plan_field::tenant_break_glass: {
    auto out = c.settings.tenant.break_glass;
    out.emplace_back(recovery_role);
    // What response works as must be able to take back what it did.
    if (const auto& role = c.settings.tenant.response.aws.role; !role.empty())
      out.push_back(role.starts_with("arn:") ? role : "arn:*:iam::*:role/" + role);
    return out;
  }
  case plan_field::incident_id:
    return one(c.incident.id);
  case plan_field::incident_title:
    return one(c.incident.title);
  case plan_field::incident_severity:
    return one(std::string{to_string(c.incident.severity)});
  case plan_field::alert_id:
    return one(a.id);
  case plan_field::alert_rule:
    return one(a.rule.value);
  case plan_field::alert_title:
    return one(a.title);
  case plan_field::alert_why:
    return one(a.why);
  case plan_field::alert_severity:
    return one(std::string{to_string(a.severity)});
  case plan_field::alert_time:
    return one(base::format_rfc3339(a.time));
  case plan_field::alert_first_event:
    return one(base::format_rfc3339(a.first_event));
  case plan_field::alert_last_event:
    return one(base::format_rfc3339(a.last_event));
  case plan_field::cloud:
    return one(a.cloud);
  case plan_field::account:
    return one(a.account);
  case plan_field::identity_id:
    return one(a.identity_id);
  case plan_field::identity_name:
    return one(a.identity_name);
  case plan_field::identity_type:
    return one(a.identity_type);
  case plan_field::session:
    return one(a.session);
  case plan_field::region:
    return first(a.regions);
  case plan_field::regions:
    return a.regions;
  case plan_field::ip:
    return first(a.ips);
  case plan_field::ips:
    return a.ips;
  case plan_field::resource:
    return first(a.resources);
  case plan_field::resources:
    return a.resources;
  case plan_field::item:
    return one(c.item);
  case plan_field::planned_time:
    return one(base::format_rfc3339(c.planned_at));
  }
  return {};
}

base::result<text_template::part> text_template::placeholder(std::string_view inside) {
  part p;
  auto name = inside;
  if (const auto bar = inside.find('|'); bar != std::string_view::npos) {
    name = inside.substr(0, bar);
    const auto how = inside.substr(bar + 1);
    if (how == "leaf")
      p.how = filter::leaf;
    else if (how == "list")
      p.how = filter::list;
    else
      return base::error{base::ec::malformed, "unknown filter '" + std::string{how} + "' in ${" +
                                                  std::string{inside} + "}: use leaf or list"};
  }
  p.field = parse_plan_field(name);
  if (!p.field)
    return base::error{base::ec::malformed, "unknown field ${" + std::string{name} +
                                                "}: docs/playbooks.md lists the fields"};
  return p;
}

base::result<text_template> text_template::parse(std::string_view text) {
  text_template out;
  out.document_ = text.starts_with('{') || text.starts_with('[');
  bool inside = false;
  std::string literal;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto open = text.find("${", at);
    literal += text.substr(at, open - at);
    inside = inside_quotes(text.substr(at, open - at), inside);
    if (open == std::string_view::npos)
      break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos)
      return base::error{base::ec::malformed, "a placeholder is not closed: write ${field}"};
    const auto name = text.substr(open + 2, close - open - 2);
    at = close + 1;
    if (deferred(name)) {
      literal += text.substr(open, at - open);
      continue;
    }
    auto p = placeholder(name);
    if (!p)
      return p.err();
    const bool list = p->how == filter::list;
    if (out.document_ && inside == list)
      return base::error{base::ec::malformed, "${" + std::string{name} + "} must stand " +
                                                  (list ? "outside" : "inside") +
                                                  " quotes in a JSON document"};
    if (!out.document_ && list)
      return base::error{base::ec::malformed,
                         "${" + std::string{name} + "}: lists belong into JSON documents"};
    p->literal = std::exchange(literal, {});
    out.parts_.push_back(std::move(*p));
  }
  if (!literal.empty())
    out.parts_.push_back({std::move(literal), std::nullopt, filter::none});
  return out;
}

base::result<std::string> text_template::fill(const plan_context& c) const {
  std::string out;
  for (const auto& p : parts_) {
    out += p.literal;
    if (!p.field)
      continue;
    const auto values = values_of(*p.field, c);
    if (values.empty())
      return base::error{base::ec::not_found, "needs " + std::string{to_string(*p.field)} +
                                                  ", which the alert does not have"};
    if (p.how == filter::list) {
      out += json_list(values);
      continue;
    }
    std::string joined;
    for (const auto& v : values) {
      if (!joined.empty())
        joined += ',';
      joined += p.how == filter::leaf ? leaf_of(v) : std::string_view{v};
    }
    if (joined.find("${") != std::string::npos)
      return base::error{base::ec::malformed,
                         std::string{to_string(*p.field)} +
                             " holds a placeholder of its own: refused, because "
                             "the executor would fill it"};
    out += document_ ? escaped(joined) : joined;
  }
  if (out.size() > limits::parameter_bytes)
    return base::error{base::ec::too_large, "a parameter has " + std::to_string(out.size()) +
                                                " bytes; the limit is " +
                                                std::to_string(limits::parameter_bytes)};
  return out;
}

bool text_template::uses_item() const noexcept {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const part& p) { return p.field == plan_field::item; });
}

} // namespace vedette::respond
