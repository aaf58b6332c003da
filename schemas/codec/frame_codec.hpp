// Frames of the ingest protocol between a collector and a node (docs/formats/ingest-wire.md).
//
// A frame is `[version][type][body]`: one byte, one byte, a Cap'n Proto message. The tenant is
// never in a frame; it comes from the credential of the connection. `decode_frame` is the one door
// for bytes from that socket: it copies, bounds, checks, and never throws. It remembers nothing;
// one frame is at most limits::frame_bytes. Called by the ZeroMQ listener, by `vedette send`, by a
// fuzzer.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vedette::schemas {

inline constexpr std::uint8_t frame_version = 1;

/// Types 0x40 and above are kept for messages between nodes.
enum class frame_type : std::uint8_t {
  hello = 1,
  batch = 2,
  ack = 3,
  credit = 4,
  end = 5,
  error = 6
};

/// First frame of a collector; the node answers with the same, `committed_below` filled in.
struct hello_frame {
  std::string source;                ///< collector and stream, 1..256 bytes
  std::uint64_t session = 0;         ///< random at each start of the collector
  std::uint64_t committed_below = 0; ///< answer: every sequence below is durable; 0 when asking
  std::string software;              ///< "vedette 0.1.0", for people

  friend bool operator==(const hello_frame&, const hello_frame&) = default;
};

/// Raw vendor records. Decoded views stay valid as long as `memory`, and at least 64 readable bytes
/// follow each of them, so a parser may read past the end.
struct batch_frame {
  std::string source;
  std::uint64_t session = 0;
  std::uint64_t sequence = 0; ///< 1-based within the session
  std::vector<std::string_view> records;
  std::shared_ptr<const void> memory; ///< owns the decoded bytes; null when built by the sender
};

/// Everything in batch `sequence` is durable: each record was counted in exactly one of these.
struct ack_frame {
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  std::uint32_t accepted = 0, duplicate = 0, quarantined = 0, skipped = 0;
  std::uint32_t pending = 0; ///< batches received and not yet durable

  friend bool operator==(const ack_frame&, const ack_frame&) = default;
};

/// The collector may have this many more batches under way.
struct credit_frame {
  std::uint32_t batches = 0;

  friend bool operator==(const credit_frame&, const credit_frame&) = default;
};

/// The source has nothing more to say and no longer holds the watermark back.
struct end_frame {
  std::string source;
  std::uint64_t session = 0;

  friend bool operator==(const end_frame&, const end_frame&) = default;
};

struct error_frame {
  base::ec code = base::ec::none;
  std::uint64_t sequence = 0; ///< the batch it is about; 0: the connection
  std::string text;           ///< one line for people

  friend bool operator==(const error_frame&, const error_frame&) = default;
};

using frame =
    std::variant<hello_frame, batch_frame, ack_frame, credit_frame, end_frame, error_frame>;

/// O(size). Asserts the sender's own bounds: at most limits::frame_bytes and limits::batch_events.
[[nodiscard]] std::string encode(const frame& f);

/// Fails with ec::malformed, ec::too_large, or ec::unsupported (another version or type). O(bytes).
[[nodiscard]] base::result<frame> decode_frame(std::string_view bytes);

} // namespace vedette::schemas
