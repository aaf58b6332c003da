#include "ingest/formats/gcp_outcome.hpp"

#include "base/ascii.hpp"

#include <array>
#include <charconv>

namespace vedette::ingest {

namespace {

using base::has;
using base::outcome;
using std::string_view;

constexpr std::array<string_view, 17> code_names{
    "",          "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

/// Requests per time are load; machines and addresses are quota.
bool is_quota(string_view message) noexcept {
  return has(message, "uota") && !has(message, "per minute") && !has(message, "per second") &&
         !has(message, "per day") && !has(message, "ateLimit");
}

/// Nothing that was asked for was granted. `granted` is left out when it is false.
bool all_refused(const json_value& authorization) noexcept {
  bool any = false;
  for (element_reader e{authorization}; e.next();) {
    if (!member(e.value(), "permission"))
      continue;
    if (member(e.value(), "granted").raw == "true")
      return false;
    any = true;
  }
  return any;
}

outcome outcome_of(int code, string_view message) noexcept {
  switch (code) {
  case 7:
  case 16:
  case 401:
  case 403:
    return has(message, "QUOTA_EXCEEDED") ? outcome::limited : outcome::denied;
  case 8:
  case 429:
    return is_quota(message) ? outcome::limited : outcome::throttled;
  default:
    return has(message, "QUOTA_EXCEEDED") ? outcome::limited : outcome::failed;
  }
}

} // namespace

string_view grpc_code_name(int code) noexcept {
  return code > 0 && static_cast<std::size_t>(code) < code_names.size()
             ? code_names[static_cast<std::size_t>(code)]
             : string_view{};
}

void judge_gcp_outcome(const gcp_record& record, base::event& out) noexcept {
  int code = 0;
  std::from_chars(record.code.data(), record.code.data() + record.code.size(), code);
  out.result = outcome::ok;
  if (code != 0) {
    out.result = outcome_of(code, record.message);
    const auto name = grpc_code_name(code);
    out.error = name.empty() ? record.code : name;
  } else if (record.decision == "forbid" || all_refused(record.authorization)) {
    out.result = outcome::denied;
    out.error = "PERMISSION_DENIED";
  } else if (!record.message.empty()) {
    out.result = has(record.message, "PERMISSION_DENIED") ? outcome::denied : outcome::failed;
    out.error = out.result == outcome::denied ? string_view{"PERMISSION_DENIED"} : string_view{};
  } else if (record.severity == "ERROR") {
    out.result = outcome::failed;
  }
}

} // namespace vedette::ingest
