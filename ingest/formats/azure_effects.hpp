// What an Azure call touched and gave away: role assignments, public access, open firewalls.
#pragma once

#include "ingest/effects.hpp"
#include "ingest/formats/azure_record.hpp"

namespace vedette::ingest {

class azure_words final : public effect_words {
 public:
  /// All must outlive it; the event's account must be set.
  azure_words(const azure_record& record, const base::event& event,
              const base::tenant_settings& tenant) noexcept
      : record_{record}, event_{event}, tenant_{tenant} {}

  /// Everybody as firewalls and containers write it; a tenant or subscription by its GUID.
  [[nodiscard]] reached whom(std::string_view target) const override;
  /// Bodies of role assignments and role definitions, of storage accounts and containers, and the
  /// authorisation of an elevation. One level of "properties" is looked into.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// The resource's id; of storage what the request was for, without its query.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const azure_record& record_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
