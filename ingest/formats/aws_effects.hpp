// Whom AWS's shares and policies reach: accounts, ARNs, "all", canned ACLs, group URIs.
#pragma once

#include "ingest/effects.hpp"
#include "ingest/formats/cloudtrail_record.hpp"

namespace vedette::ingest {

class aws_words final : public effect_words {
 public:
  /// Both must outlive it; the event's account must be set.
  aws_words(const cloudtrail_record& record, const base::event& event,
            const base::tenant_settings& tenant) noexcept
      : record_{record}, event_{event}, tenant_{tenant} {}

  [[nodiscard]] reached whom(std::string_view target) const override;
  /// Policy documents as JSON or as text that holds JSON, and ARNs of managed policies.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// The record's own `resources[].ARN`.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const cloudtrail_record& record_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
