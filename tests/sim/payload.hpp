// What the log entries of the simulation carry, and the folds over them: a model of a detector's
// and an aggregator's partition with the same shape as the real ones.
//
// A detector counts events once by batch (source, session, sequence), raises an alert for every
// fifth event of an identity, emits it as an entry and keeps it in its outbox until answered. An
// aggregator takes an alert once by outbox position and content id and plans one idempotent action
// for it: intent, call, outcome. Pure functions of the committed entries. Event ids are dense, so
// counts are a vector and a copy is cheap.
#pragma once

#include "cluster/replica_words.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vedette::schemas {
struct batch_entry;
struct emitted_entry;
} // namespace vedette::schemas

namespace vedette::sim {

enum class kind : std::uint8_t { batch = 1, emitted, answered, arrived, intent, outcome };

using alert_id = std::uint64_t;
using event_id = std::uint32_t;

struct event {
  event_id id = 0;
  std::uint32_t identity = 0;
};

struct batch_key {
  std::uint64_t source = 0, session = 0, sequence = 0;

  friend auto operator<=>(const batch_key&, const batch_key&) = default;
};

struct batch {
  batch_key key;
  std::uint64_t below = 0; ///< the collector never resends a sequence under it
  std::vector<event> events;
  std::shared_ptr<const schemas::batch_entry> real; ///< what the real folds take; else null
};

/// Where in which log an alert was said; names it for ever.
struct outbox_position {
  std::uint64_t partition = 0, epoch = 0, entry = 0, index = 0;

  friend auto operator<=>(const outbox_position&, const outbox_position&) = default;
};

using body = std::shared_ptr<const std::string>;

[[nodiscard]] body encode(const batch& b);
[[nodiscard]] batch decode_batch(const std::string& bytes);
/// Everything else is a row of numbers.
[[nodiscard]] body encode(std::span<const std::uint64_t> numbers);
[[nodiscard]] std::vector<std::uint64_t> decode_numbers(const std::string& bytes);

/// Events of one identity between two alerts.
inline constexpr std::uint32_t alert_every = 5;
[[nodiscard]] constexpr alert_id alert_of(std::uint32_t identity, std::uint32_t total) noexcept {
  return (std::uint64_t{identity} << 32) | (total / alert_every);
}

struct action_state {
  bool done = false;

  friend bool operator==(const action_state&, const action_state&) = default;
};

struct fold_state {
  std::uint64_t applied = 0;
  /// Grows and shrinks with every item below; equal states have equal digests.
  std::uint64_t digest = 0;

  // Detector.
  struct taken {
    std::uint64_t below = 0;
    std::set<std::uint64_t> above;
  };
  std::map<std::pair<std::uint64_t, std::uint64_t>, taken> ledger; ///< by (source, session)
  std::vector<std::uint8_t> counted;                               ///< by event id
  std::vector<std::uint32_t> totals;                               ///< by identity
  std::map<std::uint64_t, std::vector<alert_id>> unemitted; ///< by the entry that raised them
  struct said {
    std::uint64_t epoch = 0;
    std::vector<alert_id> alerts;
  };
  std::map<std::uint64_t, said> outbox; ///< by emitted entry

  // Aggregator.
  std::set<outbox_position> arrived;
  std::map<alert_id, std::uint32_t> alerts; ///< how often counted
  std::map<alert_id, action_state> actions; ///< by the alert that asked for it

  [[nodiscard]] bool knows(const batch_key& key) const;
  /// True when the entry changed nothing because it was known.
  bool apply(const cluster::entry& e);
  /// What a broken memory cell does: one count is off.
  void rot(std::uint64_t where);

 private:
  void fold_batch(const cluster::entry& e);
  void fold_arrived(std::span<const std::uint64_t> n);
};

} // namespace vedette::sim
