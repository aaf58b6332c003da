// Everything that is remembered about one entity: its profile and, for each rule that ever matched
// it, the operator's state. A plain value; `engine` changes it, the codec stores it.
//
// Not thread-safe; owned by the detector of the entity's partition. Bounded: rules times groups
// (`limits::entity_groups`, the one idle for longest goes first), each bounded by its operator.
#pragma once

#include "base/alert.hpp"
#include "base/ids.hpp"
#include "detect/operators/sequence_state.hpp"
#include "detect/operators/single_state.hpp"
#include "detect/operators/travel_state.hpp"
#include "detect/operators/window_state.hpp"
#include "detect/profile.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace vedette::detect {

/// What was last said about a group's newest episode, so that a revision is sent only for news.
struct said {
  std::uint32_t ordinal = 0;
  std::uint32_t revision = 0;
  std::uint64_t count = 0, verdicts = 0;
  base::severity severity = base::severity::info;
  base::alert_state state = base::alert_state::provisional;
  bool pending = false; ///< something changed since
  /// Episodes that were counted while the rule had another shape; ids go on behind them.
  std::uint32_t earlier = 0;
  /// Hash of what the verdict stood on: a share falls with calls that the rule never sees.
  std::uint64_t figures = 0;

  friend bool operator==(const said&, const said&) = default;
};

/// State of one rule for one group within the entity. The group is the entity itself unless the
/// rule groups by session.
struct group_state {
  /// Hash of the rule's id (upper 40 bits) and of what its state depends on (operator, window,
  /// measures, steps): survives a change of rule indices, and a changed rule starts from nothing
  /// instead of misreading old state.
  std::uint64_t rule = 0;
  std::string group; ///< session key, or empty
  base::event_time touched;
  detect::said said;
  std::variant<single_state, window_state, sequence_state, travel_state> op;
};

struct entity_state {
  detect::profile profile;
  std::vector<group_state> groups;
  /// When a window that divides by the identity's activity has to be settled, before the activity
  /// is forgotten. Derived by the engine, not stored; `min`: to be looked up.
  base::event_time shares_due = base::event_time::min();

  /// Bytes this entity costs while hot, allocator overhead not counted.
  [[nodiscard]] std::size_t bytes() const noexcept;
};

/// Names an entity; what state keys and alerts are made of.
struct entity_ref {
  base::tenant_id tenant;
  base::entity_kind kind = base::entity_kind::identity;
  std::string key;

  friend auto operator<=>(const entity_ref&, const entity_ref&) = default;
};

} // namespace vedette::detect
