// The few events an alert shows: the earliest ones, with what an analyst asks about first.
//
// A `sample_list` keeps the `cap` smallest by (time, id). That makes it a function of the set of
// events added, whatever their order, and lets two lists be merged. Only the first keeps its
// record.
#pragma once

#include "base/event.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vedette::detect {

struct sample {
  base::event_time time;
  std::string id;
  std::string action;
  std::string identity; ///< only kept where the group is not the identity itself
  std::string resource;
  std::string region;
  std::string source; ///< address or service host name
  std::string country;
  std::uint32_t asn = 0;
  std::string record; ///< redacted; only rules that look at single events keep one

  [[nodiscard]] static sample of(const base::event& e);
  friend bool operator==(const sample&, const sample&) = default;
};

[[nodiscard]] inline bool earlier(const sample& a, const sample& b) noexcept {
  return a.time != b.time ? a.time < b.time : a.id < b.id;
}

/// Inserts in order and drops what is beyond `cap`. O(cap).
void add_sample(std::vector<sample>& list, const base::event& e, std::size_t cap);
void merge_samples(std::vector<sample>& into, const std::vector<sample>& from, std::size_t cap);

/// Heap bytes behind the list, for the accounting of hot state.
[[nodiscard]] std::size_t heap_bytes(const std::vector<sample>& list) noexcept;

} // namespace vedette::detect
