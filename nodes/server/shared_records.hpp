// Tokens and keys as documents that all nodes of a cluster share, by the mechanism that content
// uses: every node that is there holds a change before the coordinator names it.
//
// Remember nothing. `read` and `put` block for the other nodes and the coordinator, seconds at
// most.
#pragma once

#include "nodes/server/api/record_place.hpp"
#include "nodes/server/shared_documents.hpp"

#include <memory>

namespace vedette::server {

/// `documents` outlives calls of `read`, `put` and `follow`, and whoever follows outlives it.
[[nodiscard]] std::shared_ptr<token_place> shared_tokens(shared_documents& documents);
[[nodiscard]] std::shared_ptr<key_place> shared_keys(shared_documents& documents);

} // namespace vedette::server
