// Many seeds: runs them, adds up what they covered, and says how to see a failure again.
//
// Remembers counters only. Called by the tests of tests/sim and, through them, by `./dev sim`.
#pragma once

#include "tests/sim/world.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::sim {

struct failure {
  std::uint64_t seed = 0;
  std::string what;
};

struct tally {
  std::uint64_t seeds = 0, steps = 0, events = 0, alerts = 0;
  coverage covered;
  std::vector<failure> failures;
  instant slowest_healing{};
};

/// An assertion that fails inside a seed is reported with the seed before the process ends.
[[nodiscard]] tally run_seeds(std::uint64_t first, std::uint64_t count, const options& base = {});

/// The seed that fails first of `count` from `first` on, 0 when none does. Each runs in a process
/// of its own, because a broken protocol may also stop at an assertion, which counts as caught.
[[nodiscard]] std::uint64_t first_caught(std::uint64_t first, std::uint64_t count,
                                         const options& base);

/// One line per counter that folds of the kind have.
[[nodiscard]] std::string report(const coverage& c, bool real_folds);

} // namespace vedette::sim
