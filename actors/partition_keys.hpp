// Where a partition's checkpoint stands in the store. Pure.
#pragma once

#include "detect/entity_state.hpp"
#include "state/keys.hpp"

#include <fmt/format.h>

#include <string>

namespace vedette::actors {

inline constexpr std::string_view partition_meta_prefix = "partition/";
inline constexpr std::string_view tenants_meta_prefix = "tenants/";

/// Of `schemas::partition_checkpoint`.
[[nodiscard]] inline std::string partition_meta(base::partition_id id) {
  return fmt::format("{}{:08x}", partition_meta_prefix, id.value);
}
/// Of the `schemas::config_entry` in force in a tenant partition's checkpoint.
[[nodiscard]] inline std::string tenants_meta(base::partition_id id) {
  return fmt::format("{}{:08x}", tenants_meta_prefix, id.value);
}

[[nodiscard]] inline state::state_key key_of(base::partition_id id, const detect::entity_ref& ref) {
  return {id, ref.tenant, state::kind_of(ref.kind), ref.key};
}

} // namespace vedette::actors
