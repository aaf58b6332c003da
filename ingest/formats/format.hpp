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
  std::string_view key;
  std::string_view value; ///< how its JSON begins; empty: any value
};

struct record_format {
  std::string_view name; ///< as in rules/activities/NAME.yaml
  std::span<const record_mark> marks;
  std::unique_ptr<record_reader> (*make)();
};

/// All formats. The first also answers for records that bear nobody's marks: it says what they
/// lack.
[[nodiscard]] std::span<const record_format> formats() noexcept;

inline constexpr std::size_t no_format = ~std::size_t{0};
/// Index of the format whose mark comes first in the record; `no_format` when it bears none.
/// O(1) when its first field is a mark, else O(length up to the first mark).
[[nodiscard]] std::size_t recognise(std::string_view record) noexcept;
/// The same by the record's first member alone, without its value. O(1).
[[nodiscard]] std::size_t recognise_by_first(std::string_view record) noexcept;
/// Whose mark the member is; `no_format` when it is nobody's. O(marks) for a key that looks like
/// one, else O(1).
[[nodiscard]] std::size_t format_of_mark(std::string_view key, const json_value& value) noexcept;

} // namespace vedette::ingest
