#include "ingest/formats/aws_identity.hpp"

#include "ingest/joined.hpp"
#include "ingest/origin.hpp"
#include "ingest/secrets.hpp"

#include <algorithm>
#include <initializer_list>

namespace vedette::ingest {

namespace {

using base::client_class;
using base::identity_type;
using base::session_class;
using std::string_view;

bool is_hex(string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// "arn:aws:sts::111122223333:assumed-role/NAME/SESSION" in its parts; all empty for other ARNs.
struct assumed_role {
  string_view partition, account, role, session;
};

assumed_role split_assumed_role(string_view arn) noexcept {
  constexpr string_view mark = ":assumed-role/";
  const auto at = arn.find(mark);
  if (!arn.starts_with("arn:") || at == string_view::npos)
    return {};
  const auto role = arn.substr(at + mark.size());
  const auto slash = role.find('/');
  if (slash == string_view::npos || slash == 0)
    return {};
  const auto account = arn.substr(0, at).rfind(':');
  const auto partition = arn.find(':', 4);
  return {arn.substr(4, partition - 4), arn.substr(account + 1, at - account - 1),
          role.substr(0, slash), role.substr(slash + 1)};
}

string_view first_of(std::initializer_list<string_view> candidates) noexcept {
  for (auto c : candidates)
    if (!c.empty())
      return c;
  return {};
}

string_view partition_of(string_view region) noexcept {
  if (region.starts_with("cn-"))
    return "aws-cn";
  return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

/// The part of a principal id behind the colon: the session name, or the federated user's.
string_view after_colon(string_view principal) noexcept {
  const auto colon = principal.find(':');
  return colon == string_view::npos ? string_view{} : principal.substr(colon + 1);
}

bool is_instance_id(string_view name) noexcept {
  return (name.starts_with("i-") && name.size() >= 10 && is_hex(name.substr(2))) ||
         (name.starts_with("mi-") && name.size() >= 11 && is_hex(name.substr(3)));
}

struct resolver {
  const cloudtrail_record& record;
  base::arena& memory;
  base::event& out;
  const cloudtrail_identity& who = record.who;

  void user() {
    out.actor = identity_type::user;
    out.identity_name = who.user_name;
    if (!who.arn.empty())
      out.identity = who.arn;
    else if (!who.user_name.empty() && !who.account.empty())
      out.identity = joined(memory, {"arn:", partition_of(record.region), ":iam::", who.account,
                                     ":user/", who.user_name});
    else
      out.identity = first_of({who.principal_id, who.user_name, who.account});
  }

  void root() {
    out.actor = identity_type::root;
    out.identity_name = who.user_name.empty() ? string_view{"root"} : who.user_name;
    if (!who.arn.empty())
      out.identity = who.arn;
    else if (const auto account = first_of({who.account, who.principal_id}); !account.empty())
      out.identity =
          joined(memory, {"arn:", partition_of(record.region), ":iam::", account, ":root"});
  }

  void role() {
    out.actor = identity_type::role;
    const auto parts = split_assumed_role(who.arn);
    if (!who.issuer_arn.empty())
      out.identity = who.issuer_arn;
    else if (!parts.role.empty())
      out.identity =
          joined(memory, {"arn:", parts.partition, ":iam::", parts.account, ":role/", parts.role});
    else
      out.identity = first_of({who.arn, who.principal_id});
    // Single sign-on names the session after the person.
    if (out.identity.find("AWSReservedSSO_") != string_view::npos)
      out.identity_name = first_of({parts.session, after_colon(who.principal_id)});
    if (out.identity_name.empty())
      out.identity_name = who.source_identity;
  }

  void federated() {
    out.actor = identity_type::federated;
    out.identity = first_of({who.issuer_arn, who.arn, who.principal_id});
    const auto slash = who.arn.rfind('/');
    out.identity_name = slash != string_view::npos
                            ? who.arn.substr(slash + 1)
                            : first_of({who.user_name, after_colon(who.principal_id)});
  }

  void directory_centre_user() {
    out.actor = identity_type::federated;
    out.identity_name = who.user_name;
    if (!who.behalf_store.empty() && !who.behalf_user.empty())
      out.identity = joined(memory, {who.behalf_store, "/", who.behalf_user});
    else
      out.identity = first_of({who.arn, who.behalf_user, who.principal_id, who.user_name});
  }

  /// SAMLUser and WebIdentityUser: the identity provider vouches for the name.
  void outside_user() {
    out.actor = identity_type::federated;
    out.identity = first_of({who.principal_id, who.user_name, who.arn});
    out.identity_name = first_of({who.user_name, after_colon(who.principal_id)});
    if (workload_name().starts_with("system:serviceaccount:"))
      out.actor = identity_type::service_account;
  }

  void account() {
    const auto id = first_of({who.account, who.principal_id});
    out.actor = identity_type::account;
    out.identity = id;
    if (id == "anonymous" || id == "ANONYMOUS_PRINCIPAL") {
      out.actor = identity_type::anonymous;
      out.identity = "anonymous";
    } else if (id.empty()) {
      out.identity = who.arn;
    }
  }

  void service() {
    out.actor = identity_type::service;
    out.identity = first_of({who.invoked_by, who.arn, who.principal_id});
    if (out.identity.empty())
      out.identity = is_service_host(record.source) ? record.source : record.service;
  }

  void unknown() {
    out.actor = identity_type::unknown;
    out.identity = first_of({who.issuer_arn, who.arn, who.principal_id, who.user_name});
    out.identity_name = who.user_name;
    if (!out.identity.empty())
      return;
    if (is_service_host(who.invoked_by)) {
      out.actor = identity_type::service;
      out.identity = who.invoked_by;
    } else if (record.type == "AwsServiceEvent" && record.has_identity) {
      // Service events about an account carry it alone, or nothing but their source.
      out.actor = who.account.empty() ? identity_type::service : identity_type::account;
      out.identity = first_of({who.account, record.service});
    } else if (!who.account.empty()) {
      out.actor = identity_type::account;
      out.identity = who.account;
    }
  }

  [[nodiscard]] string_view workload_name() const noexcept {
    return first_of({who.user_name, after_colon(who.principal_id)});
  }

  void resolve() {
    const auto t = who.type;
    if (t == "AssumedRole" || t == "Role")
      role();
    else if (t == "IAMUser")
      user();
    else if (t == "AWSService")
      service();
    else if (t == "AWSAccount")
      account();
    else if (t == "Root")
      root();
    else if (t == "FederatedUser")
      federated();
    else if (t == "IdentityCenterUser")
      directory_centre_user();
    else if (t == "SAMLUser" || t == "WebIdentityUser")
      outside_user();
    else if (t == "Directory") {
      out.actor = identity_type::federated;
      out.identity = first_of({who.arn, who.principal_id, who.user_name, who.account});
      out.identity_name = who.user_name;
    } else {
      unknown();
    }
    out.session = session_key(first_of({who.access_key, who.credential_id}), memory);
  }

  void hold(session_class holder, string_view workload = {}) {
    out.holder = holder;
    out.workload = workload;
  }

  [[nodiscard]] string_view lambda_of(const assumed_role& parts) {
    return joined(memory, {"arn:", parts.partition, ":lambda:", record.region, ":", parts.account,
                           ":function:", parts.session});
  }

  /// Evidence strongest first: what AWS itself writes, then names it chooses, then names and user
  /// agents that the caller could choose.
  void classify(client_class client) {
    const auto parts = split_assumed_role(who.arn);
    const auto session = first_of({parts.session, after_colon(who.principal_id)});
    const auto agent = record.user_agent;
    if (out.actor == identity_type::service)
      return hold(session_class::service);
    if (who.scope_type == "AWS::Lambda::Function")
      return hold(session_class::lambda, who.scope_holder);
    if (who.scope_type == "AWS::EC2::Instance")
      return hold(session_class::instance, first_of({who.scope_holder, session}));
    if (who.scope_type.starts_with("AWS::ECS::"))
      return hold(session_class::container, first_of({who.scope_holder, session}));
    if (is_service_host(who.invoked_by) ||
        out.identity.find(":role/aws-service-role/") != string_view::npos)
      return hold(session_class::service);
    if (out.actor == identity_type::role) {
      if (is_instance_id(session))
        return hold(session_class::instance, session);
      if (!who.role_delivery.empty() || parts.role == "aws:ec2-instance")
        return hold(session_class::instance, session);
      if (session.size() == 32 && is_hex(session))
        return hold(session_class::container, session);
      if (session.starts_with("eks-") || who.web_provider.find("oidc.eks.") != string_view::npos)
        return hold(session_class::pod, session);
      if (is_pipeline(who.web_provider) || session.starts_with("AWSCodeBuild-") ||
          session.starts_with("GitHubActions") ||
          agent.find("aws-credentials-for-github-actions") != string_view::npos)
        return hold(session_class::ci, session);
      if (agent.find("exec-env/AWS_Lambda") != string_view::npos)
        return hold(session_class::lambda, parts.session.empty() ? session : lambda_of(parts));
      if (agent.find("exec-env/AWS_ECS") != string_view::npos)
        return hold(session_class::container, session);
    }
    if (out.actor == identity_type::service_account)
      return hold(session_class::pod, workload_name());
    if (who.type == "WebIdentityUser" && is_pipeline(who.provider))
      return hold(session_class::ci, workload_name());
    if (is_service_host(record.source))
      return hold(session_class::service);
    if (record.console_session == "true" || client == client_class::console ||
        record.type == "AwsConsoleSignIn" || record.type == "AwsConsoleAction" ||
        who.mfa == "true" || who.type == "SAMLUser" || who.type == "IdentityCenterUser" ||
        who.type == "Directory" || out.identity.find("AWSReservedSSO_") != string_view::npos)
      return hold(session_class::human);
    if (who.access_key.starts_with("AKIA"))
      return hold(session_class::long_term);
    hold(session_class::unknown);
  }

  [[nodiscard]] static bool is_pipeline(string_view provider) noexcept {
    return provider.find("token.actions.githubusercontent.com") != string_view::npos ||
           provider.find("gitlab.com") != string_view::npos ||
           provider.find("app.terraform.io") != string_view::npos ||
           provider.find("oidc.circleci.com") != string_view::npos ||
           provider.find("api.bitbucket.org") != string_view::npos;
  }
};

} // namespace

void resolve_aws_identity(const cloudtrail_record& record, client_class client, base::arena& memory,
                          base::event& out) {
  resolver r{record, memory, out};
  r.resolve();
  r.classify(client);
}

} // namespace vedette::ingest
