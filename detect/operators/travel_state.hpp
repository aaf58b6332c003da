// Impossible travel: any two sightings too far apart for the time between them.
//
// Not only neighbours in time are compared: if a pair is impossible, then so is some hop between
// them, so the question "is there any such pair" has the same answer, and no late sighting can take
// it back. Which two may be compared depends on the two alone (who travels, where both are), so
// that stays true. Remembers at most 64 sightings of the last `within` plus lateness; the oldest go
// first. Who travels stands in the sample's `identity`, so it is stored and shown with it.
#pragma once

#include "base/event.hpp"
#include "detect/operators/episode.hpp"
#include "detect/rule.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace vedette::detect {

struct sighting {
  sample event;
  base::geo_point place;
  std::uint32_t marks = 0;
  bool counted = false; ///< is part of an impossible pair

  friend bool operator==(const sighting&, const sighting&) = default;
};

struct travel_figures {
  double km = 0;
  double kmh = 0;
};

/// Distance and speed when the pair is impossible, nothing otherwise. Gaps under `at_least` count
/// as that long; a pair further apart than `within` is never compared.
[[nodiscard]] std::optional<travel_figures> judge_travel(const travel_operator& op,
                                                         base::event_time t1, base::geo_point p1,
                                                         base::event_time t2,
                                                         base::geo_point p2) noexcept;

/// Whether the rule compares these two at all: the same traveller, and not both of them at one of
/// the tenant's own exits.
[[nodiscard]] bool comparable(const travel_operator& op, const sighting& a,
                              const sighting& b) noexcept;

class travel_state {
 public:
  static constexpr std::size_t sightings_max = 64;

  /// Adds a sighting; one without a known place is passed over.
  added add(const rule& of, const travel_operator& op, const base::event& e, const base::match& m);

  [[nodiscard]] const episode_pair& episodes() const noexcept { return episodes_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  struct parts {
    std::vector<sighting> sightings;
    episode_pair episodes;
  };
  [[nodiscard]] parts dismantle() const { return {sightings_, episodes_}; }
  static travel_state restore(parts p);

 private:
  std::vector<sighting> sightings_; ///< ascending by (time, id)
  episode_pair episodes_;
};

} // namespace vedette::detect
