#include "ingest/formats/entra_effects.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/microsoft.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace vedette::ingest {

namespace {

using base::grant_class;
using base::has;
using base::target_class;
using std::string_view;
using ef = entra_field;

/// Roles whose holder can give himself everything, by name and by the id of their template.
constexpr std::array<string_view, 16> entra_admin_roles{"Global Administrator",
                                                        "62e90394-69f5-4237-9190-012177145e10",
                                                        "Company Administrator", // its older name
                                                        "Privileged Role Administrator",
                                                        "e8611ab8-c189-46e8-94e1-60213ab1f814",
                                                        "Privileged Authentication Administrator",
                                                        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
                                                        "Application Administrator",
                                                        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
                                                        "Cloud Application Administrator",
                                                        "158c047a-c907-4556-b7ef-446551a6b5f7",
                                                        "Hybrid Identity Administrator",
                                                        "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
                                                        "Partner Tier2 Support",
                                                        "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8",
                                                        "Directory Synchronization Accounts"};

/// Permissions of applications with which they can give themselves any other.
constexpr std::array<string_view, 6> admin_permissions{
    "RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",          "Directory.ReadWrite.All",
    "PrivilegedAccess.ReadWrite",         "full_access_as_app"};

/// Values of modified properties are JSON again: "\"Global Administrator\"".
string_view unquoted(string_view value) noexcept {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return value.substr(1, value.size() - 2);
  return value;
}

grant_class judge_entra_role(string_view role) noexcept {
  return std::ranges::find(entra_admin_roles, role) != entra_admin_roles.end()
             ? grant_class::admin
             : grant_class::limited;
}

grant_class judge_permissions(string_view list) noexcept {
  const bool all =
      std::ranges::any_of(admin_permissions, [&](string_view p) { return has(list, p); });
  return all ? grant_class::admin : grant_class::limited;
}

/// One changed property, or one detail, of the names that give something away.
grant_class judge(string_view name, string_view value, const reach_sink& reach) {
  if (value.empty() || value == "null")
    return grant_class::none;
  if (name == "Role.DisplayName" || name == "Role.TemplateId")
    return judge_entra_role(value);
  if (name == "AppRole.Value" || name == "DelegatedPermissionGrant.Scope" ||
      name == "ConsentAction.Permissions")
    return judge_permissions(value);
  if (name == "InvitedUserEmailAddress" || name == "invitedUserEmailAddress" || name == "tenantId")
    reach(value);
  return grant_class::none;
}

bool is_word(string_view segment) noexcept {
  return !segment.empty() && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '$' || c == '.';
  });
}

} // namespace

string_view graph_path(string_view uri) noexcept {
  uri = uri.substr(0, uri.find('?'));
  if (const auto scheme = uri.find("://"); scheme != string_view::npos) {
    const auto slash = uri.find('/', scheme + 3);
    uri = slash == string_view::npos ? string_view{} : uri.substr(slash);
  }
  return uri;
}

string_view graph_action(string_view method, string_view uri, base::arena& memory) {
  auto path = graph_path(uri);
  auto* out = static_cast<char*>(memory.allocate(method.size() + 1 + path.size(), 1));
  auto* to = std::copy(method.begin(), method.end(), out);
  bool first = true;
  while (!path.empty()) {
    const auto slash = path.find('/');
    auto segment = path.substr(0, slash);
    path = slash == string_view::npos ? string_view{} : path.substr(slash + 1);
    // "users('ID')" and "microsoft.graph.delta()" are words with something behind them.
    segment = segment.substr(0, segment.find('('));
    if (!is_word(segment) || (first && segment == "beta"))
      continue;
    *to++ = first ? ' ' : '/';
    to = std::copy(segment.begin(), segment.end(), to);
    first = false;
  }
  return {out, static_cast<std::size_t>(to - out)};
}

reached entra_words::whom(string_view target) const {
  const auto judged = [&](string_view who, bool own) -> reached {
    return {who, own ? target_class::own : target_class::foreign};
  };
  if (is_guid(target))
    return judged(target, same_word(target, event_.account) || is_own(target, event_, tenant_));
  const auto at = target.rfind('@');
  if (at == string_view::npos)
    return {};
  const auto domain = target.substr(at + 1);
  const auto name = event_.identity_name;
  const auto own_at = name.rfind('@');
  return judged(domain,
                is_own(domain, event_, tenant_) ||
                    (own_at != string_view::npos && same_word(name.substr(own_at + 1), domain)));
}

grant_class entra_words::grants(const json_value&, const reach_sink& reach,
                                base::arena& memory) const {
  auto grant = grant_class::none;
  for (const auto& p : record_.changes.properties())
    grant = std::max(grant, judge(p.name, unquoted(text_of(p.value, memory)), reach));
  return grant;
}

void entra_words::list_resources(value_list& out, base::arena& memory) const {
  if (record_.log == entra_log::graph)
    return out.add(graph_path(record_.text(ef::uri, memory)));
  if (record_.log != entra_log::audit)
    return out.add(record_.text(ef::resource_name, memory));
  for (const auto& t : record_.changes.targets())
    out.add(text_of(t.id ? t.id : t.address ? t.address : t.name, memory));
}

} // namespace vedette::ingest
