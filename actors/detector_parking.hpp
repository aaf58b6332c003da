// A detector as keeper of other partitions' batches, and as a home whose batches were kept
// (docs/decisions/0013-parking.md). Internal to actors/detector*.cpp.
#pragma once

#include "actors/detector.hpp"

namespace vedette::actors {

/// Appends an entry.
void append(detector_pointer self, state::entry_kind kind, std::shared_ptr<const std::string> body,
            detector_state::pending what = {});
[[nodiscard]] batch_key key_of(const partition_batch& b);
/// A batch of a source, or one that was parked; answers once it is folded.
void append_batch(detector_pointer self, partition_batch& batch,
                  detector_state::share_answer answer);

// --- a keeper ---

[[nodiscard]] caf::result<atom::done> park(detector_pointer self, park_request& r);
[[nodiscard]] caf::result<parked_count> count_parked(detector_pointer self,
                                                     const parked_question& q);
/// Gives what is kept back to homes that may be there again; often.
void give_back(detector_pointer self);

// --- a home ---

/// When batches may have been parked: nothing is taken from sources until they are given back.
void ask_keepers(detector_pointer self);
/// A moment later.
void go_on_asking(detector_pointer self);
[[nodiscard]] caf::result<atom::done> take_back(detector_pointer self, drain_request& d);

} // namespace vedette::actors
