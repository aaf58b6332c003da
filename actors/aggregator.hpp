// One tenant partition: alerts become incidents, incidents become guarded actions.
//
// A fold over its own log, thin: every decision is respond::tenant_state's. Nothing is published,
// journalled or handed to the responder before the entry that says so is committed. Remembers the
// tenants whose home it is (bounded inside tenant_state) and who waits for an answer.
#pragma once

#include "actors/interfaces.hpp"
#include "respond/tenant_state.hpp"
#include "state/store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace vedette::actors {

struct aggregator_args {
  base::partition_id partition; ///< of the log; tenant partitions are numbered behind the others
  base::epoch epoch{1};
  std::shared_ptr<state::store> store;
  std::shared_ptr<content_library> library;
  content_ptr content; ///< in force at start
  committer_actor committer;
  responder_actor responder;
  /// Called for each committed change of an alert, in order; must not block.
  std::function<void(const respond::published_alert&)> publish;
  std::function<base::receive_time()> now;
  base::duration action_timeout = std::chrono::seconds{10};
  base::duration checkpoint_interval = std::chrono::minutes{5};
};

struct aggregator_state {
  static constexpr const char* name = "aggregator";

  aggregator_args args;
  std::map<std::string, std::unique_ptr<respond::tenant_state>> tenants;
  base::entry_index appended, applied;
  content_ptr in_force;       ///< as of `applied`
  base::generation announced; ///< in force as of `appended`
  base::receive_time checkpointed_at, ticked_at;
  bool recovering = false, draining = false;
  std::uint64_t alerts = 0, actions = 0;
};

aggregator_actor::behavior_type
aggregator(aggregator_actor::stateful_pointer<aggregator_state> self, aggregator_args args);

} // namespace vedette::actors
