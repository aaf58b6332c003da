// Which partition an entity belongs to.
//
// A keyed hash, so that nobody outside can aim at one partition; the seed is the cluster's secret.
// Alerts do not depend on it. Pure.
#pragma once

#include "base/alert.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "cluster/coordinator_words.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace vedette::actors {

struct routing {
  std::uint64_t seed = 0;
  std::uint32_t partitions = 16;
  std::uint32_t tenant_partitions = 4;

  [[nodiscard]] base::partition_id partition_of(std::string_view tenant, base::entity_kind kind,
                                                std::string_view key) const noexcept {
    const auto salt =
        base::mix(base::mix(seed, base::hash64(tenant)), static_cast<std::uint64_t>(kind));
    return {static_cast<std::uint32_t>(base::hash64(key, salt) % partitions)};
  }
  /// Who keeps batches of a partition that has no primary, in the order of preference. All nodes
  /// ask the same; of so many one is nearly always led by a node that can be reached.
  [[nodiscard]] std::vector<base::partition_id> keepers_of(base::partition_id home) const {
    std::vector<base::partition_id> out;
    for (std::uint32_t i = 1; i <= 5 && i < partitions; ++i)
      out.push_back({(home.value + i) % partitions});
    return out;
  }
  [[nodiscard]] base::partition_id home_of(std::string_view tenant) const noexcept {
    return {cluster::tenant_partitions_from +
            static_cast<std::uint32_t>(base::hash64(tenant, seed) % tenant_partitions)};
  }
};

} // namespace vedette::actors
