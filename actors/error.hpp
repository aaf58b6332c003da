// base::error at the edge of an actor: CAF carries its own.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <caf/all.hpp>

namespace vedette::actors {

inline caf::error to_caf(const base::error& e) {
  return {static_cast<std::uint8_t>(e.code), caf::atom("cdr"), caf::make_message(e.context)};
}

inline base::error from_caf(const caf::error& e) {
  if (e.category() != caf::atom("cdr"))
    return {base::ec::unavailable, "an actor did not answer: " + caf::to_string(e.category()) +
                                       " " + std::to_string(e.code())};
  std::string text = "no reason given";
  if (e.context().match_elements<std::string>())
    text = e.context().get_as<std::string>(0);
  return {static_cast<base::ec>(e.code()), std::move(text)};
}

inline base::error no_copy(base::partition_id p) {
  return {base::ec::unavailable,
          "partition " + std::to_string(p.value) + " is not here; ask whom the table names"};
}

inline base::error not_what_was_asked() {
  return {base::ec::malformed, "another node answered something else than was asked"};
}

} // namespace vedette::actors
