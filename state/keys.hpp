// Keys of the entity store; the only place that knows their bytes (docs/formats/entity-keys.md).
//
// Pure. A key cannot be made without a partition and a tenant, so state of one tenant is never
// looked up under another. Key text is at most limits::state_key_bytes.
#pragma once

#include "base/alert.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::state {

/// What a record of state is about; the numbers are on disk for ever.
enum class state_kind : std::uint8_t {
  identity = 0, ///< the first seven are base::entity_kind
  session = 1,
  address = 2,
  resource = 3,
  application = 4,
  account = 5,
  tenant = 6,
  source = 32, ///< batches of a collector already counted
  ledger = 33, ///< objects and offsets already read
  alert = 34,
  incident = 35,
  action = 36,
  outbox = 37, ///< emitted and not yet answered
  quarantine = 38,
  parked = 39, ///< batches kept for another partition
};

[[nodiscard]] constexpr state_kind kind_of(base::entity_kind k) noexcept {
  return static_cast<state_kind>(static_cast<std::uint8_t>(k));
}

struct state_key {
  base::partition_id partition;
  base::tenant_id tenant;
  state_kind kind = state_kind::identity;
  std::string key;

  friend auto operator<=>(const state_key&, const state_key&) = default;
};

/// 1..64 bytes of [a-z0-9._-].
[[nodiscard]] bool is_tenant(std::string_view text) noexcept;

/// Bytes whose order is (partition, tenant, kind, key). Asserts a valid tenant and key length.
[[nodiscard]] std::string to_bytes(const state_key& key);
/// Nothing when the bytes are not a key.
[[nodiscard]] std::optional<state_key> parse_key(std::string_view bytes);

/// How many bytes of a key say its partition; the first is 0.
inline constexpr std::size_t partition_bytes = 4;

/// What all keys of a partition, of a tenant in it, or of one kind of that tenant begin with.
[[nodiscard]] std::string prefix(base::partition_id partition);
[[nodiscard]] std::string prefix(base::partition_id partition, const base::tenant_id& tenant);
[[nodiscard]] std::string prefix(base::partition_id partition, const base::tenant_id& tenant,
                                 state_kind kind);

/// What staging says of a key that cannot be read.
[[nodiscard]] base::error foreign_key(std::size_t bytes);

/// The first byte string after all that begin with `prefix`; empty when there is none.
[[nodiscard]] std::string after_prefix(std::string prefix);

} // namespace vedette::state
