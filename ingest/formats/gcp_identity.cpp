#include "ingest/formats/gcp_identity.hpp"

#include "ingest/formats/kubernetes_identity.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

using base::identity_type;
using base::session_class;
using std::string_view;

constexpr string_view account_domain = ".iam.gserviceaccount.com";

/// authenticationInfo.
struct principal {
  string_view email, subject, key;
  string_view behind; ///< who impersonated: the first of serviceAccountDelegationInfo
};

string_view delegate_of(const json_value& chain, base::arena& memory) {
  element_reader e{chain};
  if (!e.next())
    return {};
  const auto& first = e.value();
  if (const auto email =
          text_of(member(member(first, "firstPartyPrincipal"), "principalEmail"), memory);
      !email.empty())
    return email;
  return text_of(member(first, "principalSubject"), memory);
}

principal read_principal(const json_value& who, base::arena& memory) {
  principal out;
  for (member_reader m{who}; m.next();) {
    if (m.key() == "principalEmail")
      out.email = text_of(m.value(), memory);
    else if (m.key() == "principalSubject")
      out.subject = text_of(m.value(), memory);
    else if (m.key() == "serviceAccountKeyName")
      out.key = text_of(m.value(), memory);
    else if (m.key() == "serviceAccountDelegationInfo")
      out.behind = delegate_of(m.value(), memory);
  }
  return out;
}

bool starts_with_digits(string_view text, string_view then) noexcept {
  const auto end = text.find_first_not_of("0123456789");
  return end != 0 && end != string_view::npos && text.substr(end).starts_with(then);
}

/// "user:ana@example.com" -> "ana@example.com": the same person with and without principalEmail.
string_view without_kind(string_view subject) noexcept {
  for (string_view kind : {"user:", "serviceAccount:", "group:"})
    if (subject.starts_with(kind))
      return subject.substr(kind.size());
  return subject;
}

/// Behind "…/ns/NAMESPACE/sa/NAME" and "….svc.id.goog[NAMESPACE/NAME]".
string_view cluster_account(string_view subject) noexcept {
  if (const auto at = subject.find(".svc.id.goog["); at != string_view::npos) {
    const auto open = subject.find('[', at) + 1;
    return subject.substr(open, subject.find(']', open) - open);
  }
  if (subject.find(".svc.id.goog/") != string_view::npos)
    if (const auto at = subject.find("/ns/"); at != string_view::npos)
      return subject.substr(at + 4);
  return {};
}

bool is_pipeline(string_view subject) noexcept {
  return subject.find("/subject/repo:") != string_view::npos ||
         subject.find("github") != string_view::npos ||
         subject.find("gitlab") != string_view::npos ||
         subject.find("circleci") != string_view::npos ||
         subject.find("terraform") != string_view::npos;
}

void classify_account(const principal& who, base::event& out) {
  const auto email = out.identity;
  out.actor = identity_type::service_account;
  if (is_google_agent(email)) {
    out.actor = identity_type::service;
    out.holder = session_class::service;
  } else if (!who.key.empty()) {
    out.holder = session_class::long_term;
  } else if (!who.behind.empty()) {
    // Whoever impersonates it holds the token; a pod or pipeline is known by its own name.
    if (const auto pod = cluster_account(who.behind); !pod.empty()) {
      out.holder = session_class::pod;
      out.workload = pod;
    } else if (is_pipeline(who.behind)) {
      out.holder = session_class::ci;
    }
  } else if (email.ends_with("@appspot.gserviceaccount.com")) {
    out.holder = session_class::lambda;
  } else if (email.ends_with("@cloudbuild.gserviceaccount.com")) {
    out.holder = session_class::ci;
  } else if (email.ends_with("-compute@developer.gserviceaccount.com")) {
    out.holder = session_class::instance;
  }
}

void classify_subject(const principal& who, base::event& out) {
  out.actor = identity_type::federated;
  if (const auto pod = cluster_account(who.subject); !pod.empty()) {
    out.actor = identity_type::service_account;
    out.holder = session_class::pod;
    out.workload = pod;
  } else if (is_pipeline(who.subject)) {
    out.holder = session_class::ci;
  }
}

} // namespace

string_view project_of_account(string_view email) noexcept {
  const auto at = email.find('@');
  if (at == string_view::npos)
    return {};
  auto domain = email.substr(at + 1);
  if (domain == "appspot.gserviceaccount.com")
    return email.substr(0, at);
  if (!domain.ends_with(account_domain))
    return {};
  domain.remove_suffix(account_domain.size());
  return domain;
}

bool is_google_agent(string_view email) noexcept {
  return (email.starts_with("service-") && starts_with_digits(email.substr(8), "@")) ||
         email.ends_with("@cloudservices.gserviceaccount.com") ||
         email.ends_with("@system.gserviceaccount.com") || email == "system@google.com" ||
         email.ends_with("@gcp-sa-logging.iam.gserviceaccount.com");
}

void resolve_gcp_identity(const gcp_record& record, base::arena& memory, base::event& out) {
  const auto who = read_principal(record.who, memory);
  out.identity = !who.email.empty() ? who.email : without_kind(who.subject);
  if (out.identity.empty()) {
    const bool by_google = record.log.ends_with("system_event");
    out.actor = by_google ? identity_type::service : identity_type::anonymous;
    out.holder = by_google ? session_class::service : session_class::unknown;
    out.identity = by_google ? record.service : string_view{"anonymous"};
    return;
  }
  out.identity_name = who.behind;
  // The key's id is its public name, the last part of serviceAccountKeyName.
  out.session = who.key.substr(who.key.rfind('/') + 1);
  if (name_kubernetes_caller(out.identity, out))
    return;
  if (out.identity.ends_with("gserviceaccount.com") || out.identity == "system@google.com") {
    classify_account(who, out);
  } else if (out.identity.find("://") != string_view::npos) {
    classify_subject(who, out);
  } else {
    out.actor = identity_type::user;
    out.holder = session_class::human;
  }
}

} // namespace vedette::ingest
