// A rule as the loader holds it: the plain data for the engine, and what the matcher needs to
// decide whether an event matches and what to write down when it does. Immutable after load.
#pragma once

#include "base/selection.hpp"
#include "detect/language/fields.hpp"
#include "detect/language/selection.hpp"
#include "detect/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::detect {

/// Marks, measures and slots are small numbers; more than this in one rule is a mistake.
inline constexpr std::size_t rule_measures_max = 32;
inline constexpr std::size_t rule_slots_max = 16;
/// A slot's text as state keeps it; a longer value keeps its beginning and a hash of the whole.
inline constexpr std::size_t slot_bytes_max = 512;

/// One field of a slot; in a correlation it may be another one per referenced rule.
struct slot_part {
  struct choice {
    std::uint32_t name; ///< only when this named selection holds; `always` otherwise
    base::field_name field;
  };
  static constexpr std::uint32_t always = ~std::uint32_t{0};
  std::vector<choice> choices;
};

/// The fields of one slot, joined by 0x1f when there are several.
struct slot {
  std::vector<slot_part> parts;

  friend bool operator==(const slot& a, const slot& b);
};

struct compiled_rule {
  rule shape;
  std::string name; ///< Sigma `name`, by which correlations refer to it
  selection when;
  std::uint64_t traits = traits::any; ///< demanded by the log source
  bool dormant = false;      ///< for a log source that no event has yet: it loads and waits
  bool has_operator = false; ///< has a `vedette` section
  bool listed = true;        ///< false: only a part of a correlation
  std::vector<std::uint32_t> mark_names; ///< named selection of each mark
  std::vector<slot> slots;
  int line = 1;
};

/// Evaluates the rule; on a match fills `out` (rule index excepted) and says true.
[[nodiscard]] bool match_rule(const compiled_rule& r, const base::field_view& fields,
                              base::arena& memory, base::match& out);

/// The same slot twice is kept once; its index. The caller checks rule_slots_max.
[[nodiscard]] std::uint8_t intern(std::vector<slot>& slots, slot wanted);

} // namespace vedette::detect
