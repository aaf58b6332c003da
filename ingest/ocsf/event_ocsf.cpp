#include "ingest/ocsf/event_ocsf.hpp"

#include "ingest/ocsf/ocsf_class.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace vedette::ingest {

namespace {

using base::json_writer;
using std::string_view;

constexpr string_view ocsf_version = "1.8.0";
constexpr int informational = 1, success = 1, failure = 2;

/// As OCSF's examples spell them.
string_view provider_name(base::cloud cloud) noexcept {
  constexpr string_view names[] = {"Unknown",    "AWS",  "Azure",  "GCP",
                                   "Kubernetes", "Okta", "GitHub", "Other"};
  return names[static_cast<std::size_t>(cloud)];
}

void member_if(json_writer& out, string_view name, string_view value) {
  if (!value.empty())
    out.member(name, value);
}

/// Of OCSF's User: 1 a user, 2 an administrator, 3 the system, 4 a service.
int user_type_id(base::identity_type type) noexcept {
  switch (type) {
  case base::identity_type::unknown:
    return 0;
  case base::identity_type::user:
    return 1;
  case base::identity_type::root:
    return 2;
  case base::identity_type::service:
    return 3;
  case base::identity_type::service_account:
  case base::identity_type::application:
    return 4;
  default:
    return 99;
  }
}

void write_user(const base::event& e, json_writer& out) {
  out.begin_object().member("uid", e.identity);
  member_if(out, "name", e.identity_name);
  out.member("type", to_string(e.actor)).member("type_id", user_type_id(e.actor)).end_object();
}

void write_actor(const base::event& e, json_writer& out) {
  out.key("actor").begin_object().key("user");
  write_user(e, out);
  if (!e.session.empty())
    out.key("session").begin_object().member("uid", e.session).end_object();
  out.end_object();
}

void write_source(const base::event& e, json_writer& out) {
  out.key("src_endpoint").begin_object();
  if (e.has_source)
    out.member("ip", to_string(e.source)); // some vendors write zeros in front
  else                                     // the object must say something
    out.member("name", e.source_text.empty() ? string_view{"unknown"} : e.source_text);
  if (!e.country.empty())
    out.key("location").begin_object().member("country", e.country).end_object();
  if (e.asn != 0) {
    out.key("autonomous_system").begin_object().member("number", e.asn);
    member_if(out, "name", e.as_name);
    out.end_object();
  }
  out.end_object();
}

/// "198.51.100.7:443", "[2001:db8::1]:443" and "198.51.100.7", as flow logs name what was reached.
void write_target(string_view reached, json_writer& out) {
  const auto colon = reached.rfind(':');
  const bool bracketed = reached.starts_with('[');
  const bool has_port = colon != string_view::npos && (bracketed || reached.find(':') == colon);
  auto host = has_port ? reached.substr(0, colon) : reached;
  if (bracketed && host.size() > 2)
    host = host.substr(1, host.size() - 2);
  out.key("dst_endpoint").begin_object().member("ip", host);
  int port = 0;
  const auto digits = has_port ? reached.substr(colon + 1) : string_view{};
  if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec == std::errc{})
    out.member("port", port);
  out.end_object();
}

/// What the class demands beside the actor.
void write_object(const base::event& e, ocsf_class of, json_writer& out) {
  switch (of) {
  case ocsf_class::authentication:
    out.key("user");
    write_user(e, out);
    out.key("service").begin_object().member("name", e.service).end_object();
    break;
  case ocsf_class::account_change:
    out.key("user").begin_object().member("uid", e.resources.front()).end_object();
    break;
  case ocsf_class::datastore_activity:
    out.member("type_id", 2).key("databucket").begin_object();
    out.member("uid", e.resources.front())
        .member("type_id", e.provider == base::cloud::aws     ? 1
                           : e.provider == base::cloud::azure ? 2
                           : e.provider == base::cloud::gcp   ? 3
                                                              : 99)
        .end_object();
    break;
  case ocsf_class::network_activity:
    if (!e.resources.empty())
      write_target(e.resources.front(), out);
    break;
  case ocsf_class::api_activity:
    break;
  }
}

void write_unmapped(const base::event& e, ocsf_class of, json_writer& out) {
  out.key("unmapped").begin_object().key("vedette").begin_object();
  member_if(out, "activity", e.activity);
  out.member("outcome", to_string(e.result));
  out.member("session_class", to_string(e.holder));
  member_if(out, "workload", e.workload);
  out.member("source_class", to_string(e.origin));
  out.member("client_class", to_string(e.client));
  // Other classes have one object each.
  if (of != ocsf_class::api_activity && !e.resources.empty())
    out.array("resources", e.resources);
  if (e.target != base::target_class::none) {
    out.member("target_class", to_string(e.target));
    out.key("target_accounts").begin_array();
    for (const auto target : e.targets)
      out.value(target == "*" ? string_view{"everyone"} : target);
    out.end_array();
  }
  if (e.grant != base::grant_class::none)
    out.member("grant_class", to_string(e.grant));
  if (e.bytes > 0)
    out.member("bytes", e.bytes);
  out.member("count", e.count).end_object().end_object();
}

} // namespace

void describe_ocsf(const base::event& e, const base::tenant_id& tenant, json_writer& out) {
  const auto act = ocsf_activity_of(e);
  const int uid = static_cast<int>(act.of);
  const bool worked = e.result == base::outcome::ok;
  out.begin_object()
      .member("activity_id", act.id)
      .member("activity_name", act.name)
      .member("category_uid", uid / 1000)
      .member("category_name", category_name(act.of))
      .member("class_uid", uid)
      .member("class_name", class_name(act.of))
      .member("type_uid", uid * 100 + act.id)
      .member("time",
              std::chrono::floor<std::chrono::milliseconds>(e.time).time_since_epoch().count())
      .member("severity_id", informational)
      .member("severity", "Informational")
      .member("status_id", worked ? success : failure)
      .member("status", worked ? "Success" : "Failure");
  member_if(out, "status_code", e.error);
  out.key("metadata")
      .begin_object()
      .member("version", ocsf_version)
      .member("uid", e.id)
      .member("original_event_uid", e.id)
      .member("original_time", base::format_rfc3339(e.time))
      .member("tenant_uid", tenant.value);
  out.key("product")
      .begin_object()
      .member("name", e.service)
      .member("vendor_name", provider_name(e.provider))
      .end_object();
  // Who acts is no part of a flow, other than as a host saw it.
  out.key("profiles").begin_array().value("cloud");
  if (act.of == ocsf_class::network_activity)
    out.value("host");
  out.end_array().end_object();
  out.key("cloud").begin_object().member("provider", provider_name(e.provider));
  if (!e.account.empty())
    out.key("account").begin_object().member("uid", e.account).end_object();
  member_if(out, "region", e.region);
  out.end_object();
  write_actor(e, out);
  out.key("api").begin_object().member("operation", e.action);
  out.key("service").begin_object().member("name", e.service).end_object().end_object();
  write_source(e, out);
  if (!e.user_agent.empty())
    out.key("http_request").begin_object().member("user_agent", e.user_agent).end_object();
  write_object(e, act.of, out);
  if (act.of == ocsf_class::api_activity && !e.resources.empty()) {
    out.key("resources").begin_array();
    for (const auto resource : e.resources)
      out.begin_object().member("uid", resource).end_object();
    out.end_array();
  }
  write_unmapped(e, act.of, out);
  out.end_object();
}

} // namespace vedette::ingest
