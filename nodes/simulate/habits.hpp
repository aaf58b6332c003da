// What identities of each kind do all day: weighted calls, their programs, and when they work.
// Constant tables, resolved against the catalogue once; called by the benign stream.
#pragma once

#include "nodes/simulate/catalogue.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vedette::simulate {

/// What a call needs besides its templates.
enum class object_use : std::uint8_t { none, known, fresh, bucket, machines };

struct habit_call {
  const action* what = nullptr;
  std::uint32_t up_to = 0; ///< running sum of weights, so one draw finds the call
  object_use object = object_use::none;
  std::string_view arg1 = {}, arg2 = {}; ///< templates
};

struct habit {
  std::vector<habit_call> calls;
  std::uint32_t total = 0;
  std::uint32_t shortest = 5, longest = 30; ///< calls of one stretch of work
  bool in_order = false;                    ///< a script, from its first line to its last
};

/// The habit of a kind; `console` chooses a person's browser over the command line. Kinds that only
/// run jobs have an empty one.
[[nodiscard]] const habit& habit_of(kind k, bool console);
/// userAgent of an identity's program.
[[nodiscard]] std::string_view agent_of(const identity& who, bool console);
/// How much of a tenant's work at a local hour is done by identities of this kind.
[[nodiscard]] std::uint32_t share_at(kind k, std::uint32_t local_hour, bool weekend);

} // namespace vedette::simulate
