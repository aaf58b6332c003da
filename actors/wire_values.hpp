// What actors say to each other, as the values that logs and wires carry, and back.
//
// Pure; O(size). A batch keeps the bytes it came in, so that whoever serves it need not make them
// again. Used by detectors and by the codec between nodes.
#pragma once

#include "actors/messages.hpp"
#include "schemas/codec/entry_codec.hpp"

namespace vedette::actors {

[[nodiscard]] schemas::batch_entry entry_of(const partition_batch& b);
[[nodiscard]] partition_batch batch_of(schemas::batch_entry e);

[[nodiscard]] schemas::emitted_entry emitted_of(const delivery& d);
[[nodiscard]] delivery delivery_of(schemas::emitted_entry e);

} // namespace vedette::actors
