// Which tenant a client key stands for. Kept by `nodes`, asked by the sockets at every handshake
// and every batch, so that a revoked key stops working at once.
#pragma once

#include "base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

struct key_owner {
  base::tenant_id tenant;
  std::string source;      ///< prefix of the source names of a collector; may be empty
  bool may_send = true;    ///< batches
  bool may_listen = false; ///< alerts
};

class key_directory {
 public:
  virtual ~key_directory() = default;
  /// By public key, Z85. Thread-safe and quick: one look-up in memory.
  [[nodiscard]] virtual std::optional<key_owner> find(std::string_view public_key) const = 0;
};

} // namespace vedette::io
