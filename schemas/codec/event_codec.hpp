// Event batches as bytes: what a log entry of kind `batch` holds and what travels between nodes.
//
// The layout is columnar (docs/formats/events.md): every field of all events side by side, strings
// as indexes into one dictionary per field, event ids that are GUIDs as 16 bytes. It remembers
// nothing between calls but a per-thread scratch memory, bounded by the largest batch seen.
// Called by the ingest side (encode) and by whoever folds a log entry (decode); both thread-safe.
#pragma once

#include "base/event.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace vedette::schemas {

/// O(bytes of the batch). Asserts at most limits::batch_events events.
[[nodiscard]] std::string encode(const base::event_batch& batch);

/// Reads bytes from anywhere: every count, index and enumerator is checked before it is used.
/// The batch owns all it shows; `bytes` may go. Fails with ec::malformed, ec::too_large, or
/// ec::unsupported when a later build wrote a value this one has no name for. O(bytes + events).
[[nodiscard]] base::result<std::shared_ptr<base::event_batch>>
decode_events(std::string_view bytes);

} // namespace vedette::schemas
