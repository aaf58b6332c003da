// One tenant partition: alerts become incidents, incidents become guarded actions.
//
// A fold over its own log, thin: what entries mean is tenants_fold's. Nothing is published,
// journalled or handed to the responder before the entry that says so is committed, and only by the
// copy whose replica serves. Remembers what its fold does and who waits for an answer.
#pragma once

#include "actors/checkpoint_turns.hpp"
#include "actors/copy_host.hpp"
#include "actors/interfaces.hpp"
#include "actors/shown_entries.hpp"
#include "actors/tenants_fold.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace vedette::actors {

struct aggregator_args {
  seat_args seat;
  replica_args log; ///< tenant partitions are numbered behind the others
  std::shared_ptr<content_library> library;
  content_ptr content; ///< in force at start
  responder_actor responder;
  /// Called for each committed change of an alert, in order; must not block.
  std::function<void(const respond::published_alert&)> publish;
  std::function<base::receive_time()> now;
  base::duration action_timeout = std::chrono::seconds{10};
  /// How long after a term began what the one before had under way is taken up: calls of another
  /// node may last so long. Zero when there is no other.
  base::duration resume_after{0};
  base::duration checkpoint_interval = std::chrono::minutes{5};
  std::uint64_t digest_every = 1000;        ///< entries; as the replica's
  std::vector<fold_suspects::death> deaths; ///< of earlier processes, in this partition
};

struct aggregator_state;
using aggregator_pointer = folding_aggregator::stateful_pointer<aggregator_state>;

struct aggregator_state {
  static constexpr const char* name = "aggregator";

  aggregator_args args;
  std::unique_ptr<actor_seat<aggregator_pointer>> seat;
  std::unique_ptr<copy_host> copy;
  fold_suspects suspects;
  shown_entries shown;
  std::unique_ptr<tenants_fold> fold;

  /// Appended and not committed yet.
  struct pending {
    tenants_fold::meaning says;
    std::function<void(const respond::outputs&)> then;
    std::function<void(const base::error&)> failed;
  };
  std::map<std::uint64_t, pending> appended; ///< by token
  /// So much appended is enough: deliveries behind it wait here. Their senders have few out at once
  /// (detector_state::deliveries_max).
  static constexpr std::size_t appended_max = 512;
  std::deque<std::pair<delivery, caf::typed_response_promise<atom::done>>> waiting;
  std::uint64_t last_token = 0;
  std::optional<base::epoch> term; ///< serving
  base::generation announced;      ///< in force as of the newest entry appended

  base::receive_time checkpointed_at, ticked_at;
  std::optional<base::receive_time> resume_at; ///< nothing: it was, or nothing serves here
  checkpoint_turns turns;
  bool draining = false;
  std::optional<base::error> gave_up; ///< nothing is folded any more
  std::uint64_t alerts = 0, actions = 0;
};

folding_aggregator::behavior_type aggregator(aggregator_pointer self, aggregator_args args);

} // namespace vedette::actors
