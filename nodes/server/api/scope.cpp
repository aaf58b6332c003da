#include "nodes/server/api/scope.hpp"

#include "nodes/config/tenants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vedette::server {

namespace {

base::error wrong(std::string_view parameter, std::string_view value, std::string_view wanted) {
  return {base::ec::invalid_argument,
          fmt::format("?{}={}: {}", parameter, value.substr(0, 64), wanted)};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

std::string_view value_of(const io::http_request& request, std::string_view name) {
  return io::find(request.query, name).value_or(std::string_view{});
}

/// Reads the parameter with `parse` into `to`; absent and empty leave it alone.
template <class T, class Parse>
base::status read(const io::http_request& request, std::string_view name, Parse parse, T& to,
                  std::string_view wanted) {
  const auto text = value_of(request, name);
  if (text.empty())
    return {};
  auto value = parse(text);
  if (!value)
    return wrong(name, text, wanted);
  to = *value;
  return {};
}

constexpr std::string_view severities = "not one of info, low, medium, high, critical";
constexpr std::string_view times = "not a time like 2026-01-02T03:04:05Z";

std::optional<base::alert_state> parse_alert_state(std::string_view text) {
  for (const auto s :
       {base::alert_state::provisional, base::alert_state::final, base::alert_state::withdrawn})
    if (text == to_string(s))
      return s;
  return std::nullopt;
}

} // namespace

base::result<std::vector<base::tenant_id>> tenants_of(const io::principal& who,
                                                      const io::http_request& request,
                                                      const std::set<std::string>& known) {
  if (const auto named = io::find(request.query, "tenant")) {
    if (!config::is_tenant_name(*named))
      return wrong("tenant", *named, "a tenant's name is 1..64 of [a-z0-9._-]");
    const base::tenant_id tenant{std::string{*named}};
    if (!who.sees(tenant))
      return base::error{base::ec::denied, fmt::format("the token '{}' does not see the tenant {}",
                                                       who.name, tenant.value)};
    return std::vector{tenant};
  }
  std::vector<base::tenant_id> out;
  if (who.all_tenants)
    for (const auto& name : known)
      out.push_back({name});
  else
    out = who.tenants;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

base::result<base::tenant_id> one_tenant_of(const io::principal& who,
                                            const io::http_request& request,
                                            const std::set<std::string>& known) {
  auto all = tenants_of(who, request, known);
  if (!all)
    return all.err();
  if (all->size() != 1)
    return base::error{
        base::ec::invalid_argument,
        fmt::format(
            "this call is about one tenant and the token '{}' sees {}: name it with ?tenant=",
            who.name, all->size())};
  return all->front();
}

base::status check_query(const io::http_request& request,
                         std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query)
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string list;
      for (const auto k : known)
        list += fmt::format("{}{}", list.empty() ? "" : ", ", k);
      return base::error{base::ec::invalid_argument,
                         fmt::format("?{}: this call knows {}", name.substr(0, 64),
                                     list.empty() ? "no parameter" : list)};
    }
  return {};
}

std::string to_string(const list_cursor& c) {
  return fmt::format("{}:{}", c.tenant.value, c.number);
}

std::optional<list_cursor> parse_cursor(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !config::is_tenant_name(text.substr(0, colon)))
    return std::nullopt;
  const auto number = parse_number(text.substr(colon + 1));
  if (!number)
    return std::nullopt;
  return list_cursor{{std::string{text.substr(0, colon)}}, *number};
}

base::result<page_request> page_of(const io::http_request& request) {
  page_request out;
  std::uint64_t limit = out.limit;
  if (auto ok = read(request, "limit", parse_number, limit, "not a number"); !ok)
    return ok.err();
  if (limit < 1 || limit > page_max)
    return wrong("limit", value_of(request, "limit"), fmt::format("must be 1..{}", page_max));
  out.limit = limit;
  if (auto ok = read(request, "cursor", parse_cursor, out.cursor,
                     "not a cursor; take `next` of the page before");
      !ok)
    return ok.err();
  return out;
}

base::result<respond::alert_filter> alert_filter_of(const io::http_request& request) {
  respond::alert_filter f;
  f.rule = value_of(request, "rule");
  f.identity = value_of(request, "identity");
  for (auto ok :
       {read(request, "severity", base::parse_severity, f.min_severity, severities),
        read(request, "status", parse_alert_state, f.state,
             "not one of provisional, final, withdrawn"),
        read(request, "since", base::parse_rfc3339, f.since, times),
        read(request, "until", base::parse_rfc3339, f.until, times),
        read(request, "after", parse_number, f.after, "not a number of the alert stream")})
    if (!ok)
      return ok.err();
  return f;
}

base::result<incident_question> incident_question_of(const io::http_request& request) {
  incident_question q;
  q.rule = value_of(request, "rule");
  q.filter.identity = value_of(request, "identity");
  for (auto ok :
       {read(request, "severity", base::parse_severity, q.filter.min_severity, severities),
        read(request, "status", respond::parse_incident_state, q.filter.state,
             "not one of open, acknowledged, closed, merged"),
        read(request, "since", base::parse_rfc3339, q.since, times),
        read(request, "until", base::parse_rfc3339, q.until, times)})
    if (!ok)
      return ok.err();
  return q;
}

base::result<respond::action_filter> action_filter_of(const io::http_request& request) {
  respond::action_filter f;
  f.incident = value_of(request, "incident");
  f.playbook = value_of(request, "playbook");
  if (auto ok = read(request, "status", respond::parse_action_state, f.state,
                     "not one of planned, waiting_approval, approved, runnable, attempted, done, "
                     "failed, expired, "
                     "rejected, refused, reverted");
      !ok)
    return ok.err();
  return f;
}

base::result<respond::trend_table::question> trend_question_of(const io::http_request& request,
                                                               base::day_number today) {
  constexpr std::string_view days =
      "not a day like 2026-01-02, nor a time like 2026-01-02T03:04:05Z";
  respond::trend_table::question q;
  q.rule = value_of(request, "rule");
  q.now = today;
  for (auto ok : {read(request, "severity", base::parse_severity, q.min_severity, severities),
                  read(request, "since", respond::parse_day, q.since, days),
                  read(request, "until", respond::parse_day, q.until, days),
                  read(request, "by", respond::parse_period, q.by, "not one of day, week, month")})
    if (!ok)
      return ok.err();
  return q;
}

} // namespace vedette::server
