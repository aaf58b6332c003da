// Ids are types: a partition cannot be passed where an epoch is wanted, and a store key cannot be
// built without naming its tenant.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace vedette::base {

template <class T, class Tag>
struct strong {
  T value{};

  friend auto operator<=>(const strong&, const strong&) = default;
};

/// One customer organisation; 1..64 bytes of [a-z0-9._-], checked at the door it comes through.
using tenant_id = strong<std::string, struct tenant_tag>;
/// Names a rule in alerts, e.g. "iam-denied-actions"; fixed for ever once shipped.
using rule_id = strong<std::string, struct rule_tag>;
/// Index of a rule in one generation of the rule set; means nothing outside that generation.
using rule_index = strong<std::uint16_t, struct rule_index_tag>;
/// The unit of ownership, 0 <= value < P.
using partition_id = strong<std::uint32_t, struct partition_tag>;
/// Counts the primaries a partition has had; a lower one is always refused.
using epoch = strong<std::uint64_t, struct epoch_tag>;
/// Position in one partition's log, 1-based and without holes; 0 is "before the first".
using entry_index = strong<std::uint64_t, struct entry_index_tag>;
/// Rules, lists, tenants and playbooks in force; grows by one with each change.
using generation = strong<std::uint64_t, struct generation_tag>;

} // namespace vedette::base

template <class T, class Tag>
struct std::hash<vedette::base::strong<T, Tag>> {
  std::size_t operator()(const vedette::base::strong<T, Tag>& id) const noexcept {
    return std::hash<T>{}(id.value);
  }
};
