// The HTTP API of a node (docs/api.md): every route, the tokens behind them, and /openapi.json.
//
// Called once by node.cpp before the server starts. Handlers never wait: what they need from others
// they ask inside `parts.run` and answer from there within two seconds.
#pragma once

#include "io/http/router.hpp"
#include "nodes/server/api/key_store.hpp"
#include "nodes/server/api/token_store.hpp"
#include "nodes/server/parts.hpp"

namespace vedette::server {

/// All three must outlive the server that runs the router. Of `node`, `settings`, `clock` and
/// `store` must be set already; the rest is looked at with the first request.
void add_routes(io::http_router& router, const parts& node, token_store& tokens, key_store& keys);

} // namespace vedette::server
