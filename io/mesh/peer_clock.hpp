// What one peer's wall clock shows, out of the stamps that control frames carry both ways.
//
// A frame says when it was said, and which of ours it answers: so how long both were on their way
// is known, and the peer's clock is read to half of that. A reading that took longer than
// `round_trip_max` is not taken, one that is older than `fresh` says nothing any more. No socket
// and no clock in here; times are of the monotonic clock that stamps are made with. Owned by the
// mesh's thread, one per peer. O(1).
#pragma once

#include "base/time.hpp"
#include "schemas/codec/mesh_codec.hpp"

#include <optional>

namespace vedette::io {

class peer_clock {
 public:
  static constexpr base::duration round_trip_max = std::chrono::seconds{1};
  static constexpr base::duration fresh = std::chrono::seconds{3};

  /// Of a frame that came at `now`.
  void heard(const schemas::mesh_stamp& stamp, base::duration now);
  /// For a frame that goes at `now`, when this node's wall clock shows `wall`.
  [[nodiscard]] schemas::mesh_stamp stamp(base::duration now, base::duration wall) const;
  /// Another process speaks: its monotonic clock may be another one.
  void restarted() { *this = {}; }

  /// The peer's wall time less this node's monotonic time.
  [[nodiscard]] std::optional<base::duration> reading(base::duration now) const;

 private:
  std::int64_t last_said_ = 0; ///< the peer's own count
  base::duration last_came_{};
  std::optional<base::duration> reading_;
  base::duration read_at_{};
};

} // namespace vedette::io
