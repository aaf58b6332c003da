// The counts a report is made from: those of one tenant or of several, laid on top of each other
// and narrowed to the days, severities and rule that were asked for.
//
// Remembers at most what its tenants' counts hold (limits::trend_days days of each). Pure; filled
// by the API from what aggregators answer and by `vedette trends --from` from alerts.
#pragma once

#include "respond/trends/periods.hpp"
#include "respond/trends/trend_counts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

inline constexpr std::size_t severities = 5;

class trend_table {
 public:
  struct question {
    /// since <= day < until; unset: all there are. Cut to the trend_days up to `now`.
    std::optional<base::day_number> since{}, until{};
    base::severity min_severity = base::severity::info;
    std::string rule{}; ///< empty: any
    period_kind by = period_kind::month;
    base::day_number now = 0; ///< the day that is still running
  };
  struct row {
    base::day_number day = 0;
    std::string_view rule; ///< owned by the table
    base::severity severity = base::severity::info;
    resource_class what = resource_class::other;
    std::uint64_t alerts = 0;
  };
  struct tenant_share {
    std::string name;
    std::map<base::day_number, std::uint64_t> days;
  };

  explicit trend_table(question q);
  trend_table(trend_table&&) = default; ///< no copies: rows look into the names of their table

  /// Names a tenant whose counts are exact from that day on; answers its place.
  std::size_t tenant(std::string name, base::day_number exact_from);
  /// One count of the tenant at that place. What was not asked for is ignored. O(log counts).
  void add(std::size_t tenant, base::day_number day, std::string_view rule, base::severity s,
           resource_class what, std::uint64_t alerts);

  [[nodiscard]] const question& asked() const noexcept { return question_; }
  /// The first day of the range: the one asked for, or the first one with a count of whatever rule
  /// and severity; `now` when there is none.
  [[nodiscard]] base::day_number since() const;
  [[nodiscard]] base::day_number until() const;
  /// By day, then in a fixed order. O(counts).
  [[nodiscard]] std::vector<row> rows() const;
  [[nodiscard]] const std::vector<tenant_share>& tenants() const noexcept { return tenants_; }
  /// The latest of the tenants'.
  [[nodiscard]] base::day_number exact_from() const noexcept { return exact_from_; }

 private:
  struct key {
    base::day_number day;
    std::uint32_t rule; ///< in the order of their first count
    base::severity severity;
    resource_class what;
    friend auto operator<=>(const key&, const key&) = default;
  };

  question question_;
  std::map<std::string, std::uint32_t, std::less<>> places_;
  std::vector<std::string_view> names_; ///< keys of the above
  std::map<key, std::uint64_t> counts_;
  std::vector<tenant_share> tenants_;
  std::optional<base::day_number> first_;
  base::day_number exact_from_ = 0;
};

} // namespace vedette::respond
