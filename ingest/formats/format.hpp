// The seam between the normaliser and the vendors' formats.
//
// A format knows one vendor's records: by what marks they are recognised, and what they say. It is
// a file pair in this folder (with what it needs beside it), a taxonomy in rules/activities/, and
// one line of the table in formats.cpp; nothing else in the tree asks which formats there are. What
// is the same for all of them (address facts, matching, copying into the batch) the normaliser does
// for the event that a reader filled in.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/effects.hpp"
#include "ingest/json_reader.hpp"
#include "ingest/lines/line_format.hpp"
#include "ingest/taxonomy.hpp"
#include "ingest/user_agent.hpp"
#include "ingest/verdict.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace vedette::ingest {

/// What a reader may use of the normaliser that calls it; all of it outlives the call.
struct format_tools {
  const taxonomy& activities;
  const base::tenant_settings& tenant;
  agent_classes& agents;
  effect_reader& effects;
  base::arena& memory; ///< the batch's
};

/// Reads records of one format, one after another; keeps its buffers. One per thread.
class record_reader {
 public:
  virtual ~record_reader() = default;

  /// Fills `out` in, but for what the address says: of that only `source_text`, and `origin` when
  /// the text is no address and the format knows what it means. Texts may point into the record or
  /// into the reader until the next call. `record` has 64 readable bytes behind it and nests no
  /// deeper than limits::record_depth. O(length), and nothing is allocated once buffers have grown.
  [[nodiscard]] virtual verdict read(std::string_view record, const format_tools& tools,
                                     base::event& out) = 0;
  /// The fields of the record read last, in its order: what rules' raw paths begin with.
  [[nodiscard]] virtual std::span<const json_field> fields() const noexcept = 0;
};

/// A member of a record that only one format has.
struct record_mark {
  static constexpr bool weak = true;

  std::string_view key;
  std::string_view value; ///< how its JSON begins; empty: any value
  /// Other formats' records, and wrappers, may have it too: it counts when nothing else in the
  /// record is a mark.
  bool is_weak = false;
};

struct record_format {
  std::string_view name; ///< as in rules/activities/NAME.yaml
  std::span<const record_mark> marks;
  std::unique_ptr<record_reader> (*make)();
  const line_format* lines = nullptr; ///< null: the vendor writes no lines of text
};

/// All formats. The first also answers for records that bear nobody's marks: it says what they
/// lack.
[[nodiscard]] std::span<const record_format> formats() noexcept;

inline constexpr std::size_t no_format = ~std::size_t{0};
/// Index of the format whose mark comes first in the record, a weak one only if there is no other;
/// `no_format` when it bears none. O(1) when its first field is a mark, else O(length up to the
/// first mark that is not weak).
[[nodiscard]] std::size_t recognise(std::string_view record) noexcept;
/// Whether it bears a mark that is not weak. O(as recognise).
[[nodiscard]] bool bears_mark(std::string_view record) noexcept;
/// Index of the format of that name; `no_format` when there is none.
[[nodiscard]] std::size_t format_named(std::string_view name) noexcept;

/// Whose marks a record's members are, as far as they were looked at.
struct marks_found {
  std::size_t strong = no_format, weak = no_format;

  [[nodiscard]] std::size_t best() const noexcept { return strong != no_format ? strong : weak; }
};
/// Whose strong mark one of the first three members is. O(1) when the first one is.
[[nodiscard]] std::size_t recognise_by_first(std::string_view record) noexcept;
/// Adds whose mark the member is. O(1).
void look_for_mark(std::string_view key, const json_value& value, marks_found& out) noexcept;

} // namespace vedette::ingest
