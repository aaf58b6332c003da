#include "ingest/ocsf/ocsf_class.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using std::string_view;
using oc = ocsf_class;

struct named_activity {
  string_view activity;
  ocsf_activity means;
};

constexpr std::array<named_activity, 19> known_activities{{
    {"identity.login", {oc::authentication, 1, "Logon"}},
    {"identity.login.admin", {oc::authentication, 1, "Logon"}},
    {"host.login", {oc::authentication, 1, "Logon"}},
    {"identity.logout", {oc::authentication, 2, "Logoff"}},
    {"host.logout", {oc::authentication, 2, "Logoff"}},
    {"identity.create", {oc::account_change, 1, "Create"}},
    {"identity.enable", {oc::account_change, 2, "Enable"}},
    {"identity.login.change", {oc::account_change, 3, "Password Change"}},
    {"identity.disable", {oc::account_change, 5, "Disable"}},
    {"identity.delete", {oc::account_change, 6, "Delete"}},
    {"iam.policy.attach", {oc::account_change, 7, "Attach Policy"}},
    {"iam.policy.detach", {oc::account_change, 8, "Detach Policy"}},
    {"identity.mfa.create", {oc::account_change, 10, "MFA Factor Enable"}},
    {"identity.mfa.delete", {oc::account_change, 11, "MFA Factor Disable"}},
    {"storage.object.read", {oc::datastore_activity, 1, "Read"}},
    {"storage.object.copy", {oc::datastore_activity, 1, "Read"}},
    {"storage.object.write", {oc::datastore_activity, 5, "Write"}},
    {"storage.object.delete", {oc::datastore_activity, 7, "Delete"}},
    {"storage.object.list", {oc::datastore_activity, 8, "List"}},
}};

/// What an API call does to what it is called on, by the last word of its activity.
ocsf_activity by_verb(const base::event& e) noexcept {
  constexpr std::array<string_view, 5> creates{"create", "invite", "register", "copy", "request"};
  constexpr std::array<string_view, 9> reads{"read",   "list",  "describe", "search", "watch",
                                             "review", "check", "detected", "access"};
  constexpr std::array<string_view, 2> deletes{"delete", "revoke"};
  const auto verb = e.activity.substr(e.activity.rfind('.') + 1);
  if (std::ranges::find(creates, verb) != creates.end())
    return {oc::api_activity, 1, "Create"};
  if (e.read_only || std::ranges::find(reads, verb) != reads.end())
    return {oc::api_activity, 2, "Read"};
  if (std::ranges::find(deletes, verb) != deletes.end())
    return {oc::api_activity, 4, "Delete"};
  if (e.activity.find('.') != string_view::npos)
    return {oc::api_activity, 3, "Update"};
  return {oc::api_activity, 99, "Other"};
}

bool is_flow(string_view activity) noexcept {
  constexpr string_view flow = "network.flow";
  return activity.starts_with(flow) &&
         (activity.size() == flow.size() || activity[flow.size()] == '.');
}

} // namespace

ocsf_activity ocsf_activity_of(const base::event& e) noexcept {
  if (is_flow(e.activity))
    return e.result == base::outcome::ok ? ocsf_activity{oc::network_activity, 6, "Traffic"}
                                         : ocsf_activity{oc::network_activity, 5, "Refuse"};
  const auto found = std::ranges::find(known_activities, e.activity, &named_activity::activity);
  if (found == known_activities.end() || e.activity.empty())
    return by_verb(e);
  // Whom an account change is about, and which store data came from, must be said.
  if (found->means.of != oc::authentication && e.resources.empty())
    return by_verb(e);
  return found->means;
}

string_view class_name(ocsf_class of) noexcept {
  switch (of) {
  case oc::account_change:
    return "Account Change";
  case oc::authentication:
    return "Authentication";
  case oc::network_activity:
    return "Network Activity";
  case oc::datastore_activity:
    return "Datastore Activity";
  case oc::api_activity:
    break;
  }
  return "API Activity";
}

string_view category_name(ocsf_class of) noexcept {
  switch (static_cast<int>(of) / 1000) {
  case 3:
    return "Identity & Access Management";
  case 4:
    return "Network Activity";
  default:
    return "Application Activity";
  }
}

} // namespace vedette::ingest
