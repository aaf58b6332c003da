// The columns of one line of a text log, by field (ingest/lines/text_lines.hpp makes it a record).
//
// `Field` as field_row's. Included by the formats of such logs only.
#pragma once

#include "ingest/formats/row_pass.hpp"

#include <initializer_list>
#include <span>
#include <string_view>

namespace vedette::ingest {

template <class Field>
class column_row {
 public:
  /// Why the record cannot be read; empty when it was. What the row tells lies in `json` or in
  /// `memory`.
  [[nodiscard]] std::string_view read(std::string_view json, const name_table& names,
                                      base::arena& memory) {
    row_ = {};
    memory_ = &memory;
    return read_row(json, pass_, names, row_.values());
  }
  /// Empty when there is none: "-" stands for that in records of tables, where lines leave the
  /// column out.
  [[nodiscard]] std::string_view operator[](Field which) const {
    const auto value = scalar_of(row_[which], *memory_);
    return value == "-" ? std::string_view{} : value;
  }
  [[nodiscard]] std::string_view first(std::initializer_list<Field> which) const {
    for (const auto w : which)
      if (const auto value = (*this)[w]; !value.empty())
        return value;
    return {};
  }
  [[nodiscard]] std::span<const json_field> fields() const noexcept { return pass_.fields(); }

 private:
  json_pass pass_;
  field_row<Field> row_;
  base::arena* memory_ = nullptr; ///< of the record read last
};

} // namespace vedette::ingest
