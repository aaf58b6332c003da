#include "actors/tenant_codec.hpp"

#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/packed.hpp"

#include <tenant.capnp.h>

#include <algorithm>
#include <utility>

namespace vedette::actors {

namespace {

using schemas::enumerator;
using schemas::text;
using schemas::texts;
using schemas::time_at;

constexpr std::uint16_t tenant_format_known = 1;
/// A tenant at every limit at once costs about 60 MB (respond/limits.hpp).
constexpr std::size_t tenant_bytes_max = std::size_t{1} << 30;

void demand_tenant(bool holds, const char* what) {
  if (!holds)
    schemas::refuse(base::ec::malformed, std::string{"decoding a tenant's state: "} + what);
}

/// Adds to the end of a map; what was written came from one, so keys ascend.
template <class Map>
void append(Map& map, std::string key, typename Map::mapped_type value) {
  demand_tenant(map.empty() || std::prev(map.end())->first < key, "its keys are not in order");
  map.emplace_hint(map.end(), std::move(key), std::move(value));
}

respond::alert_book::data alerts(wire::Tenant::Reader in) {
  respond::alert_book::data book;
  std::vector<std::uint64_t> numbers;
  for (const auto a : in.getAlerts()) {
    auto alert = schemas::decode_alert(schemas::view(a.getAlert()));
    if (!alert)
      schemas::refuse(alert.err().code, alert.err().context);
    auto id = alert->id;
    numbers.push_back(a.getNumber());
    append(book.alerts, std::move(id),
           {std::move(*alert), a.getNumber(), time_at(a.getFirstAt()), time_at(a.getAt())});
  }
  std::sort(numbers.begin(), numbers.end());
  demand_tenant(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end(),
                "two alerts have one number");
  book.numbers = in.getAlertNumbers();
  const auto hashes = in.getLeftHashes();
  const auto revisions = in.getLeftRevisions();
  demand_tenant(hashes.size() == revisions.size(), "its forgotten alerts do not add up");
  for (unsigned i = 0; i < hashes.size(); ++i) {
    demand_tenant(book.left.emplace(hashes[i], respond::left_alert{revisions[i], 0}).second,
                  "an alert was forgotten twice");
    book.left_order.push_back(hashes[i]);
  }
  return book;
}

respond::incident incident(wire::Incident::Reader in) {
  respond::incident i;
  i.id = text(in.getId());
  i.tenant.value = text(in.getTenant());
  i.number = in.getNumber();
  i.state = enumerator(in.getState(), respond::incident_state::merged, "an incident's state");
  i.merged_into = text(in.getMergedInto());
  i.took_over = texts(in.getTookOver());
  i.severity = enumerator(in.getSeverity(), base::severity::critical, "an incident's severity");
  i.title = text(in.getTitle());
  i.cloud = text(in.getCloud());
  i.account = text(in.getAccount());
  i.first_event = time_at(in.getFirstEvent());
  i.last_event = time_at(in.getLastEvent());
  i.first_verdict = time_at(in.getFirstVerdict());
  i.last_verdict = time_at(in.getLastVerdict());
  i.opened = time_at(in.getOpened());
  i.changed = time_at(in.getChanged());
  for (const auto a : in.getAlerts())
    i.alerts.push_back(
        {text(a.getId()), text(a.getRule()), text(a.getTitle()),
         enumerator(a.getSeverity(), base::severity::critical, "an incident's alert's severity"),
         enumerator(a.getState(), base::alert_state::withdrawn, "an incident's alert's state"),
         time_at(a.getTime()), text(a.getIdentity()), texts(a.getTactics())});
  i.alerts_not_listed = in.getAlertsNotListed();
  i.keys = texts(in.getKeys());
  i.rules = texts(in.getRules());
  i.rules_title = text(in.getRulesTitle());
  i.rules_severity =
      enumerator(in.getRulesSeverity(), base::severity::critical, "an incident's severity");
  for (const auto t : in.getTimeline())
    i.timeline.push_back(
        {time_at(t.getAt()),
         enumerator(t.getWhat(), respond::timeline_entry::kind::action, "a line of an incident"),
         text(t.getText()), text(t.getRef())});
  i.timeline_not_listed = in.getTimelineNotListed();
  i.handled_by = text(in.getHandledBy());
  return i;
}

/// Merged incidents lead to older ones, so following them ends.
void check_merges(const respond::incident_book::data& book) {
  for (const auto& [id, i] : book.incidents) {
    if (i.state != respond::incident_state::merged)
      continue;
    const auto into = book.incidents.find(i.merged_into);
    demand_tenant(into == book.incidents.end() || into->second.number < i.number,
                  "an incident was merged into a younger one");
  }
}

respond::incident_book::data incidents(wire::Tenant::Reader in) {
  respond::incident_book::data book;
  for (const auto i : in.getIncidents()) {
    auto made = incident(i);
    auto id = made.id;
    append(book.incidents, std::move(id), std::move(made));
  }
  check_merges(book);
  for (const auto k : in.getIncidentKeys()) {
    respond::incident_book::key_entry entry{text(k.getIncident()), {}};
    for (const auto hash : k.getIdentities())
      entry.identities.push_back(hash);
    append(book.keys, text(k.getKey()), std::move(entry));
  }
  for (const auto h : in.getHomes())
    append(book.homes, text(h.getFirst()), text(h.getSecond()));
  book.opened = in.getOpened();
  return book;
}

std::vector<respond::vendor_call> calls(capnp::List<wire::VendorCall>::Reader list) {
  std::vector<respond::vendor_call> out;
  out.reserve(list.size());
  for (const auto c : list) {
    auto& call = out.emplace_back();
    call.api = text(c.getApi());
    for (const auto p : c.getParameters())
      call.parameters.emplace_back(text(p.getFirst()), text(p.getSecond()));
  }
  return out;
}

respond::action_plan plan(wire::ActionPlan::Reader in) {
  respond::action_plan p;
  p.playbook = text(in.getPlaybook());
  p.step = text(in.getStep());
  p.position = in.getPosition();
  p.kind = enumerator(in.getKind(), static_cast<respond::step_kind>(respond::step_kinds - 1),
                      "an action's kind");
  p.repeats = enumerator(in.getRepeats(), respond::step_class::may_repeat, "an action's class");
  p.approval = enumerator(in.getApproval(), respond::approval_rule::two, "an action's approval");
  p.mode = enumerator(in.getMode(), respond::mode::automatic, "an action's mode");
  p.target = text(in.getTarget());
  p.calls = calls(in.getCalls());
  p.inverse = calls(in.getInverse());
  p.time_to_live = base::duration{in.getTimeToLive()};
  p.stop_on_failure = in.getStopOnFailure();
  return p;
}

respond::action action(wire::Action::Reader in) {
  respond::action a;
  a.id = text(in.getId());
  a.tenant.value = text(in.getTenant());
  a.incident = text(in.getIncident());
  a.alert = text(in.getAlert());
  a.item = text(in.getItem());
  a.number = in.getNumber();
  a.plan = plan(in.getPlan());
  a.plan_hash = text(in.getPlanHash());
  a.state = enumerator(in.getState(), respond::action_state::reverted, "an action's state");
  a.reason = text(in.getReason());
  a.note = text(in.getNote());
  a.intent_committed = in.getIntentCommitted();
  a.counted = in.getCounted();
  for (const auto one : in.getApprovals())
    a.approvals.push_back({text(one.getWho()), time_at(one.getAt())});
  a.attempts = in.getAttempts();
  for (const auto p : in.getPrior())
    append(a.prior, text(p.getFirst()), text(p.getSecond()));
  for (const auto p : in.getResults())
    append(a.results, text(p.getFirst()), text(p.getSecond()));
  a.reverts = text(in.getReverts());
  a.planned_at = time_at(in.getPlannedAt());
  a.expires_at = time_at(in.getExpiresAt());
  a.finished_at = time_at(in.getFinishedAt());
  if (in.getAttempted())
    a.attempted_at = time_at(in.getAttemptedAt());
  return a;
}

respond::action_book::data actions(wire::Tenant::Reader in) {
  respond::action_book::data book;
  std::vector<std::uint64_t> numbers;
  for (const auto a : in.getActions()) {
    auto made = action(a);
    auto id = made.id;
    numbers.push_back(made.number);
    append(book.actions, std::move(id), std::move(made));
  }
  std::sort(numbers.begin(), numbers.end());
  demand_tenant(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end(),
                "two actions have one number");
  book.planned = in.getPlanned();
  book.not_planned = in.getNotPlanned();
  book.frozen = in.getFrozen();
  book.frozen_by = text(in.getFrozenBy());
  return book;
}

respond::day_maxima maxima(wire::Tenant::Reader in) {
  respond::day_maxima::parts p;
  for (const auto s : in.getSeries()) {
    auto& one = p.series.emplace_back();
    one.account = text(s.getAccount());
    one.rule = text(s.getRule());
    one.measure = text(s.getMeasure());
    one.days.newest = s.getNewest();
    const auto values = s.getValues();
    demand_tenant(values.size() == one.days.values.size(), "a series has another number of days");
    for (unsigned i = 0; i < values.size(); ++i)
      one.days.values[i] = values[i];
  }
  const auto key = [](const auto& s) { return std::tie(s.account, s.rule, s.measure); };
  for (std::size_t i = 1; i < p.series.size(); ++i)
    demand_tenant(key(p.series[i - 1]) < key(p.series[i]), "its series are not in order");
  for (const auto w : in.getWatched())
    append(p.first_watched, text(w.getAccount()), w.getSince());
  p.refused = in.getSeriesNotStarted();
  return respond::day_maxima::restore(std::move(p));
}

respond::trend_counts::data trends(wire::Trends::Reader in, respond::alert_book::data& book) {
  respond::trend_counts::data counts;
  counts.rules = texts(in.getRules());
  for (const auto d : in.getDays()) {
    const auto keys = d.getCells(), alerts = d.getAlerts();
    demand_tenant(keys.size() == alerts.size(), "the counts of a day do not add up");
    demand_tenant(counts.days.empty() || counts.days.rbegin()->first < d.getDay(),
                  "its days are not in order");
    auto& cells = counts.days[d.getDay()];
    for (unsigned i = 0; i < keys.size(); ++i)
      cells.push_back(
          {static_cast<std::uint16_t>(keys[i] >> 16),
           enumerator(keys[i] >> 8 & 0xff, base::severity::critical, "a count's severity"),
           enumerator(keys[i] & 0xff,
                      static_cast<respond::resource_class>(respond::resource_classes - 1),
                      "a count's resource class"),
           alerts[i]});
  }
  counts.newest = in.getNewest();
  counts.exact_from = in.getExactFrom();
  const auto wrong = respond::trend_counts::check(counts);
  demand_tenant(wrong.empty(), wrong.data());
  const auto left = in.getLeftCounted();
  demand_tenant(left.size() == book.left_order.size(), "its forgotten alerts do not add up");
  for (unsigned i = 0; i < left.size(); ++i)
    book.left.at(book.left_order[i]).counted = left[i];
  return counts;
}

void read(wire::Tenant::Reader in, respond::tenant_state::data& out) {
  if (in.getFormat() > tenant_format_known)
    schemas::refuse(base::ec::unsupported, "decoding a tenant's state: format " +
                                               std::to_string(in.getFormat()) +
                                               " is of a later build; upgrade this one");
  demand_tenant(in.getFormat() > 0, "it names no format");
  out.tenant.value = text(in.getTenant());
  out.now = time_at(in.getNow());
  out.alerts = alerts(in);
  out.incidents = incidents(in);
  out.actions = actions(in);
  out.maxima = maxima(in);
  if (in.hasTrends())
    out.trends = trends(in.getTrends(), out.alerts);
}

} // namespace

base::result<respond::tenant_state::data> decode_tenant(std::string_view bytes) {
  respond::tenant_state::data out;
  if (auto done = schemas::guarded_packed<wire::Tenant>("a tenant's state", bytes, tenant_bytes_max,
                                                        [&](auto in) { read(in, out); });
      !done)
    return done.err();
  return out;
}

} // namespace vedette::actors
