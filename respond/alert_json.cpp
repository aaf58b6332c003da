#include "respond/alert_json.hpp"

namespace vedette::respond {

void describe(const base::alert& a, std::string_view incident, base::json_writer& out) {
  out.begin_object()
      .member("alert_id", a.id)
      .member("tenant", a.tenant.value)
      .member("rule", a.rule.value)
      .member("title", a.title)
      .member("severity", to_string(a.severity))
      .member("control", to_string(a.control))
      .member("time", base::format_rfc3339(a.time))
      .member("first_event", base::format_rfc3339(a.first_event))
      .member("last_event", base::format_rfc3339(a.last_event))
      .member("count", a.count)
      .member("cloud", a.cloud)
      .member("account", a.account)
      .array("regions", a.regions);
  out.key("identity")
      .begin_object()
      .member("id", a.identity_id)
      .member("type", a.identity_type)
      .member("name", a.identity_name)
      .end_object();
  out.key("source")
      .begin_object()
      .array("ips", a.ips)
      .array("asn", a.asns)
      .array("countries", a.countries)
      .end_object();
  out.member("session", a.session);
  out.key("entity")
      .begin_object()
      .member("kind", to_string(a.kind))
      .member("key", a.entity)
      .member("episode", a.episode)
      .end_object();
  out.member("revision", a.revision)
      .member("state", to_string(a.state))
      .member("incident", incident)
      .member("late", a.late)
      .member("baseline", a.baseline_complete ? "complete" : "incomplete");
  out.key("evidence").begin_object();
  for (const auto& [name, json] : a.evidence)
    out.key(name).raw(json);
  out.end_object();
  out.array("resources", a.resources).array("events", a.events);
  out.key("attack").begin_array();
  for (const auto& ref : a.attack)
    out.begin_object().member("tactic", ref.tactic).member("technique", ref.technique).end_object();
  out.end_array().member("why", a.why).member("suppressed", a.suppressed).end_object();
}

std::string to_json(const base::alert& a, std::string_view incident) {
  base::json_writer out;
  describe(a, incident, out);
  return std::string{out.text()};
}

} // namespace vedette::respond
