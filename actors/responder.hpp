// Carries out actions. Blocking calls belong here and nowhere else, so it runs detached.
//
// Remembers nothing: what was attempted and what came of it is in the tenant's log.
#pragma once

#include "actors/interfaces.hpp"

#include <functional>

namespace vedette::actors {

struct responder_args {
  /// Looks at the target or performs the action's calls, and says how it went; may block for the
  /// call timeout. Dry runs never reach it.
  std::function<action_report(const action_order&)> execute;
  /// Whether a call may begin now: asked after the attempt is in the log, right before the call. A
  /// node that was paused or cut off must find out first that others may have gone on without it.
  /// Empty: always.
  std::function<base::status()> may_begin;
};

struct responder_state {
  static constexpr const char* name = "responder";

  responder_args args;
  std::uint64_t carried_out = 0, dry_runs = 0, failed = 0, held_back = 0;
};

responder_actor::behavior_type responder(responder_actor::stateful_pointer<responder_state> self,
                                         responder_args args);

} // namespace vedette::actors
