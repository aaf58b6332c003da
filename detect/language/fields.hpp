// Vedette's normalised field names, and which of them the index can use without a record.
//
// docs/rules/fields.md describes them for authors. Constants; called at load and by the index.
#pragma once

#include "base/event.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vedette::detect {

/// Every normalised name, sorted.
[[nodiscard]] std::span<const std::string_view> normalised_fields();
[[nodiscard]] bool is_normalised(std::string_view field);
/// True for "identity.nmae": a name in one of our families that does not exist.
[[nodiscard]] bool looks_normalised(std::string_view field);

/// Fields with few values. All of them together are one word: each value is one bit.
class traits {
 public:
  /// One bit per field: the values this event has. O(1).
  [[nodiscard]] static std::uint64_t of(const base::event& e) noexcept;
  /// Every bit: says nothing.
  static constexpr std::uint64_t any = ~std::uint64_t{0};

  struct field {
    std::string_view name;
    unsigned shift; ///< first bit
    unsigned count; ///< bits
    std::string_view (*text)(unsigned value);
  };

  [[nodiscard]] static std::span<const field> fields();
  /// The word in which only this cloud's bit of its field is set.
  [[nodiscard]] static std::uint64_t cloud_is(base::cloud c) noexcept;
  /// True when the event's word has no bit outside `wanted`.
  [[nodiscard]] static constexpr bool fits(std::uint64_t of_event, std::uint64_t wanted) noexcept {
    return (of_event & ~wanted) == 0;
  }
  /// False when some field has no value left, so that no event can fit.
  [[nodiscard]] static bool possible(std::uint64_t wanted) noexcept;
};

} // namespace vedette::detect
