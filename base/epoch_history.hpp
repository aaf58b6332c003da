// Which epoch wrote which part of a log: how two logs find the last entry they share.
//
// An entry's (epoch, index) names it for ever, because an epoch has one primary and that primary
// gives each index once. Two logs that both hold (e, i) are therefore equal up to i, and comparing
// the starts of epochs is enough to find where they part; no entry is read. Remembers the newest
// `starts_max` starts; older ones are forgotten, which costs a checkpoint instead of a tail for a
// replica that was away through so many elections. Owned by a replica, and by a store for each of
// its logs. Pure.
#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <vector>

namespace vedette::base {

struct epoch_start {
  base::epoch epoch;
  entry_index first;

  friend bool operator==(const epoch_start&, const epoch_start&) = default;
};

class epoch_history {
 public:
  static constexpr std::size_t starts_max = 64;

  epoch_history() = default;
  /// Starts must grow in both epoch and index (asserts). For what a store or a manifest held.
  explicit epoch_history(std::vector<epoch_start> starts);
  /// Whether starts that came from outside may be given to the constructor.
  [[nodiscard]] static bool well_formed(const std::vector<epoch_start>& starts) noexcept;

  /// An entry was appended; its epoch never falls (asserts).
  void appended(base::epoch in, entry_index index);
  /// Entries after `last` are gone.
  void cut(entry_index last);

  /// Epoch of the entry at `index`, which must not lie behind the end; 0 for index 0 and when the
  /// start was forgotten. O(log starts).
  [[nodiscard]] base::epoch epoch_at(entry_index index) const noexcept;

  [[nodiscard]] const std::vector<epoch_start>& starts() const noexcept { return starts_; }

  friend bool operator==(const epoch_history&, const epoch_history&) = default;

 private:
  std::vector<epoch_start> starts_;
};

/// Index of the last entry both logs hold; 0 when they share none that is remembered. O(starts).
[[nodiscard]] entry_index last_shared(const epoch_history& a, entry_index a_last,
                                      const epoch_history& b, entry_index b_last);

} // namespace vedette::base
