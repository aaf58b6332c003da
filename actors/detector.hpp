// One copy of one partition of events. While its replica serves it appends what arrives and
// delivers what that raised; always it folds what is committed.
//
// Thin: every decision is partition_state's, and what is committed is the replica's affair.
// Remembers the batches under way (bounded by the ingest credit) and which deliveries are out.
// Lives in the actor of its group (detectors.hpp).
#pragma once

#include "actors/checkpoint_turns.hpp"
#include "actors/copy_host.hpp"
#include "actors/interfaces.hpp"
#include "actors/parking_desk.hpp"
#include "actors/partition_state.hpp"
#include "actors/shown_entries.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace vedette::actors {

struct detector_args {
  replica_args log;
  std::shared_ptr<content_library> library;
  content_ptr content; ///< in force at start
  partition_limits limits;
  /// The aggregator of a tenant.
  std::function<aggregator_actor(const base::tenant_id&)> aggregator_of;
  /// Partitions that keep this one's batches while it has no primary, and the handle of any.
  std::vector<base::partition_id> keepers;
  std::function<detector_actor(base::partition_id)> partition_of;
  base::duration checkpoint_interval = std::chrono::minutes{5};
  std::uint64_t digest_every = 1000;        ///< entries; as the replica's
  std::vector<fold_suspects::death> deaths; ///< of earlier processes, in this partition
};

struct detector_state {
  detector_args args;
  std::unique_ptr<copy_host> copy;
  std::unique_ptr<partition_state> fold;
  fold_suspects suspects;
  shown_entries shown;

  using share_answer = std::function<void(const base::result<partition_batch_result>&)>;
  /// A batch that is being written, and who waits for it: also who sends it again meanwhile.
  struct written_batch {
    batch_key key;
    schemas::batch_entry entry;
    partition_batch_result result;
    std::vector<share_answer> waiting;
  };
  /// Appended and not committed yet: a batch, or what to do once it is folded, or when its outcome
  /// is unknown.
  struct pending {
    std::shared_ptr<written_batch> batch = nullptr;
    std::function<void(base::entry_index)> then = {};
    std::function<void(const base::error&)> failed = {};
    desk_time since{};
  };
  std::map<std::uint64_t, pending> appended; ///< by token
  std::uint64_t last_token = 0;
  std::optional<base::epoch> term; ///< serving
  base::generation announced;      ///< in force as of the newest entry appended

  std::map<batch_key, std::shared_ptr<written_batch>> under_way;
  keeper_desk keeper;
  home_desk home;
  /// Of one tenant on their way at once; what is emitted beside them waits in the fold's outbox, so
  /// a storm of alerts fills no mailbox, and a tenant whose aggregator is away delays no other.
  static constexpr std::size_t deliveries_max = 8;
  struct lane {
    std::size_t out = 0;
    std::set<std::uint64_t> waiting; ///< of the outbox, oldest first
  };
  std::map<std::string, lane> lanes; ///< by tenant, of those that have something
  [[nodiscard]] std::uint64_t waiting(const base::tenant_id& tenant) const {
    const auto at = lanes.find(tenant.value);
    return at == lanes.end() ? 0 : at->second.waiting.size();
  }
  std::set<std::uint64_t> failed;   ///< deliveries that came back with an error, for the next tick
  std::set<std::uint64_t> answered; ///< to be written with the next entry
  base::receive_time checkpointed_at;
  checkpoint_turns turns;
  bool draining = false;
  std::optional<base::error> gave_up; ///< nothing is folded any more
};

/// What the state is hosted by: what a partition uses of the actor of its group.
class detector {
 public:
  using actor = folding_detector::pointer;

  /// The actor and its seat outlive it.
  detector(actor group, copy_seat& seat, base::duration beat, detector_args args);
  detector(const detector&) = delete;
  detector& operator=(const detector&) = delete;

  /// Loads its state, before anything else. Errors: there is no log to fold; a state that cannot be
  /// loaded is handed over.
  [[nodiscard]] base::status open();

  template <class... Words>
  auto request(Words&&... words) {
    return group_->request(std::forward<Words>(words)...);
  }
  template <class Answer>
  [[nodiscard]] auto make_response_promise() {
    return group_->make_response_promise<Answer>();
  }
  [[nodiscard]] caf::actor_clock& clock() { return group_->clock(); }
  /// The keepers that have not answered.
  void ask_again_in(base::duration time) {
    group_->delayed_send(group_, time, state.copy->partition(), atom::again::value);
  }

  detector_state state;

 private:
  actor group_;
};
using detector_pointer = detector*;

// --- what the actor of the group is told (detector.cpp, detector_parking.cpp) ---

/// Answers once the share is folded.
void take_share(detector_pointer self, partition_batch& batch, detector_state::share_answer answer);
void take_tick(detector_pointer self, const tick& t);
void take_content(detector_pointer self, const content_change& c,
                  std::function<void(const base::status&)> then);
void drain(detector_pointer self, std::function<void(const base::status&)> then);

} // namespace vedette::actors
