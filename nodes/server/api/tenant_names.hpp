// Which tenants this node has heard of: `local`, those in the configuration, those of keys and
// tokens, and those that sent something.
//
// The last are remembered in meta records ("tenant/NAME") so that a list over all tenants stays
// whole after a restart. Bounded by `names_max`; thread-safe.
#pragma once

#include "nodes/server/api/key_store.hpp"
#include "nodes/server/api/token_store.hpp"
#include "nodes/server/parts.hpp"

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace vedette::server {

class tenant_names {
 public:
  static constexpr std::size_t names_max = 100'000;

  tenant_names(const parts& node, const token_store& tokens, const key_store& keys);

  [[nodiscard]] std::set<std::string> all() const;
  /// Takes note of a tenant that sends. True when it is new: then `remember` is due. False also
  /// when there is no room.
  [[nodiscard]] bool note(const base::tenant_id& tenant);
  /// Writes the record; blocks, for an actor's task.
  void remember(const base::tenant_id& tenant) const;

 private:
  const parts& node_;
  const token_store& tokens_;
  const key_store& keys_;
  mutable std::mutex mutex_;
  mutable bool read_ = false; ///< the records, at the first use
  mutable std::set<std::string> seen_;
};

} // namespace vedette::server
