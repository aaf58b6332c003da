// What the replicas of one partition say to each other, as bytes for the mesh (docs/mesh.md).
//
// Bodies of entries are stored batches, compressed already, and are carried as they are. Whatever
// the bytes, decoding answers; what it accepts a replica may be given: entries without holes,
// epochs that do not fall, histories that are well-formed. Remembers nothing; one message is at
// most schemas::mesh_message_bytes_max. Called by the actor that hosts a replica, and a fuzzer.
#pragma once

#include "base/result.hpp"
#include "cluster/replica_words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace vedette::actors {

/// Entries of one append: all that a primary keeps uncommitted (cluster::replica_limits).
inline constexpr std::size_t append_entries_max = 8192;

/// Asserts that entries follow `prev` without holes, bodies are there, and the sizes are within
/// bounds. O(size), one copy of the bodies.
[[nodiscard]] std::string encode(const cluster::message& m);

/// Fails with ec::malformed, ec::too_large, or ec::unsupported for a message of a later build.
/// O(bytes), one copy of the bodies.
[[nodiscard]] base::result<cluster::message> decode_replica_message(std::string_view bytes);

} // namespace vedette::actors
