// How many different values occurred in a window.
//
// Each value keeps a 64-bit mask of the buckets it occurred in, so one set answers for every window
// inside the horizon and does not care in which order events came. Exact up to
// `limits::distinct_exact` values in the horizon; above it values are sampled by hash (adaptive
// sampling, Wegman; see Flajolet 1990) with a standard error of about 1/sqrt(2048) = 2.2 %. Memory:
// 16 bytes a slot, at most twice as many slots as values. Insertion O(1); counting the window that
// was counted last O(1), another one O(slots).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::detect {

class distinct_set {
 public:
  struct value {
    std::uint64_t hash = 0; ///< 0: empty slot
    std::uint64_t mask = 0;

    friend bool operator==(const value&, const value&) = default;
  };

  /// Records that a value occurred in bucket `bit` (0..63).
  void insert(std::uint64_t hash, int bit);
  /// Different values with a bit in `window`; an estimate when `sampled() > 0`.
  [[nodiscard]] double count(std::uint64_t window) const noexcept;
  /// Calls f(hash) for each kept value with a bit in `window`.
  template <class F>
  void each(std::uint64_t window, F f) const {
    for (const auto& v : slots_)
      if (v.hash != 0 && (v.mask & window) != 0)
        f(v.hash);
  }
  /// Forgets the `by` oldest buckets; what remains moves down. O(slots).
  void shift(int by);
  /// Forgets these buckets. O(slots).
  void forget(std::uint64_t gone);

  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  /// Only values whose hash starts with this many zero bits are kept; the count is scaled up.
  [[nodiscard]] int sampled() const noexcept { return sampled_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return slots_.capacity() * sizeof(value);
  }

  // For the codec: the values in ascending order of hash, and back.
  [[nodiscard]] std::vector<value> values() const;
  static distinct_set restore(const std::vector<value>& values, int sampled);

 private:
  /// Values without a bucket go. O(slots).
  void sweep();
  void rebuild(std::size_t slots);
  void thin();
  [[nodiscard]] value& slot_for(std::uint64_t hash) noexcept;

  std::vector<value> slots_; ///< open addressing, a power of two or empty
  std::size_t used_ = 0;
  int sampled_ = 0;
  // A live node asks for the newest window after each event, so the last answer is kept up to date.
  mutable std::uint64_t counted_window_ = 0; ///< 0: no answer is kept
  mutable std::size_t counted_ = 0;          ///< slots with a bit in it
};

} // namespace vedette::detect
