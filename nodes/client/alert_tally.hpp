// Alerts as JSON lines (`vedette replay -o json`, `vedette alerts -o json`), counted as a node
// counts them: each once, by its highest revision; withdrawn ones not.
//
// Remembers about 40 bytes of each alert, of at most `alerts_max`. Called by `vedette trends
// --from`.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "respond/trends/trend_table.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vedette::client {

class alert_tally {
 public:
  /// 150 years of the threat report's average organisation, in 1 GB.
  static constexpr std::size_t alerts_max = 20'000'000;

  /// `now`: alerts of days that are still to come count on this one.
  explicit alert_tally(base::receive_time now) : now_{now} {}

  /// Errors: malformed (no alert; nothing changed), too_large (`alerts_max` are counted).
  /// O(length).
  [[nodiscard]] base::status take(std::string_view line);

  [[nodiscard]] std::size_t alerts() const noexcept { return alerts_.size(); } ///< counted so far

  /// What was asked for of what was counted, of one tenant or, when empty, of all. Ends with the
  /// last alert's day unless asked otherwise, which is over unless it is today: a log has an end.
  [[nodiscard]] respond::trend_table table(respond::trend_table::question q,
                                           const std::string& tenant) const;

 private:
  struct seen {
    std::uint32_t revision = 0;
    std::uint32_t counted = 0; ///< packed trend_place
  };

  base::receive_time now_;
  std::map<std::string, respond::trend_counts> tenants_;
  std::unordered_map<std::uint64_t, seen> alerts_; ///< by the hash of tenant and id
};

} // namespace vedette::client
