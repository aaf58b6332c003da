// One record of a case: defaults, the case's base and the event's own fields merged into JSON.
// Pure; used by detect/language/cases.cpp only.
#pragma once

#include "base/time.hpp"
#include "detect/language/yaml.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::detect {

/// Where an event stands among its repetitions: {n} counts all, {i} the repeats, {j} within a
/// burst. All start at 1; "{n%14}" is the remainder.
struct case_position {
  std::uint64_t n = 1;
  std::uint64_t i = 1;
  std::uint64_t j = 1;
  /// What {time} and {id} stand for; without them the words stay as they are.
  std::string time, id;
};

[[nodiscard]] std::string substituted(std::string_view text, const case_position& at);

struct case_record_args {
  const YAML::Node& common; ///< the case's base; may be undefined
  const YAML::Node& own;    ///< the event's set; may be undefined
  case_position position;
  base::event_time time;
  std::uint64_t seed = 0; ///< of the event id
};

/// A CloudTrail record. Maps merge key by key, everything else of `own` replaces; fields of a real
/// record that neither gives get plain defaults.
[[nodiscard]] std::string cloudtrail_record(const case_record_args& args);

/// Another vendor's record: merged the same way and otherwise as it stands. {time} is the event's
/// time, {id} one of its own.
[[nodiscard]] std::string foreign_record(const case_record_args& args);

} // namespace vedette::detect
