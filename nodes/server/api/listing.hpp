// Questions that may concern several tenants: pages over all of them, and finding the one that has
// an id.
//
// A page goes through the tenants in the order of their names, asking `wave` of them at a time
// until it is full; what has not answered when the time is over is listed as unreachable. Runs
// inside one actor; remembers one page.
#pragma once

#include "nodes/server/api/exchange.hpp"
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/scope.hpp"

#include <functional>
#include <string>
#include <vector>

namespace vedette::server {

struct listing {
  /// Sets filter, position (0: from the start) and limit of the question to one tenant.
  std::function<void(actors::tenant_query&, std::uint64_t position, std::size_t limit)> aim;
  /// What of an answered element the list shows; empty: it is left out. Empty function: all of it.
  std::function<std::string(json_value)> show;
};

/// Answers `x` with {"items":[…], "next":"…", "unreachable":[…]}.
void answer_list(const std::shared_ptr<api_context>& c, const exchange_ptr& x, listing what);

/// Asks every tenant that `x` may mean for the id; `then` gets the tenant and its JSON. Answers `x`
/// itself when there is none, or when that cannot be known within `wait`.
void find_one(
    const std::shared_ptr<api_context>& c, const exchange_ptr& x, actors::tenant_query::about what,
    std::string id, base::duration wait,
    std::function<void(caf::event_based_actor*, const base::tenant_id&, std::string)> then);

/// `find_one`, then the command, then its answer; half of the patience for each.
void command_one(const std::shared_ptr<api_context>& c, const exchange_ptr& x,
                 actors::tenant_query::about what, respond::operator_command command);

} // namespace vedette::server
