#include "ingest/formats/azure_outcome.hpp"

#include "ingest/formats/microsoft.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace vedette::ingest {

namespace {

using base::outcome;
using std::string_view;

bool one_of(string_view word, std::initializer_list<string_view> words) noexcept {
  return std::ranges::any_of(words, [&](string_view w) { return same_word(word, w); });
}

/// A number that is all of the text, else 0.
int http_code(string_view text) noexcept {
  int code = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), code);
  return wrong == std::errc{} && end == text.data() + text.size() ? code : 0;
}

outcome outcome_of_http(int code) noexcept {
  if (code == 401 || code == 403)
    return outcome::denied;
  if (code == 429 || code == 503)
    return outcome::throttled;
  return code >= 400 ? outcome::failed : outcome::ok;
}

/// {"error":{"code":…}}, or {"code":…}, or (Event Hub) {"status":…,"error":{…}}.
string_view code_in(const json_value& message, base::arena& memory) {
  const auto error = member_named(message, "error");
  const auto code = member_named(error.kind == json_kind::object ? error : message, "code");
  return text_of(code, memory);
}

/// "Failed.Forbidden" and "Conflict (HTTP Status Code: 409)" -> "Forbidden", "Conflict".
string_view word_of(string_view substatus) noexcept {
  if (const auto dot = substatus.find('.'); dot != string_view::npos && dot + 1 < substatus.size())
    substatus = substatus.substr(dot + 1);
  return substatus.substr(0, substatus.find(' '));
}

} // namespace

azure_stage stage_of(string_view status) noexcept {
  if (one_of(status, {"Start", "Started"}))
    return azure_stage::begins;
  if (one_of(status, {"Accept", "Accepted", "Active", "InProgress", "In Progress", "Running"}))
    return azure_stage::under_way;
  return azure_stage::over;
}

outcome azure_outcome_of(string_view code) noexcept {
  if (one_of(code, {"AuthorizationFailed",
                    "LinkedAuthorizationFailed",
                    "LinkedAccessCheckFailed",
                    "RequestDisallowedByPolicy",
                    "RequestDisallowedByAzure",
                    "ScopeLocked",
                    "Forbidden",
                    "Unauthorized",
                    "AuthenticationFailed",
                    "InvalidAuthenticationToken",
                    "InvalidAuthenticationTokenTenant",
                    "ExpiredAuthenticationToken",
                    "RoleAssignmentUpdateNotPermitted",
                    "DenyAssignmentAuthorizationFailed",
                    "AuthorizationFailure",
                    "AuthorizationPermissionMismatch",
                    "AuthorizationProtocolMismatch",
                    "AuthorizationServiceMismatch",
                    "AuthorizationResourceTypeMismatch",
                    "AuthorizationSourceIPMismatch",
                    "InsufficientAccountPermissions",
                    "KeyBasedAuthenticationNotPermitted",
                    "PublicAccessNotPermitted",
                    "NoAuthenticationInformation",
                    "AccessDenied"}))
    return outcome::denied;
  if (one_of(code, {"QuotaExceeded", "SkuNotAvailable", "AllocationFailed", "ZonalAllocationFailed",
                    "OverconstrainedAllocationRequest", "OverconstrainedZonalAllocationRequest",
                    "ResourceQuotaExceeded", "SubscriptionQuotaExceeded", "InsufficientQuota"}))
    return outcome::limited;
  if (one_of(code, {"TooManyRequests", "ServerBusy", "RequestThrottled", "OperationTimedOut"}) ||
      http_code(code) == 429)
    return outcome::throttled;
  const auto http = outcome_of_http(http_code(code));
  return http == outcome::ok ? outcome::failed : http;
}

void judge_azure_outcome(const azure_record& r, base::arena& memory, base::event& out) {
  out.result = outcome::ok;
  if (!one_of(r.status,
              {"Failure", "Failed", "Cancelled", "Canceled", "Denied", "Conflict", "Error"}))
    return;
  const auto message = opened(r.status_message, memory);
  const auto code = code_in(message, memory);
  const auto sub = word_of(r.substatus);
  const auto bare = word_of(r.status_code);
  out.error = !code.empty() ? code : !sub.empty() ? sub : !bare.empty() ? bare : r.status;
  out.result = outcome::failed;
  // The code knows most; what is around it is the HTTP status in words.
  for (const auto word : {code, sub, bare})
    if (out.result == outcome::failed && !word.empty())
      out.result = azure_outcome_of(word);
  // Compute's code for a quota is that of anything it does not allow.
  if (out.result == outcome::failed && same_word(code, "OperationNotAllowed") &&
      message.raw.find("uota") != string_view::npos)
    out.result = outcome::limited;
}

void judge_resource_outcome(const azure_record& r, base::event& out) noexcept {
  const auto http = http_code(r.status_code);
  out.result = outcome_of_http(http);
  const auto word = !r.status_text.empty() ? r.status_text : r.substatus;
  const bool said_ok = r.status_text.empty() || r.status_text.find("Success") != string_view::npos;
  if (out.result == outcome::ok && (http != 0 ? said_ok : !one_of(r.status, {"Failed", "Failure"})))
    return;
  if (out.result == outcome::ok || out.result == outcome::failed)
    out.result = azure_outcome_of(word);
  out.error = word.empty() ? r.status_code : word;
}

} // namespace vedette::ingest
