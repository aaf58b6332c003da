#include "ingest/formats/azure_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using std::string_view;

enum class outer : std::uint8_t {
  id,
  correlation,
  time,
  event_time,
  generated,
  operation_value,
  operation,
  category_value,
  category,
  status_value,
  status,
  substatus_value,
  substatus,
  status_code,
  status_text,
  caller,
  caller_address,
  http_request,
  location,
  resource,
  subscription,
  tenant,
  uri,
  identity,
  claims,
  authorization,
  properties,
  // rows of Log Analytics have storage's properties beside the rest
  account,
  object,
  user_agent,
  sent_bytes,
  auth_kind,
  auth_hash,
  requester_id,
  requester_upn,
  requester_app,
  count
};

constexpr field_name<outer> outer_names_list[] = {
    {"eventDataId", outer::id},
    {"correlationId", outer::correlation},
    {"time", outer::time},
    {"eventTimestamp", outer::event_time},
    {"timeGenerated", outer::generated},
    {"operationNameValue", outer::operation_value},
    {"operationName", outer::operation},
    {"categoryValue", outer::category_value},
    {"category", outer::category},
    {"activityStatusValue", outer::status_value},
    {"resultType", outer::status},
    {"status", outer::status},
    {"activityStatus", outer::status},
    {"activitySubstatusValue", outer::substatus_value},
    {"resultSignature", outer::substatus},
    {"subStatus", outer::substatus},
    {"statusCode", outer::status_code},
    {"statusText", outer::status_text},
    {"caller", outer::caller},
    {"callerIpAddress", outer::caller_address},
    {"httpRequest", outer::http_request},
    {"location", outer::location},
    {"resourceId", outer::resource},
    {"subscriptionId", outer::subscription},
    {"tenantId", outer::tenant},
    {"uri", outer::uri},
    {"identity", outer::identity},
    {"claims", outer::claims},
    {"authorization", outer::authorization},
    {"properties", outer::properties},
    {"accountName", outer::account},
    {"objectKey", outer::object},
    {"userAgentHeader", outer::user_agent},
    {"responseBodySize", outer::sent_bytes},
    {"authenticationType", outer::auth_kind},
    {"authenticationHash", outer::auth_hash},
    {"requesterObjectId", outer::requester_id},
    {"requesterUpn", outer::requester_upn},
    {"requesterAppId", outer::requester_app},
};
constexpr name_table outer_names{outer_names_list};

enum class inner : std::uint8_t {
  request,
  response,
  status_message,
  status_code,
  account,
  object,
  user_agent,
  client_info,
  sent_bytes,
  http_status,
  event_category,
  count
};

constexpr field_name<inner> inner_names_list[] = {
    {"requestbody", inner::request},          {"responseBody", inner::response},
    {"statusMessage", inner::status_message}, {"statusCode", inner::status_code},
    {"accountName", inner::account},          {"objectKey", inner::object},
    {"userAgentHeader", inner::user_agent},   {"clientInfo", inner::client_info},
    {"responseBodySize", inner::sent_bytes},  {"httpStatusCode", inner::http_status},
    {"eventCategory", inner::event_category},
};
constexpr name_table inner_names{inner_names_list};

enum class who : std::uint8_t { claims, authorization, kind, hash, requester, count };

constexpr field_name<who> who_names_list[] = {
    {"claims", who::claims}, {"claim", who::claims},   {"authorization", who::authorization},
    {"type", who::kind},     {"tokenHash", who::hash}, {"requester", who::requester},
};
constexpr name_table who_names{who_names_list};

constexpr field_name<outer> requester_names_list[] = {
    {"objectId", outer::requester_id},
    {"upn", outer::requester_upn},
    {"appId", outer::requester_app},
};
constexpr name_table requester_names{requester_names_list};

enum class claim : std::uint8_t {
  object,
  upn,
  name,
  app,
  kind,
  address,
  app_auth,
  tenant,
  id,
  issued_for,
  runs_on,
  provider,
  mail,
  count
};

constexpr field_name<claim> claim_names_list[] = {
    {"oid", claim::object},
    {"objectidentifier", claim::object},
    {"upn", claim::upn},
    {"name", claim::name},
    {"appid", claim::app},
    {"idtyp", claim::kind},
    {"ipaddr", claim::address},
    {"appidacr", claim::app_auth},
    {"tenantid", claim::tenant},
    {"uti", claim::id},
    {"xmsmirid", claim::issued_for},
    {"xmsazrid", claim::runs_on},
    {"identityProvider", claim::provider},
};
constexpr name_table claim_names{claim_names_list};

/// Number of the claim. The display name is the short one; the URI of that end names the account.
std::size_t claim_of(string_view key) noexcept {
  if (!key.starts_with("http"))
    return claim_names.find(key);
  const auto found = claim_names.find(key.substr(key.rfind('/') + 1));
  return found == static_cast<std::size_t>(claim::name) ? static_cast<std::size_t>(claim::mail)
                                                        : found;
}

struct rows {
  field_row<outer> record;
  field_row<who> identity;
  field_row<claim> claims;
  field_row<inner> properties;

  template <class Field, class Use>
  static simdjson::error_code each(od::value& v, field_row<Field>& row, Use&& find) noexcept {
    return inside(v, [&](string_view key, od::value& child) {
      if (const auto f = find(key); f < row.values().size()) {
        json_value value;
        take_json(child, value);
        keep_first(row.values()[f], value);
      }
      return simdjson::SUCCESS;
    });
  }

  /// Objects that are read as the pass goes by.
  std::optional<simdjson::error_code> nested(std::size_t field, od::value& v) noexcept {
    switch (static_cast<outer>(field)) {
    case outer::identity:
      // What it holds is kept elsewhere; that it is an object, here.
      keep_first(record.values()[field], {json_kind::object, "{}"});
      return inside(v, [&](string_view key, od::value& child) -> simdjson::error_code {
        const auto f = who_names.find(key);
        if (f == static_cast<std::size_t>(who::claims) && is_object(child))
          return each(child, claims, claim_of);
        if (f == static_cast<std::size_t>(who::requester))
          return add_inside(child, requester_names, record.values());
        add_field(key, child, who_names, identity.values());
        return simdjson::SUCCESS;
      });
    case outer::claims:
      return each(v, claims, claim_of);
    case outer::properties:
      return inside(v, [&](string_view key, od::value& child) -> simdjson::error_code {
        // PowerShell writes the properties as {"Content": {…}}.
        if (key == "Content")
          return add_inside(child, inner_names, properties.values());
        add_field(key, child, inner_names, properties.values());
        return simdjson::SUCCESS;
      });
    default:
      return std::nullopt;
    }
  }

  /// The same for those that were text.
  void open_texts(base::arena& memory) noexcept {
    if (record[outer::properties])
      add_members(opened(record[outer::properties], memory), inner_names, properties.values());
    if (record[outer::identity].kind == json_kind::text)
      add_members(opened(record[outer::identity], memory), who_names, identity.values());
    add_members(identity[who::requester], requester_names, record.values());
    for (const auto& text : {identity[who::claims], record[outer::claims]})
      if (text)
        for (member_reader m{opened(text, memory)}; m.next();)
          if (const auto f = claim_of(m.key()); f < claims.values().size())
            keep_first(claims.values()[f], m.value());
  }
};

/// Texts of a row, the first that has something.
template <class Field>
class texts_of {
 public:
  texts_of(const field_row<Field>& row, base::arena& memory) : row_{row}, memory_{memory} {}
  template <class... More>
  string_view operator()(Field first, More... more) const {
    const auto text = row_[first] ? plain(row_[first], memory_) : string_view{};
    if constexpr (sizeof...(more) > 0)
      if (text.empty())
        return (*this)(more...);
    return text;
  }

 private:
  const field_row<Field>& row_;
  base::arena& memory_;
};

void read_token(const rows& r, base::arena& memory, azure_token& out) {
  const texts_of<claim> text{r.claims, memory};
  out.object = text(claim::object);
  out.upn = text(claim::upn);
  out.name = text(claim::name);
  out.mail = text(claim::mail);
  out.app = text(claim::app);
  out.app_auth = text(claim::app_auth);
  out.kind = text(claim::kind);
  out.id = text(claim::id);
  out.issued_for = text(claim::issued_for);
  out.runs_on = text(claim::runs_on);
  out.provider = text(claim::provider);
  out.tenant = text(claim::tenant);
  out.address = text(claim::address);
}

/// What storage's logs have in their identity and properties, and rows of Log Analytics beside the
/// rest.
void read_request(const rows& r, base::arena& memory, azure_record& out) {
  const texts_of<outer> row{r.record, memory};
  const texts_of<inner> text{r.properties, memory};
  const texts_of<who> said{r.identity, memory};
  const auto either = [&](inner a, outer b) {
    const auto found = text(a);
    return found.empty() ? row(b) : found;
  };
  out.account = either(inner::account, outer::account);
  out.object = either(inner::object, outer::object);
  out.user_agent = either(inner::user_agent, outer::user_agent);
  if (out.user_agent.empty())
    out.user_agent = text(inner::client_info);
  out.sent_bytes = either(inner::sent_bytes, outer::sent_bytes);
  out.auth_kind = r.identity[who::kind] ? said(who::kind) : row(outer::auth_kind);
  out.auth_hash = r.identity[who::hash] ? said(who::hash) : row(outer::auth_hash);
  out.requester_id = row(outer::requester_id);
  out.requester_name = row(outer::requester_upn);
  out.requester_app = row(outer::requester_app);
}

} // namespace

string_view read(string_view json, json_pass& pass, base::arena& memory, azure_record& out) {
  out = {};
  rows r;
  const auto wrong = read_row(json, pass, outer_names, r.record.values(),
                              [&](std::size_t f, od::value& v) { return r.nested(f, v); });
  out.fields = pass.fields();
  if (!wrong.empty())
    return wrong;
  r.open_texts(memory);
  const texts_of<outer> text{r.record, memory};
  const texts_of<inner> detail{r.properties, memory};
  out.id = text(outer::id);
  out.correlation = text(outer::correlation);
  out.time = text(outer::time, outer::event_time, outer::generated);
  out.time_misshaped = r.record[outer::time] && r.record[outer::time].kind != json_kind::text;
  out.operation = text(outer::operation_value, outer::operation);
  out.category = text(outer::category_value, outer::category);
  if (out.category.empty())
    out.category = detail(inner::event_category);
  out.status = text(outer::status_value, outer::status);
  out.substatus = text(outer::substatus_value, outer::substatus);
  out.status_code = text(outer::status_code);
  if (out.status_code.empty())
    out.status_code = detail(inner::http_status, inner::status_code);
  out.status_text = text(outer::status_text);
  out.caller = text(outer::caller);
  out.caller_address = text(outer::caller_address);
  if (const auto& http = r.record[outer::http_request]; http && out.caller_address.empty())
    out.caller_address = scalar_of(member_named(opened(http, memory), "clientipaddress"), memory);
  out.location = text(outer::location);
  out.resource = text(outer::resource);
  out.subscription = text(outer::subscription);
  out.tenant = text(outer::tenant);
  out.uri = text(outer::uri);
  out.request = r.properties[inner::request];
  out.response = r.properties[inner::response];
  out.status_message = r.properties[inner::status_message];
  const auto& identity = r.record[outer::identity];
  out.identity = identity.kind;
  if (identity.kind == json_kind::text && opened(identity, memory).kind == json_kind::text)
    out.named = text_of(identity, memory);
  out.authorization = r.identity[who::authorization]
                          ? r.identity[who::authorization]
                          : opened(r.record[outer::authorization], memory);
  read_token(r, memory, out.token);
  read_request(r, memory, out);
  return {};
}

} // namespace vedette::ingest
