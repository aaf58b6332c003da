#include "nodes/client/alert_tally.hpp"

#include "base/alert.hpp"
#include "base/hash.hpp"
#include "nodes/server/api/json.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace vedette::client {

namespace {

using server::text_at;

std::optional<base::alert_state> state_of(std::string_view text) {
  for (const auto s :
       {base::alert_state::provisional, base::alert_state::final, base::alert_state::withdrawn})
    if (text == to_string(s))
      return s;
  return std::nullopt;
}

/// What counting looks at.
base::result<base::alert> alert_of(server::json_value v) {
  const auto wrong = [](const char* member) {
    return base::error{base::ec::malformed, std::string{"reading an alert: it has no '"} + member +
                                                "' as `vedette replay -o json` writes it"};
  };
  base::alert a;
  a.id = text_at(v, "alert_id");
  a.tenant.value = text_at(v, "tenant");
  a.rule.value = text_at(v, "rule");
  if (a.id.empty() || a.rule.value.empty())
    return wrong(a.id.empty() ? "alert_id" : "rule");
  const auto severity = base::parse_severity(text_at(v, "severity"));
  const auto state = state_of(text_at(v, "state"));
  const auto first = base::parse_rfc3339(text_at(v, "first_event"));
  if (!severity || !state || !first)
    return wrong(!severity ? "severity" : !state ? "state" : "first_event");
  a.severity = *severity;
  a.state = *state;
  a.first_event = *first;
  a.revision = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      server::number_at(v, "revision"), std::numeric_limits<std::uint32_t>::max()));
  a.cloud = text_at(v, "cloud");
  a.identity_type = text_at(v, "identity.type");
  a.resources = server::texts_at(v, "resources");
  return a;
}

} // namespace

base::status alert_tally::take(std::string_view line) {
  const auto doc = server::json_document::parse(line, "an alert");
  if (!doc)
    return doc.err();
  const auto a = alert_of(doc->root());
  if (!a)
    return a.err();
  const auto key = base::hash64(a->id, base::hash64(a->tenant.value));
  auto known = alerts_.find(key);
  if (known != alerts_.end() && known->second.revision >= a->revision)
    return {};
  if (known == alerts_.end()) {
    if (alerts_.size() >= alerts_max)
      return base::error{base::ec::too_large, "counting alerts: there are more than 20 million; "
                                              "count a part of them at a time"};
    known = alerts_.emplace(key, seen{}).first;
  }
  auto& counts = tenants_[a->tenant.value];
  if (const auto place = respond::unpack(known->second.counted))
    counts.take_back(a->rule, *place);
  const auto place = respond::place_of(*a, now_);
  if (place)
    counts.add(a->rule, *place);
  known->second = {a->revision, respond::pack(place)};
  return {};
}

respond::trend_table alert_tally::table(respond::trend_table::question q,
                                        const std::string& tenant) const {
  base::day_number newest = 0;
  for (const auto& [name, counts] : tenants_)
    if (tenant.empty() || name == tenant)
      newest = std::max(newest, counts.all().newest);
  q.now = std::min(newest + 1, base::day_of(now_));
  if (!q.until)
    q.until = newest + 1;
  respond::trend_table out{std::move(q)};
  for (const auto& [name, counts] : tenants_) {
    if (!tenant.empty() && name != tenant)
      continue;
    const auto place = out.tenant(name, counts.all().exact_from);
    respond::for_each(counts, 0, std::numeric_limits<base::day_number>::max(),
                      [&](base::day_number day, std::string_view rule, base::severity s,
                          respond::resource_class what,
                          std::uint64_t alerts) { out.add(place, day, rule, s, what, alerts); });
  }
  return out;
}

} // namespace vedette::client
