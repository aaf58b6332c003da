#include "ingest/formats/entra_identity.hpp"

#include "ingest/formats/microsoft.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::identity_type;
using base::session_class;
using std::string_view;
using ef = entra_field;

/// Directory services that act on behalf of nobody.
bool is_microsofts_agent(string_view name) noexcept {
  constexpr std::array<string_view, 7> agents{"Managed Service Identity",
                                              "Windows Azure Service Management API",
                                              "Microsoft Azure AD Internal - Jit Provisioning",
                                              "Device Registration Service",
                                              "Azure AD Identity Governance - Directory Management",
                                              "Microsoft Approval Management",
                                              "MS-PIM"};
  return std::ranges::find(agents, name) != agents.end();
}

session_class holder_of_credential(string_view kind) noexcept {
  if (same_word(kind, "clientSecret") || same_word(kind, "certificate") ||
      same_word(kind, "clientAssertion"))
    return session_class::long_term;
  return session_class::unknown;
}

void name_person(string_view id, string_view name, bool guest, base::event& out) {
  out.identity = is_set_id(id) ? id : !name.empty() ? name : id;
  out.identity_name = name;
  if (out.identity.empty())
    return;
  out.actor = guest ? identity_type::federated : identity_type::user;
  out.holder = session_class::human;
}

void name_program(string_view id, string_view name, string_view app, base::event& out) {
  out.identity = is_set_id(id) ? id : !app.empty() ? app : name;
  out.identity_name = name.empty() ? app : name;
  if (!out.identity.empty())
    out.actor = identity_type::application;
}

void resolve_initiator(const entra_record& r, base::arena& memory, base::event& out) {
  const auto name = r.text(ef::by_user_name, memory);
  name_person(r.text(ef::by_user_id, memory), name, name.find("#EXT#") != string_view::npos, out);
  if (out.identity_name.empty())
    out.identity_name = r.text(ef::by_user_shown, memory);
  if (out.identity.empty())
    name_person({}, out.identity_name, false, out);
  if (out.source_text.empty())
    out.source_text = bare_address(r.text(ef::by_user_address, memory));
  if (!out.identity.empty())
    return;
  const auto app = r.text(ef::by_app_shown, memory);
  name_program(r.text(ef::by_program, memory), app, r.text(ef::by_app, memory), out);
  if (is_microsofts_agent(app)) {
    out.actor = identity_type::service;
    out.holder = session_class::service;
  }
}

/// A home tenant that is not the one signed in to.
bool comes_from_outside(const entra_record& r, base::arena& memory) {
  if (same_word(r.text(ef::user_type, memory), "Guest"))
    return true;
  const auto home = r.text(ef::home_tenant, memory);
  const auto here = r.text(ef::resource_tenant, memory);
  return is_set_id(home) && is_set_id(here) && !same_word(home, here);
}

} // namespace

void resolve_entra_identity(const entra_record& r, base::arena& memory, base::event& out) {
  const auto text = [&](ef field) { return r.text(field, memory); };
  switch (r.log) {
  case entra_log::audit:
    return resolve_initiator(r, memory, out);
  case entra_log::programs:
  case entra_log::managed:
    name_program(text(ef::program_id), text(ef::program_name), text(ef::app_id), out);
    out.session = text(ef::token_id);
    out.holder = holder_of_credential(text(ef::credential_kind));
    if (r.log == entra_log::managed && !out.identity.empty()) {
      out.actor = identity_type::service_account;
      out.holder = session_class::unknown;
    }
    return;
  case entra_log::graph: {
    const auto user = text(ef::user_id);
    if (is_set_id(user))
      name_person(user, {}, false, out);
    else
      name_program(text(ef::program_id), {}, text(ef::app_id), out);
    // 1 a secret, 2 a certificate; people's public clients have 0.
    const auto auth = text(ef::client_auth);
    if (out.actor == identity_type::application && (auth == "1" || auth == "2"))
      out.holder = session_class::long_term;
    out.session = text(ef::sign_in_id);
    return;
  }
  default: {
    const auto name = text(ef::user_name);
    name_person(text(ef::user_id), name.empty() ? text(ef::user_shown) : name,
                comes_from_outside(r, memory), out);
    out.session = text(ef::token_id);
  }
  }
}

string_view home_tenant(const entra_record& r, base::arena& memory) {
  auto home = r.text(ef::home_tenant, memory);
  if (r.log == entra_log::programs && is_set_id(r.text(ef::app_owner_tenant, memory)))
    home = r.text(ef::app_owner_tenant, memory);
  if (r.log == entra_log::graph)
    home = tenant_of_issuer(r.text(ef::provider, memory));
  return is_set_id(home) && !is_microsofts_tenant(home) ? home : string_view{};
}

} // namespace vedette::ingest
