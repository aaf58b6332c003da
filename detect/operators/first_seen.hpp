// When a value was first seen, forgetting it after a time without it.
//
// Each value keeps the first and last second of its current run: occurrences no further than the
// time to live apart. A late event can only move a run's start back by the allowed lateness, so the
// set is a function of the events seen, not of their order. At most `limits::first_seen_values`
// values; the one unseen for longest goes first. 16 bytes a value, sorted by hash: look-up O(log
// n), insertion O(n).
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vedette::detect {

class first_seen_set {
 public:
  struct run {
    std::uint64_t hash = 0;
    std::uint32_t first = 0, last = 0; ///< seconds since 1970

    friend bool operator==(const run&, const run&) = default;
  };

  /// Takes part in the run it is within `ttl` of, or starts a new one.
  void observe(std::uint64_t hash, base::event_time t, base::duration ttl);
  /// Start of the value's current run; nothing when unknown.
  [[nodiscard]] std::optional<base::event_time> first(std::uint64_t hash) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return runs_.size(); }
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return runs_.capacity() * sizeof(run); }
  [[nodiscard]] const std::vector<run>& runs() const noexcept { return runs_; }
  static first_seen_set restore(std::vector<run> runs);

 private:
  std::vector<run> runs_;
};

} // namespace vedette::detect
