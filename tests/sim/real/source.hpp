// What a collector's batch is to the real folds: records of CloudTrail, normalised and matched by
// the rules in force as an ingest node would, with copies for entities that are no identity.
//
// What happens in an event depends on the seed and the event's id alone, so that it means the same
// whoever makes the batch and when. Event time goes on with the batches of a source, far enough for
// windows to close while it runs, and never so far that an event comes later than the lateness
// allows. Remembers the newest time it has told. Owned by a collector.
#pragma once

#include "base/time.hpp"
#include "schemas/codec/entry_codec.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/payload.hpp"

#include <memory>
#include <string>

namespace vedette::sim::real {

/// The clock on the wall, which all nodes share, a day ahead of what sources tell of.
[[nodiscard]] base::receive_time wall_time(instant at);

class source {
 public:
  source(std::uint64_t seed, std::uint64_t number, std::uint32_t detectors);

  /// Once per batch, in their order. O(events).
  [[nodiscard]] std::shared_ptr<const schemas::batch_entry>
  make(const batch& b, base::generation generation, instant now);

  [[nodiscard]] const base::tenant_id& tenant() const noexcept { return tenant_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] base::event_time newest() const noexcept { return newest_; }

 private:
  [[nodiscard]] std::string record_of(const event& e, std::uint64_t sequence) const;

  std::uint64_t seed_;
  std::uint32_t detectors_;
  base::tenant_id tenant_;
  std::string name_;
  base::event_time newest_;
};

} // namespace vedette::sim::real
