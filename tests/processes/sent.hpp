// What a run of `vedette send -o json` says it sent, and what the partitions of its node hold.
#pragma once

#include "tests/processes/program.hpp"

#include <cstdint>
#include <string>

namespace vedette::test {

/// A number of the run's figures, which must name it.
[[nodiscard]] std::uint64_t figure(const std::string& json, const std::string& name);
/// Of all partitions of the node together: a number that `vedette partitions` tells of each.
[[nodiscard]] std::uint64_t sum_of_partitions(const node_address& at, const std::string& data,
                                              const std::string& name);

} // namespace vedette::test
