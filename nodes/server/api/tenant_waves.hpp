// Asks the homes of tenants one thing, a few at a time, until all were asked, enough came, or the
// time is over. For questions whose answers are added up in the tenants' order. Used inside one
// actor.
#pragma once

#include "nodes/server/api/exchange.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vedette::server {

struct tenant_waves {
  std::shared_ptr<api_context> context;
  std::vector<base::tenant_id> tenants;
  base::duration deadline{}; ///< of the monotonic clock
  std::function<actors::tenant_query(const base::tenant_id&)> question;
  /// False: the answer says nothing, and the tenant counts as unreachable.
  std::function<bool(const base::tenant_id&, const actors::answer&)> take;
  std::function<bool()> enough; ///< empty: never
  /// With those who did not answer. Called once.
  std::function<void(const std::vector<std::string>& unreachable)> done;
};

void ask_in_waves(caf::event_based_actor* self, tenant_waves what);

} // namespace vedette::server
