// Which address lists a node has, and what it cannot judge without those it lacks. Pure.
#pragma once

#include "base/json_writer.hpp"
#include "ingest/enrich/address_book.hpp"

#include <array>
#include <string_view>

namespace vedette::server {

struct list_state {
  std::string_view name; ///< as in the configuration
  bool loaded = false;
  std::string_view without; ///< what is missing when it is not
};

/// All five; `book` may be null.
[[nodiscard]] std::array<list_state, 5> lists_of(const ingest::address_book* book);
/// An array of {name, loaded, without}.
void describe(const std::array<list_state, 5>& lists, base::json_writer& out);

} // namespace vedette::server
