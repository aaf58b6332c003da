#include "ingest/formats/azure_effects.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/named_fields.hpp"
#include "ingest/joined.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::grant_class;
using base::target_class;
using std::string_view;

/// Roles that allow everything, or let their holder give himself everything.
constexpr std::array<string_view, 4> azure_admin_roles{
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  // Owner
    "b24988ac-6180-42a0-ab88-20f7382dd24c",  // Contributor
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",  // User Access Administrator
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168"}; // Role Based Access Control Administrator

bool has_star(const json_value& actions) noexcept {
  for (element_reader e{actions}; e.next();)
    if (const auto a = e.value().inner();
        a == "*" || same_word(a, "*/write") || same_word(a, "Microsoft.Authorization/*") ||
        same_word(a, "Microsoft.Authorization/*/write") ||
        same_word(a, "Microsoft.Authorization/roleAssignments/write"))
      return true;
  return false;
}

grant_class judge_azure_role(string_view definition) noexcept {
  const auto role = definition.substr(definition.rfind('/') + 1);
  return std::ranges::any_of(azure_admin_roles, [&](string_view r) { return same_word(role, r); })
             ? grant_class::admin
             : grant_class::limited;
}

grant_class judge_permissions(const json_value& permissions) noexcept {
  auto grant = grant_class::limited;
  for (element_reader e{permissions}; e.next();)
    if (has_star(member_named(e.value(), "actions")))
      grant = grant_class::admin;
  return grant;
}

bool is_public_access(string_view access) noexcept {
  return same_word(access, "Blob") || same_word(access, "Container");
}

grant_class judge_members(const json_value& body, const reach_sink& reach, base::arena& memory) {
  auto grant = grant_class::none;
  for (member_reader m{body}; m.next();) {
    const folded_name name{m.key()};
    const auto key = name.text();
    const auto& v = m.value();
    auto found = grant_class::none;
    if (key == "roledefinitionid")
      found = judge_azure_role(text_of(v, memory));
    else if (key == "permissions")
      found = judge_permissions(v);
    else if (key == "principaltype" && v.inner() == "ForeignGroup")
      found = grant_class::foreign_trust;
    else if ((key == "allowblobpublicaccess" && v.raw == "true") ||
             (key == "publicaccess" && is_public_access(v.inner())))
      found = grant_class::public_trust;
    else if (key == "action" &&
             same_word(v.inner(), "Microsoft.Authorization/elevateAccess/action"))
      found = grant_class::admin;
    if (found == grant_class::public_trust)
      reach("*");
    grant = std::max(grant, found);
  }
  return grant;
}

/// "https://a.blob.core.windows.net:443/c/b?sv=…" without port and query.
string_view place_of(string_view uri, base::arena& memory) {
  uri = uri.substr(0, uri.find('?'));
  const auto port = uri.find(":443/");
  if (port == string_view::npos)
    return uri;
  return joined(memory, {uri.substr(0, port), uri.substr(port + 4)});
}

} // namespace

reached azure_words::whom(string_view target) const {
  for (string_view everybody :
       {"*", "Internet", "Any", "0.0.0.0/0", "0.0.0.0", "::/0", "blob", "container"})
    if (same_word(target, everybody))
      return {"*", target_class::everyone};
  if (!is_guid(target))
    return {};
  return {target, is_own(target, event_, tenant_) || same_word(target, record_.tenant)
                      ? target_class::own
                      : target_class::foreign};
}

grant_class azure_words::grants(const json_value& policy, const reach_sink& reach,
                                base::arena& memory) const {
  // No deeper: a body may nest as far as its writer likes.
  return std::max(judge_members(policy, reach, memory),
                  judge_members(member_named(policy, "properties"), reach, memory));
}

void azure_words::list_resources(value_list& out, base::arena& memory) const {
  const bool storage = !record_.account.empty() || !record_.object.empty();
  if (storage && !record_.uri.empty())
    return out.add(place_of(record_.uri, memory));
  if (storage && !record_.object.empty())
    return out.add(record_.object.substr(record_.object.starts_with('/') ? 1 : 0));
  if (!record_.uri.empty() && event_.service == "microsoft.keyvault")
    out.add(place_of(record_.uri, memory));
  out.add(record_.resource);
  if (record_.resource.empty())
    out.add(text_of(member(record_.authorization, "scope"), memory));
}

} // namespace vedette::ingest
