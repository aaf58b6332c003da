#include "state/keys.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "state/big_endian.hpp"

namespace vedette::state {

namespace {

constexpr std::size_t tenant_bytes = 64;
/// Below every byte a tenant may hold, so that keys sort by tenant and no tenant's prefix is
/// another's.
constexpr char tenant_end = '\0';

bool is_kind(std::uint8_t k) noexcept {
  return k <= static_cast<std::uint8_t>(state_kind::tenant) ||
         (k >= static_cast<std::uint8_t>(state_kind::source) &&
          k <= static_cast<std::uint8_t>(state_kind::parked));
}

} // namespace

bool is_tenant(std::string_view text) noexcept {
  if (text.empty() || text.size() > tenant_bytes)
    return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
      return false;
  return true;
}

std::string prefix(base::partition_id partition) {
  VEDETTE_ASSERT(partition.value >> 24 == 0); // the first byte is the store's own
  return big_endian(partition.value);
}

std::string prefix(base::partition_id partition, const base::tenant_id& tenant) {
  VEDETTE_ASSERT(is_tenant(tenant.value));
  return prefix(partition) + tenant.value + tenant_end;
}

std::string prefix(base::partition_id partition, const base::tenant_id& tenant, state_kind kind) {
  return prefix(partition, tenant) + static_cast<char>(kind);
}

base::error foreign_key(std::size_t bytes) {
  return {base::ec::malformed, "staging a checkpoint: a key of " + std::to_string(bytes) +
                                   " bytes is none of ours; the sender runs another build, or its "
                                   "store is damaged"};
}

std::string to_bytes(const state_key& key) {
  VEDETTE_ASSERT(key.key.size() <= base::limits::state_key_bytes);
  return prefix(key.partition, key.tenant, key.kind) + key.key;
}

std::optional<state_key> parse_key(std::string_view bytes) {
  if (bytes.size() < partition_bytes)
    return std::nullopt;
  const auto rest = bytes.substr(partition_bytes);
  const auto end = rest.find(tenant_end);
  if (end == std::string_view::npos || end + 1 >= rest.size() || !is_tenant(rest.substr(0, end)))
    return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(rest[end + 1]);
  const auto text = rest.substr(end + 2);
  if (!is_kind(kind) || text.size() > base::limits::state_key_bytes)
    return std::nullopt;
  return state_key{{from_big_endian<std::uint32_t>(bytes)},
                   {std::string{rest.substr(0, end)}},
                   static_cast<state_kind>(kind),
                   std::string{text}};
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff)
    prefix.pop_back();
  if (!prefix.empty())
    ++prefix.back();
  return prefix;
}

} // namespace vedette::state
