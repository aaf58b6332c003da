#include "actors/tenant_codec.hpp"

#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/packed.hpp"

#include <tenant.capnp.h>

namespace vedette::actors {

namespace {

using schemas::as_data;
using schemas::length_of;
using schemas::ns_of;
using schemas::put_texts;

constexpr std::uint16_t tenant_format_written = 1;

template <class E>
std::uint8_t number(E e) {
  return static_cast<std::uint8_t>(e);
}

/// Takes everything apart: a member added in respond does not compile until it is stored here.
[[maybe_unused]] void members(const respond::tenant_state::data& all, const respond::known_alert& k,
                              const respond::incident& i, const respond::incident_alert& ia,
                              const respond::timeline_entry& t, const respond::action& a,
                              const respond::action_plan& p, const respond::vendor_call& c,
                              const respond::day_series& s, const respond::trend_counts::data& n,
                              const respond::left_alert& l) {
  [[maybe_unused]] const auto& [all1, all2, all3, all4, all5, all6, all7] = all;
  [[maybe_unused]] const auto& [all_alerts1, all_alerts2, all_alerts3, all_alerts4] = all.alerts;
  [[maybe_unused]] const auto& [all_incidents1, all_incidents2, all_incidents3, all_incidents4] =
      all.incidents;
  [[maybe_unused]] const auto& [all_actions1, all_actions2, all_actions3, all_actions4,
                                all_actions5] = all.actions;
  [[maybe_unused]] const auto& [k1, k2, k3, k4] = k;
  [[maybe_unused]] const auto& [i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15,
                                i16, i17, i18, i19, i20, i21, i22, i23, i24, i25] = i;
  [[maybe_unused]] const auto& [ia1, ia2, ia3, ia4, ia5, ia6, ia7, ia8] = ia;
  [[maybe_unused]] const auto& [t1, t2, t3, t4] = t;
  [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,
                                a16, a17, a18, a19, a20, a21, a22] = a;
  [[maybe_unused]] const auto& [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12] = p;
  [[maybe_unused]] const auto& [c1, c2] = c;
  [[maybe_unused]] const auto& [s1, s2] = s;
  [[maybe_unused]] const auto& [n1, n2, n3, n4] = n;
  [[maybe_unused]] const auto& [l1, l2] = l;
}

/// Maps and lists of pairs alike.
template <class Pairs>
void put_pairs(const Pairs& pairs, capnp::List<wire::Pair>::Builder out) {
  unsigned i = 0;
  for (const auto& [first, second] : pairs) {
    out[i].setFirst(as_data(first));
    out[i].setSecond(as_data(second));
    ++i;
  }
}

void put(const respond::alert_book::data& book, wire::Tenant::Builder out) {
  auto alerts = out.initAlerts(length_of(book.alerts));
  unsigned i = 0;
  for (const auto& [id, known] : book.alerts) {
    VEDETTE_ASSERT(id == known.alert.id);
    auto to = alerts[i++];
    to.setAlert(as_data(schemas::encode(known.alert)));
    to.setNumber(known.number);
    to.setFirstAt(ns_of(known.first_at));
    to.setAt(ns_of(known.at));
  }
  out.setAlertNumbers(book.numbers);
  VEDETTE_ASSERT(book.left.size() == book.left_order.size());
  auto hashes = out.initLeftHashes(length_of(book.left_order));
  auto revisions = out.initLeftRevisions(length_of(book.left_order));
  for (unsigned k = 0; k < hashes.size(); ++k) {
    hashes.set(k, book.left_order[k]);
    revisions.set(k, book.left.at(book.left_order[k]).revision);
  }
}

void put(const respond::incident& i, wire::Incident::Builder out) {
  out.setId(as_data(i.id));
  out.setTenant(as_data(i.tenant.value));
  out.setNumber(i.number);
  out.setState(number(i.state));
  out.setMergedInto(as_data(i.merged_into));
  put_texts(out.initTookOver(length_of(i.took_over)), i.took_over);
  out.setSeverity(number(i.severity));
  out.setTitle(as_data(i.title));
  out.setCloud(as_data(i.cloud));
  out.setAccount(as_data(i.account));
  out.setFirstEvent(ns_of(i.first_event));
  out.setLastEvent(ns_of(i.last_event));
  out.setFirstVerdict(ns_of(i.first_verdict));
  out.setLastVerdict(ns_of(i.last_verdict));
  out.setOpened(ns_of(i.opened));
  out.setChanged(ns_of(i.changed));
  auto alerts = out.initAlerts(length_of(i.alerts));
  for (unsigned k = 0; k < alerts.size(); ++k) {
    const auto& a = i.alerts[k];
    auto to = alerts[k];
    to.setId(as_data(a.id));
    to.setRule(as_data(a.rule));
    to.setTitle(as_data(a.title));
    to.setSeverity(number(a.severity));
    to.setState(number(a.state));
    to.setTime(ns_of(a.time));
    to.setIdentity(as_data(a.identity));
    put_texts(to.initTactics(length_of(a.tactics)), a.tactics);
  }
  out.setAlertsNotListed(i.alerts_not_listed);
  put_texts(out.initKeys(length_of(i.keys)), i.keys);
  put_texts(out.initRules(length_of(i.rules)), i.rules);
  out.setRulesTitle(as_data(i.rules_title));
  out.setRulesSeverity(number(i.rules_severity));
  auto timeline = out.initTimeline(length_of(i.timeline));
  for (unsigned k = 0; k < timeline.size(); ++k) {
    timeline[k].setAt(ns_of(i.timeline[k].at));
    timeline[k].setWhat(number(i.timeline[k].what));
    timeline[k].setText(as_data(i.timeline[k].text));
    timeline[k].setRef(as_data(i.timeline[k].ref));
  }
  out.setTimelineNotListed(i.timeline_not_listed);
  out.setHandledBy(as_data(i.handled_by));
}

void put(const respond::incident_book::data& book, wire::Tenant::Builder out) {
  auto incidents = out.initIncidents(length_of(book.incidents));
  unsigned i = 0;
  for (const auto& [id, incident] : book.incidents) {
    VEDETTE_ASSERT(id == incident.id);
    put(incident, incidents[i++]);
  }
  auto keys = out.initIncidentKeys(length_of(book.keys));
  i = 0;
  for (const auto& [key, entry] : book.keys) {
    keys[i].setKey(as_data(key));
    keys[i].setIncident(as_data(entry.incident));
    auto identities = keys[i++].initIdentities(length_of(entry.identities));
    for (unsigned k = 0; k < identities.size(); ++k)
      identities.set(k, entry.identities[k]);
  }
  put_pairs(book.homes, out.initHomes(length_of(book.homes)));
  out.setOpened(book.opened);
}

void put(const std::vector<respond::vendor_call>& calls,
         capnp::List<wire::VendorCall>::Builder out) {
  for (unsigned i = 0; i < out.size(); ++i) {
    out[i].setApi(as_data(calls[i].api));
    put_pairs(calls[i].parameters, out[i].initParameters(length_of(calls[i].parameters)));
  }
}

void put(const respond::action_plan& p, wire::ActionPlan::Builder out) {
  out.setPlaybook(as_data(p.playbook));
  out.setStep(as_data(p.step));
  out.setPosition(p.position);
  out.setKind(number(p.kind));
  out.setRepeats(number(p.repeats));
  out.setApproval(number(p.approval));
  out.setMode(number(p.mode));
  out.setStopOnFailure(p.stop_on_failure);
  out.setTarget(as_data(p.target));
  put(p.calls, out.initCalls(length_of(p.calls)));
  put(p.inverse, out.initInverse(length_of(p.inverse)));
  out.setTimeToLive(p.time_to_live.count());
}

void put(const respond::action& a, wire::Action::Builder out) {
  out.setId(as_data(a.id));
  out.setTenant(as_data(a.tenant.value));
  out.setIncident(as_data(a.incident));
  out.setAlert(as_data(a.alert));
  out.setItem(as_data(a.item));
  out.setNumber(a.number);
  put(a.plan, out.initPlan());
  out.setPlanHash(as_data(a.plan_hash));
  out.setState(number(a.state));
  out.setReason(as_data(a.reason));
  out.setNote(as_data(a.note));
  out.setIntentCommitted(a.intent_committed);
  out.setCounted(a.counted);
  auto approvals = out.initApprovals(length_of(a.approvals));
  for (unsigned i = 0; i < approvals.size(); ++i) {
    approvals[i].setWho(as_data(a.approvals[i].who));
    approvals[i].setAt(ns_of(a.approvals[i].at));
  }
  out.setAttempts(a.attempts);
  put_pairs(a.prior, out.initPrior(length_of(a.prior)));
  put_pairs(a.results, out.initResults(length_of(a.results)));
  out.setReverts(as_data(a.reverts));
  out.setPlannedAt(ns_of(a.planned_at));
  out.setExpiresAt(ns_of(a.expires_at));
  out.setFinishedAt(ns_of(a.finished_at));
  out.setAttempted(a.attempted_at.has_value());
  out.setAttemptedAt(a.attempted_at ? ns_of(*a.attempted_at) : 0);
}

void put(const respond::action_book::data& book, wire::Tenant::Builder out) {
  auto actions = out.initActions(length_of(book.actions));
  unsigned i = 0;
  for (const auto& [id, action] : book.actions) {
    VEDETTE_ASSERT(id == action.id);
    put(action, actions[i++]);
  }
  out.setPlanned(book.planned);
  out.setNotPlanned(book.not_planned);
  out.setFrozen(book.frozen);
  out.setFrozenBy(as_data(book.frozen_by));
}

void put(const respond::day_maxima::parts& maxima, wire::Tenant::Builder out) {
  auto series = out.initSeries(length_of(maxima.series));
  for (unsigned i = 0; i < series.size(); ++i) {
    const auto& s = maxima.series[i];
    series[i].setAccount(as_data(s.account));
    series[i].setRule(as_data(s.rule));
    series[i].setMeasure(as_data(s.measure));
    series[i].setNewest(s.days.newest);
    auto values = series[i].initValues(length_of(s.days.values));
    for (unsigned k = 0; k < values.size(); ++k)
      values.set(k, s.days.values[k]);
  }
  auto watched = out.initWatched(length_of(maxima.first_watched));
  unsigned i = 0;
  for (const auto& [account, since] : maxima.first_watched) {
    watched[i].setAccount(as_data(account));
    watched[i++].setSince(since);
  }
  out.setSeriesNotStarted(maxima.refused);
}

void put(const respond::trend_counts::data& counts, const respond::alert_book::data& book,
         wire::Trends::Builder out) {
  put_texts(out.initRules(length_of(counts.rules)), counts.rules);
  auto days = out.initDays(length_of(counts.days));
  unsigned i = 0;
  for (const auto& [day, cells] : counts.days) {
    auto to = days[i++];
    to.setDay(day);
    auto keys = to.initCells(length_of(cells));
    auto alerts = to.initAlerts(length_of(cells));
    for (unsigned k = 0; k < keys.size(); ++k) {
      const auto& c = cells[k];
      keys.set(k, std::uint32_t{c.rule} << 16 | std::uint32_t{number(c.severity)} << 8 |
                      number(c.what));
      alerts.set(k, c.alerts);
    }
  }
  out.setNewest(counts.newest);
  out.setExactFrom(counts.exact_from);
  auto left = out.initLeftCounted(length_of(book.left_order));
  for (unsigned k = 0; k < left.size(); ++k)
    left.set(k, book.left.at(book.left_order[k]).counted);
}

/// Without counts the bytes are those of the builds that had none: copies of one build and of the
/// other compare them.
wire::Tenant::Builder root_of(capnp::MallocMessageBuilder& message, bool counts) {
  constexpr std::uint16_t words_before = 7, pointers_before = 11;
  if (counts)
    return message.initRoot<wire::Tenant>();
  return message.getRoot<capnp::AnyPointer>()
      .initAsAnyStruct(words_before, pointers_before)
      .as<wire::Tenant>();
}

} // namespace

std::string encode(const respond::tenant_state::data& state) {
  capnp::MallocMessageBuilder message;
  auto out = root_of(message, state.trends.has_value());
  out.setFormat(tenant_format_written);
  out.setTenant(as_data(state.tenant.value));
  out.setNow(ns_of(state.now));
  put(state.alerts, out);
  put(state.incidents, out);
  put(state.actions, out);
  put(state.maxima.dismantle(), out);
  if (state.trends)
    put(*state.trends, state.alerts, out.initTrends());
  return schemas::to_packed_bytes(message);
}

} // namespace vedette::actors
