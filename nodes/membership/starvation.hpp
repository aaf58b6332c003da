// Whether a process gets enough time to lead, told from how late one of its threads comes round.
//
// A node that crawls (a machine that swaps, or whose CPU others take) may renew its lease and
// answer its peers now and then, and so is dead to nobody while what it leads stands still. It
// finds that out itself. One stop, however long, is a failover's affair and not this, so a round
// counts for a second at most. A quota that stops the process for less than `lateness` at a time is
// not seen. Pure; owned by the membership's thread.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace vedette::membership {

class starvation {
 public:
  /// Longer rounds than this are late; a loaded machine is not a starved one.
  static constexpr base::duration lateness = std::chrono::milliseconds{250};
  /// Rounds this long ago still count for about a third.
  static constexpr base::duration memory = std::chrono::seconds{3};
  static constexpr base::duration round_max = std::chrono::seconds{1};
  /// Shares of lost time: above the first it is starved, below the second it is well again.
  static constexpr double starved_above = 0.7, well_below = 0.1;

  /// The thread wanted to come round after `wanted` and came after `took`, work included.
  void round(base::duration wanted, base::duration took) {
    const auto seconds = [](base::duration d) { return std::chrono::duration<double>(d).count(); };
    if (took <= base::duration{})
      return;
    const auto late = took - wanted;
    const double lost = late > lateness ? seconds(late) / seconds(took) : 0;
    const double kept =
        std::exp(-seconds(std::min<base::duration>(took, round_max)) / seconds(memory));
    share_ = share_ * kept + lost * (1 - kept);
    starved_ = share_ > starved_above || (starved_ && share_ > well_below);
  }
  [[nodiscard]] bool starved() const noexcept { return starved_; }
  /// Of the time of the last seconds, 0..1.
  [[nodiscard]] double lost() const noexcept { return share_; }

 private:
  double share_ = 0;
  bool starved_ = false;
};

} // namespace vedette::membership
