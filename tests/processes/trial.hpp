// Three nodes under load while one thing goes wrong, and the equality in the end.
//
// How long something stays broken: seconds here, VEDETTE_CHAOS_SECONDS for the long rounds of
// `./dev chaos`.
#pragma once

#include "tests/processes/cluster_load.hpp"

namespace vedette::test {

/// How long something stays broken.
[[nodiscard]] std::chrono::seconds outage();

/// Partitions with events' state that this node leads.
[[nodiscard]] std::set<std::uint32_t> led_by(const cluster& c, const std::string& node);
/// Whoever leads most of them.
[[nodiscard]] std::size_t busiest(const cluster& c);

/// Asks these partitions through node `by` for an event, round after round, and prints and returns
/// how long each took, in ms. `name` is new.
[[nodiscard]] std::vector<double> accepted_within(const cluster& c, std::size_t by,
                                                  const std::set<std::uint32_t>& partitions,
                                                  const std::string& name,
                                                  std::chrono::steady_clock::time_point until);

struct trial {
  /// Begins when every partition has all its copies in sync; returns when events flow.
  trial(std::uint64_t seed, std::chrono::seconds span, cluster_settings settings = {});
  /// All is in sync again, and every node lists the alerts of the replay, each once.
  void settle();

  std::uint32_t copies;
  cluster c;
  test::load load;
};

} // namespace vedette::test
