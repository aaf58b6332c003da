// From the records of one request to the word that all of them are durable, whatever the sender
// speaks: every door for records goes through here.
//
// Bounded: bodies whose records are not durable yet hold at most `ingest_bytes_max`; the next one
// is told to come back. Nothing here waits.
#pragma once

#include "actors/messages.hpp"
#include "ingest/formats/format.hpp"
#include "nodes/server/api/body_cutter.hpp"
#include "nodes/server/api/exchange.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

using context_ptr = std::shared_ptr<api_context>;

inline constexpr std::size_t ingest_bytes_max = std::size_t{256} << 20;

/// Whose records they are, and the stream that they are part of.
struct delivery_origin {
  base::tenant_id tenant;
  std::string source;
  std::uint64_t session = 0; ///< the same for a body that comes again
  bool ends = false;         ///< nothing more comes of this stream
  std::string only;          ///< the source that records must be of, by name; empty: any
};

struct delivered {
  cut_body body;
  std::vector<actors::batch_result> results; ///< of its batches
};

/// `door` tells apart the streams of one token by what they speak ("hec"), `name` by what their
/// sender calls them; both may be empty. An empty `once` makes a session of its own.
[[nodiscard]] delivery_origin origin_of(const io::principal& who, base::tenant_id tenant,
                                        std::string_view door, std::string_view name,
                                        std::string_view once);

/// Why nothing can be taken now, and the status that says so: 429 or 503.
struct not_now {
  int status = 503;
  std::string why;
};

/// Asked before a body is cut, so that refusing costs nothing.
[[nodiscard]] std::optional<not_now> busy(const api_context& c);

/// Takes the body and calls `then` on an actor's thread when all is durable, or with the error that
/// kept a part of it from that: then the sender sends all of it again. Nothing when it was taken.
[[nodiscard]] std::optional<not_now> deliver(const context_ptr& c, delivery_origin origin,
                                             cut_body body,
                                             std::function<void(base::result<delivered>)> then);

} // namespace vedette::server
