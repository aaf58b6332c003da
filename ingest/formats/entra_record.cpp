#include "ingest/formats/entra_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using std::string_view;
using ef = entra_field;

constexpr field_name<entra_field> entra_names_list[] = {
    {"id", ef::id},
    {"category", ef::category},
    {"type", ef::table},
    {"time", ef::time},
    {"timeGenerated", ef::generated},
    {"operationName", ef::operation},
    {"tenantId", ef::tenant},
    {"aadTenantId", ef::tenant},
    {"callerIpAddress", ef::caller_address},
    {"ipAddress", ef::address},
    {"userAgent", ef::user_agent},
    {"properties", ef::properties},
    {"createdDateTime", ef::created},
    {"resultType", ef::result_type},
    {"status", ef::status},
    {"errorCode", ef::error_code},
    {"userId", ef::user_id},
    {"userPrincipalName", ef::user_name},
    {"userDisplayName", ef::user_shown},
    {"userType", ef::user_type},
    {"appId", ef::app_id},
    {"appOwnerTenantId", ef::app_owner_tenant},
    {"servicePrincipalId", ef::program_id},
    {"servicePrincipalName", ef::program_name},
    {"managedIdentityType", ef::managed_kind},
    {"clientCredentialType", ef::credential_kind},
    {"resourceTenantId", ef::resource_tenant},
    {"homeTenantId", ef::home_tenant},
    {"uniqueTokenIdentifier", ef::token_id},
    {"signInEventTypes", ef::event_types},
    {"resourceDisplayName", ef::resource_name},
    {"activityDateTime", ef::activity_time},
    {"activityDisplayName", ef::activity},
    {"initiatedBy", ef::initiated_by},
    {"targetResources", ef::target_resources},
    {"additionalDetails", ef::details},
    {"result", ef::result},
    {"resultReason", ef::result_reason},
    {"requestUri", ef::uri},
    {"requestMethod", ef::method},
    {"responseStatusCode", ef::response_code},
    {"responseSizeBytes", ef::response_bytes},
    {"signInActivityId", ef::sign_in_id},
    {"identityProvider", ef::provider},
    {"clientAuthMethod", ef::client_auth},
    {"requestId", ef::request_id},
};
constexpr name_table entra_names{entra_names_list};

constexpr field_name<entra_field> user_names_list[] = {
    {"id", ef::by_user_id},
    {"userPrincipalName", ef::by_user_name},
    {"displayName", ef::by_user_shown},
    {"ipAddress", ef::by_user_address},
};
constexpr name_table user_names{user_names_list};

constexpr field_name<entra_field> app_names_list[] = {
    {"appId", ef::by_app},
    {"displayName", ef::by_app_shown},
    {"servicePrincipalId", ef::by_program},
};
constexpr name_table app_names{app_names_list};

/// Whose names an initiator's member has: {"user": {…}, "app": {…}}.
const name_table* names_of(string_view kind) noexcept {
  return kind == "user" ? &user_names : kind == "app" ? &app_names : nullptr;
}

/// Calls `use(element)` for each object in the value, when it is a list.
template <class Use>
simdjson::error_code each_object(od::value& v, Use&& use) noexcept {
  const auto token = token_of(v);
  if (token.empty() || token.front() != '[')
    return simdjson::SUCCESS;
  od::array list;
  if (auto error = v.get_array().get(list); error != simdjson::SUCCESS)
    return error;
  for (auto item : list) {
    od::value element;
    if (auto error = std::move(item).get(element); error != simdjson::SUCCESS)
      return error;
    if (!is_object(element))
      continue;
    if (auto error = use(element); error != simdjson::SUCCESS)
      return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code add_properties(od::value& list, entra_changes& out) noexcept {
  return each_object(list, [&](od::value& element) {
    entra_property property;
    const auto error = inside(element, [&](string_view key, od::value& v) {
      json_value value;
      take_json(v, value);
      (void)set_member(property, key, value);
      return simdjson::SUCCESS;
    });
    out.add(property);
    return error;
  });
}

simdjson::error_code add_targets(od::value& list, entra_changes& out) noexcept {
  return each_object(list, [&](od::value& element) {
    entra_target target;
    const auto error = inside(element, [&](string_view key, od::value& v) -> simdjson::error_code {
      if (key == "modifiedProperties")
        return add_properties(v, out);
      json_value value;
      take_json(v, value);
      (void)set_member(target, key, value);
      return simdjson::SUCCESS;
    });
    out.add(target);
    return error;
  });
}

/// One field of the record or of its properties; what an audit record holds deeper is taken as the
/// pass goes by.
simdjson::error_code add_field(std::size_t field, od::value& v, std::span<json_value> row,
                               entra_changes& changes) noexcept {
  const auto token = token_of(v);
  const char first = token.empty() ? '\0' : token.front();
  const auto is = [&](ef wanted) { return field == static_cast<std::size_t>(wanted); };
  if (is(ef::initiated_by) && first == '{')
    return inside(v, [&](string_view kind, od::value& who) {
      const auto* listed = names_of(kind);
      if (listed == nullptr)
        return simdjson::SUCCESS;
      keep_first(row[field], {json_kind::object, "{}"});
      return add_inside(who, *listed, row);
    });
  if (is(ef::target_resources) && first == '[')
    return add_targets(v, changes);
  if (is(ef::details) && first == '[')
    return add_properties(v, changes);
  if (field < row.size()) {
    json_value value;
    take_json(v, value);
    keep_first(row[field], value);
  }
  return simdjson::SUCCESS;
}

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

bool names_kind(const json_value& list, string_view wanted) noexcept {
  if (list.kind == json_kind::text)
    return list.inner().find(wanted) != string_view::npos;
  for (element_reader e{list}; e.next();)
    if (e.value().inner() == wanted)
      return true;
  return false;
}

/// Of Graph's own objects, which do not say the log they are of.
entra_log log_of_shape(const field_row<entra_field>& row) noexcept {
  if (row[ef::uri])
    return entra_log::graph;
  if (row[ef::initiated_by] || row[ef::activity])
    return entra_log::audit;
  if (names_kind(row[ef::event_types], "managedIdentity"))
    return entra_log::managed;
  if (names_kind(row[ef::event_types], "servicePrincipal"))
    return entra_log::programs;
  if (row[ef::created])
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
  out.changes.clear();
  const auto wrong = pass.run(json, [&](string_view key, od::value& v) {
    const auto field = entra_names.find(key);
    if (field == static_cast<std::size_t>(ef::properties) && is_object(v))
      return inside(v, [&](string_view k, od::value& child) {
        return add_field(entra_names.find(k), child, out.row.values(), out.changes);
      });
    return add_field(field, v, outer.values(), out.changes);
  });
  out.fields = pass.fields();
  if (!wrong.empty())
    return wrong;
  if (outer[ef::properties])
    add_members(opened(outer[ef::properties], memory), entra_names, out.row.values());
  out.category = scalar_of(outer[ef::category], memory);
  out.time_misshaped = outer[ef::time] && outer[ef::time].kind != json_kind::text;
  const auto values = out.row.values();
  for (std::size_t i = 0; i < values.size(); ++i)
    keep_first(values[i], outer.values()[i]);
  // An initiator in text, or in properties that are.
  if (const auto& by = out.row[ef::initiated_by]; by && by.raw != "{}")
    for (member_reader m{opened(by, memory)}; m.next();)
      if (const auto* listed = names_of(m.key()))
        add_members(m.value(), *listed, out.row.values());
  if (out.row[ef::target_resources])
    out.changes.read_targets(opened(out.row[ef::target_resources], memory));
  if (out.row[ef::details])
    out.changes.read_properties(opened(out.row[ef::details], memory));
  out.log = log_of_name(out.category);
  if (out.log == entra_log::other)
    out.log = log_of_name(scalar_of(outer[ef::table], memory));
  if (out.log == entra_log::other)
    out.log = log_of_shape(out.row);
  return {};
}

} // namespace vedette::ingest
