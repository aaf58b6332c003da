// Tokens and keys in the node's own store: those of a node without a cluster, and the admin token
// of a node that has one.
//
// One meta record each, "token/NAME" and "key/PUBLIC", as JSON. Remembers what stands, read once;
// nobody else writes there. `put` blocks on the disk.
#pragma once

#include "nodes/server/api/record_place.hpp"
#include "state/store.hpp"

#include <memory>

namespace vedette::server {

[[nodiscard]] std::shared_ptr<token_place> local_tokens(std::shared_ptr<state::store> store);
[[nodiscard]] std::shared_ptr<key_place> local_keys(std::shared_ptr<state::store> store);

} // namespace vedette::server
