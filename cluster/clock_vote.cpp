#include "cluster/clock_vote.hpp"

#include <algorithm>

namespace vedette::cluster {

namespace {

bool near(base::duration a, base::duration b, base::duration bound) {
  return std::max(a, b) - std::min(a, b) <= bound;
}

} // namespace

bool clock_is_right(base::duration clock, base::duration right, bool was_right) {
  return near(clock, right, was_right ? clock_off : clock_off / 2);
}

clock_verdict judge_clocks(base::duration own, std::vector<base::duration> others,
                           std::size_t members, const clock_verdict& before) {
  auto& all = others;
  all.push_back(own);
  std::ranges::sort(all);
  const auto middle = all[(all.size() - 1) / 2];
  const auto agree = static_cast<std::size_t>(std::ranges::count_if(
      all, [middle](base::duration c) { return near(c, middle, clock_off); }));
  const bool decided = 2 * agree > std::max(members, all.size());
  const auto right = decided ? middle : before.right;
  if (clock_is_right(own, right, before.own_is_right))
    return {own, decided, true};
  return {right, decided, !decided && before.own_is_right};
}

} // namespace vedette::cluster
