// Whom a change in Microsoft 365 reaches: guests, anonymous links, forwarded mail.
#pragma once

#include "ingest/effects.hpp"
#include "ingest/formats/m365_record.hpp"

namespace vedette::ingest {

class m365_words final : public effect_words {
 public:
  /// All must outlive it; the event's account and identity must be set.
  m365_words(const m365_record& record, const base::event& event,
             const base::tenant_settings& tenant) noexcept
      : record_{record}, event_{event}, tenant_{tenant} {}

  /// A person by the domain of the address: the caller's own, or one that the tenant lists among
  /// its accounts, is its own. The name of an operation that makes an anonymous link is everyone.
  [[nodiscard]] reached whom(std::string_view target) const override;
  /// An element of Parameters: where a rule or a mailbox forwards to.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// ObjectId, else the mailbox or the site.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const m365_record& record_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
