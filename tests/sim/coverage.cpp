#include "tests/sim/coverage.hpp"

namespace vedette::sim {

std::string_view to_string(mark m) noexcept {
  static constexpr std::array<std::string_view, marks> names{
      "node crashed",
      "unsynced writes lost in a crash",
      "store wiped",
      "old copy of a store put back",
      "node paused",
      "disk slow",
      "disk full",
      "write refused",
      "message lost",
      "message doubled",
      "two-way cut",
      "one-way cut",
      "cut from the coordinator",
      "coordinator down",
      "leases expired together",
      "coordinator wiped",
      "table rebuilt from stores",
      "swap won",
      "swap lost",
      "swap answer unknown",
      "swap of a deposed controller refused",
      "lease expired",
      "lease revoked on evidence",
      "promoted by the controller",
      "reclaimed after a restart",
      "in-sync set shrunk",
      "in-sync set grown",
      "move begun",
      "move finished",
      "node drained",
      "began to serve",
      "stepped down",
      "stale epoch refused",
      "log truncated",
      "log read again for a lagging replica",
      "replica seeded by checkpoint",
      "seeding begun and not finished",
      "log trimmed",
      "state rotted",
      "digests differed",
      "batch resent",
      "duplicate batch dropped",
      "append refused",
      "alert emitted",
      "alert resent",
      "alert arrived twice",
      "action called",
      "action resumed by the next owner",
  };
  return names[static_cast<std::size_t>(m)];
}

} // namespace vedette::sim
