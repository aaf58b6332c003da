// Days, ISO weeks and calendar months, as reports cut time: UTC, each period with its name and
// whether all of it was seen. Pure; called by trend_report and by whatever reads a day from text.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

enum class period_kind : std::uint8_t { day, week, month };

[[nodiscard]] std::string_view to_string(period_kind k) noexcept;
[[nodiscard]] std::optional<period_kind> parse_period(std::string_view text) noexcept;

struct period {
  std::string name;           ///< "2026-03-10", "2026-W11", "2026-03"
  base::day_number first = 0; ///< the whole period's, [first, end), also where only part was seen
  base::day_number end = 0;
  bool whole = false;

  friend bool operator==(const period&, const period&) = default;
};

/// The period that holds the day. Weeks are ISO 8601: from Monday, of the year of their Thursday.
[[nodiscard]] period period_of(base::day_number day, period_kind k);

/// All that touch `[since, until)`, in order; whole when inside it and over before `now`, a day
/// that is still running. O(periods).
[[nodiscard]] std::vector<period> periods_of(base::day_number since, base::day_number until,
                                             base::day_number now, period_kind k);

/// "2026-03-10"
[[nodiscard]] std::string to_date(base::day_number day);
/// The day of "2026-03-10", or of an RFC 3339 time.
[[nodiscard]] std::optional<base::day_number> parse_day(std::string_view text);

} // namespace vedette::respond
