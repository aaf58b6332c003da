// A detection after compilation: a stateless selection (run by ingest through the matcher) and at
// most one stateful operator (run by the engine over entity state). Plain data, immutable.
//
// docs/rules/ describes the YAML that becomes this.
#pragma once

#include "base/alert.hpp"
#include "base/event.hpp"
#include "base/severity.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vedette::detect {

/// What the operator's state is kept about. `field` is a value of the record (match slot 0).
enum class group_by : std::uint8_t { identity, session, address, resource, account, tenant, field };

/// How one number is taken from the matched events of a window.
enum class measure_kind : std::uint8_t {
  count,    ///< events
  distinct, ///< different values of a slot
  sum,      ///< event.bytes, event.count, or a numeric slot
  novel,    ///< different values of a slot not seen by this group during `ttl` before the window
  share,    ///< `of` divided by all events of the identity in the window, 0..1
};

enum class sum_of : std::uint8_t { bytes, units, slot };

struct measure {
  std::string name;
  measure_kind kind = measure_kind::count;
  std::optional<std::uint8_t> where; ///< only events with this mark; all matched events otherwise
  std::uint8_t slot = 0;             ///< index into match.values for distinct, novel, sum_of::slot
  sum_of sum = sum_of::units;
  base::duration ttl = std::chrono::days{30}; ///< novel: how long a value stays known
  std::uint8_t of = 0;                        ///< share: index of the measure divided
};

enum class comparison : std::uint8_t { gte, gt, lte, lt, eq, neq };

/// `measures[measure] op value`.
struct clause {
  std::uint8_t measure = 0;
  comparison op = comparison::gte;
  double value = 0;
};

/// One way to be true: all clauses hold over the window and, for a rule without window, the event
/// carries all of `marks` and none of `without`.
struct level {
  base::severity severity = base::severity::medium;
  std::vector<clause> all;
  std::uint32_t marks = 0;
  std::uint32_t without = 0;
  std::string why; ///< sentence with {measure} and {field} placeholders
};

/// Compares a measure's window with the group's own closed days (architecture §5, Baselines).
struct volume {
  std::uint8_t measure = 0;
  double floor = 0;        ///< below it, nothing is unusual
  double hard = 0;         ///< at or above it, unusual without any history
  double factor = 1.5;     ///< times the largest closed day
  int days = 30;           ///< how many closed days are looked at
  std::vector<clause> all; ///< must hold over the same window besides
  std::string why;
};

/// Moves the severity when any event of the window (or the single event) carries the mark.
struct adjustment {
  std::uint8_t mark = 0;
  int steps = 1;
  base::severity at_most = base::severity::high;
};

/// No state but the open episode: each matched event stands for itself.
struct single_operator {
  std::vector<measure> measures; ///< only `novel`, counted for the one event
  std::vector<level> levels;
};

/// Sliding windows over event time, in buckets (detect/operators/bucket_window.hpp).
struct window_operator {
  base::duration window = std::chrono::minutes{10};
  std::vector<measure> measures;
  std::vector<level> levels;
  std::vector<volume> volumes;
  /// Severity by how wide the volume is new.
  base::severity new_for_identity = base::severity::low;
  base::severity new_for_account = base::severity::medium;
  base::severity new_for_tenant = base::severity::high;
  base::severity without_history = base::severity::medium; ///< when only `hard` was crossed
};

/// Steps by mark, inside `within`; ordered: each strictly later than the one before.
struct sequence_operator {
  base::duration within = std::chrono::hours{1};
  std::vector<std::uint8_t> steps; ///< mark of each step
  bool ordered = true;
  base::severity severity = base::severity::high;
  std::string why;
  /// Slot whose value all steps must share ("the user that was created"); any steps otherwise.
  /// Events without a value take part in no chain then.
  std::optional<std::uint8_t> same = std::nullopt;
  /// What an event says by itself, as in `single_operator`, marks only; the chain raises it.
  /// Without levels only the chain speaks.
  std::vector<level> levels = {};
};

/// Two sightings too far apart for the time between them.
struct travel_operator {
  base::duration within = std::chrono::minutes{60};
  double km_min = 500;
  double kmh_max = 900;
  base::duration at_least = std::chrono::seconds{60}; ///< shorter gaps count as this long
  base::severity severity = base::severity::medium;
  std::string why;
  /// Mark of sightings whose place is only half a place (an office's exit): two of them are never
  /// compared with each other, one of them with any other sighting is.
  std::optional<std::uint8_t> unless_both = std::nullopt;
  /// Slot that says who travels when several people share the identity: only sightings with the
  /// same value are compared. An absent value is a value of its own.
  std::optional<std::uint8_t> traveller = std::nullopt;
};

using rule_operator =
    std::variant<single_operator, window_operator, sequence_operator, travel_operator>;

struct rule {
  base::rule_id id;     ///< Sigma `name` when given, else its `id`
  std::string sigma_id; ///< the UUID, when there is one
  std::string title;
  std::string description;
  base::severity severity = base::severity::medium; ///< the rule's `level`
  base::control control = base::control::runtime;
  std::vector<base::attack_ref> attack;
  std::vector<std::string> false_positives;
  std::string origin; ///< file the rule came from, for messages

  group_by by = group_by::identity;
  std::vector<std::string> marks; ///< selection names, bit i of match.marks
  std::uint8_t slots = 0;         ///< how many match.values each match carries
  base::duration quiet =
      std::chrono::days{5}; ///< an episode ends after this long without a verdict
  std::vector<adjustment> adjustments;
  rule_operator op;

  /// Whether its alerts carry the first event's record (single_state keeps it). What looks at many
  /// events before it speaks shows figures and samples instead: redacting and keeping thousands of
  /// records that no alert will show would be the dearest part of matching.
  [[nodiscard]] bool shows_record() const noexcept {
    return std::holds_alternative<single_operator>(op);
  }
};

} // namespace vedette::detect
