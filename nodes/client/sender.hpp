// Puts records into a node, batch by batch, by either of its doors.
//
// Holds one batch in the making; what waits for its acknowledgement is bounded by the door (the
// collector's window; one body at a time over HTTP). `finish` returns when everything is durable.
// Blocks; one thread per sender.
#pragma once

#include "base/result.hpp"
#include "io/zmq/collector.hpp"
#include "nodes/client/node_client.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::client {

struct sent_totals {
  std::uint64_t accepted = 0, duplicate = 0, quarantined = 0, skipped = 0;
  std::uint64_t confirmed = 0; ///< durable, their figures lost with a connection
  std::uint64_t resent = 0;    ///< batches
};

class sender {
 public:
  virtual ~sender() = default;
  /// What is added until the next `settle` is known by this name, on this source: the same records
  /// under the same name count once, whoever sends them again. All must be settled. Without it a
  /// name of this run's own.
  [[nodiscard]] virtual base::status begin(std::string_view name) = 0;
  /// Takes a copy of the record and sends when a batch is full. Errors: unavailable, denied, and
  /// what the node refuses.
  [[nodiscard]] virtual base::status add(std::string_view record) = 0;
  /// Drops what was added and is not sent yet; for a stream that broke off and is read again.
  virtual void forget() = 0;
  /// Sends what is left and waits until all is durable; more may follow.
  [[nodiscard]] virtual base::status settle() = 0;
  /// Sends what is left and waits until all is durable; the stream has then ended.
  [[nodiscard]] virtual base::status finish() = 0;
  [[nodiscard]] virtual sent_totals totals() const = 0;
};

/// Batches of up to 250 records or 256 KiB. Connects; errors as io::collector's.
[[nodiscard]] base::result<std::unique_ptr<sender>> open_collector(io::collector_settings settings);
/// Bodies of up to 1,000 records or 1 MiB for POST /v1/ingest/auto, each with its Idempotency-Key,
/// sent again while the node says that it is busy, for up to a minute.
[[nodiscard]] base::result<std::unique_ptr<sender>> open_http(node_client node, std::string tenant,
                                                              std::string source);

} // namespace vedette::client
