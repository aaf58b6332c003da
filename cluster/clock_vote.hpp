// Whose wall clock is right: a node's own, or those of the nodes that it hears.
//
// A clock is given as its wall time less the asking node's monotonic time, so that readings taken
// at different moments compare. What more than half of all members show, within `clock_off` of
// the middle one, is right; a node whose own clock is one of them goes by its own. Where no such
// majority is heard nothing can be told: then time goes on as it did, and small corrections of the
// own clock are followed. Pure; O(n log n) of the nodes heard. Asked by nodes/server/clock_watch.
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace vedette::cluster {

/// How far a wall clock may be from the others' before it is not believed: far above what NTP
/// leaves and what is measured over a mesh (half a second), far below limits::ahead.
inline constexpr std::chrono::seconds clock_off{5};

struct clock_verdict {
  base::duration right{};   ///< wall time less monotonic time, to go by
  bool decided = false;     ///< more than half of the members show it
  bool own_is_right = true; ///< within clock_off of it, by half of that after it was wrong
};

/// `others`: of the nodes heard; `members`: of all there are, this one too; `before`: the last
/// verdict, at first the own clock as it is.
[[nodiscard]] clock_verdict judge_clocks(base::duration own, std::vector<base::duration> others,
                                         std::size_t members, const clock_verdict& before);

/// Whether a clock that was right, or was not, is within the bound of `right`.
[[nodiscard]] bool clock_is_right(base::duration clock, base::duration right, bool was_right);

} // namespace vedette::cluster
