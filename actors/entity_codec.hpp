// Entity state as bytes: what a detector's checkpoint and its evictions store
// (docs/formats/entity.md).
//
// Exact: a decoded entity folds on as the original would, and encodes to the same bytes. A quiet
// identity takes about 180 bytes. Remembers nothing; bounded by the entity. Called by detectors.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "detect/entity_state.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::actors {

/// Stands in a stored entity for the length of a text that is kept as the 16 bytes of a GUID.
inline constexpr std::uint32_t text_is_guid = 0xffff'ffff;

struct stored_entity {
  detect::entity_state state;
  base::entry_index folded; ///< last entry folded into it; folding it again would count twice
};

/// Equal states give equal bytes. O(size of the state).
[[nodiscard]] std::string encode(const detect::entity_state& state, base::entry_index folded);

/// Fails with ec::malformed, ec::unsupported for a later build's bytes, ec::too_large for bytes
/// that stand for more than 256 MiB. What it returns keeps every order that operators rely on.
/// O(bytes).
[[nodiscard]] base::result<stored_entity> decode_entity(std::string_view bytes);

} // namespace vedette::actors
