#include "nodes/simulate/record.hpp"

#include "nodes/simulate/catalogue.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

template <class... Parts>
void put(std::string& out, const Parts&... parts) {
  (out.append(std::string_view{parts}), ...);
}

std::string_view account_of(const call& c) {
  return c.tenant->accounts[c.who->account];
}

void put_issuer(std::string& out, const call& c) {
  const identity& who = *c.who;
  put(out, R"("sessionIssuer":{"type":"Role","principalId":")", who.principal,
      R"(","arn":"arn:aws:iam::)", account_of(c), role_path(who.kind), who.name,
      R"(","accountId":")", account_of(c), R"(","userName":")", who.name, R"("})");
}

void put_web_identity(std::string& out, const call& c) {
  const identity& who = *c.who;
  constexpr std::string_view open = R"(,"webIdFederationData":{"federatedProvider":"arn:aws:iam::)";
  if (who.kind == kind::pod)
    put(out, open, account_of(c), ":oidc-provider/oidc.eks.", regions()[who.region].name,
        ".amazonaws.com/id/", who.principal.substr(4), R"(","attributes":{}})");
  else if (who.kind == kind::pipeline && who.session_name == "GitHubActions")
    put(out, open, account_of(c),
        R"(:oidc-provider/token.actions.githubusercontent.com","attributes":{}})");
}

void put_role(std::string& out, const call& c) {
  const identity& who = *c.who;
  put(out, R"({"type":"AssumedRole","principalId":")", who.principal, ":", who.session_name,
      R"(","arn":"arn:aws:sts::)", account_of(c), ":assumed-role/", who.name, "/", who.session_name,
      R"(","accountId":")", account_of(c), R"(","accessKeyId":")", c.with->key,
      R"(","sessionContext":{)");
  put_issuer(out, c);
  put_web_identity(out, c);
  put(out, R"(,"attributes":{"creationDate":")");
  put_time(out, c.with->created);
  put(out, R"(","mfaAuthenticated":")", c.mfa ? "true" : "false", R"("})");
  if (who.kind == kind::instance)
    put(out, R"(,"ec2RoleDelivery":"2.0")");
  put(out, "}");
  if (who.kind == kind::function)
    put(out,
        R"(,"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:)",
        regions()[who.region].name, ":", account_of(c), ":function:", who.session_name,
        R"(","credentialsIssuedToVersion":"$LATEST"})");
}

void put_user(std::string& out, const call& c) {
  const identity& who = *c.who;
  const bool sign_in = c.what->service == "signin";
  put(out, R"({"type":"IAMUser","principalId":")", who.principal, R"(","arn":"arn:aws:iam::)",
      account_of(c), ":user/", who.name, R"(","accountId":")", account_of(c));
  if (!sign_in) // whoever signs in has no key yet
    put(out, R"(","accessKeyId":")", c.with->key);
  put(out, R"(","userName":")", who.name, R"(")");
  if (c.with->console && !sign_in) {
    put(out, R"(,"sessionContext":{"attributes":{"creationDate":")");
    put_time(out, c.with->created);
    put(out, R"(","mfaAuthenticated":")", c.mfa ? "true" : "false", R"("}})");
  }
}

void put_identity(std::string& out, const call& c) {
  if (c.as_service) {
    put(out, R"({"type":"AWSService","invokedBy":")", c.invoked_by, R"("})");
    return;
  }
  if (is_role(c.who->kind))
    put_role(out, c);
  else
    put_user(out, c);
  if (!c.invoked_by.empty())
    put(out, R"(,"invokedBy":")", c.invoked_by, R"(")");
  put(out, "}");
}

void put_s3_data(std::string& out, const call& c, prng& random) {
  out +=
      R"(,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":)";
  put_number(out, c.what->name == "PutObject" ? c.bytes_out : 0);
  out += R"(,"AuthenticationMethod":"AuthHeader","x-amz-id-2":")";
  put_base64(out, random, 76);
  out += R"(","bytesTransferredOut":)";
  put_number(out, c.what->name == "PutObject" || !c.error.empty() ? 243 : c.bytes_out);
  out += '}';
}

void put_resources(std::string& out, const call& c, prng& random) {
  const action& what = *c.what;
  if (what.service == "s3" && !c.bucket.empty()) {
    put(out, R"(,"resources":[)");
    if (!c.key.empty())
      put(out, R"({"type":"AWS::S3::Object","ARN":"arn:aws:s3:::)", c.bucket, "/", c.key, R"("},)");
    put(out, R"({"accountId":")", account_of(c),
        R"(","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::)", c.bucket, R"("}])");
  } else if (!what.resource.empty()) {
    put(out, R"(,"resources":[{"accountId":")", account_of(c), R"(","type":")", what.resource_type,
        R"(","ARN":")");
    expand(out, what.resource, c, random);
    put(out, R"("}])");
  }
}

void put_host(std::string& out, const call& c) {
  const action& what = *c.what;
  if (what.service == "signin") {
    out += "signin.aws.amazon.com";
  } else if (what.service == "s3") {
    if (!c.bucket.empty())
      out.append(c.bucket).append(".");
    out.append("s3.").append(c.region).append(".amazonaws.com");
  } else if ((what.flags & global) != 0) {
    out.append(what.service).append(".amazonaws.com");
  } else {
    out.append(what.service).append(".").append(c.region).append(".amazonaws.com");
  }
}

} // namespace

void start_call(call& c, const tenant& t, const identity& who, const session& with,
                base::event_time now) {
  c.tenant = &t;
  c.who = &who;
  c.with = &with;
  c.time = now;
  c.what = nullptr;
  c.region = regions()[who.region].name;
  c.address = with.address;
  c.agent = {};
  c.invoked_by = {};
  c.as_service = false;
  c.error = {};
  c.message.clear();
  c.bucket.clear();
  c.key.clear();
  for (auto& a : c.arg)
    a.clear();
  c.bytes_out = 0;
  c.by_endpoint = false;
  c.mfa = with.console;
}

void write_record(std::string& out, call& c, prng& random) {
  const action& what = *c.what;
  const bool sign_in = what.service == "signin";
  const bool direct = c.invoked_by.empty();
  const bool failed = !c.error.empty();
  const bool is_data = (what.flags & data) != 0;
  if ((what.flags & global) != 0)
    c.region = "us-east-1";

  put(out, R"({"eventVersion":"1.11","userIdentity":)");
  put_identity(out, c);
  put(out, R"(,"eventTime":")");
  put_time(out, c.time);
  put(out, R"(","eventSource":")", what.service, R"(.amazonaws.com","eventName":")", what.name,
      R"(","awsRegion":")", c.region, R"(","sourceIPAddress":")");
  if (direct)
    put_address(out, c.address);
  else
    put(out, c.invoked_by);
  put(out, R"(","userAgent":")", direct ? c.agent : c.invoked_by, R"(")");
  if (failed && !sign_in)
    put(out, R"(,"errorCode":")", c.error, R"(")");
  if (failed)
    put(out, R"(,"errorMessage":")", c.message, R"(")");
  put(out, R"(,"requestParameters":)");
  expand(out, what.request, c, random);
  put(out, R"(,"responseElements":)");
  if (sign_in)
    put(out, R"({"ConsoleLogin":")", failed ? "Failure" : "Success", R"("})");
  else
    expand(out, failed ? "null" : what.response, c, random);
  if (what.service == "s3")
    put_s3_data(out, c, random);
  else if (sign_in)
    put(out, R"(,"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/console/home",)",
        R"("MobileVersion":"No","MFAUsed":")", c.mfa ? "Yes" : "No", R"("})");
  if (!sign_in) {
    put(out, R"(,"requestID":")");
    if (what.service == "s3")
      put_upper(out, random, 16);
    else
      put_uuid(out, random);
    put(out, R"(")");
  }
  c.id.clear();
  put_uuid(c.id, random);
  put(out, R"(,"eventID":")", c.id, R"(","readOnly":)",
      (what.flags & reads) != 0 ? "true" : "false");
  put_resources(out, c, random);
  put(out, R"(,"eventType":")", sign_in ? "AwsConsoleSignIn" : "AwsApiCall", R"(")");
  if (!what.api_version.empty())
    put(out, R"(,"apiVersion":")", what.api_version, R"(")");
  put(out, R"(,"managementEvent":)", is_data ? "false" : "true", R"(,"recipientAccountId":")",
      account_of(c), R"(")");
  if (c.by_endpoint)
    put(out, R"(,"vpcEndpointId":"vpce-0)", c.tenant->accounts[2].substr(0, 9),
        R"(1f3ac","vpcEndpointAccountId":")", account_of(c), R"(")");
  put(out, R"(,"eventCategory":")", is_data ? "Data" : "Management", R"(")");
  if (direct) {
    put(out, R"(,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",)",
        R"("clientProvidedHostHeader":")");
    put_host(out, c);
    put(out, R"("})");
  }
  if (c.with->console && !sign_in && direct)
    put(out, R"(,"sessionCredentialFromConsole":"true")");
  put(out, "}");
}

void fail(call& c, std::string_view code, std::string_view message) {
  c.error = code;
  c.message.assign(message);
}

void deny(call& c) {
  const action& what = *c.what;
  const identity& who = *c.who;
  const std::string_view account = c.tenant->accounts[who.account];
  const bool ec2 = what.service == "ec2";
  c.error = ec2                         ? "Client.UnauthorizedOperation"
            : (what.flags & coded) != 0 ? "AccessDeniedException"
                                        : "AccessDenied";
  c.message.assign(ec2 ? "You are not authorized to perform this operation. User: " : "User: ");
  c.message.append(is_role(who.kind) ? "arn:aws:sts::" : "arn:aws:iam::").append(account);
  if (is_role(who.kind))
    c.message.append(":assumed-role/").append(who.name).append("/").append(who.session_name);
  else
    c.message.append(":user/").append(who.name);
  c.message.append(" is not authorized to perform: ")
      .append(what.service)
      .append(":")
      .append(what.name);
  if (what.service == "s3" && !c.bucket.empty())
    c.message.append(R"( on resource: \"arn:aws:s3:::)").append(c.bucket).append(R"(\")");
  else
    c.message.append(" on resource: *");
  c.message.append(" because no identity-based policy allows the ").append(what.service);
  c.message.append(":").append(what.name).append(" action");
}

} // namespace vedette::simulate
