#include "ingest/formats/entra_changes.hpp"

#include "ingest/formats/named_fields.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

/// What gives something away, and what the caller called with.
constexpr std::array<std::string_view, 9> telling_properties{"Role.DisplayName",
                                                             "Role.TemplateId",
                                                             "AppRole.Value",
                                                             "ConsentAction.Permissions",
                                                             "InvitedUserEmailAddress",
                                                             "DelegatedPermissionGrant.Scope",
                                                             "invitedUserEmailAddress",
                                                             "tenantId",
                                                             "User-Agent"};

} // namespace

bool set_member(entra_target& target, std::string_view key, const json_value& value) noexcept {
  auto* to = key == "id"                  ? &target.id
             : key == "userPrincipalName" ? &target.address
             : key == "displayName"       ? &target.name
                                          : nullptr;
  if (to != nullptr)
    keep_first(*to, value);
  return to != nullptr;
}

bool set_member(entra_property& property, std::string_view key, const json_value& value) noexcept {
  if (key == "displayName" || key == "key") {
    property.name = value.inner();
    return true;
  }
  if (key != "newValue" && key != "value")
    return false;
  keep_first(property.value, value);
  return true;
}

void entra_changes::add(const entra_target& target) noexcept {
  if (targets_used_ < targets_max)
    targets_[targets_used_++] = target;
}

void entra_changes::add(const entra_property& property) noexcept {
  if (properties_used_ < properties_max && property.value &&
      std::ranges::find(telling_properties, property.name) != telling_properties.end())
    properties_[properties_used_++] = property;
}

void entra_changes::read_targets(const json_value& list) noexcept {
  for (element_reader e{list}; e.next();) {
    entra_target target;
    for (member_reader m{e.value()}; m.next();)
      if (!set_member(target, m.key(), m.value()) && m.key() == "modifiedProperties")
        read_properties(m.value());
    add(target);
  }
}

void entra_changes::read_properties(const json_value& list) noexcept {
  for (element_reader e{list}; e.next();) {
    entra_property property;
    for (member_reader m{e.value()}; m.next();)
      (void)set_member(property, m.key(), m.value());
    add(property);
  }
}

} // namespace vedette::ingest
