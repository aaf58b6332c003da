// The fold: one event into one entity's state, and what that gives to say.
//
// Pure: no clock, no I/O; the watermark is told. The same set of events gives the same settled
// episodes in any order. One engine per partition (or one per thread of `replay`); it holds no entity
// state itself, only the rules and scratch memory.
//
// Two voices. `voice::settled` (replay) speaks of an episode once it can no longer change: when the
// next one begins, or at `finish`. `voice::at_once` (a live node) speaks when a verdict appears or
// its severity rises, later growth at `report`, and marks as provisional what could still change.
#pragma once

#include "base/alert.hpp"
#include "base/event.hpp"
#include "detect/entity_state.hpp"
#include "detect/rule.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vedette::detect {

class ruleset;

enum class voice : std::uint8_t { settled, at_once };

/// A match whose rule groups by something that lives in another entity.
struct hop {
  entity_ref to;
  const base::event* event = nullptr;  ///< as long as the batch lives
  base::match match;
};

/// The largest window of one measure on one closed day, for the account's and tenant's tables.
struct day_maximum {
  std::string account;
  base::rule_id rule;
  std::string measure;
  base::day_number day = 0;
  double value = 0;
};

struct fold_output {
  std::vector<base::alert> alerts;
  std::vector<hop> hops;
  std::vector<day_maximum> maxima;

  void clear() {
    alerts.clear();
    hops.clear();
    maxima.clear();
  }
  [[nodiscard]] bool empty() const noexcept { return alerts.empty() && hops.empty() && maxima.empty(); }
};

class engine {
 public:
  engine(std::shared_ptr<const ruleset> rules, voice speaks);
  ~engine();
  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;

  /// Folds an event into its identity. `late`: older than the watermark allows; it is matched
  /// statelessly only. O(matches of the event).
  void fold(const entity_ref& ref, entity_state& state, const base::event& e, base::event_time watermark,
            bool late, fold_output& out);

  /// Folds a match that hopped here.
  void fold_hop(const entity_ref& ref, entity_state& state, const base::event& e, const base::match& m,
                base::event_time watermark, bool late, fold_output& out);

  /// Settles windows the watermark has closed, sends maxima of closed days.
  void settle(const entity_ref& ref, entity_state& state, base::event_time watermark, fold_output& out);

  /// Says what changed since the last time (voice::at_once).
  void report(const entity_ref& ref, entity_state& state, fold_output& out);

  /// Settles everything and says every episode that is still open.
  void finish(const entity_ref& ref, entity_state& state, fold_output& out);

  /// When `settle` has something to do for this entity; nothing when not before another event.
  [[nodiscard]] std::optional<base::event_time> due(const entity_state& state) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::detect
