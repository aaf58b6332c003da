#include "io/aws/response/account.hpp"

#include "base/arena.hpp"
#include "ingest/secrets.hpp"
#include "io/aws/xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vedette::io {

namespace {

using base::ec;
using base::error;
using std::string_view;

constexpr std::size_t account_answer_bytes_max = std::size_t{4} << 20;
constexpr std::size_t buckets_max = 1000;
constexpr std::size_t said_bytes_max = 1000; ///< of a message that goes into the log

/// Of services that say with status 400 that they have too much to do.
/// Or that something else is just changing there.
constexpr std::array<string_view, 9> busy_codes{"ConcurrentModification",
                                                "ConcurrentModificationException",
                                                "PolicyInUseException",
                                                "Throttling",
                                                "ThrottlingException",
                                                "RequestLimitExceeded",
                                                "TooManyRequestsException",
                                                "RequestThrottled",
                                                "SlowDown"};

bool is_missing(int status, string_view code) {
  return (status == 404 || code.find("NotFound") != string_view::npos || code == "NoSuchEntity" ||
          code == "NoSuchBucketPolicy") &&
         code != "NoSuchBucket";
}

/// Some services repeat the key id that they were asked about.
std::string without_key_ids(string_view text) {
  base::arena memory;
  std::string out;
  const auto is_part = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  while (!text.empty()) {
    const auto length =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_part) - text.begin());
    const auto word = text.substr(0, std::max<std::size_t>(length, 1));
    if (ingest::is_access_key_id(word))
      out += ingest::session_key(word, memory);
    else
      out += word;
    text.remove_prefix(word.size());
  }
  return out;
}

error error_of(const http_response& answer, string_view api) {
  const auto [code, whole] = aws_said(answer);
  const auto message = without_key_ids(string_view{whole}.substr(0, said_bytes_max));
  auto kind = ec::invalid_argument;
  string_view advice;
  if (std::ranges::find(busy_codes, code) != busy_codes.end() || answer.status == 429 ||
      answer.status >= 500) {
    kind = ec::unavailable;
  } else if (is_missing(answer.status, code)) {
    kind = ec::not_found;
  } else if (answer.status == 401 || answer.status == 403 || code.starts_with("AccessDenied") ||
             code == "UnauthorizedOperation") {
    kind = ec::denied;
    advice = "; does the role that responds have this permission?";
  } else if (answer.status == 409 || answer.status == 412 ||
             code.find("AlreadyExists") != string_view::npos || code.starts_with("Duplicate")) {
    kind = ec::conflict;
  }
  return {kind,
          fmt::format("calling {}: status {}{}{}{}{}{}", api, answer.status,
                      code.empty() ? "" : " ", code, message.empty() ? "" : ": ", message, advice)};
}

} // namespace

aws_account::aws_account(aws_settings settings, std::shared_ptr<aws_credential_chain> as,
                         std::chrono::milliseconds wait)
    : settings_{std::move(settings)}, client_{std::move(as),
                                              account_answer_bytes_max,
                                              settings_.ca_file,
                                              {wait, 2}} {
  while (settings_.endpoint_url.ends_with('/'))
    settings_.endpoint_url.pop_back();
}

base::result<std::string> aws_account::call(string_view api, const call_parameters& parameters,
                                            const std::string& region) {
  aws_place place{region.empty() ? settings_.region : region, settings_.endpoint_url};
  const std::string bucket{api.starts_with("s3:") ? value_of(parameters, "Bucket") : string_view{}};
  if (const auto known = bucket_regions_.find(bucket);
      !bucket.empty() && known != bucket_regions_.end())
    place.region = known->second;
  for (bool moved = false;; moved = true) {
    auto request = to_request(api, parameters, place);
    if (!request)
      return request.err();
    auto answer = client_.call(*request);
    if (!answer)
      return error{answer.err().code, fmt::format("calling {}: {}", api, answer.err().context)};
    if (answer->status / 100 == 2)
      return std::move(answer->body);
    // A bucket says where it is when it is asked elsewhere.
    const std::string there{answer->headers.get("x-amz-bucket-region")};
    if (bucket.empty() || there.empty() || there == request->region || moved)
      return error_of(*answer, api);
    if (bucket_regions_.size() < buckets_max)
      bucket_regions_[bucket] = there;
    place.region = there;
  }
}

base::result<std::string> aws_account::identity() {
  if (identity_.empty()) {
    const auto said = call("sts:GetCallerIdentity", {}, settings_.region);
    if (!said)
      return said.err();
    identity_ = xml_text(*said, "GetCallerIdentityResult/Arn");
    if (identity_.empty())
      return error{ec::malformed, "calling sts:GetCallerIdentity: the answer names nobody"};
  }
  return identity_;
}

std::shared_ptr<aws_credential_chain> assume_role(const aws_settings& settings,
                                                  std::shared_ptr<aws_credential_chain> by,
                                                  std::string role_arn, std::string external_id,
                                                  std::chrono::milliseconds wait) {
  return std::make_shared<aws_credential_chain>(
      [settings, wait, by = std::move(by), role = std::move(role_arn),
       external = std::move(external_id)]() -> base::result<aws_credentials> {
        aws_account self{settings, by, wait};
        call_parameters p{{"RoleArn", role},
                          {"RoleSessionName", "vedette-response"},
                          {"DurationSeconds", "3600"},
                          {"ExternalId", external}};
        const auto said = self.call("sts:AssumeRole", p, settings.region);
        if (!said)
          return error{said.err().code,
                       fmt::format("taking the role {}: {}; it must trust the identity this node "
                                   "runs as, with the tenant's external id",
                                   role, said.err().context)};
        const auto get = [&](const char* what) {
          return xml_text(*said, fmt::format("Credentials/{}", what));
        };
        aws_credentials out{get("AccessKeyId"), get("SecretAccessKey"), get("SessionToken"),
                            base::parse_rfc3339(get("Expiration"))};
        if (out.key_id.empty() || out.secret.empty())
          return error{ec::malformed,
                       fmt::format("taking the role {}: the answer holds no credentials", role)};
        return out;
      });
}

} // namespace vedette::io
