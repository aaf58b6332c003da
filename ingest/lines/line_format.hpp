// How one vendor's lines of text are told from others and cut into columns.
//
// Part of a format whose log is text instead of JSON (ingest/formats/format.hpp); a line becomes a
// record of the form {"column":"value",…} before anybody reads it (ingest/lines/text_lines.hpp).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace vedette::ingest {

struct line_column {
  static constexpr bool number = true;

  std::string_view name;  ///< the vendor's, and so what rules call it
  bool is_number = false; ///< digits in it are written as a number
};

/// Columns are parted by spaces. One that begins with '"' or '[' ends with the same kind of mark,
/// which is no part of it; "-" is no value.
struct line_format {
  std::span<const line_column> columns; ///< all that are known
  std::size_t usual = 0;                ///< so many, from the first, stand in a line by default
  /// Whether the text is the beginning of a line in the usual order. O(1).
  bool (*begins)(std::string_view text) noexcept = nullptr;
  /// Whether a line that names columns gives the order of those behind it.
  bool has_headers = false;
};

} // namespace vedette::ingest
