// What a call of a mapped source touched and whom it reached, in the words of its mapping.
#pragma once

#include "ingest/effects.hpp"
#include "ingest/mapping/mapped_values.hpp"

namespace vedette::ingest {

/// Told apart by the domain behind an address's '@', else by the whole name: the tenant's own, that
/// of the caller, or somebody else's.
class mapped_words final : public effect_words {
 public:
  mapped_words(const source_mapping& mapping, const mapped_values& values, const base::event& event,
               const base::tenant_settings& tenant)
      : mapping_{mapping}, values_{values}, event_{event}, tenant_{tenant} {}

  [[nodiscard]] reached whom(std::string_view target) const override;
  /// Admin when the text is one of the mapping's `admin`.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const source_mapping& mapping_;
  const mapped_values& values_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
