// Lines of text as records: {"column":"value",…}.
//
// Everything behind the splitter knows one kind of record, a JSON object: rules find its members by
// name, evidence and quarantine show it, a collector sends it to a node that never saw the header
// of its file. So a line takes on that form where bytes become records, and its format reads it as
// it would read the same log exported as JSON. Remembers the order that the last header named, and
// one record. One per stream; the splitter keeps it.
#pragma once

#include "base/result.hpp"
#include "ingest/lines/line_format.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

/// Whether the text begins as a line of some format does, or as a header of one. O(length of its
/// first line).
[[nodiscard]] bool begins_like_line(std::string_view text) noexcept;

class text_lines {
 public:
  enum class kind : std::uint8_t {
    none,   ///< no format's
    header, ///< names the columns of those that follow
    record, ///< `record()` is it
    misfit, ///< has other columns than its header says
  };

  /// `order`: the columns of lines that come without a header, as a header has them.
  explicit text_lines(std::string order = {});

  /// invalid_argument when the text names no format's columns.
  [[nodiscard]] static base::status check(std::string_view order);
  [[nodiscard]] const std::string& order() const noexcept { return order_; }

  /// Whether a text that begins so is a line to its end, whatever else stands in it. O(1).
  [[nodiscard]] static bool is_line(std::string_view beginning) noexcept;
  /// What the line is. O(length).
  [[nodiscard]] kind take(std::string_view line);
  /// The record taken last, with 64 readable bytes behind it; valid until the next one.
  [[nodiscard]] std::string_view record() const noexcept {
    return {record_.data(), record_.size() - padding};
  }
  /// The stream has ended: what its header said is over.
  void restart();

 private:
  static constexpr std::size_t padding = 64;

  bool read_header(std::string_view line);
  [[nodiscard]] bool write(std::string_view line, std::span<const line_column> columns, bool all);

  std::string order_;
  std::string header_;               ///< the names in `columns_` point into it
  std::vector<line_column> columns_; ///< of the header in force; empty: none is
  std::string record_;               ///< and padding
};

} // namespace vedette::ingest
