// How many alerts a tenant had: one counter per (day, rule, severity, resource class), exact, for
// as long as two years. An alert is counted once, however often it is revised: its fold takes it
// back from where it was and adds it where it is now.
//
// Days are UTC days of the alert's first event. Bounded by limits::trend_days, trend_cells and
// trend_rules; what a full day or a full table of rules does not take is counted under
// `trend_others`, with its severity and class. A day that is full stays so, and what it refused
// once it refuses for ever, so that taking back always finds what adding left. Below those bounds
// what `for_each` says is a function of the set of alerts, whatever the order. A pure value; kept
// by tenant_state, stored by the tenant's codec, read by reports.
#pragma once

#include "base/ids.hpp"
#include "base/json_writer.hpp"
#include "base/severity.hpp"
#include "base/time.hpp"
#include "respond/trends/limits.hpp"
#include "respond/trends/resource_class.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

/// The rule under which a report shows what no cell was left for. No rule's id has brackets.
inline constexpr std::string_view trend_others = "(others)";

/// Where an alert is counted, beside its rule.
struct trend_place {
  base::day_number day = 0; ///< 0..131071, what a packed one holds
  base::severity severity = base::severity::info;
  resource_class what = resource_class::other;

  friend bool operator==(const trend_place&, const trend_place&) = default;
};

/// Nothing for a withdrawn alert. One whose clock is ahead counts on the day it was taken in.
[[nodiscard]] std::optional<trend_place> place_of(const base::alert& a, base::receive_time taken);

/// 0 for nothing; what a forgotten alert keeps of itself.
[[nodiscard]] std::uint32_t pack(const std::optional<trend_place>& p) noexcept;
/// Nothing for 0 and for what `pack` does not give.
[[nodiscard]] std::optional<trend_place> unpack(std::uint32_t packed) noexcept;

class trend_counts {
 public:
  struct cell {
    std::uint16_t rule = 0; ///< place in `rules`, or `others`
    base::severity severity = base::severity::info;
    resource_class what = resource_class::other;
    std::uint32_t alerts = 0;

    friend bool operator==(const cell&, const cell&) = default;
  };
  static constexpr std::uint16_t others = 0xffff;

  /// All there is to store.
  struct data {
    std::vector<std::string> rules; ///< in the order of their first alert, each once
    std::map<base::day_number, std::vector<cell>> days; ///< cells ascend by what they are of
    base::day_number newest = 0;                        ///< day that was ever counted
    /// Counts of days before are too low: a build that did not count yet forgot alerts of them.
    base::day_number exact_from = 0;

    friend bool operator==(const data&, const data&) = default;
  };

  trend_counts() = default;
  /// `d` as `all()` gave it, or as `check` finds nothing wrong with.
  explicit trend_counts(data d);

  /// O(log days + cells of the day). A day trend_days before the newest is not counted any more.
  void add(const base::rule_id& rule, const trend_place& at);
  /// Undoes `add` of the same; nothing when the day is gone.
  void take_back(const base::rule_id& rule, const trend_place& at);
  void set_exact_from(base::day_number day) { data_.exact_from = day; }

  [[nodiscard]] const data& all() const noexcept { return data_; }
  /// What contradicts itself in stored counts; empty: nothing.
  [[nodiscard]] static std::string_view check(const data& d);

  friend bool operator==(const trend_counts& x, const trend_counts& y) {
    return x.data_ == y.data_;
  }

 private:
  /// Place of the rule, if it has one or may get one.
  [[nodiscard]] std::optional<std::uint16_t> rule_at(const std::string& name, bool make);
  void forget_old_days();

  data data_;
  std::map<std::string, std::uint16_t, std::less<>> places_; ///< derived from `data_.rules`
};

/// Calls `take(day, rule, severity, class, alerts)` for every count above 0 of `[since, until)`.
template <class Take>
void for_each(const trend_counts& counts, base::day_number since, base::day_number until,
              Take take) {
  const auto& d = counts.all();
  for (auto day = d.days.lower_bound(since); day != d.days.end() && day->first < until; ++day)
    for (const auto& c : day->second)
      if (c.alerts > 0)
        take(day->first,
             c.rule == trend_counts::others ? trend_others : std::string_view{d.rules[c.rule]},
             c.severity, c.what, c.alerts);
}

/// {"exact_from", "rules": [name…], "counts": [[day, rule, severity, class, alerts]…]}, all but the
/// names as numbers: what an aggregator answers and a report adds up. O(counts of the range).
void describe(const trend_counts& counts, base::day_number since, base::day_number until,
              base::json_writer& out);

} // namespace vedette::respond
