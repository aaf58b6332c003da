// What is known of one identity beside its rules: who it is, since when, from where, with what.
//
// Networks and services are the evidence behind "has this been seen before" and behind
// `vedette identity show`. Both are bounded; the ones unseen for longest go first. A function of
// the set of events seen (minima, maxima, sums).
#pragma once

#include "base/event.hpp"
#include "detect/operators/activity.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::detect {

struct seen_value {
  std::string text;
  std::uint32_t first = 0, last = 0; ///< seconds since 1970

  friend bool operator==(const seen_value&, const seen_value&) = default;
};

struct profile {
  static constexpr std::size_t networks_max = 32;
  static constexpr std::size_t services_max = 48;

  std::string account;
  std::string name;
  base::cloud provider = base::cloud::unknown;
  base::identity_type actor = base::identity_type::unknown;
  base::session_class holder = base::session_class::unknown;
  base::event_time first_seen, last_seen;
  std::uint64_t events = 0;
  std::vector<seen_value> networks; ///< sites (/24, /48) or service names; ascending by text
  std::vector<seen_value> services; ///< "ec2", "s3"; ascending by text
  activity_counter activity;

  /// Takes one event into account. No allocation for what was seen before.
  void observe(const base::event& e);
  [[nodiscard]] std::size_t heap_bytes() const noexcept;
};

} // namespace vedette::detect
