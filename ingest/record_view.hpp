// The fields of one record as rules see them: normalised names over the event, raw paths over the
// vendor's JSON (docs/rules/fields.md lists both).
//
// Parses nothing until asked: a path reads only the objects on its way. Remembers one record; the
// normaliser keeps one per thread and points it at each event that a rule could match. Values are
// valid until the next `find`; at most limits::record_leaves of them come back.
#pragma once

#include "base/event.hpp"
#include "base/selection.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/json_reader.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace vedette::ingest {

class record_view final : public base::field_view {
 public:
  record_view();

  /// Looks at another record from now on; both must outlive the look-ups.
  void reset(std::string_view record_json, const base::event& event,
             const base::tenant_settings& tenant);

  [[nodiscard]] std::span<const base::scalar> find(const base::field_name& field) const override;
  [[nodiscard]] std::span<const base::scalar> all() const override;

 private:
  void find_raw(const base::field_name& field) const;
  void add(const json_value& value) const;
  bool add_normalised(std::string_view name) const;
  /// The path cut at its dots; made once per different field and kept, as rules ask for few.
  const std::vector<std::string>& steps_of(const base::field_name& field) const;

  std::string_view json_;
  const base::event* event_ = nullptr;
  const base::tenant_settings* tenant_ = nullptr;
  mutable std::vector<base::scalar> values_;
  mutable base::arena memory_; ///< unescaped texts of this record
  mutable std::unordered_map<std::uint64_t, std::pair<std::string, std::vector<std::string>>>
      paths_;
};

} // namespace vedette::ingest
