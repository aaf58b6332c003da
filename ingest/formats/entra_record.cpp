#include "ingest/formats/entra_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using std::string_view;
using f = entra_field;

constexpr field_name<entra_field> names_list[] = {
    {"id", f::id},
    {"category", f::category},
    {"type", f::table},
    {"time", f::time},
    {"timegenerated", f::generated},
    {"operationname", f::operation},
    {"tenantid", f::tenant},
    {"aadtenantid", f::tenant},
    {"calleripaddress", f::caller_address},
    {"ipaddress", f::address},
    {"useragent", f::user_agent},
    {"properties", f::properties},
    {"createddatetime", f::created},
    {"resulttype", f::result_type},
    {"status", f::status},
    {"errorcode", f::error_code},
    {"userid", f::user_id},
    {"userprincipalname", f::user_name},
    {"userdisplayname", f::user_shown},
    {"usertype", f::user_type},
    {"appid", f::app_id},
    {"appownertenantid", f::app_owner_tenant},
    {"serviceprincipalid", f::program_id},
    {"serviceprincipalname", f::program_name},
    {"managedidentitytype", f::managed_kind},
    {"clientcredentialtype", f::credential_kind},
    {"resourcetenantid", f::resource_tenant},
    {"hometenantid", f::home_tenant},
    {"uniquetokenidentifier", f::token_id},
    {"signineventtypes", f::event_types},
    {"resourcedisplayname", f::resource_name},
    {"activitydatetime", f::activity_time},
    {"activitydisplayname", f::activity},
    {"initiatedby", f::initiated_by},
    {"targetresources", f::target_resources},
    {"additionaldetails", f::details},
    {"result", f::result},
    {"resultreason", f::result_reason},
    {"requesturi", f::uri},
    {"requestmethod", f::method},
    {"responsestatuscode", f::response_code},
    {"responsesizebytes", f::response_bytes},
    {"signinactivityid", f::sign_in_id},
    {"identityprovider", f::provider},
    {"clientauthmethod", f::client_auth},
    {"requestid", f::request_id},
};
constexpr name_table names{names_list};

entra_log log_of_name(string_view name) noexcept {
  if (name.starts_with("AAD"))
    name.remove_prefix(3);
  struct known {
    string_view name;
    entra_log log;
  };
  constexpr std::array<known, 8> logs{{
      {"SignInLogs", entra_log::people},
      {"NonInteractiveUserSignInLogs", entra_log::people},
      {"ADFSSignInLogs", entra_log::people},
      {"ServicePrincipalSignInLogs", entra_log::programs},
      {"ManagedIdentitySignInLogs", entra_log::managed},
      {"AuditLogs", entra_log::audit},
      {"MicrosoftGraphActivityLogs", entra_log::graph},
      {"GraphActivityLogs", entra_log::graph},
  }};
  for (const auto& k : logs)
    if (same_word(name, k.name))
      return k.log;
  return entra_log::other;
}

bool lists(const json_value& list, string_view wanted) noexcept {
  if (list.kind == json_kind::text)
    return list.inner().find(wanted) != string_view::npos;
  for (element_reader e{list}; e.next();)
    if (e.value().inner() == wanted)
      return true;
  return false;
}

/// Of Graph's own objects, which do not say the log they are of.
entra_log log_of_shape(const field_row<entra_field>& row) noexcept {
  if (row[f::uri])
    return entra_log::graph;
  if (row[f::initiated_by] || row[f::activity])
    return entra_log::audit;
  if (lists(row[f::event_types], "managedIdentity"))
    return entra_log::managed;
  if (lists(row[f::event_types], "servicePrincipal"))
    return entra_log::programs;
  if (row[f::created])
    return entra_log::people;
  return entra_log::other;
}

} // namespace

string_view entra_record::text(entra_field field, base::arena& memory) const {
  return scalar_of(row[field], memory);
}

json_value entra_record::value(entra_field field, base::arena& memory) const {
  return opened(row[field], memory);
}

string_view read(string_view json, json_pass& pass, base::arena& memory, entra_record& out) {
  field_row<entra_field> outer;
  out.row = {};
  const auto nested = [&](std::size_t field, od::value& v) -> std::optional<simdjson::error_code> {
    if (field != static_cast<std::size_t>(f::properties))
      return std::nullopt;
    return add_inside(v, names, out.row.values());
  };
  const auto wrong = read_row(json, pass, names, outer.values(), nested);
  out.fields = pass.fields();
  if (!wrong.empty())
    return wrong;
  if (outer[f::properties])
    add_members(opened(outer[f::properties], memory), names, out.row.values());
  out.category = scalar_of(outer[f::category], memory);
  out.time_misshaped = outer[f::time] && outer[f::time].kind != json_kind::text;
  const auto values = out.row.values();
  for (std::size_t i = 0; i < values.size(); ++i)
    keep_first(values[i], outer.values()[i]);
  out.log = log_of_name(out.category);
  if (out.log == entra_log::other)
    out.log = log_of_name(scalar_of(outer[f::table], memory));
  if (out.log == entra_log::other)
    out.log = log_of_shape(out.row);
  return {};
}

} // namespace vedette::ingest
