#include "actors/aggregator_answers.hpp"

#include "base/json_writer.hpp"
#include "respond/alert_json.hpp"
#include "respond/trends/trend_counts.hpp"

#include <limits>

namespace vedette::actors {

namespace {

answer not_found(const char* what, const std::string& id) {
  return {{},
          {base::ec::not_found,
           std::string{"looking up "} + what + " " + id + ": there is none of that id"}};
}

void write_alert(base::json_writer& w, const respond::tenant_state& tenant,
                 const respond::known_alert& a) {
  respond::describe(a.alert, tenant.incident_of(a.alert.id), w);
}

void write_counts(base::json_writer& w, const respond::trend_counts& counts,
                  const respond::alert_filter& range) {
  using day_limits = std::numeric_limits<base::day_number>;
  respond::describe(counts, range.since ? base::day_of(*range.since) : day_limits::min(),
                    range.until ? base::day_of(*range.until) : day_limits::max(), w);
}

answer one_incident(const respond::tenant_state& tenant, const std::string& id) {
  const auto* i = tenant.find_incident(id);
  if (i == nullptr)
    return not_found("incident", id);
  base::json_writer w;
  respond::describe(*i, tenant.actions_of(id), w);
  return {std::string{w.text()}, {}};
}

answer one_action(const respond::tenant_state& tenant, const std::string& id) {
  const auto* a = tenant.find_action(id);
  if (a == nullptr)
    return not_found("action", id);
  base::json_writer w;
  respond::describe(*a, w);
  return {std::string{w.text()}, {}};
}

} // namespace

answer answer_query(const respond::tenant_state& tenant, const tenant_query& q) {
  base::json_writer w;
  switch (q.what) {
  case tenant_query::about::alert: {
    const auto* a = tenant.find_alert(q.id);
    if (a == nullptr)
      return not_found("alert", q.id);
    write_alert(w, tenant, *a);
    break;
  }
  case tenant_query::about::alerts:
    w.begin_array();
    for (const auto* a : tenant.alerts(q.alerts)) {
      w.begin_object();
      w.member("number", a->number).key("alert");
      write_alert(w, tenant, *a);
      w.end_object();
    }
    w.end_array();
    break;
  case tenant_query::about::incident:
    return one_incident(tenant, q.id);
  case tenant_query::about::incidents:
    w.begin_array();
    for (const auto* i : tenant.incidents(q.incidents))
      respond::describe(*i, tenant.actions_of(i->id), w);
    w.end_array();
    break;
  case tenant_query::about::action:
    return one_action(tenant, q.id);
  case tenant_query::about::actions:
    w.begin_array();
    for (const auto* a : tenant.actions(q.actions))
      respond::describe(*a, w);
    w.end_array();
    break;
  case tenant_query::about::trends:
    write_counts(w, tenant.trends(), q.alerts);
    break;
  }
  return {std::string{w.text()}, {}};
}

answer answer_unknown_tenant(const tenant_query& q) {
  switch (q.what) {
  case tenant_query::about::alert:
    return not_found("alert", q.id);
  case tenant_query::about::incident:
    return not_found("incident", q.id);
  case tenant_query::about::action:
    return not_found("action", q.id);
  case tenant_query::about::trends: {
    base::json_writer w;
    write_counts(w, {}, {});
    return {std::string{w.text()}, {}};
  }
  default:
    return {"[]", {}};
  }
}

answer answer_after(const respond::tenant_state& tenant, const respond::operator_command& c) {
  switch (c.what) {
  case respond::verb::approve:
  case respond::verb::reject:
  case respond::verb::revert:
    return one_action(tenant, c.id);
  case respond::verb::acknowledge:
  case respond::verb::close:
    return one_incident(tenant, c.id);
  case respond::verb::freeze:
  case respond::verb::unfreeze:
    break;
  }
  return {std::string{"{\"frozen\":"} + (tenant.frozen() ? "true" : "false") + "}", {}};
}

} // namespace vedette::actors
