#include "ingest/formats/cloudtrail_record.hpp"

#include "ingest/formats/json_pass.hpp"

namespace vedette::ingest {

namespace {

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

simdjson::error_code take_identity(od::value& v, cloudtrail_record& out) {
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

simdjson::error_code read_field(std::string_view key, od::value& v, cloudtrail_record& out) {
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
      out.time_misshaped |= take_text(v, out.time);
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

} // namespace

std::string_view read(std::string_view json, json_pass& pass, cloudtrail_record& out) {
  // A call that is known, not a pointer to a function: it is on the path of every record.
  return read_record(json, pass, out, [](std::string_view key, od::value& v, cloudtrail_record& r) {
    return read_field(key, v, r);
  });
}

} // namespace vedette::ingest
