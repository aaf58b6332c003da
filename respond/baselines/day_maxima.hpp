// How wide a volume is new: the day maxima of all identities of a tenant, folded per account and
// for the tenant as a whole, and the question the severity ladder asks them.
//
// Remembers, per (rule, measure) and per (account, rule, measure), the largest value of each of the
// last 32 event-time days. A pure function of the set of maxima told: order and repeats do not
// matter as long as a day is told before 32 newer ones. Bounded by limits::baseline_series; series
// beyond it are not started, and counted. Called by the tenant's aggregator only.
//
// Closed days. A day counts for an event when it ended at least 24 hours before the event, so for
// an event on day D these are the 30 days D-31 … D-2: day D is running, and at the start of D day
// D-1 is only just over and still arriving.
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "respond/limits.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

/// One identity's largest value of one measure on one day, told once at the end of that day.
struct day_maximum {
  std::string account;
  base::rule_id rule;
  std::string measure;
  base::day_number day = 0;
  double value = 0;

  friend bool operator==(const day_maximum&, const day_maximum&) = default;
};

/// How wide a value is new; wider is worse.
enum class novelty : std::uint8_t { identity, account, tenant };

[[nodiscard]] std::string_view to_string(novelty n) noexcept;

/// The last 32 days of one measure; a negative value means the day was not told.
struct day_series {
  base::day_number newest = 0;
  std::array<double, limits::baseline_days> values = empty();

  /// Keeps the larger value. Days older than 31 before the newest are ignored. O(1) but for gaps.
  void tell(base::day_number day, double value) noexcept;
  /// What counts as the usual largest value for an event on `day`: the maximum over its closed
  /// days, except that no day lifts it by more than half, so that one attack does not teach the
  /// next. Looks at the last `days` closed days, 1..30. Nothing when none of them was told.
  /// O(days).
  [[nodiscard]] std::optional<double> usual_maximum(base::day_number day,
                                                    int days = 30) const noexcept;

  friend bool operator==(const day_series&, const day_series&) = default;

 private:
  static constexpr std::array<double, limits::baseline_days> empty() noexcept {
    std::array<double, limits::baseline_days> out{};
    out.fill(-1);
    return out;
  }
};

struct novelty_question {
  base::rule_id rule;
  std::string measure;
  std::string account;
  base::day_number day = 0;
  double value = 0;
  double factor = 1.5;      ///< new means: larger than this many times the usual maximum
  int days = 30;            ///< closed days looked at, at most 30
  int activation_days = 14; ///< fewer days watched than this, and a level cannot call anything new
};

class day_maxima {
 public:
  /// Commutative and idempotent. O(log series).
  void tell(const day_maximum& told);
  /// That the tenant's account was being watched on `day`, even if nothing happened worth a
  /// maximum: silence is history too. An empty account is the tenant alone.
  void watched(std::string_view account, base::day_number day);

  /// `identity` at least: that the value is new there is what the detector found. `account` and
  /// `tenant` need enough days of watching; an account (or tenant) watched that long without any
  /// value has zero as its usual maximum. New for the tenant includes new for the account.
  [[nodiscard]] novelty how_wide_is_new(const novelty_question& q) const;

  /// Series that were not started because limits::baseline_series were there.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::size_t series() const noexcept { return series_.size(); }

  /// Everything there is to store; the checkpoint codec writes it and gives it back.
  struct parts {
    struct one {
      std::string account, rule, measure;
      day_series days;
    };
    std::vector<one> series; ///< ascending by (account, rule, measure)
    std::map<std::string, base::day_number, std::less<>> first_watched;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] parts dismantle() const;
  static day_maxima restore(parts p);

  friend bool operator==(const day_maxima&, const day_maxima&) = default;

 private:
  struct key {
    std::string account; ///< empty: the whole tenant
    std::string rule, measure;
    friend auto operator<=>(const key&, const key&) = default;
  };

  void tell(key k, base::day_number day, double value);
  [[nodiscard]] bool is_new(const key& k, const novelty_question& q) const;

  std::map<key, day_series> series_;
  std::map<std::string, base::day_number, std::less<>> first_watched_; ///< by account; "" = tenant
  std::uint64_t refused_ = 0;
};

} // namespace vedette::respond
