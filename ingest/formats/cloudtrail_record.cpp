#include "ingest/formats/cloudtrail_record.hpp"

#include <cstring>
#include <simdjson.h>
#include <vector>

namespace vedette::ingest {

namespace {

namespace od = simdjson::ondemand;

/// A record has thirty fields; a forged one with more keeps its first ones findable.
constexpr std::size_t fields_max = 256;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// The scalar as written, without what follows it; does not consume it.
std::string_view token_of(od::value& v) noexcept {
  auto token = v.raw_json_token();
  while (!token.empty() && is_blank(token.back()))
    token.remove_suffix(1);
  return token;
}

/// Sets `out` to the text (or number or boolean as written) unless it has a value already.
void take(od::value& v, std::string_view& out) noexcept {
  if (!out.empty())
    return;
  const auto token = token_of(v);
  if (token.empty())
    return;
  const char first = token.front();
  if (first == '"') {
    if (token.size() < 2 || token.back() != '"')
      return;
    const auto body = token.substr(1, token.size() - 2);
    if (body.empty())
      return;
    if (std::memchr(body.data(), '\\', body.size()) == nullptr)
      out = body;
    else if (std::string_view unescaped; v.get_string().get(unescaped) == simdjson::SUCCESS)
      out = unescaped;
  } else if (first == '-' || (first >= '0' && first <= '9') || first == 't' || first == 'f') {
    out = token;
  }
}

/// Sets `out` to the sub-object's or array's JSON, or to the scalar as written, unless it is set.
void take_json(od::value& v, json_value& out) noexcept {
  if (out)
    return;
  const auto token = token_of(v);
  if (token.empty())
    return;
  std::string_view raw;
  if (token.front() == '{') {
    od::object object;
    if (v.get_object().get(object) == simdjson::SUCCESS &&
        object.raw_json().get(raw) == simdjson::SUCCESS)
      out = {json_kind::object, raw};
  } else if (token.front() == '[') {
    od::array array;
    if (v.get_array().get(array) == simdjson::SUCCESS &&
        array.raw_json().get(raw) == simdjson::SUCCESS)
      out = {json_kind::array, raw};
  } else {
    out = read_value(token);
  }
}

/// The key's bytes as written. Keys longer than `key_bytes_max`, and so than any we look for, come
/// back empty.
std::string_view key_of(const od::field& f) noexcept {
  const char* begin = f.key().raw();
  const void* end = std::memchr(begin, '"', key_bytes_max + 1);
  return end == nullptr
             ? std::string_view{}
             : std::string_view{begin,
                                static_cast<std::size_t>(static_cast<const char*>(end) - begin)};
}

/// Calls `use(key, value)` for each field; the error when the text ends or breaks on the way.
template <class Use>
simdjson::error_code each_field(od::object& object, Use&& use) noexcept {
  for (auto item : object) {
    od::field f;
    if (auto error = std::move(item).get(f); error != simdjson::SUCCESS)
      return error;
    if (auto error = use(key_of(f), f.value()); error != simdjson::SUCCESS)
      return error;
  }
  return simdjson::SUCCESS;
}

template <class Use>
simdjson::error_code inside(od::value& v, Use&& use) noexcept {
  if (const auto token = token_of(v); token.empty() || token.front() != '{')
    return simdjson::SUCCESS;
  od::object object;
  if (auto error = v.get_object().get(object); error != simdjson::SUCCESS)
    return error;
  return each_field(object, use);
}

simdjson::error_code read_session(od::value& v, cloudtrail_identity& out) noexcept {
  return inside(v, [&](std::string_view key, od::value& child) {
    if (key == "sessionIssuer") {
      return inside(child, [&](std::string_view k, od::value& leaf) {
        if (k == "arn")
          take(leaf, out.issuer_arn);
        else if (k == "type")
          take(leaf, out.issuer_type);
        else if (k == "userName")
          take(leaf, out.issuer_name);
        else if (k == "accountId")
          take(leaf, out.issuer_account);
        else if (k == "principalId")
          take(leaf, out.issuer_principal);
        return simdjson::SUCCESS;
      });
    }
    if (key == "attributes") {
      return inside(child, [&](std::string_view k, od::value& leaf) {
        if (k == "mfaAuthenticated")
          take(leaf, out.mfa);
        return simdjson::SUCCESS;
      });
    }
    if (key == "webIdFederationData") {
      return inside(child, [&](std::string_view k, od::value& leaf) {
        if (k == "federatedProvider")
          take(leaf, out.web_provider);
        return simdjson::SUCCESS;
      });
    }
    if (key == "ec2RoleDelivery")
      take(child, out.role_delivery);
    else if (key == "sourceIdentity")
      take(child, out.source_identity);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code read_identity(od::object& object, cloudtrail_identity& out) noexcept {
  return each_field(object, [&](std::string_view key, od::value& v) {
    if (key == "type")
      take(v, out.type);
    else if (key == "arn")
      take(v, out.arn);
    else if (key == "accountId")
      take(v, out.account);
    else if (key == "accessKeyId")
      take(v, out.access_key);
    else if (key == "principalId")
      take(v, out.principal_id);
    else if (key == "sessionContext")
      return read_session(v, out);
    else if (key == "userName")
      take(v, out.user_name);
    else if (key == "invokedBy")
      take(v, out.invoked_by);
    else if (key == "identityProvider")
      take(v, out.provider);
    else if (key == "credentialId")
      take(v, out.credential_id);
    else if (key == "inScopeOf")
      return inside(v, [&](std::string_view k, od::value& leaf) {
        if (k == "issuerType")
          take(leaf, out.scope_type);
        else if (k == "credentialsIssuedTo")
          take(leaf, out.scope_holder);
        return simdjson::SUCCESS;
      });
    else if (key == "onBehalfOf")
      return inside(v, [&](std::string_view k, od::value& leaf) {
        if (k == "userId")
          take(leaf, out.behalf_user);
        else if (k == "identityStoreArn")
          take(leaf, out.behalf_store);
        return simdjson::SUCCESS;
      });
    return simdjson::SUCCESS;
  });
}

} // namespace

struct cloudtrail_parser::impl {
  od::parser parser;
  std::vector<json_field> fields;

  static simdjson::error_code field(std::string_view key, od::value& v, cloudtrail_record& out) {
    // Lengths first: most fields of a record are told apart by it alone.
    switch (key.size()) {
    case 7:
      if (key == "eventID")
        take(v, out.id);
      break;
    case 8:
      if (key == "readOnly")
        take(v, out.read_only);
      break;
    case 9:
      if (key == "eventTime") {
        const auto token = token_of(v);
        if (!token.empty() && token.front() != '"' && token != "null" && out.time.empty())
          out.time_misshaped = true;
        else
          take(v, out.time);
      } else if (key == "eventName") {
        take(v, out.action);
      } else if (key == "awsRegion") {
        take(v, out.region);
      } else if (key == "userAgent") {
        take(v, out.user_agent);
      } else if (key == "errorCode") {
        take(v, out.error_code);
      } else if (key == "eventType") {
        take(v, out.type);
      } else if (key == "resources") {
        take_json(v, out.resources);
      }
      break;
    case 11:
      if (key == "eventSource")
        take(v, out.service);
      break;
    case 12:
      if (key == "eventVersion")
        take(v, out.version);
      else if (key == "errorMessage")
        take(v, out.error_message);
      else if (key == "userIdentity")
        return take_identity(v, out);
      break;
    case 13:
      if (key == "eventCategory")
        take(v, out.category);
      break;
    case 14:
      if (key == "insightDetails")
        out.has_insight = true;
      break;
    case 15:
      if (key == "sourceIPAddress")
        take(v, out.source);
      break;
    case 16:
      if (key == "responseElements")
        take_json(v, out.response);
      break;
    case 17:
      if (key == "requestParameters")
        take_json(v, out.request);
      break;
    case 18:
      if (key == "recipientAccountId")
        take(v, out.recipient);
      break;
    case 19:
      if (key == "additionalEventData")
        take_json(v, out.additional);
      else if (key == "serviceEventDetails")
        take_json(v, out.service_details);
      break;
    case 28:
      if (key == "sessionCredentialFromConsole")
        take(v, out.console_session);
      break;
    default:
      break;
    }
    return simdjson::SUCCESS;
  }

  static simdjson::error_code take_identity(od::value& v, cloudtrail_record& out) {
    if (out.has_identity)
      return simdjson::SUCCESS;
    const auto token = token_of(v);
    if (token.empty() || token.front() != '{') {
      out.identity_misshaped = token != "null";
      return simdjson::SUCCESS;
    }
    out.has_identity = true;
    od::object object;
    if (auto error = v.get_object().get(object); error != simdjson::SUCCESS)
      return error;
    return read_identity(object, out.who);
  }
};

cloudtrail_parser::cloudtrail_parser() : impl_{std::make_unique<impl>()} {}
cloudtrail_parser::~cloudtrail_parser() = default;

std::string_view cloudtrail_parser::read(std::string_view json, cloudtrail_record& out) {
  out = {};
  if (json.size() > base::limits::record_bytes)
    return "record is larger than 4 MiB";
  od::document document;
  auto error =
      impl_->parser.iterate(json.data(), json.size(), json.size() + simdjson::SIMDJSON_PADDING)
          .get(document);
  if (error == simdjson::UTF8_ERROR)
    return "record is not UTF-8";
  if (error == simdjson::EMPTY)
    return "record is empty";
  constexpr std::string_view broken = "record is truncated or not valid JSON";
  if (error != simdjson::SUCCESS)
    return broken;
  od::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS)
    return "record is not a JSON object";
  auto& fields = impl_->fields;
  fields.clear();
  error = each_field(object, [&](std::string_view key, od::value& v) {
    if (fields.size() < fields_max)
      fields.push_back({key, v.raw_json_token().data()});
    return impl::field(key, v, out);
  });
  out.fields = fields;
  const char* rest = nullptr;
  if (error != simdjson::SUCCESS || document.current_location().get(rest) == simdjson::SUCCESS)
    return broken;
  return {};
}

} // namespace vedette::ingest
