#include "ingest/formats/m365_identity.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/entra_outcome.hpp"
#include "ingest/formats/microsoft.hpp"

#include <array>

namespace vedette::ingest {

namespace {

using base::has;
using base::identity_type;
using base::outcome;
using base::session_class;
using std::string_view;
using mf = m365_field;

struct kind {
  string_view number, name;
  identity_type actor;
  session_class holder;
};
/// UserType, as the API numbers it and as Log Analytics writes it.
constexpr std::array<kind, 11> user_kinds{{
    {"0", "Regular", identity_type::user, session_class::human},
    {"1", "Reserved", identity_type::user, session_class::human},
    {"2", "Admin", identity_type::user, session_class::human},
    {"3", "DcAdmin", identity_type::service, session_class::service},
    {"4", "System", identity_type::service, session_class::service},
    {"5", "Application", identity_type::application, session_class::unknown},
    {"6", "ServicePrincipal", identity_type::application, session_class::unknown},
    {"7", "CustomPolicy", identity_type::service, session_class::service},
    {"8", "SystemPolicy", identity_type::service, session_class::service},
    {"9", "PartnerTechnician", identity_type::account, session_class::human},
    {"10", "Guest", identity_type::federated, session_class::human},
}};

/// One id for one session of one person, the narrowest that the record has.
string_view session_of(const m365_record& r, base::arena& memory) {
  const auto context = r.value(mf::app_context, memory);
  for (string_view name : {"uniquetokenid", "aadsessionid"})
    if (const auto id = text_of(member_named(context, name), memory); !id.empty())
      return id;
  if (const auto id = r.text(mf::session_id, memory); !id.empty())
    return id;
  return keyed(r.value(mf::device, memory), "SessionId", memory);
}

} // namespace

void resolve_m365_identity(const m365_record& r, base::arena& memory, base::event& out) {
  out.session = session_of(r, memory);
  const auto user = r.text(mf::user, memory);
  out.identity = user.empty() || user == "Not Available" ? r.text(mf::user_key, memory) : user;
  if (out.identity.empty() || out.identity == "Not Available") {
    out.identity = {};
    return;
  }
  const auto type = r.text(mf::user_type, memory);
  for (const auto& k : user_kinds)
    if (type == k.number || same_word(type, k.name)) {
      out.actor = k.actor;
      out.holder = k.holder;
    }
  if (has(out.identity, "#EXT#") || out.identity.starts_with("urn:spo:guest#")) {
    out.actor = identity_type::federated;
  } else if (out.identity.starts_with("urn:spo:anon#") || same_word(out.identity, "anonymous")) {
    out.actor = identity_type::anonymous;
    out.holder = session_class::unknown;
  } else if (out.identity.starts_with("NT AUTHORITY\\") || out.identity == "SHAREPOINT\\system") {
    out.actor = identity_type::service;
    out.holder = session_class::service;
  }
  if (has(out.identity, "@"))
    out.identity_name = out.identity;
}

void judge_m365_outcome(const m365_record& r, base::arena& memory, base::event& out) {
  const auto result = r.text(mf::result, memory);
  const auto logon_error = r.text(mf::logon_error, memory);
  const auto number = r.text(mf::error_number, memory);
  out.result = outcome::ok;
  if (out.action == "UserLoginFailed") {
    // The same codes as in Entra's own log.
    out.result = sign_in_outcome_of(number.empty() ? "50126" : number);
    if (out.result == outcome::ok)
      out.result = outcome::denied;
    out.error = !number.empty() && number != "0" ? number : logon_error;
    return;
  }
  if (has(result, "ccessDenied") || has(result, "nauthorized") || has(result, "orbidden"))
    out.result = outcome::denied;
  else if (same_word(result, "Failed") || same_word(result, "Failure") ||
           same_word(result, "False") || same_word(result, "Error"))
    out.result = outcome::failed;
  if (out.result != outcome::ok)
    out.error = logon_error.empty() ? result : logon_error;
}

} // namespace vedette::ingest
