// The alerts of one tenant: the highest revision of each, and the running numbers of the stream
// that subscribers count on. A new number is given to each change, so the book read by number is
// the stream with repeats folded away.
//
// Remembers limits::alerts_kept alerts, the longest unchanged leave first; of those that left, the
// revision and where trends count it for limits::alerts_remembered more, so that a late resend is
// not taken for news and a late revision moves its count. Called by tenant_state; a pure value.
#pragma once

#include "base/alert.hpp"
#include "respond/trends/trend_counts.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

struct known_alert {
  base::alert alert;
  std::uint64_t number = 0; ///< in the tenant's stream, of the latest change
  base::receive_time first_at, at;

  friend bool operator==(const known_alert&, const known_alert&) = default;
};

/// What is left of an alert that had to leave.
struct left_alert {
  std::uint32_t revision = 0;
  std::uint32_t counted = 0; ///< packed trend_place

  friend bool operator==(const left_alert&, const left_alert&) = default;
};

class alert_book {
 public:
  struct data {
    std::map<std::string, known_alert, std::less<>> alerts;
    std::map<std::uint64_t, left_alert> left; ///< by the hash of the id
    std::deque<std::uint64_t> left_order;     ///< of the above, oldest first
    std::uint64_t numbers = 0;                ///< the last one given

    friend bool operator==(const data&, const data&) = default;
  };

  alert_book() = default;
  explicit alert_book(data d);

  /// Whether `a` says anything that was not known. O(log n).
  [[nodiscard]] bool is_news(const base::alert& a) const;
  /// Keeps it and gives it a number. `gone` receives ids that had to leave. Only for news.
  const known_alert& keep(base::alert a, base::receive_time at, std::vector<std::string>& gone);

  [[nodiscard]] const known_alert* find(std::string_view id) const;
  /// Where an alert is counted as long as its id is remembered. O(log n + resources).
  [[nodiscard]] std::optional<trend_place> counted_at(std::string_view id) const;
  /// By number: the stream.
  [[nodiscard]] const std::map<std::uint64_t, std::string>& by_number() const noexcept {
    return by_number_;
  }
  [[nodiscard]] const data& all() const noexcept { return data_; }

 private:
  void leave(std::string_view id);

  data data_;
  std::map<std::uint64_t, std::string> by_number_; ///< derived from `data_`
};

} // namespace vedette::respond
