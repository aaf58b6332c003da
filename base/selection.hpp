// The seam between ingest, which holds a record, and detect, which knows the rules.
//
// `detect/language` compiles all rules into one `event_matcher`; `ingest` runs it once per event
// while the raw record is still at hand. Neither sees the other.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "base/hash.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::base {

/// One leaf of a record. `text` is the value as written, strings unescaped.
struct scalar {
  enum class kind : std::uint8_t { null, text, number, boolean };
  kind type = kind::null;
  std::string_view text; ///< "true"/"false" for booleans, empty for null
};

/// A field a rule asks for: a raw path of the vendor's record ("requestParameters.bucketName"), or
/// one of Vedette's normalised names ("identity.type"; docs/rules/fields.md lists them all).
struct field_name {
  explicit field_name(std::string path);

  std::string text;
  std::uint64_t hash;
  std::vector<std::string> steps; ///< the text cut at its dots
};

/// Looks fields up in one record. Dots descend into objects; an array stands for all its elements,
/// so a path can have several values ("items.userId").
class field_view {
 public:
  virtual ~field_view() = default;

  /// All values at the path; empty when absent. Valid until the next `find` on this view.
  [[nodiscard]] virtual std::span<const scalar> find(const field_name& field) const = 0;
  /// Every leaf of the record, for keyword search.
  [[nodiscard]] virtual std::span<const scalar> all() const = 0;
};

/// All rules of one generation, ready to run. Immutable, shared by all ingest threads.
class event_matcher {
 public:
  virtual ~event_matcher() = default;

  /// Appends a `match` for each rule whose selection holds. Strings are copied into `memory`. True
  /// when one of them shows the record itself as evidence. An event that no rule could match for
  /// its service, action and classes costs a few hash look-ups and asks `fields` nothing.
  virtual bool run(const event& e, const field_view& fields, arena& memory,
                   std::vector<match>& out) const = 0;
};

} // namespace vedette::base
