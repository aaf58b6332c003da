// What a record of Entra's audit log says was changed: its targets, and those of the changed
// properties and additional details that somebody asks for.
//
// Filled in the pass over the record (add_targets, add_properties), or from text that holds it.
#pragma once

#include "ingest/json_reader.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace vedette::ingest {

struct entra_target {
  json_value id, address, name;
};

/// A modified property with its new value, or a detail.
struct entra_property {
  std::string_view name;
  json_value value;
};

class entra_changes {
 public:
  static constexpr std::size_t targets_max = 64; ///< as effect_reader::values_max
  static constexpr std::size_t properties_max = 64;

  void clear() noexcept { targets_used_ = properties_used_ = 0; }
  [[nodiscard]] std::span<const entra_target> targets() const noexcept {
    return {targets_.data(), targets_used_};
  }
  [[nodiscard]] std::span<const entra_property> properties() const noexcept {
    return {properties_.data(), properties_used_};
  }

  /// Those beyond the bounds are dropped, as are properties that nobody asks for.
  void add(const entra_target& target) noexcept;
  void add(const entra_property& property) noexcept;

  /// The same from lists that have been text. O(length).
  void read_targets(const json_value& list) noexcept;
  void read_properties(const json_value& list) noexcept;

 private:
  std::array<entra_target, targets_max> targets_;
  std::array<entra_property, properties_max> properties_;
  std::size_t targets_used_ = 0, properties_used_ = 0;
};

/// Sets a member of an element of targetResources, or of modifiedProperties or additionalDetails;
/// false when it is no member of one.
[[nodiscard]] bool set_member(entra_target& target, std::string_view key,
                              const json_value& value) noexcept;
[[nodiscard]] bool set_member(entra_property& property, std::string_view key,
                              const json_value& value) noexcept;

} // namespace vedette::ingest
