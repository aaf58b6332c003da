#include "io/aws/client.hpp"

#include "io/aws/xml.hpp"
#include "io/clock/clock.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <chrono>
#include <thread>

namespace vedette::io {

namespace {

using base::ec;
using namespace std::chrono_literals;

bool passes(const base::result<http_response>& answer) {
  if (!answer)
    return answer.err().code == ec::unavailable || answer.err().code == ec::timed_out;
  return answer->status == 429 || answer->status >= 500;
}

std::string_view host_of(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? origin : origin.substr(slashes + 3);
}

http_client_settings settings_of(std::size_t bytes_max, const std::string& ca_file,
                                 std::chrono::milliseconds call) {
  http_client_settings s;
  s.ca_file = ca_file;
  s.response_bytes_max = bytes_max;
  s.timeout = call;
  s.use_proxy_from_environment = true;
  s.stalled_after = 60s;
  return s;
}

struct remedy {
  std::string_view code, what;
};
constexpr std::array<remedy, 14> remedies{{
    {"InvalidAccessKeyId", "the service does not know the key id: check the credentials"},
    {"InvalidClientTokenId", "the service does not know the key id: check the credentials"},
    {"UnrecognizedClientException", "the service does not know the key id: check the credentials"},
    {"SignatureDoesNotMatch", "the secret key does not fit the key id: check the credentials"},
    {"InvalidSignatureException", "the secret key does not fit the key id: check the credentials"},
    {"ExpiredToken", "the temporary credentials have expired: get new ones"},
    {"ExpiredTokenException", "the temporary credentials have expired: get new ones"},
    {"RequestTimeTooSkewed", "set this machine's clock"},
    {"AccessDenied", "the identity needs s3:ListBucket and s3:GetObject there, and kms:Decrypt "
                     "where a key encrypts it; for a queue sqs:ReceiveMessage, "
                     "sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes"},
    {"AccessDeniedException", "see the identity's permissions for this queue"},
    {"NoSuchBucket", "check the bucket's name and the endpoint"},
    {"NoSuchKey", "it was deleted, or never there"},
    {"InvalidObjectState", "it is archived: restore it first"},
    {"QueueDoesNotExist", "check the queue's URL and the region"},
}};

} // namespace

std::pair<std::string, std::string> aws_said(const http_response& answer) {
  std::pair<std::string, std::string> out;
  if (answer.body.find('<') != std::string::npos && !answer.body.starts_with('{'))
    return {xml_text(answer.body, "Error/Code"), xml_text(answer.body, "Error/Message")};
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded{answer.body};
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return out;
  std::string_view type, text;
  if (root["__type"].get(type) == simdjson::SUCCESS)
    out.first = type.substr(type.find('#') == std::string_view::npos ? 0 : type.find('#') + 1);
  if (root["message"].get(text) == simdjson::SUCCESS ||
      root["Message"].get(text) == simdjson::SUCCESS)
    out.second = text;
  return out;
}

aws_client::aws_client(std::shared_ptr<aws_credential_chain> chain, std::size_t bytes_max,
                       const std::string& ca_file, aws_patience patience)
    : chain_{std::move(chain)}, patience_{patience}, http_{settings_of(bytes_max, ca_file,
                                                                       patience.call)} {}

base::result<http_response>
aws_client::patiently(const aws_request& r, const std::function<bool(std::string_view)>* piece) {
  const auto query = canonical_query(r.query);
  const auto url = r.origin + r.path + (query.empty() ? "" : "?" + query);
  auto wait = 200ms;
  for (int tried = 1;; ++tried) {
    const auto now = real_clock().now();
    const auto by = chain_->get(now);
    if (!by)
      return by.err();
    http_call_options how;
    how.headers = r.headers;
    how.body = r.body;
    how.content_type = r.content_type;
    for (const auto& [name, value] :
         sign({to_string(r.method), host_of(r.origin), r.path, r.query, r.headers, r.body},
              {r.region, r.service, now}, *by))
      how.headers.set(name, value);
    bool given = false;
    const std::function<bool(std::string_view)> note = [&](std::string_view bytes) {
      given = true;
      return (*piece)(bytes);
    };
    auto answer = piece != nullptr ? http_.stream(url, how, note) : http_.call(r.method, url, how);
    if (!passes(answer) || given || tried >= patience_.tries)
      return answer;
    std::this_thread::sleep_for(wait);
    wait *= 2;
  }
}

base::result<http_response> aws_client::call(const aws_request& request) {
  return patiently(request, nullptr);
}

base::result<http_response> aws_client::stream(const aws_request& request,
                                               const std::function<bool(std::string_view)>& piece) {
  return patiently(request, &piece);
}

base::error aws_error(const http_response& answer, std::string_view what) {
  const auto [code, message] = aws_said(answer);
  ec kind = ec::invalid_argument;
  if (answer.status == 401 || answer.status == 403)
    kind = ec::denied;
  else if (answer.status == 404 && code != "NoSuchBucket") // which is for the caller to mend
    kind = ec::not_found;
  else if (answer.status == 412)
    kind = ec::conflict;
  else if (answer.status == 429 || answer.status >= 500)
    kind = ec::unavailable;
  std::string_view advice;
  for (const auto& r : remedies)
    if (code == r.code)
      advice = r.what;
  return {kind, fmt::format("{}: status {}{}{}{}{}{}{}", what, answer.status,
                            code.empty() ? "" : " ", code, message.empty() ? "" : ": ", message,
                            advice.empty() ? "" : "; ", advice)};
}

} // namespace vedette::io
