#include "respond/alert_ocsf.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>

namespace vedette::respond {
namespace {

constexpr int detection_finding = 2004;
constexpr int findings_category = 2;
constexpr std::string_view ocsf_version = "1.8.0";

struct tactic {
  std::string_view name, uid;
};

// ATT&CK v18. A later tactic is written with its name alone: a wrong uid would be worse than none.
constexpr tactic known_tactics[] = {
    {"collection", "TA0009"},        {"command-and-control", "TA0011"},
    {"credential-access", "TA0006"}, {"defense-evasion", "TA0005"},
    {"discovery", "TA0007"},         {"execution", "TA0002"},
    {"exfiltration", "TA0010"},      {"impact", "TA0040"},
    {"initial-access", "TA0001"},    {"lateral-movement", "TA0008"},
    {"persistence", "TA0003"},       {"privilege-escalation", "TA0004"},
    {"reconnaissance", "TA0043"},    {"resource-development", "TA0042"},
};

std::int64_t milliseconds(base::event_time t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

// "privilege-escalation" -> "Privilege Escalation"; "and" stays small, as ATT&CK writes it.
std::string spoken(std::string_view short_name) {
  std::string out;
  std::size_t at = 0;
  while (at <= short_name.size()) {
    const auto dash = std::min(short_name.find('-', at), short_name.size());
    std::string word{short_name.substr(at, dash - at)};
    if (!word.empty() && word != "and")
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    out += (out.empty() ? "" : " ") + word;
    at = dash + 1;
  }
  return out;
}

std::string_view severity_name(base::severity s) {
  constexpr std::string_view names[] = {"Informational", "Low", "Medium", "High", "Critical"};
  return names[static_cast<int>(s)];
}

struct activity {
  int id;
  std::string_view name;
};

activity activity_of(const base::alert& a) {
  if (a.state == base::alert_state::withdrawn)
    return {3, "Close"};
  return a.revision <= 1 ? activity{1, "Create"} : activity{2, "Update"};
}

void write_attacks(const base::alert& a, base::json_writer& out) {
  out.key("attacks").begin_array();
  for (const auto& ref : a.attack) {
    out.begin_object().key("tactic").begin_object().member("name", spoken(ref.tactic));
    const auto it = std::find_if(std::begin(known_tactics), std::end(known_tactics),
                                 [&](const tactic& t) { return t.name == ref.tactic; });
    if (it != std::end(known_tactics))
      out.member("uid", it->uid);
    out.end_object();
    const auto dot = ref.technique.find('.');
    if (!ref.technique.empty())
      out.key("technique").begin_object().member("uid", ref.technique.substr(0, dot)).end_object();
    if (dot != std::string::npos)
      out.key("sub_technique").begin_object().member("uid", ref.technique).end_object();
    out.end_object();
  }
  out.end_array();
}

void write_finding_info(const base::alert& a, base::json_writer& out) {
  out.key("finding_info")
      .begin_object()
      .member("uid", a.id)
      .member("title", a.title)
      .member("desc", a.why)
      .member("created_time", milliseconds(a.time))
      .member("first_seen_time", milliseconds(a.first_event))
      .member("last_seen_time", milliseconds(a.last_event));
  out.key("analytic")
      .begin_object()
      .member("uid", a.rule.value)
      .member("name", a.title)
      .member("type_id", 1)
      .member("type", "Rule")
      .end_object();
  write_attacks(a, out);
  out.key("related_events").begin_array();
  for (const auto& id : a.events)
    out.begin_object().member("uid", id).end_object();
  out.end_array().member("related_events_count", a.count).end_object();
}

void write_evidences(const base::alert& a, base::json_writer& out) {
  out.key("evidences").begin_array().begin_object().key("actor").begin_object();
  out.key("user")
      .begin_object()
      .member("uid", a.identity_id)
      .member("name", a.identity_name)
      .member("type", a.identity_type)
      .end_object();
  if (!a.session.empty())
    out.key("session").begin_object().member("uid", a.session).end_object();
  out.end_object();
  if (!a.ips.empty())
    out.key("src_endpoint").begin_object().member("ip", a.ips.front()).end_object();
  out.key("data").begin_object();
  for (const auto& [name, json] : a.evidence)
    out.key(name).raw(json);
  out.end_object().end_object().end_array();
}

void write_observables(const base::alert& a, base::json_writer& out) {
  out.key("observables").begin_array();
  for (const auto& ip : a.ips)
    out.begin_object()
        .member("name", "evidences[].src_endpoint.ip")
        .member("type_id", 2)
        .member("type", "IP Address")
        .member("value", ip)
        .end_object();
  out.end_array();
}

} // namespace

void describe_ocsf(const base::alert& a, std::string_view incident, base::json_writer& out) {
  const auto act = activity_of(a);
  const bool closed = a.state == base::alert_state::withdrawn;
  out.begin_object()
      .member("activity_id", act.id)
      .member("activity_name", act.name)
      .member("category_uid", findings_category)
      .member("category_name", "Findings")
      .member("class_uid", detection_finding)
      .member("class_name", "Detection Finding")
      .member("type_uid", detection_finding * 100 + act.id)
      .member("time", milliseconds(a.time))
      .member("severity_id", static_cast<int>(a.severity) + 1)
      .member("severity", severity_name(a.severity))
      .member("status_id", closed ? 4 : 1)
      .member("status", closed ? "Resolved" : "New")
      .member("is_alert", true)
      .member("confidence_id", a.state == base::alert_state::final ? 3 : 2)
      .member("message", a.why);
  out.key("metadata")
      .begin_object()
      .member("version", ocsf_version)
      .member("uid", a.id)
      .member("sequence", a.revision)
      .member("tenant_uid", a.tenant.value);
  if (!incident.empty())
    out.member("correlation_uid", incident);
  out.key("product")
      .begin_object()
      .member("name", "Vedette")
      .member("vendor_name", "Vedette")
      .end_object();
  out.array("profiles", std::vector<std::string>{"cloud"}).end_object();
  out.key("cloud").begin_object().member("provider", a.cloud);
  out.key("account").begin_object().member("uid", a.account).end_object();
  if (!a.regions.empty())
    out.member("region", a.regions.front());
  out.end_object();
  write_finding_info(a, out);
  write_evidences(a, out);
  out.key("resources").begin_array();
  for (const auto& r : a.resources)
    out.begin_object().member("uid", r).end_object();
  out.end_array();
  write_observables(a, out);
  out.end_object();
}

std::string to_ocsf(const base::alert& a, std::string_view incident) {
  base::json_writer out;
  describe_ocsf(a, incident, out);
  return std::string{out.text()};
}

} // namespace vedette::respond
