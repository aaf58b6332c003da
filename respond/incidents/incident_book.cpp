#include "respond/incidents/incident_book.hpp"

#include "base/hash.hpp"
#include "respond/limits.hpp"

#include <algorithm>
#include <tuple>

namespace vedette::respond {
namespace {

constexpr int spans_at_most = 7;
constexpr std::string_view address_prefix = "address|";

bool tells_apart(std::string_view address, const base::tenant_settings& tenant) {
  const auto ip = base::ip_address::parse(address);
  if (!ip || ip->is_private())
    return false;
  auto inside = [&](const base::ip_network& n) { return n.contains(*ip); };
  return std::none_of(tenant.own_networks.begin(), tenant.own_networks.end(), inside) &&
         std::none_of(tenant.corporate_networks.begin(), tenant.corporate_networks.end(), inside);
}

void add(std::vector<std::string>& keys, std::string_view kind, std::string_view value) {
  if (value.empty())
    return;
  std::string key{kind};
  key += value;
  if (std::find(keys.begin(), keys.end(), key) == keys.end())
    keys.push_back(std::move(key));
}

bool takes_alerts(const incident& i) {
  return i.state == incident_state::open || i.state == incident_state::acknowledged;
}

bool near(const incident& i, base::event_time t, base::duration span) {
  if (t < i.first_verdict)
    return i.first_verdict - t <= span && i.last_verdict - t <= span * spans_at_most;
  if (t > i.last_verdict)
    return t - i.last_verdict <= span && t - i.first_verdict <= span * spans_at_most;
  return true;
}

incident_alert digest(const base::alert& a) {
  incident_alert out{a.id, a.rule.value, a.title, a.severity, a.state, a.time, a.identity_id, {}};
  for (const auto& ref : a.attack)
    if (std::find(out.tactics.begin(), out.tactics.end(), ref.tactic) == out.tactics.end())
      out.tactics.push_back(ref.tactic);
  return out;
}

} // namespace

std::vector<std::string> incident_book::keys_of(const base::alert& a,
                                                const base::tenant_settings& tenant) const {
  std::vector<std::string> keys;
  add(keys, "identity|", a.identity_id);
  add(keys, "session|", a.session);
  if (!a.resources.empty())
    add(keys, "resource|", a.resources.front());
  switch (a.kind) {
  case base::entity_kind::identity:
    add(keys, "identity|", a.entity);
    break;
  case base::entity_kind::session:
    add(keys, "session|", a.entity);
    break;
  case base::entity_kind::resource:
    add(keys, "resource|", a.entity);
    break;
  case base::entity_kind::address:
    if (tells_apart(a.entity, tenant))
      add(keys, address_prefix, a.entity);
    break;
  default:
    break;
  }
  for (const auto& ip : a.ips)
    if (tells_apart(ip, tenant))
      add(keys, address_prefix, ip);
  return keys;
}

std::vector<std::string> incident_book::candidates(const base::alert& a,
                                                   const std::vector<std::string>& keys,
                                                   base::duration span) const {
  std::vector<std::string> out;
  for (const auto& key : keys) {
    const auto it = data_.keys.find(key);
    if (it == data_.keys.end() || it->second.identities.size() > limits::address_identities)
      continue;
    const auto* i = survivor(it->second.incident);
    if (i && takes_alerts(*i) && near(*i, a.time, span) &&
        std::find(out.begin(), out.end(), i->id) == out.end())
      out.push_back(i->id);
  }
  std::sort(out.begin(), out.end(),
            [&](const auto& x, const auto& y) { return find(x)->number < find(y)->number; });
  return out;
}

joined incident_book::take(const base::alert& a, base::receive_time at, base::duration span,
                           const base::tenant_settings& tenant,
                           std::span<const incident_rule> rules) {
  joined out;
  auto home = home_of(a.id);
  const auto keys = keys_of(a, tenant);
  if (home.empty() && a.state == base::alert_state::withdrawn)
    return out;

  auto found = a.state == base::alert_state::withdrawn ? std::vector<std::string>{}
                                                       : candidates(a, keys, span);
  if (!home.empty()) {
    // A revision stays where it is; only if that incident still takes alerts can it connect others.
    std::erase(found, home);
    if (!takes_alerts(*find(home)))
      found.clear();
    found.push_back(home);
    std::sort(found.begin(), found.end(),
              [&](const auto& x, const auto& y) { return find(x)->number < find(y)->number; });
  }
  if (found.empty()) {
    out.opened = true;
    found.push_back(open(a, at).id);
  }
  auto& i = *find(found.front());
  for (std::size_t n = 1; n < found.size(); ++n) {
    merge(i, *find(found[n]), at);
    out.merged.push_back(found[n]);
  }
  out.incident = i.id;
  record(i, a, at);
  claim(i, a, keys);
  out.new_rules = judge(i, at, rules);
  return out;
}

incident& incident_book::open(const base::alert& a, base::receive_time at) {
  make_room();
  incident i;
  i.id = incident_id(a.tenant, a.id);
  i.tenant = a.tenant;
  i.number = ++data_.opened;
  i.title = a.title;
  i.cloud = a.cloud;
  i.account = a.account;
  i.first_event = a.first_event;
  i.last_event = a.last_event;
  i.first_verdict = i.last_verdict = a.time;
  i.opened = i.changed = at;
  tell(i, {at, timeline_entry::kind::incident, "opened by alert " + a.rule.value, a.id});
  auto [it, added] = data_.incidents.insert_or_assign(i.id, std::move(i));
  return it->second;
}

void incident_book::merge(incident& into, incident& from, base::receive_time at) {
  for (auto& a : from.alerts) {
    data_.homes[a.id] = into.id;
    if (into.alerts.size() < limits::incident_alerts)
      into.alerts.push_back(a);
    else
      ++into.alerts_not_listed;
  }
  into.alerts_not_listed += from.alerts_not_listed;
  for (const auto& key : from.keys) {
    const bool listed = std::find(into.keys.begin(), into.keys.end(), key) != into.keys.end();
    if (!listed && into.keys.size() >= limits::incident_keys) {
      data_.keys.erase(key); // an entry that no incident lists would outlive them all
      continue;
    }
    if (!listed)
      into.keys.push_back(key);
    data_.keys[key].incident = into.id;
  }
  into.first_event = std::min(into.first_event, from.first_event);
  into.last_event = std::max(into.last_event, from.last_event);
  into.first_verdict = std::min(into.first_verdict, from.first_verdict);
  into.last_verdict = std::max(into.last_verdict, from.last_verdict);
  for (const auto& rule : from.rules)
    if (std::find(into.rules.begin(), into.rules.end(), rule) == into.rules.end())
      into.rules.push_back(rule);
  if (from.rules_severity > into.rules_severity) {
    into.rules_severity = from.rules_severity;
    into.rules_title = from.rules_title;
  }
  into.took_over.push_back(from.id);
  into.took_over.insert(into.took_over.end(), from.took_over.begin(), from.took_over.end());
  from.state = incident_state::merged;
  from.merged_into = into.id;
  from.changed = at;
  tell(from, {at, timeline_entry::kind::incident, "merged into an older incident", into.id});
  tell(into, {at, timeline_entry::kind::incident, "took over a newer incident", from.id});
}

void incident_book::record(incident& i, const base::alert& a, base::receive_time at) {
  const bool came_before = !data_.homes.insert_or_assign(a.id, i.id).second;
  i.changed = at;
  i.first_event = std::min(i.first_event, a.first_event);
  i.last_event = std::max(i.last_event, a.last_event);
  auto now = digest(a);
  auto known = std::find_if(i.alerts.begin(), i.alerts.end(),
                            [&](const incident_alert& x) { return x.id == a.id; });
  if (known == i.alerts.end() && came_before)
    return; // a revision of one of those that were only counted
  if (known == i.alerts.end()) {
    i.first_verdict = std::min(i.first_verdict, a.time);
    i.last_verdict = std::max(i.last_verdict, a.time);
    tell(i, {at, timeline_entry::kind::alert,
             std::string{to_string(a.severity)} + ": " + a.title + (a.why.empty() ? "" : " — ") +
                 a.why,
             a.id});
    if (i.alerts.size() < limits::incident_alerts)
      i.alerts.push_back(std::move(now));
    else
      ++i.alerts_not_listed;
    return;
  }
  if (known->severity != now.severity || known->state != now.state)
    tell(i, {at, timeline_entry::kind::alert,
             "now " + std::string{to_string(a.severity)} + ", " + std::string{to_string(a.state)} +
                 ": " + a.title,
             a.id});
  *known = std::move(now);
}

void incident_book::claim(incident& i, const base::alert& a, const std::vector<std::string>& keys) {
  if (!takes_alerts(i))
    return;
  const auto who = base::hash64(a.identity_id);
  for (const auto& key : keys) {
    auto listed = std::find(i.keys.begin(), i.keys.end(), key) != i.keys.end();
    if (!listed) {
      if (i.keys.size() >= limits::incident_keys)
        continue;
      i.keys.push_back(key);
    }
    auto& entry = data_.keys[key];
    entry.incident = i.id;
    auto& ids = entry.identities;
    if (key.starts_with(address_prefix) && ids.size() <= limits::address_identities &&
        std::find(ids.begin(), ids.end(), who) == ids.end())
      ids.push_back(who);
  }
}

std::vector<std::string> incident_book::judge(incident& i, base::receive_time at,
                                              std::span<const incident_rule> rules) {
  std::vector<std::string> fresh;
  for (const auto& rule : rules) {
    if (std::find(i.rules.begin(), i.rules.end(), rule.name) != i.rules.end() || !holds(rule, i))
      continue;
    i.rules.push_back(rule.name);
    fresh.push_back(rule.name);
    if (rule.severity > i.rules_severity || i.rules_title.empty()) {
      i.rules_severity = std::max(i.rules_severity, rule.severity);
      i.rules_title = rule.title;
    }
    tell(i, {at, timeline_entry::kind::incident, "recognised " + rule.title, rule.name});
  }
  const auto before = i.severity;
  i.severity = severity_of(i);
  i.title = title_of(i);
  if (i.severity != before && i.alerts.size() > 1)
    tell(i, {at, timeline_entry::kind::incident,
             "severity is now " + std::string{to_string(i.severity)}, i.id});
  return fresh;
}

void incident_book::make_room() {
  while (data_.incidents.size() >= limits::incidents_kept) {
    auto rank = [](const incident& i) {
      const int state = i.state == incident_state::merged   ? 0
                        : i.state == incident_state::closed ? 1
                                                            : 2;
      return std::tuple{state, i.changed, i.number};
    };
    auto victim = std::min_element(
        data_.incidents.begin(), data_.incidents.end(),
        [&](const auto& x, const auto& y) { return rank(x.second) < rank(y.second); });
    for (const auto& key : victim->second.keys)
      if (auto it = data_.keys.find(key);
          it != data_.keys.end() && it->second.incident == victim->first)
        data_.keys.erase(it);
    for (const auto& a : victim->second.alerts)
      if (auto it = data_.homes.find(a.id); it != data_.homes.end() && it->second == victim->first)
        data_.homes.erase(it);
    data_.incidents.erase(victim);
  }
}

void incident_book::forget(std::string_view alert) {
  if (auto it = data_.homes.find(alert); it != data_.homes.end())
    data_.homes.erase(it);
}

const incident* incident_book::find(std::string_view id) const {
  auto it = data_.incidents.find(id);
  return it == data_.incidents.end() ? nullptr : &it->second;
}

incident* incident_book::find(std::string_view id) {
  auto it = data_.incidents.find(id);
  return it == data_.incidents.end() ? nullptr : &it->second;
}

const incident* incident_book::survivor(std::string_view id) const {
  const auto* i = find(id);
  // Older incidents survive, so numbers fall along the way and it ends.
  while (i && i->state == incident_state::merged)
    i = find(i->merged_into);
  return i;
}

std::string incident_book::home_of(std::string_view alert) const {
  auto it = data_.homes.find(alert);
  if (it == data_.homes.end())
    return {};
  const auto* i = survivor(it->second);
  return i ? i->id : std::string{};
}

} // namespace vedette::respond
