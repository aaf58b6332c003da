// What a threat report says of a year, computed from counts: alerts by severity and by rule per
// day, week and month, daily averages per rule, growth, the largest rises from month to month,
// shares by resource class and by tenant.
//
// Growth is g % = end/start − 1, of the number of alerts of the last whole period against the first
// whole one; from 0 it is no number. Averages are over whole days. A period is whole when it lies
// in the range, nothing of it is still to come, and its counts are exact. Remembers nothing;
// bounded by the counts it is given. Pure; called by the API and by `vedette trends`.
#pragma once

#include "base/json_writer.hpp"
#include "respond/trends/periods.hpp"
#include "respond/trends/trend_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vedette::respond {

/// From the first to the last whole period.
struct trend_growth {
  std::uint64_t from = 0, to = 0;

  /// Percent; nothing when it grew from nothing.
  [[nodiscard]] std::optional<double> percent() const noexcept;
};

/// One line of a report: a severity, a rule, a class, a tenant, or all alerts.
struct trend_line {
  std::string name;
  std::uint64_t alerts = 0;
  std::optional<double> per_day;      ///< nothing without a whole day
  double share = 0;                   ///< of the list it stands in, 0..1
  std::vector<std::uint64_t> periods; ///< as trend_report::periods
  std::optional<trend_growth> growth; ///< nothing without two whole periods
};

struct trend_severity {
  base::severity severity = base::severity::info;
  trend_line line;
  std::vector<trend_line> rules; ///< most alerts first; a rule may stand under several severities
};

struct trend_peak {
  enum class of : std::uint8_t { all, severity, rule };
  of what = of::all;
  std::string name;
  std::string month; ///< the later of the two
  trend_growth growth;
};

struct trend_report {
  base::day_number since = 0, until = 0;
  period_kind by = period_kind::month;
  std::int32_t whole_days = 0; ///< what averages are over
  base::day_number exact_from = 0;
  std::vector<period> periods;
  trend_line all;
  std::vector<trend_severity> severities; ///< worst first; those with alerts
  std::vector<trend_line> rules;          ///< over all severities, most alerts first
  std::vector<trend_line> classes;        ///< most alerts first
  std::vector<trend_line> tenants;        ///< with alerts, by name
  std::vector<trend_peak> peaks;          ///< all alerts and severities, then rules; largest first
};

/// O(counts · log counts).
[[nodiscard]] trend_report report_of(const trend_table& t);

/// The object that the API answers and `vedette trends -o json` prints; `unreachable` names the
/// tenants it lacks. Percentages and averages are rounded to two places. O(size).
void describe(const trend_report& r, const std::vector<std::string>& unreachable,
              base::json_writer& out);

} // namespace vedette::respond
