// The largest window of each measure on each day: what a group's own past looks like.
//
// Only closed days are ever compared with: event-time days that ended at least 24 h before the
// event, so at least the day before yesterday. Two guards against teaching the detector the attack:
// a day inside an open episode (at most 7 days of it) is frozen and never learned from, and what is
// learned grows by at most half a day. At most 33 days per measure, 16 bytes each.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::detect {

class day_maxima {
 public:
  struct entry {
    base::day_number day = 0;
    std::uint8_t measure = 0;
    bool frozen = false;
    bool sent = false; ///< told to the account and the tenant
    double value = 0;

    friend bool operator==(const entry&, const entry&) = default;
  };

  static constexpr int days_kept = 33;
  static constexpr double growth_max = 1.5; ///< of the learned maximum, per day

  void note(base::day_number day, std::uint8_t measure, double value, bool frozen);

  /// Largest learned maximum over the `days` closed days before `t`; 0 when nothing was learned.
  [[nodiscard]] double learned(std::uint8_t measure, base::event_time t, int days) const;

  /// Newest day that is closed at `t`.
  [[nodiscard]] static base::day_number newest_closed(base::event_time t) noexcept {
    return base::day_of(t) - 2;
  }

  [[nodiscard]] std::vector<entry>& entries() noexcept { return entries_; }
  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return entries_.capacity() * sizeof(entry);
  }
  static day_maxima restore(std::vector<entry> entries);

 private:
  std::vector<entry> entries_; ///< ascending by (day, measure)
};

} // namespace vedette::detect
