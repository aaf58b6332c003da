// Steps that must all happen inside a span, in order or in any order.
//
// Remembers the times of matched events of the span plus lateness, at most 64, the oldest go first.
// The sequence holds at an event when, going back from it, each earlier step has a latest
// occurrence and the first of them lies inside the span. Choosing the latest occurrence of each
// step never misses a sequence, and the answer depends only on the set of events. Steps that must
// share a value keep it in the sample's `identity`. Levels, where the rule has some, speak of each
// event by itself into the same episodes, so that a completed sequence raises what was said of its
// first step.
#pragma once

#include "base/event.hpp"
#include "detect/operators/episode.hpp"
#include "detect/rule.hpp"

#include <cstdint>
#include <vector>

namespace vedette::detect {

class sequence_state {
 public:
  static constexpr std::size_t events_max = 64;

  struct step_event {
    sample event;
    std::uint32_t marks = 0;
    bool counted = false; ///< lies in a span in which the sequence held
    bool held = false;    ///< the sequence held at this event

    friend bool operator==(const step_event&, const step_event&) = default;
  };

  /// Adds one matched event. A `late` one is no step; only the levels speak of it.
  added add(const rule& of, const sequence_operator& op, const base::event& e, const base::match& m,
            bool late = false);

  [[nodiscard]] const episode_pair& episodes() const noexcept { return episodes_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  struct parts {
    std::vector<step_event> events;
    episode_pair episodes;
  };
  [[nodiscard]] parts dismantle() const { return {events_, episodes_}; }
  static sequence_state restore(parts p);

 private:
  /// Whether two remembered events may be steps of one sequence.
  [[nodiscard]] bool together(const sequence_operator& op, std::size_t a,
                              std::size_t b) const noexcept;
  /// Indexes of the events of the latest sequence that ends with event `last`; empty when none.
  [[nodiscard]] std::vector<std::size_t> chain(const sequence_operator& op, std::size_t last) const;

  std::vector<step_event> events_; ///< ascending by (time, id)
  episode_pair episodes_;
};

} // namespace vedette::detect
