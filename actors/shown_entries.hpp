// Where a fold stands in what its replica has shown it; bounded by what a replica shows ahead.
#pragma once

#include "actors/fold_suspects.hpp"
#include "actors/messages.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace vedette::actors {

/// What a fold was shown and has not folded: an entry of an earlier process's last words waits
/// until the log says what to do about it, and everything behind it waits with it.
struct shown_entries {
  std::deque<committed> runs;
  std::size_t at = 0; ///< within the first
  std::optional<base::entry_index> asked;
  std::optional<base::epoch> term_waits; ///< begins once all is folded
};

} // namespace vedette::actors
