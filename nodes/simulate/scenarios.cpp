// Scenario names, what they suggest, and which options can be generated at all.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/generator.hpp"

#include <algorithm>

namespace vedette::simulate {

const std::vector<scenario_info>& scenarios() {
  static const std::vector<scenario_info> all = [] {
    std::vector<scenario_info> out{
        {"mixed", "benign traffic and all kinds of attack by turns"},
        {"benign", "no attack at all: whatever fires is a false alarm"},
        {"demo", "three companies, one day, eleven attacks told as three intrusions"}};
    for (const attack_kind& k : attack_kinds())
      out.push_back({k.name, k.summary});
    return out;
  }();
  return all;
}

options suggested(std::string_view scenario) {
  options o;
  o.scenario = scenario;
  if (scenario == "demo") {
    o.events = 30'000;
    o.identities_per_tenant = 120;
  }
  return o;
}

std::string check(const options& o) {
  const bool known = std::any_of(scenarios().begin(), scenarios().end(),
                                 [&](const scenario_info& s) { return s.name == o.scenario; });
  if (!known)
    return "scenario '" + o.scenario + "' does not exist; see the list of scenarios";
  if (o.tenants < 1 || o.tenants > 100'000)
    return "tenants must be from 1 to 100000";
  if (o.identities_per_tenant < 30 || o.identities_per_tenant > 1'000'000)
    return "identities per tenant must be from 30 to 1000000";
  if (o.events < 1 || o.events > events_max)
    return "events must be from 1 to " + std::to_string(events_max);
  if (o.span < std::chrono::hours{1} || o.span > span_max)
    return "span must be from 1 hour to 366 days";
  if (!(o.attacks_per_tenant >= 0) || o.attacks_per_tenant > 1000)
    return "attacks per tenant must be from 0 to 1000";
  if (o.start < std::chrono::sys_days{std::chrono::January / 1 / 2000} ||
      o.start > std::chrono::sys_days{std::chrono::January / 1 / 2190})
    return "start must be from 2000 to 2190";
  return {};
}

} // namespace vedette::simulate
