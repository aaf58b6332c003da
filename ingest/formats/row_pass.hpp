// Filling rows of named fields in the one pass over a record (json_pass.hpp), nested objects
// included.
//
// A second reading of a sub-object costs as much as the pass itself, so what a format always needs
// of one is taken while the pass is there. Included by the formats only.
#pragma once

#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/named_fields.hpp"

#include <optional>

namespace vedette::ingest {

/// Adds one field's value when the name is listed; nothing of the others is read.
inline void add_field(std::string_view key, od::value& v, const name_table& names,
                      std::span<json_value> row) noexcept {
  const auto f = names.find(key);
  if (f >= row.size())
    return;
  json_value value;
  take_json(v, value);
  keep_first(row[f], value);
}

/// Adds the fields of the value, when it is an object.
inline simdjson::error_code add_inside(od::value& v, const name_table& names,
                                       std::span<json_value> row) noexcept {
  return inside(v, [&](std::string_view key, od::value& child) {
    add_field(key, child, names, row);
    return simdjson::SUCCESS;
  });
}

/// Adds a record's fields to an empty row in one pass; as json_pass::run. `nested(field, value)` is
/// asked first for each listed field that is an object, and reads it or answers nothing.
template <class Nested>
[[nodiscard]] std::string_view read_row(std::string_view json, json_pass& pass,
                                        const name_table& names, std::span<json_value> row,
                                        Nested&& nested) {
  return pass.run(json, [&](std::string_view key, od::value& v) -> simdjson::error_code {
    const auto f = names.find(key);
    if (f >= row.size())
      return simdjson::SUCCESS;
    if (is_object(v))
      if (const std::optional<simdjson::error_code> read = nested(f, v))
        return *read;
    json_value value;
    take_json(v, value);
    keep_first(row[f], value);
    return simdjson::SUCCESS;
  });
}

/// The same of records in which nothing nested is read.
[[nodiscard]] inline std::string_view read_row(std::string_view json, json_pass& pass,
                                               const name_table& names, std::span<json_value> row) {
  return read_row(
      json, pass, names, row,
      [](std::size_t, od::value&) -> std::optional<simdjson::error_code> { return std::nullopt; });
}

} // namespace vedette::ingest
