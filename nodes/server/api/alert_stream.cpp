#include "nodes/server/api/alert_stream.hpp"

#include "nodes/server/api/scope.hpp"
#include "respond/alert_json.hpp"

namespace vedette::server {

std::string to_string(const stream_position& at, bool one_tenant) {
  std::string out;
  for (const auto& [tenant, number] : at) {
    if (one_tenant)
      return std::to_string(number);
    out += (out.empty() ? "" : ",") + to_string(list_cursor{{tenant}, number});
  }
  return out;
}

std::optional<stream_position> parse_position(std::string_view text,
                                              const std::optional<base::tenant_id>& only) {
  stream_position out;
  while (!text.empty()) {
    const auto end = text.find(',');
    auto part = std::string{text.substr(0, end)};
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (only && part.find(':') == std::string::npos)
      part = only->value + ":" + part;
    const auto at = parse_cursor(part);
    if (!at)
      return std::nullopt;
    out[at->tenant.value] = at->number;
  }
  return out;
}

bool alert_stream::wants(const respond::published_alert& p) const {
  const auto& a = p.alert;
  return (filter_.tenant ? a.tenant == *filter_.tenant : who_.sees(a.tenant)) &&
         a.severity >= filter_.min_severity &&
         (filter_.rule.empty() || a.rule.value == filter_.rule);
}

void alert_stream::take(const respond::published_alert& p) {
  if (!wants(p))
    return;
  auto json = respond::to_json(p.alert, p.incident);
  const std::lock_guard hold{mutex_};
  if (!catching_up_)
    write(p.alert.tenant.value, p.number, json);
  else if (waiting_.size() < waiting_max)
    waiting_.push_back({p.alert.tenant.value, p.number, std::move(json)});
  else
    out_.close(); // the client resumes where it was, and finds a calmer moment
}

void alert_stream::take_old(const std::string& tenant, std::uint64_t number,
                            std::string_view json) {
  const std::lock_guard hold{mutex_};
  write(tenant, number, json);
}

void alert_stream::caught_up() {
  const std::lock_guard hold{mutex_};
  catching_up_ = false;
  for (const auto& w : waiting_)
    write(w.tenant, w.number, w.json);
  waiting_ = {};
}

void alert_stream::write(const std::string& tenant, std::uint64_t number, std::string_view json) {
  auto& at = at_[tenant];
  if (number <= at)
    return;
  at = number;
  std::string text = "id: " + to_string(at_, filter_.tenant.has_value()) + "\nevent: alert\ndata: ";
  text += json;
  text += "\n\n";
  (void)out_.write(std::move(text)); // false: the stream's end is on its way to whoever subscribed
}

} // namespace vedette::server
