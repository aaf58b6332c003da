#include "ingest/formats/named_fields.hpp"

#include <algorithm>

namespace vedette::ingest {

std::size_t name_table::find_plain(std::string_view key) const noexcept {
  for (auto at = slot_of(key); !slots_[at].name.empty(); at = (at + 1) % slots_max) {
    const auto name = slots_[at].name;
    if (name.size() != key.size())
      continue;
    // As listed it is written most often.
    if (name == key || std::equal(key.begin(), key.end(), name.begin(),
                                  [](char a, char b) { return lower(a) == lower(b); }))
      return slots_[at].field;
  }
  return none;
}

std::size_t name_table::find(std::string_view key) const noexcept {
  if (const auto field = find_plain(key); field != none)
    return field;
  return key.find('_') == std::string_view::npos ? none : find_plain(folded_name{key}.text());
}

void add_members(const json_value& object, const name_table& names,
                 std::span<json_value> row) noexcept {
  for (member_reader m{object}; m.next();)
    if (const auto f = names.find(m.key()); f < row.size())
      keep_first(row[f], m.value());
}

} // namespace vedette::ingest
