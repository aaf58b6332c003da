// Which rules an event could match, from its service, action, activity and classes alone.
//
// At load each rule's condition is boiled down to alternatives ("terms"): necessary values of those
// fields. A term goes under its most telling key, so an event meets the rules filed under its own
// four keys plus those that name none; everything else costs it nothing. Sound by construction: a
// term only drops demands, never adds one. Bounded by `terms_max` per rule. Immutable after build.
#pragma once

#include "base/event.hpp"
#include "detect/language/selection.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace vedette::detect {

/// Alternatives kept per rule; beyond, demands are dropped until it fits.
inline constexpr std::size_t terms_max = 256;

/// What must hold for an event to match; 0 and traits::any demand nothing.
struct term {
  std::uint64_t service = 0;
  std::uint64_t action = 0;
  std::uint64_t activity = 0;
  std::uint64_t traits = ~std::uint64_t{0};

  friend bool operator==(const term&, const term&) = default;
};

/// An event that matches satisfies one of these. Empty: nothing can match.
[[nodiscard]] std::vector<term> terms_of(const selection& s, std::uint64_t demanded_traits);

class rule_index_table {
 public:
  /// `terms[i]` are those of rule i.
  explicit rule_index_table(const std::vector<std::vector<term>>& terms);
  rule_index_table() : rule_index_table(std::vector<std::vector<term>>{}) {}

  struct entry {
    std::uint64_t traits;
    std::uint32_t rule;
  };

  /// The up to five lists an event has to look through, each sorted by rule.
  struct candidates {
    std::array<std::span<const entry>, 5> lists;
    std::uint64_t traits = 0;
  };

  /// O(1): hashes each key once.
  [[nodiscard]] candidates find(const base::event& e) const noexcept;

  /// Calls `visit(rule)` once per candidate rule, in ascending order.
  template <class F>
  static void each(candidates c, F&& visit) {
    for (;;) {
      std::uint32_t lowest = no_rule;
      for (auto& list : c.lists) {
        while (!list.empty() && (list.front().traits & c.traits) != c.traits)
          list = list.subspan(1);
        if (!list.empty() && list.front().rule < lowest)
          lowest = list.front().rule;
      }
      if (lowest == no_rule)
        return;
      for (auto& list : c.lists)
        while (!list.empty() && list.front().rule == lowest)
          list = list.subspan(1);
      visit(lowest);
    }
  }

 private:
  static constexpr std::uint32_t no_rule = ~std::uint32_t{0};

  struct slot {
    std::uint64_t key = 0; ///< 0: free
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  [[nodiscard]] std::span<const entry> list(std::uint64_t key) const noexcept;

  std::vector<slot> slots_; ///< open addressing, a power of two, at most half full
  std::vector<entry> entries_;
  std::uint32_t always_ = 0; ///< the last entries: rules without a key
};

} // namespace vedette::detect
