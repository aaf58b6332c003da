// The copies of a group's partitions of events, in one actor.
//
// One actor a partition would be simpler, but a batch of events has something for most of a
// thousand partitions: messages, timers and requests to the committer would then be what an event
// costs. So what is said to several partitions of a group at once is one message, and what they
// want written meanwhile is one request (copy_seat.hpp). Partitions of different groups run side by
// side; nothing else depends on which group one is in.
// Scheduled, never detached: reads of cold entities are short, writes are the committer's.
#pragma once

#include "actors/detector.hpp"

#include <map>
#include <memory>
#include <vector>

namespace vedette::actors {

struct detectors_state;
using detectors_pointer = folding_detector::stateful_pointer<detectors_state>;

struct detectors_state {
  static constexpr const char* name = "detectors";

  std::unique_ptr<actor_seat<detectors_pointer>> seat;
  std::map<base::partition_id, std::unique_ptr<detector>> here;
  /// Answers to gates that go out when all is said.
  std::map<batch_asker, std::vector<batch_answer>> answers;
};

/// A copy whose log cannot be opened is not here, and says so through replica_args::failed.
folding_detector::behavior_type detectors(detectors_pointer self, seat_args args);

} // namespace vedette::actors
