#include "ingest/formats/gcp_effects.hpp"

#include "ingest/formats/gcp_identity.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::grant_class;
using base::target_class;
using std::string_view;

/// Roles that allow everything, or let their holder give himself everything.
constexpr std::array<string_view, 12> gcp_admin_roles{"roles/owner",
                                                      "roles/editor",
                                                      "roles/resourcemanager.organizationAdmin",
                                                      "roles/resourcemanager.folderAdmin",
                                                      "roles/resourcemanager.folderIamAdmin",
                                                      "roles/resourcemanager.projectIamAdmin",
                                                      "roles/iam.securityAdmin",
                                                      "roles/iam.organizationRoleAdmin",
                                                      "roles/iam.roleAdmin",
                                                      "roles/iam.serviceAccountAdmin",
                                                      "roles/iam.serviceAccountKeyAdmin",
                                                      "roles/iam.serviceAccountTokenCreator"};

string_view behind(string_view text, char mark) noexcept {
  const auto at = text.find(mark);
  return at == string_view::npos ? string_view{} : text.substr(at + 1);
}

} // namespace

reached gcp_words::whom(string_view target) const {
  if (target == "allUsers" || target == "allAuthenticatedUsers" || target == "*")
    return {"*", target_class::everyone};
  const auto kind = target.substr(0, target.find(':'));
  const auto name = behind(target, ':');
  const auto judged = [&](string_view whom, bool own) -> reached {
    return {whom, own ? target_class::own : target_class::foreign};
  };
  if (kind == "serviceAccount") {
    if (is_google_agent(name))
      return {name, target_class::none};
    const auto project = project_of_account(name);
    return project.empty() ? reached{name, target_class::none}
                           : judged(project, is_own(project, event_, tenant_));
  }
  if (kind.starts_with("project")) // projectOwner, projectEditor, projectViewer
    return judged(name, is_own(name, event_, tenant_));
  if (kind == "user" || kind == "group" || kind == "domain") {
    const auto domain = kind == "domain" ? name : behind(name, '@');
    if (domain.empty())
      return {};
    return judged(domain,
                  is_own(domain, event_, tenant_) || domain == behind(event_.identity, '@'));
  }
  return {};
}

grant_class gcp_words::grants(const json_value& policy, const reach_sink& reach,
                              base::arena& memory) const {
  const auto role = text_of(member(policy, "role"), memory);
  if (role.empty() || member(policy, "action").inner() == "REMOVE")
    return grant_class::none;
  auto grant = std::ranges::find(gcp_admin_roles, role) != gcp_admin_roles.end()
                   ? grant_class::admin
                   : grant_class::limited;
  const auto let_in = [&](const json_value& v) {
    const auto name = text_of(v, memory);
    reach(name);
    const auto what = whom(name).what;
    if (what == target_class::everyone)
      grant = std::max(grant, grant_class::public_trust);
    else if (what == target_class::foreign)
      grant = std::max(grant, grant_class::foreign_trust);
  };
  visit_path(member(policy, "member"), {}, let_in);
  visit_path(member(policy, "members"), {}, let_in);
  return grant;
}

void gcp_words::list_resources(value_list& out, base::arena& memory) const {
  out.add(record_.resource);
  for (element_reader e{member(record_.metadata, "resourceNames")}; e.next();)
    out.add(text_of(e.value(), memory));
  if (!record_.resource.empty())
    return;
  for (element_reader e{record_.authorization}; e.next();)
    out.add(text_of(member(e.value(), "resource"), memory));
}

} // namespace vedette::ingest
