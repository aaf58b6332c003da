// What a change in Entra touched and gave away, and how a call of Graph is named.
#pragma once

#include "base/arena.hpp"
#include "ingest/effects.hpp"
#include "ingest/formats/entra_record.hpp"

#include <string_view>

namespace vedette::ingest {

/// "GET users/messages" of GET and "https://graph.microsoft.com/v1.0/users/ID/messages?$top=5": the
/// method and the words of the path. What is no word is an id and left out, so that all calls of
/// one kind have one name. O(length).
[[nodiscard]] std::string_view graph_action(std::string_view method, std::string_view uri,
                                            base::arena& memory);
/// The URI without its host and query.
[[nodiscard]] std::string_view graph_path(std::string_view uri) noexcept;

class entra_words final : public effect_words {
 public:
  /// All must outlive it; the event's account and identity_name must be set.
  entra_words(const entra_record& record, const base::event& event,
              const base::tenant_settings& tenant) noexcept
      : record_{record}, event_{event}, tenant_{tenant} {}

  /// A tenant by its GUID; a person by the domain of the address.
  [[nodiscard]] reached whom(std::string_view target) const override;
  /// All modified properties and details of the record, whatever `policy` is: directory roles,
  /// permissions of applications, invited guests, other tenants.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// The targets by their ids; of a sign-in what was signed in to; of a call its path.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  const entra_record& record_;
  const base::event& event_;
  const base::tenant_settings& tenant_;
};

} // namespace vedette::ingest
