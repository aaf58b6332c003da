#include "ingest/formats/azure_identity.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/joined.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

using base::identity_type;
using base::session_class;
using std::string_view;

/// People come from their home tenant; the provider that vouched for a guest is another.
bool is_guest(const azure_token& t, string_view known_as) noexcept {
  if (known_as.find("#EXT#") != string_view::npos)
    return true;
  if (t.provider.empty())
    return false;
  const auto home = tenant_of_issuer(t.provider);
  return home.empty() || (!t.tenant.empty() && !same_word(home, t.tenant));
}

void classify_program(const azure_token& t, base::event& out) {
  out.actor = identity_type::application;
  out.identity_name = t.app;
  out.workload = !t.runs_on.empty() ? t.runs_on : t.issued_for;
  if (!t.issued_for.empty()) {
    out.actor = identity_type::service_account;
    out.holder = holder_of_resource(out.workload);
  } else if (t.app_auth == "1" || t.app_auth == "2") {
    // A secret or a certificate of its own
    out.holder = session_class::long_term;
  }
}

void classify_person(const azure_token& t, string_view known_as, base::event& out) {
  out.actor = is_guest(t, known_as) ? identity_type::federated : identity_type::user;
  out.holder = session_class::human;
  out.identity_name = known_as;
}

void name_nobody(base::event& out) {
  if (out.source_text.empty())
    return;
  out.identity = "anonymous";
  out.actor = identity_type::anonymous;
}

} // namespace

void resolve_azure_identity(const azure_record& r, base::arena& memory, base::event& out) {
  const auto& t = r.token;
  if (out.source_text.empty())
    out.source_text = bare_address(t.address);
  out.session = t.id;
  out.client = client_of_app(t.app);
  // The assignment that allowed it says who, when nothing else does.
  const bool told = !t.object.empty() && !(t.kind.empty() && t.upn.empty() && t.mail.empty());
  const auto evidence = told ? json_value{} : member(r.authorization, "evidence");
  const auto principal = text_of(member(evidence, "principalId"), memory);
  const auto named = r.named.empty() ? r.caller : r.named;
  const auto known_as = !t.upn.empty()                         ? t.upn
                        : !t.mail.empty()                      ? t.mail
                        : named.find('@') != string_view::npos ? named
                                                               : t.name;
  out.identity = !t.object.empty() ? t.object : !named.empty() ? named : principal;
  if (out.identity.empty())
    out.identity = t.app;
  if (out.identity.empty())
    return name_nobody(out);
  const auto principal_type = member(evidence, "principalType").inner();
  if (!is_guid(out.identity) && out.identity.find('@') == string_view::npos && t.object.empty() &&
      named.find('.') != string_view::npos && named.find(' ') == string_view::npos) {
    // "Microsoft.RecoveryServices": a service of Azure acting on its own.
    out.actor = identity_type::service;
    out.holder = session_class::service;
  } else if (t.kind == "app" || principal_type == "ServicePrincipal" || !t.issued_for.empty() ||
             (known_as.empty() && !t.app.empty())) {
    classify_program(t, out);
  } else if (!known_as.empty() || t.kind == "user" || principal_type == "User" ||
             !r.named.empty()) {
    classify_person(t, known_as, out);
  } else {
    // A GUID and no token: programs are called by their object's id, people by their address.
    out.actor = identity_type::application;
  }
}

void resolve_storage_identity(const azure_record& r, base::arena& memory, base::event& out) {
  // "key1(…),SasSignature(…)": hashes, and the last is the narrowest.
  if (const auto open = r.auth_hash.rfind('('); open != string_view::npos)
    out.session = r.auth_hash.substr(
        open + 1, std::min<std::size_t>(32, r.auth_hash.find(')', open) - open - 1));
  else
    out.session = r.auth_hash.substr(0, 32);
  const auto object = r.requester_id;
  const auto app = r.requester_app;
  out.identity_name = r.requester_name;
  if (is_set_id(object)) {
    out.identity = object;
    const bool person = !out.identity_name.empty();
    out.actor = person ? identity_type::user : identity_type::application;
    out.holder = person ? session_class::human : session_class::unknown;
    if (!person)
      out.identity_name = app;
    return;
  }
  if (same_word(r.auth_kind, "TrustedAccess")) {
    out.identity = "trusted Microsoft service";
    out.actor = identity_type::service;
    out.holder = session_class::service;
  } else if (same_word(r.auth_kind, "Anonymous") || r.auth_kind.empty()) {
    name_nobody(out);
  } else {
    // Whoever holds the account's key, or something signed with it.
    const auto of = r.account.empty() ? id_part(r.resource, "storageAccounts") : r.account;
    out.identity = joined(memory, {of, "/", lowered(r.auth_kind, memory)});
    out.holder = session_class::long_term;
  }
}

} // namespace vedette::ingest
