// The door between a planned action and the world. A responder owns one executor per step kind and
// walks each runnable action through it; every answer is a value, so that it can be a log entry.
//
//   read     what is so now, before anything changes: fills ${prior.…}, kept with the attempt so
//            that a revert knows what to go back to; asked again until it answered some value
//   execute  makes the calls of the plan; the action's id is the idempotency key
//   verify   asks the target whether it is so, instead of trusting the answer of the call
//   revert   makes the inverse calls, but only if the target still is what `execute` made it; for
//   an
//            action that `reverts` another it is called with that other action and its `prior`
//
// Before repeating a `verifiable` step after a crash the responder asks `verify` first;
// `idempotent` and `may-repeat` steps are simply executed again; `at-most-once` never are. An
// implementation checks `forbidden` last, right before each call (the break-glass list in force
// then, not when planned). Implementations live in io; recording_executor.hpp is the pure one for
// dry runs. Calls block for as long as the executor was made to wait for an answer; they come from
// a responder's own thread, one at a time per target.
#pragma once

#include "base/tenant_settings.hpp"
#include "respond/action.hpp"
#include "respond/inputs.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace vedette::respond {

struct step_answer {
  attempt_result result = attempt_result::done;
  std::string text;       ///< one line for people
  prior_values results{}; ///< what the target answered, "${result.NAME}" of the inverse
};

enum class verdict : std::uint8_t {
  so, ///< the target is what the step wants
  not_so,
  unknown, ///< the target could not be asked
};

struct execution_context {
  base::receive_time now; ///< fills "${attempt.time}"
  /// True when the tenant's break-glass list in force forbids touching it.
  std::function<bool(std::string_view)> forbidden;
  base::tenant_settings tenant{}; ///< in force
  /// Asked before each call: whether it may begin still. Empty: always.
  std::function<base::status()> may_go_on{};
};

class executor {
 public:
  virtual ~executor() = default;

  virtual base::result<prior_values> read(const action& a, const execution_context& c) = 0;
  virtual step_answer execute(const action& a, const prior_values& prior,
                              const execution_context& c) = 0;
  virtual verdict verify(const action& a, const execution_context& c) = 0;
  virtual step_answer revert(const action& a, const prior_values& prior,
                             const execution_context& c) = 0;
};

/// Puts the executor's values into one parameter: ${attempt.time}, ${prior.NAME}, ${result.NAME}.
/// In a JSON document they are escaped. An error names what is unknown. O(length).
[[nodiscard]] base::result<std::string> fill_deferred(std::string_view text,
                                                      base::receive_time attempt,
                                                      const prior_values& prior,
                                                      const prior_values& results);

} // namespace vedette::respond
