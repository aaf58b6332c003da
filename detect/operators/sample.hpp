// The few events an alert shows: the earliest ones, with what an analyst asks about first.
//
// A list of samples keeps the `cap` smallest by (time, id). That makes it a function of the set of
// events added, whatever their order, and lets two lists be merged. Only the first keeps its record
// and its session. Samples are most of an entity's hot bytes, so each holds its texts in one block.
#pragma once

#include "base/event.hpp"
#include "base/time.hpp"
#include "detect/operators/packed_texts.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vedette::detect {

/// Of any text of an event, which somebody else has chosen: the longest ARNs are as long. More is
/// cut, or sixteen such texts would make an alert that is larger than a log takes.
inline constexpr std::size_t sample_text_bytes = 2048;

/// What a sample says, as views: what one is made of, and what is read from it.
struct sample_fields {
  base::event_time time;
  std::string_view id;
  std::string_view action;
  std::string_view identity; ///< only kept where the group is not the identity itself
  std::string_view resource;
  std::string_view region;
  std::string_view source; ///< address or service host name
  std::string_view country;
  std::uint32_t asn = 0;
  std::string_view record;  ///< redacted; only rules that look at single events keep one
  std::string_view session; ///< what the event was signed with
  std::string_view name;    ///< of whoever acted; only kept where the group is the identity

  [[nodiscard]] static sample_fields of(const base::event& e) noexcept;
};

/// 24 bytes, and a block of the texts with 12 bytes more when none is longer than 127.
class sample {
 public:
  base::event_time time;
  std::uint32_t asn = 0;

  sample() = default;
  /// One allocation.
  explicit sample(const sample_fields& f);
  [[nodiscard]] static sample of(const base::event& e) { return sample{sample_fields::of(e)}; }

  [[nodiscard]] std::string_view id() const noexcept { return texts_.at(0); }
  [[nodiscard]] std::string_view action() const noexcept { return texts_.at(1); }
  [[nodiscard]] std::string_view identity() const noexcept { return texts_.at(2); }
  [[nodiscard]] std::string_view resource() const noexcept { return texts_.at(3); }
  [[nodiscard]] std::string_view region() const noexcept { return texts_.at(4); }
  [[nodiscard]] std::string_view source() const noexcept { return texts_.at(5); }
  [[nodiscard]] std::string_view country() const noexcept { return texts_.at(6); }
  [[nodiscard]] std::string_view record() const noexcept { return texts_.at(7); }
  [[nodiscard]] std::string_view session() const noexcept { return texts_.at(8); }
  [[nodiscard]] std::string_view name() const noexcept { return texts_.at(9); }
  /// All of them at once, for less than asking one by one; valid while the sample is.
  [[nodiscard]] sample_fields fields() const noexcept;

  /// Without what only the first of a list keeps.
  [[nodiscard]] sample as_later() const;
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return texts_.heap_bytes(); }

  friend bool operator==(const sample&, const sample&) = default;

 private:
  packed_texts texts_; ///< in the order of the accessors
};

[[nodiscard]] inline bool earlier(const sample& a, const sample& b) noexcept {
  return a.time != b.time ? a.time < b.time : a.id() < b.id();
}

/// Inserts in order and drops what is beyond `cap`. O(cap).
void add_sample(std::vector<sample>& list, const base::event& e, std::size_t cap);
/// The same for one that exists; false when it is beyond `cap`.
bool merge_sample(std::vector<sample>& into, const sample& s, std::size_t cap);
void merge_samples(std::vector<sample>& into, const std::vector<sample>& from, std::size_t cap);

/// Heap bytes behind the list, for the accounting of hot state.
[[nodiscard]] std::size_t heap_bytes(const std::vector<sample>& list) noexcept;

} // namespace vedette::detect
