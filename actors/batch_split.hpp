// Which partition gets what of a batch of events.
//
// Two passes: everything is placed first, so that each share is made in one piece. An event is
// placed for its identity, a copy of it for each other entity that a rule groups by. Pure; owned by
// an ingest actor, keeps its memory from batch to batch. O(placed log placed).
#pragma once

#include "actors/messages.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace vedette::actors {

class batch_split {
 public:
  /// What one partition gets. `own`: events of its own identities, of which there may be none.
  struct share {
    base::partition_id partition;
    std::shared_ptr<base::event_batch> events; ///< never null
    std::vector<quarantined_record> quarantined;
    std::size_t own = 0;
  };

  /// Event `number` of the batch.
  void place(base::partition_id p, std::uint32_t number) { put(p, number, true); }
  void place_copy(base::partition_id p, const base::event& copy) {
    put(p, static_cast<std::uint32_t>(copies_.size()), false);
    copies_.push_back(copy);
  }
  /// Records of a batch that became no events all go to one partition.
  void quarantine(base::partition_id p, quarantined_record what) {
    quarantined_in_ = p;
    quarantined_.push_back(std::move(what));
  }

  /// The shares in the order of their partitions; what was placed is forgotten. `generation`
  /// matched the events, whose memory `whole` keeps.
  [[nodiscard]] std::vector<share> take(const std::shared_ptr<const base::event_batch>& whole,
                                        base::generation generation);

 private:
  struct placed {
    std::uint32_t partition = 0, order = 0, number = 0;
    bool own = false;
  };
  void put(base::partition_id p, std::uint32_t number, bool own) {
    placed_.push_back({p.value, static_cast<std::uint32_t>(placed_.size()), number, own});
  }

  std::vector<placed> placed_;
  std::vector<base::event> copies_;
  base::partition_id quarantined_in_;
  std::vector<quarantined_record> quarantined_;
};

} // namespace vedette::actors
