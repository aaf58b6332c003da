#include "ingest/formats/entra_outcome.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/microsoft.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::has;
using base::outcome;
using std::string_view;
using ef = entra_field;

/// Nobody was refused: the person is asked for a second factor, for consent, to choose an account,
/// to change an expired password, to register; or is locked out, which is no new refusal.
constexpr std::array<string_view, 21> interrupts{
    "16000", "16001", "50053", "50055", "50058", "50072", "50074",
    "50076", "50078", "50079", "50097", "50125", "50127", "50129",
    "50140", "50144", "50199", "51006", "65001", "65004", "81010"};

void judge_sign_in(const entra_record& r, base::arena& memory, base::event& out) {
  auto code = scalar_of(member_named(r.value(ef::status, memory), "errorcode"), memory);
  if (code.empty())
    code = r.text(ef::error_code, memory);
  if (code.empty())
    code = r.text(ef::result_type, memory);
  out.result = sign_in_outcome_of(code);
  if (out.result != outcome::ok)
    out.error = code;
}

void judge_change(const entra_record& r, base::arena& memory, base::event& out) {
  const auto result = r.text(ef::result, memory);
  out.result = outcome::ok;
  if (!same_word(result, "failure") && !same_word(result, "timeout"))
    return;
  const auto reason = r.text(ef::result_reason, memory);
  const bool refused = has(reason, "Authorization_RequestDenied") ||
                       has(reason, "nsufficient privileges") || has(reason, "ccess denied") ||
                       has(reason, "not authorized") || has(reason, "nauthorized");
  out.result = refused ? outcome::denied : outcome::failed;
  // Reasons are sentences or codes; only a code is an error's name.
  out.error = reason.empty() || has(reason, " ") ? result : reason.substr(0, 64);
}

void judge_call(const entra_record& r, base::arena& memory, base::event& out) {
  const auto code = r.text(ef::response_code, memory);
  if (code == "401" || code == "403")
    out.result = outcome::denied;
  else if (code == "429" || code == "503")
    out.result = outcome::throttled;
  else
    out.result = code.starts_with('4') || code.starts_with('5') ? outcome::failed : outcome::ok;
  if (out.result != outcome::ok)
    out.error = code;
}

} // namespace

outcome sign_in_outcome_of(string_view code) noexcept {
  if (code.empty() || code == "0")
    return outcome::ok;
  return std::ranges::find(interrupts, code) != interrupts.end() ? outcome::failed
                                                                 : outcome::denied;
}

void judge_entra_outcome(const entra_record& r, base::arena& memory, base::event& out) {
  if (r.log == entra_log::audit)
    judge_change(r, memory, out);
  else if (r.log == entra_log::graph)
    judge_call(r, memory, out);
  else
    judge_sign_in(r, memory, out);
}

} // namespace vedette::ingest
