// The sending end: puts batches of records into a cluster and knows which are durable.
//
// Remembers every batch that is not acknowledged, as sent, and sends it again after each reconnect,
// to whichever node answers; at most `batches_waiting_max` of them and `bytes_waiting_max` bytes,
// beyond that `send` blocks. The session is random per collector unless `begin` names one, so a
// node never takes a new run's batch 1 for the old one's. No thread of its own: one thread owns it,
// the socket moves during its calls. Used by `vedette send`, `simulate --to` and tests.
#pragma once

#include "io/zmq/curve_keys.hpp"

#include "base/result.hpp"
#include "schemas/codec/frame_codec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

struct collector_settings {
  std::vector<std::string> endpoints; ///< tried in turn: "tcp://127.0.0.1:8471"
  std::string source = "send";        ///< 1..256 bytes
  std::optional<curve_keys> keys;     ///< with `server_key`; without: plain, tenant `local`
  std::string software = "vedette";
  std::size_t batches_waiting_max = 256;
  std::size_t bytes_waiting_max = std::size_t{64} << 20;
  /// Silence after which HELLO is said again, to the next endpoint from the second time on.
  std::chrono::milliseconds retry_after{2000};
  /// For the answer to END: without it the source holds the watermark back a minute longer.
  std::chrono::milliseconds end_patience{10'000};
  /// Silence (no frame at all while something waits) after which calls give up.
  std::chrono::milliseconds give_up_after{60'000};
};

struct collector_totals {
  std::uint64_t batches = 0, records = 0, bytes = 0; ///< sent, each once
  std::uint64_t accepted = 0, duplicate = 0, quarantined = 0,
                skipped = 0;      ///< from acknowledgements
  std::uint64_t acknowledged = 0; ///< batches
  std::uint64_t confirmed = 0;    ///< records durable by a HELLO's answer, their figures lost
  std::uint64_t resent = 0;       ///< batches sent again
  std::uint64_t hellos = 0;       ///< answered
};

class collector {
 public:
  explicit collector(collector_settings settings);
  ~collector();
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;

  /// Connects and waits for the first answer up to `patience`. Errors: unavailable, denied (the
  /// node does not know the key, wants one, or takes none), invalid_argument (endpoint, keys,
  /// source).
  [[nodiscard]] base::status connect(std::chrono::milliseconds patience);

  /// Queues one batch: 1..limits::batch_events records, limits::frame_bytes encoded (assert).
  /// Blocks while too much is waiting. Errors: unavailable (silence for `give_up_after`), denied,
  /// or the node's ERROR.
  [[nodiscard]] base::status send(std::span<const std::string_view> records);
  /// Goes on under another session, not 0, with its batch 1: what was sent under it before, by
  /// whomever, counts once when it is sent in the same batches. Nothing may be waiting (assert).
  void begin(std::uint64_t session);
  /// Takes in what has arrived and sends what credit allows, for up to `wait`; a second longer,
  /// once per `retry_after`, while connections to a node not reached yet end in their handshake.
  [[nodiscard]] base::status pump(std::chrono::milliseconds wait);
  /// Waits until all is acknowledged, says END and waits until the node knows, `end_patience` at
  /// most. Errors as `send`, and timed_out.
  [[nodiscard]] base::status finish(std::chrono::milliseconds patience);

  [[nodiscard]] const collector_totals& totals() const;
  [[nodiscard]] std::size_t waiting() const; ///< batches not acknowledged
  [[nodiscard]] std::uint64_t session() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
