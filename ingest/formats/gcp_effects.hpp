// Whom Google Cloud's policies reach: members such as "user:ana@example.com" or "allUsers".
#pragma once

#include "ingest/effects.hpp"
#include "ingest/formats/gcp_record.hpp"

namespace vedette::ingest {

class gcp_words final : public effect_words {
 public:
  /// All must outlive it; the event's account and identity must be set.
  gcp_words(const gcp_record& record, const base::event& event,
            const base::tenant_settings& tenant) noexcept
      : record_{record}, event_{event}, tenant_{tenant} {}

  /// A member of a binding. People are told by their domain: the caller's own, or one the tenant
  /// lists among its accounts, is its own. Default service accounts name no project: nobody.
  [[nodiscard]] reached whom(std::string_view target) const override;
  /// A binding ({role, members}) or a change of one ({action, role, member}).
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// resourceName, and what a policy denial says was asked for; else what was authorised.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const gcp_record& record_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
