// The fields of one record as rules see them: normalised names over the event, raw paths over the
// vendor's JSON (docs/rules/fields.md lists both).
//
// Parses nothing until asked: a path reads only the objects on its way. Remembers one record and
// what was asked of it, because rules ask for the same few fields; the normaliser keeps one per
// thread and points it at each event. Values are valid until the next `find`; at most
// limits::record_leaves of them come back.
#pragma once

#include "base/event.hpp"
#include "base/selection.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/json_reader.hpp"

#include <array>
#include <span>
#include <vector>

namespace vedette::ingest {

class record_view final : public base::field_view {
 public:
  record_view();

  /// Looks at another record from now on. `fields` are the record's own, as its parser found them;
  /// all of it must outlive the look-ups. O(1).
  void reset(std::string_view record_json, std::span<const json_field> fields,
             const base::event& event, const base::tenant_settings& tenant);

  [[nodiscard]] std::span<const base::scalar> find(const base::field_name& field) const override;
  [[nodiscard]] std::span<const base::scalar> all() const override;

 private:
  /// What one field was found to hold: a part of `values_`.
  struct answer {
    std::uint64_t field = 0; ///< hash
    std::uint32_t record = 0;
    std::uint32_t first = 0, count = 0;
  };

  [[nodiscard]] json_value root(std::string_view name) const noexcept;
  void add(const json_value& value) const;
  bool add_normalised(const base::field_name& field) const;

  std::string_view json_;
  std::span<const json_field> fields_;
  const base::event* event_ = nullptr;
  const base::tenant_settings* tenant_ = nullptr;
  mutable std::uint32_t record_ = 0; ///< tells this record's answers from those of earlier ones
  mutable std::vector<base::scalar> values_;
  mutable std::array<answer, 64> answers_{};
  mutable base::arena memory_; ///< unescaped texts of this record
};

} // namespace vedette::ingest
