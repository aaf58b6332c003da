// The fold: one event into one entity's state, and what that gives to say.
//
// Pure: no clock, no I/O; the watermark is told. The same set of events gives the same settled
// episodes in any order. One engine per partition (or one per thread of `replay`); it holds no
// entity state itself, only the rules and scratch memory.
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

/// Where an event must go beside its identity: rules that group by something else match it there.
struct route {
  base::entity_kind kind = base::entity_kind::resource;
  std::string_view key; ///< in the event, or in `memory` given to `routes_of`
  base::match match;
};

/// Appends a route for each match whose rule does not group by identity or session. The caller
/// sends a copy of the event with that one match to the partition of the entity.
void routes_of(const ruleset& rules, const base::tenant_id& tenant, const base::event& e,
               base::arena& memory, std::vector<route>& out);

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
  std::vector<day_maximum> maxima;
  /// The event is not late, and a window that it belongs to is closed all the same: events of
  /// another source of the tenant, further ahead than the lateness, have gone before it.
  bool found_closed = false;

  void clear() {
    alerts.clear();
    maxima.clear();
    found_closed = false;
  }
  [[nodiscard]] bool empty() const noexcept { return alerts.empty() && maxima.empty(); }
};

class engine {
 public:
  engine(std::shared_ptr<const ruleset> rules, voice speaks);
  ~engine();
  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;

  /// Folds an event into its identity, or a routed copy into the entity it was routed to. `late`:
  /// older than the watermark allows, or dated ahead of it; rules without a window still speak of
  /// it, windows do not. An old one counts for its day's baseline.
  /// O(matches of the event).
  void fold(const entity_ref& ref, entity_state& state, const base::event& e,
            base::event_time watermark, bool late, fold_output& out);

  /// Settles windows the watermark has closed, sends maxima of closed days.
  void settle(const entity_ref& ref, entity_state& state, base::event_time watermark,
              fold_output& out);

  /// Says what changed since the last time (voice::at_once).
  void report(const entity_ref& ref, entity_state& state, fold_output& out);

  /// The sources have ended: says what stands as final without closing windows, so that a source
  /// that comes back can still add to them (voice::at_once).
  void conclude(const entity_ref& ref, entity_state& state, fold_output& out);

  /// Other rules take over. What stands of a rule that `to` does not have, or has in another shape,
  /// is said as final and stays as it is; everything else `to` goes on with (voice::at_once). Also
  /// after a fold by the older rules behind the change.
  void hand_over(const entity_ref& ref, entity_state& state, const engine& to, fold_output& out);

  /// Whether `report` has something to say.
  [[nodiscard]] static bool has_news(const entity_state& state) noexcept;

  /// Settles everything and says every episode that is still open.
  void finish(const entity_ref& ref, entity_state& state, fold_output& out);

  /// When `settle` has something to do for this entity; nothing when not before another event.
  [[nodiscard]] std::optional<base::event_time> due(const entity_state& state) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::detect
