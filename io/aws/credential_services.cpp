#include "io/aws/credential_services.hpp"

#include "io/aws/xml.hpp"
#include "io/files/text_file.hpp"
#include "io/http/client.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace vedette::io {

namespace {

using found_credentials = base::result<std::optional<aws_credentials>>;
using base::ec;
using base::error;

/// What such a service answers may be short only.
http_client asker(std::chrono::milliseconds connect) {
  http_client_settings s;
  s.connect_timeout = connect;
  s.timeout = std::chrono::seconds{5};
  s.response_bytes_max = std::size_t{256} << 10;
  return http_client{s};
}

/// {"AccessKeyId":…, "SecretAccessKey":…, "Token":…, "Expiration":…}
found_credentials from_json(std::string_view text, std::string_view what) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view id, secret;
  const simdjson::padded_string padded{text};
  if (parser.parse(padded).get(root) != simdjson::SUCCESS ||
      root["AccessKeyId"].get(id) != simdjson::SUCCESS ||
      root["SecretAccessKey"].get(secret) != simdjson::SUCCESS)
    return error{ec::malformed, fmt::format("{}: the answer holds no credentials", what)};
  const auto optional = [&](const char* name) {
    std::string_view out;
    return root[name].get(out) == simdjson::SUCCESS ? out : std::string_view{};
  };
  return std::optional{aws_credentials{std::string{id}, std::string{secret},
                                       std::string{optional("Token")},
                                       base::parse_rfc3339(optional("Expiration"))}};
}

std::string without_blank_ends(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  return text;
}

/// A token goes there, so only to this machine or encrypted.
bool may_be_asked(const std::string& url) {
  if (url.starts_with("https://"))
    return true;
  for (const auto* host : {"http://127.0.0.1", "http://localhost", "http://[::1]",
                           "http://169.254.170.2", "http://169.254.170.23"})
    if (const std::string_view h{host};
        url.starts_with(h) &&
        (url.size() == h.size() || url[h.size()] == ':' || url[h.size()] == '/'))
      return true;
  return false;
}

} // namespace

std::string aws_url(std::string_view service, std::string_view region) {
  return fmt::format("https://{}.{}.amazonaws.com{}", service, region,
                     region.starts_with("cn-") ? ".cn" : "");
}

found_credentials of_web_identity(const aws_settings& s) {
  const auto file = s.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), role = s.variable("AWS_ROLE_ARN");
  if (file.empty() || role.empty())
    return std::optional<aws_credentials>{};
  auto token = read_text(file, std::size_t{64} << 10);
  if (!token)
    return token.err();
  auto name = s.variable("AWS_ROLE_SESSION_NAME");
  if (name.empty())
    name = "vedette";
  auto url = s.variable("AWS_ENDPOINT_URL_STS");
  if (url.empty())
    url = s.region.empty() ? "https://sts.amazonaws.com" : aws_url("sts", s.region);
  http_call_options ask;
  ask.content_type = "application/x-www-form-urlencoded";
  ask.body = fmt::format("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}"
                         "&RoleSessionName={}&WebIdentityToken={}",
                         percent_encode(role), percent_encode(name),
                         percent_encode(without_blank_ends(std::move(*token))));
  const auto answer = asker(std::chrono::seconds{3}).post(url + "/", ask);
  if (!answer)
    return answer.err();
  if (answer->status != 200)
    return error{
        ec::denied,
        fmt::format("asking {} for the role {}: {}; check AWS_ROLE_ARN and the role's trust", url,
                    role, xml_text(answer->body, "Error/Message"))};
  const auto get = [&](const char* what) {
    return xml_text(answer->body, fmt::format("Credentials/{}", what));
  };
  return std::optional{aws_credentials{get("AccessKeyId"), get("SecretAccessKey"),
                                       get("SessionToken"),
                                       base::parse_rfc3339(get("Expiration"))}};
}

found_credentials of_container(const aws_settings& s) {
  auto url = s.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (const auto relative = s.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !relative.empty())
    url = "http://169.254.170.2" + relative;
  if (url.empty())
    return std::optional<aws_credentials>{};
  if (!may_be_asked(url))
    return error{ec::denied, fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI={}: neither https nor "
                                         "an address of this machine or its container agent",
                                         url)};
  http_call_options ask;
  auto token = s.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = s.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    auto text = read_text(file, std::size_t{64} << 10);
    if (!text)
      return text.err();
    token = without_blank_ends(std::move(*text));
  }
  if (!token.empty())
    ask.headers.set("Authorization", token);
  const auto answer = asker(std::chrono::seconds{2}).get(url, ask);
  if (!answer)
    return answer.err();
  if (answer->status != 200)
    return error{ec::denied,
                 fmt::format("asking {} for credentials: status {}", url, answer->status)};
  return from_json(answer->body, "asking " + url);
}

found_credentials of_machine(const aws_settings& s) {
  if (s.variable("AWS_EC2_METADATA_DISABLED") == "true")
    return std::optional<aws_credentials>{};
  auto base = s.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty())
    base = "http://169.254.169.254";
  while (base.ends_with('/'))
    base.pop_back();
  auto ask = asker(std::chrono::seconds{1});
  http_call_options how;
  how.headers.set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  const auto token = ask.call(http_method::put, base + "/latest/api/token", how);
  if (!token || token->status != 200)
    return std::optional<aws_credentials>{}; // no machine of EC2
  http_call_options with;
  with.headers.set("X-aws-ec2-metadata-token", token->body);
  const auto list = base + "/latest/meta-data/iam/security-credentials/";
  const auto roles = ask.get(list, with);
  if (!roles || roles->status != 200)
    return std::optional<aws_credentials>{};
  const auto role = roles->body.substr(0, roles->body.find('\n'));
  const auto answer = ask.get(list + percent_encode(role), with);
  if (!answer)
    return answer.err();
  return from_json(answer->body, "asking the machine's metadata for the role " + role);
}

} // namespace vedette::io
