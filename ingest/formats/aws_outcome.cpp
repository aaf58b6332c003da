#include "ingest/formats/aws_outcome.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::outcome;
using std::string_view;

template <std::size_t N>
bool among(string_view code, const std::array<string_view, N>& codes) noexcept {
  return std::ranges::find(codes, code) != codes.end();
}

constexpr std::array<string_view, 15> denied_codes{
    "AccessDenied",          "UnauthorizedOperation", "UnauthorizedAccess",
    "VpceAccessDenied",      "NotAuthorized",         "NotAuthorizedException",
    "AuthFailure",           "InvalidClientTokenId",  "ExpiredToken",
    "ExpiredTokenException", "SignatureDoesNotMatch", "AuthorizationErrorException",
    "UnauthorizedException", "AuthorizationError",    "OperationNotPermittedException"};

constexpr std::array<string_view, 8> throttled_codes{"RequestLimitExceeded",
                                                     "TooManyRequestsException",
                                                     "SlowDown",
                                                     "ProvisionedThroughputExceededException",
                                                     "BandwidthLimitExceeded",
                                                     "RequestThrottled",
                                                     "RequestThrottledException",
                                                     "PriorRequestNotComplete"};

constexpr std::array<string_view, 4> limited_codes{"OptInRequired", "PendingVerification",
                                                   "MaxSpotInstanceCountExceeded",
                                                   "InsufficientCapacityException"};

bool says_denied(string_view message) noexcept {
  return message.find("not authorized to perform") != string_view::npos ||
         message.find("AccessDenied") != string_view::npos ||
         message.find("Access Denied") != string_view::npos;
}

} // namespace

outcome aws_outcome_of(string_view code) noexcept {
  if (code.starts_with("Client.") || code.starts_with("Server."))
    code.remove_prefix(7);
  // A dry run that would have been allowed comes back as this "error".
  if (code == "DryRunOperation")
    return outcome::ok;
  if (among(code, denied_codes) || code.ends_with("AccessDeniedException"))
    return outcome::denied;
  if (among(code, throttled_codes) || code.starts_with("Throttl"))
    return outcome::throttled;
  if (among(code, limited_codes) || code.find("LimitExceeded") != string_view::npos ||
      code.find("QuotaExceeded") != string_view::npos ||
      (code.starts_with("Insufficient") && code.ends_with("Capacity")))
    return outcome::limited;
  return outcome::failed;
}

void judge_aws_outcome(const cloudtrail_record& record, base::arena& memory, base::event& out) {
  out.result = outcome::ok;
  auto code = record.error_code;
  auto message = record.error_message;
  if (code.empty() && message.empty() && record.response.kind == json_kind::object) {
    if (record.response.raw.find("rror") != string_view::npos) {
      for (member_reader m{record.response}; m.next();) {
        if (m.key() == "errorCode" || m.key() == "error_code")
          code = scalar_of(m.value(), memory);
        else if (m.key() == "errorMessage")
          message = scalar_of(m.value(), memory);
        else if (m.key() == "error" || m.key() == "Error") {
          const auto inner = member(m.value(), m.key() == "error" ? "code" : "Code");
          code = scalar_of(inner ? inner : m.value(), memory);
        }
      }
    }
    if (code.empty() && message.empty() && record.action == "ConsoleLogin") {
      if (scalar_of(member(record.response, "ConsoleLogin"), memory) == "Failure")
        code = "ConsoleLoginFailure";
    }
  }
  out.error = code;
  if (!code.empty())
    out.result = aws_outcome_of(code);
  else if (!message.empty())
    out.result = says_denied(message) ? outcome::denied : outcome::failed;
}

} // namespace vedette::ingest
