#include "base/alert.hpp"

#include "base/hash.hpp"

namespace vedette::base {

std::string alert_id(const tenant_id& tenant, const rule_id& rule, entity_kind kind,
                     std::string_view entity, std::uint32_t episode) {
  // Lengths in front, so that no two different tuples spell the same bytes.
  std::string spelled;
  for (std::string_view part :
       {std::string_view{tenant.value}, std::string_view{rule.value}, to_string(kind), entity}) {
    spelled += std::to_string(part.size());
    spelled += ':';
    spelled += part;
  }
  spelled += std::to_string(episode);
  return to_hex(hash128_of(spelled));
}

} // namespace vedette::base
