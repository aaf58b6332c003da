// Group commit: the one writer of a store.
//
// Requests that arrive within the linger, or while the previous group was being written, share one
// physical record and one fsync; an urgent one does not linger. Under the interval policy nobody
// waits for the fsync, so a timer makes it: the last group before a silence is as old as the
// interval when it is safe, not as old as the silence. Remembers only the group being filled:
// bounded by `group_bytes_max`, beyond which it is written at once, and by the senders' credit.
// Runs detached, because it blocks.
#pragma once

#include "actors/interfaces.hpp"
#include "state/store.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace vedette::actors {

struct committer_args {
  std::shared_ptr<state::store> store;
  base::duration linger = std::chrono::milliseconds{1};
  state::trim_limits keep;
  /// Where each partition's checkpoint stands at start; what is in the log and not named holds all
  /// of it.
  state::positions checkpoints;
  std::size_t group_bytes_max = std::size_t{4} << 20;
  /// Told of each group: how long writing it took, seconds. May be empty.
  std::function<void(double)> wrote = {};
  /// With state::sync_policy::interval: how long a written group may stay unsynced. Zero: the store
  /// syncs by itself, or never.
  base::duration sync_interval{0};
};

struct committer_state {
  static constexpr const char* name = "committer";

  committer_args args;
  std::vector<state::log_entry> group;
  std::vector<caf::typed_response_promise<atom::done>> waiting;
  std::size_t group_bytes = 0;
  state::positions held; ///< a checkpoint that others are seeded from: the log behind it stays
  bool flush_under_way = false, urgent_flush_under_way = false;
  /// When the oldest group that may be unsynced was written; nothing when there is none.
  std::optional<caf::actor_clock::time_point> unsynced_since;
  std::uint64_t groups = 0, entries = 0;
};

committer_actor::behavior_type committer(committer_actor::stateful_pointer<committer_state> self,
                                         committer_args args);

} // namespace vedette::actors
