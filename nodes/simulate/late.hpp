// Holds records back the way CloudTrail does: per account a file of five minutes, delivered minutes
// after it closes, its records in no order, a few of them delivered again.
//
// Holds at most late_records_max records; above that the file that is due next goes out early. The
// generator pushes in order of event time and pops what is due.
#pragma once

#include "base/time.hpp"
#include "nodes/simulate/prng.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::simulate {

class late_delivery {
 public:
  explicit late_delivery(std::uint64_t seed);

  /// Takes the text, leaving an empty string with memory in it.
  void push(std::uint32_t tenant, std::uint32_t account, base::event_time time,
            std::string& record);
  /// Whether a record is due when the next event happens at `now`, or must make room.
  [[nodiscard]] bool ready(base::event_time now) const;
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// The next record to deliver. Requires !empty().
  void pop(std::uint32_t& tenant, std::string& record);

 private:
  struct item {
    base::event_time due;
    std::uint64_t tie;
    std::uint32_t tenant, text;
  };
  static bool later(const item& a, const item& b) {
    return a.due != b.due ? a.due > b.due : a.tie > b.tie;
  }
  void add(base::event_time due, std::uint32_t tenant, std::string& record);

  std::uint64_t seed_;
  prng random_;
  std::vector<item> waiting_; ///< heap, earliest first
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> free_;
};

} // namespace vedette::simulate
