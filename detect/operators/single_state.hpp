// The operator of rules without a window: each matched event is a verdict of its own.
//
// Remembers the open episode and the one before it. Both are sums over sets of events, so order
// does not matter. Constant size but for the samples of the episodes (`limits::alert_events`).
#pragma once

#include "base/event.hpp"
#include "detect/operators/episode.hpp"
#include "detect/rule.hpp"

#include <optional>

namespace vedette::detect {

class single_state {
 public:
  /// Adds one matched event.
  added add(const rule& of, const single_operator& op, const base::event& e, const base::match& m,
            bool late);

  [[nodiscard]] const episode_pair& episodes() const noexcept { return episodes_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return episodes_.heap_bytes(); }

  static single_state restore(episode_pair episodes);

 private:
  episode_pair episodes_;
};

/// Which level of a rule without window the event reaches; nothing when none.
struct single_verdict {
  base::severity severity = base::severity::info;
  int level = reason::none;
};
/// The worst of the levels that hold for an event with these marks, adjusted; nothing when none
/// does.
[[nodiscard]] std::optional<single_verdict>
judge_levels(const rule& of, const std::vector<level>& levels, std::uint32_t marks);
[[nodiscard]] std::optional<single_verdict> judge_single(const rule& of, const single_operator& op,
                                                         std::uint32_t marks);

} // namespace vedette::detect
