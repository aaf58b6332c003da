#include "io/mesh/peer_clock.hpp"

namespace vedette::io {

void peer_clock::heard(const schemas::mesh_stamp& stamp, base::duration now) {
  if (stamp.said_at == 0)
    return; // of a build that does not say it, or not of the control lane
  last_said_ = stamp.said_at;
  last_came_ = now;
  if (stamp.heard_at == 0)
    return;
  const auto round_trip = now - base::duration{stamp.heard_at} - base::duration{stamp.held_for};
  if (round_trip < base::duration{0} || round_trip > round_trip_max)
    return;
  reading_ = base::duration{stamp.wall_time} + round_trip / 2 - now;
  read_at_ = now;
}

schemas::mesh_stamp peer_clock::stamp(base::duration now, base::duration wall) const {
  return {now.count(), wall.count(), last_said_, last_said_ == 0 ? 0 : (now - last_came_).count()};
}

std::optional<base::duration> peer_clock::reading(base::duration now) const {
  return reading_ && now - read_at_ <= fresh ? reading_ : std::nullopt;
}

} // namespace vedette::io
