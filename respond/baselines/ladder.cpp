#include "respond/baselines/ladder.hpp"

#include <algorithm>
#include <string_view>

namespace vedette::respond {

void climb_ladder(base::alert& a, const day_maxima& maxima, int activation_days) {
  constexpr std::string_view evidence = "new_for";
  if (!a.claim)
    return;
  const auto& c = *a.claim;
  const auto width = maxima.how_wide_is_new({.rule = a.rule,
                                             .measure = c.measure,
                                             .account = a.account,
                                             .day = c.day,
                                             .value = c.value,
                                             .factor = c.factor,
                                             .days = c.days,
                                             .activation_days = activation_days});
  const base::severity by_width[] = {c.for_identity, c.for_account, c.for_tenant};
  a.severity = std::max(a.severity, by_width[static_cast<int>(width)]);
  std::erase_if(a.evidence, [&](const auto& e) { return e.first == evidence; });
  a.evidence.emplace_back(evidence, '"' + std::string{to_string(width)} + '"');
}

} // namespace vedette::respond
