// Which other entities an event is folded into: by what its rules group.
#include "detect/engine.hpp"
#include "detect/ruleset.hpp"

namespace vedette::detect {

void routes_of(const ruleset& rules, const base::tenant_id& tenant, const base::event& e,
               base::arena& memory, std::vector<route>& out) {
  for (const auto& m : e.matches) {
    const auto& of = rules.rules()[m.rule.value];
    switch (of.by) {
    case group_by::identity:
    case group_by::session:
      break;
    case group_by::address:
      if (e.has_source)
        out.push_back({base::entity_kind::address, memory.copy(base::to_string(e.source)), m});
      break;
    case group_by::resource:
      if (!e.resources.empty())
        out.push_back({base::entity_kind::resource, e.resources.front(), m});
      break;
    case group_by::field:
      if (!m.values.empty() && !m.values.front().empty())
        out.push_back({base::entity_kind::resource, m.values.front(), m});
      break;
    case group_by::account:
      if (!e.account.empty())
        out.push_back({base::entity_kind::account, e.account, m});
      break;
    case group_by::tenant:
      out.push_back({base::entity_kind::tenant, memory.copy(tenant.value), m});
      break;
    }
  }
}

} // namespace vedette::detect
