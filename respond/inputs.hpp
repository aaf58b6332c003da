// What a tenant's state is folded from, and what a fold says. Each input is one entry of the
// tenant's log (docs/formats/log.md names the kinds); everything in it was decided before it was
// written, so a replay folds the same values. Plain data; made by the aggregator actor, consumed by
// tenant_state.
#pragma once

#include "base/alert.hpp"
#include "base/result.hpp"
#include "respond/action.hpp"
#include "respond/baselines/day_maxima.hpp"
#include "respond/playbooks/playbook.hpp"
#include "respond/settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vedette::respond {

/// A detector's alert: new, a higher revision, or something said before.
struct alert_arrived {
  base::alert alert;
  base::receive_time at;
};

/// What identities reached on a day that is over.
struct day_maxima_told {
  std::vector<day_maximum> maxima;
  base::receive_time at;
};

enum class verb : std::uint8_t {
  approve,     ///< id = action; needs plan_hash
  reject,      ///< id = action
  revert,      ///< id = action that is done
  acknowledge, ///< id = incident
  close,       ///< id = incident
  freeze,      ///< nothing becomes runnable until …
  unfreeze,
};

[[nodiscard]] std::string_view to_string(verb v) noexcept;

/// What a person asked for; authorisation is the API's.
struct operator_command {
  verb what = verb::acknowledge;
  std::string id;
  std::string who;
  std::string reason;
  std::string plan_hash; ///< of the plan the person saw
  base::receive_time at;
};

/// The intents of these actions are in the log: what an intent entry folds to. The hash says which
/// plan was written; if the plan has changed since, its new intent is still on the way.
struct intents_committed {
  struct one {
    std::string action;
    std::string plan_hash;
  };
  std::vector<one> actions;
  base::receive_time at;
};

/// Written before the call.
struct action_attempt {
  std::string action;
  prior_values prior; ///< what the executor read before
  base::receive_time at;
};

enum class attempt_result : std::uint8_t {
  done,      ///< it is so now, or was already
  failed,    ///< and trying again will not help
  try_again, ///< overloaded, timed out: the same call may work later
};

struct action_outcome {
  std::string action;
  attempt_result result = attempt_result::done;
  std::string text;     ///< what the target answered, for people
  prior_values results; ///< and values an inverse will need
  base::receive_time at;
};

/// A responder took over from one that may have been in the middle of a call.
struct responder_changed {
  base::receive_time at;
};

/// Time passes: expiry, and actions whose turn came.
struct tick {
  base::receive_time at;
  base::event_time watermark; ///< the tenant was watched up to here
};

/// Another generation of playbooks or of the tenant's settings is in force.
struct configured {
  std::shared_ptr<const playbook_set> playbooks;
  respond_settings settings;
  base::receive_time at;
};

using input = std::variant<alert_arrived, day_maxima_told, operator_command, intents_committed,
                           action_attempt, action_outcome, responder_changed, tick, configured>;

/// An alert to send to subscribers under its number in the tenant's stream.
struct published_alert {
  std::uint64_t number = 0;
  base::alert alert;
  std::string incident;

  friend bool operator==(const published_alert&, const published_alert&) = default;
};

/// What one fold said. On a replay the actor throws it away: what was said is in the log already.
struct outputs {
  std::vector<published_alert> publish;
  std::vector<std::string> incidents; ///< ids that changed, each once
  std::vector<action> intents;        ///< to be written to the log, then told as intents_committed
  std::vector<action> runnable;       ///< the responder may attempt these now
  std::optional<base::error> refused; ///< why a command or report did not apply

  friend bool operator==(const outputs&, const outputs&) = default;
};

} // namespace vedette::respond
