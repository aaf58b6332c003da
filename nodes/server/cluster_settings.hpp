// What a node's settings say about its place in a cluster, as its membership takes it.
//
// Keeps nothing. Called once, at start.
#pragma once

#include "io/coordination/memory_coordinator.hpp"
#include "io/zmq/curve_keys.hpp"
#include "nodes/config/settings.hpp"
#include "nodes/membership/membership.hpp"

#include <memory>

namespace vedette::server {

/// A node without a cluster gets a coordinator in its own process, which is put into `own`, and a
/// table in which its store holds everything. Errors: what the store, the password's file or the
/// settings of etcd say.
[[nodiscard]] base::result<membership::membership_args>
membership_of(const config::settings& settings, const io::clock& clock,
              const std::shared_ptr<state::store>& store, const io::curve_keys& keys,
              std::unique_ptr<io::memory_store>& own);

} // namespace vedette::server
