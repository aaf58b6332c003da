#include "ingest/formats/kubernetes_identity.hpp"

#include "base/ip_address.hpp"
#include "ingest/joined.hpp"
#include "ingest/secrets.hpp"

namespace vedette::ingest {

namespace {

using base::identity_type;
using base::session_class;
using std::string_view;

constexpr string_view account_prefix = "system:serviceaccount:";
constexpr string_view node_prefix = "system:node:";
constexpr string_view claims = "authentication.kubernetes.io/";

/// The text, or the first text of the list: `extra` holds lists.
string_view first_text(const json_value& value, base::arena& memory) {
  if (value.kind != json_kind::array)
    return text_of(value, memory);
  element_reader e{value};
  return e.next() ? text_of(e.value(), memory) : string_view{};
}

/// What the authenticator said about the credentials (user.extra).
struct credentials {
  string_view id, pod, node, access_key, arn, session_name;
};

credentials read_credentials(const json_value& extra, base::arena& memory) {
  credentials out;
  for (member_reader m{extra}; m.next();) {
    auto key = m.key();
    if (key.starts_with(claims)) {
      key.remove_prefix(claims.size());
      if (key == "credential-id")
        out.id = first_text(m.value(), memory);
      else if (key == "pod-name")
        out.pod = first_text(m.value(), memory);
      else if (key == "node-name")
        out.node = first_text(m.value(), memory);
    } else if (key == "accessKeyId") {
      out.access_key = first_text(m.value(), memory);
    } else if (key == "arn") {
      out.arn = first_text(m.value(), memory);
    } else if (key == "sessionName") {
      out.session_name = first_text(m.value(), memory);
    }
  }
  return out;
}

/// "namespace/pod", the namespace being the service account's.
string_view pod_of(string_view username, string_view pod, base::arena& memory) {
  const auto rest = username.substr(account_prefix.size());
  return joined(memory, {rest.substr(0, rest.find(':')), "/", pod});
}

} // namespace

bool name_kubernetes_caller(string_view username, base::event& out) {
  out.identity = username;
  if (username.starts_with(account_prefix)) {
    out.actor = identity_type::service_account;
  } else if (username.starts_with(node_prefix)) {
    out.actor = identity_type::node;
    out.holder = session_class::instance;
    out.workload = username.substr(node_prefix.size());
  } else if (username == "system:anonymous") {
    out.actor = identity_type::anonymous;
  } else if (username.starts_with("system:") || username.starts_with("eks:") ||
             username.starts_with("aks:") || username == "aksService") {
    // The control plane, and what the provider of a managed cluster runs beside it.
    out.actor = identity_type::service;
    out.holder = session_class::service;
  } else {
    return false;
  }
  return true;
}

void resolve_kubernetes_identity(const kubernetes_record& record, base::arena& memory,
                                 base::event& out) {
  const auto& user = record.user;
  const auto held = read_credentials(user.extra, memory);
  out.identity_name =
      !record.impersonated.name.empty() ? record.impersonated.name : held.session_name;
  if (!held.access_key.empty())
    // The same text as in CloudTrail, so the two logs name one session alike.
    out.session = session_key(held.access_key, memory);
  else
    out.session = held.id;

  if (!name_kubernetes_caller(user.name, out)) {
    out.actor = identity_type::user;
    if (has_element(user.groups, "system:nodes")) {
      out.actor = identity_type::node;
      out.holder = session_class::instance;
      out.workload = held.node;
    } else if (has_element(user.groups, "system:unauthenticated")) {
      out.actor = identity_type::anonymous;
    } else if (held.arn.find("AWSReservedSSO_") != string_view::npos) {
      out.holder = session_class::human;
    } else if (held.id.starts_with("X509SHA256=") || held.access_key.starts_with("AKIA")) {
      // Client certificates cannot be taken back.
      out.holder = session_class::long_term;
    }
  }
  // A token that names no pod was asked for by hand, or is older than bound tokens.
  if (out.actor == identity_type::service_account && !held.pod.empty()) {
    out.holder = session_class::pod;
    out.workload = pod_of(user.name, held.pod, memory);
  }
}

string_view caller_address(const json_value& addresses, base::arena& memory) {
  string_view last, outside;
  for (element_reader e{addresses}; e.next();) {
    const auto text = text_of(e.value(), memory);
    if (text.empty())
      continue;
    last = text;
    if (const auto ip = base::ip_address::parse(text); ip && !ip->is_private())
      outside = text;
  }
  return outside.empty() ? last : outside;
}

} // namespace vedette::ingest
