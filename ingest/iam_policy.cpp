#include "ingest/iam_policy.hpp"

#include "base/ascii.hpp"
#include "ingest/json_reader.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::grant_class;
using base::hex_digit;
using base::lower;
using std::string_view;

grant_class wider(grant_class a, grant_class b) noexcept {
  return std::max(a, b);
}

bool is_account(string_view text) noexcept {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

string_view url_decoded(string_view text, base::arena& memory) {
  auto* begin = static_cast<char*>(memory.allocate(text.size(), 1));
  char* out = begin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      *out++ = static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      *out++ = text[i];
    }
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

/// IAM's wildcard match, ignoring case as IAM does for actions. O(pattern × text), no recursion.
bool covers(string_view pattern, string_view text) noexcept {
  std::size_t p = 0, t = 0, star = string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

/// Actions that let their holder give himself anything, when allowed on every resource.
constexpr std::array<string_view, 9> self_granting{
    "iam:AttachUserPolicy",    "iam:AttachRolePolicy",        "iam:AttachGroupPolicy",
    "iam:PutUserPolicy",       "iam:PutRolePolicy",           "iam:PutGroupPolicy",
    "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy"};
/// With iam:PassRole on every role, each of these runs code as whichever role is best.
constexpr std::array<string_view, 6> running{
    "ec2:RunInstances",       "lambda:CreateFunction",      "ecs:RunTask",
    "glue:CreateDevEndpoint", "cloudformation:CreateStack", "sagemaker:CreateNotebookInstance"};

struct statement_judge {
  const own_account& is_own;
  const principal_sink& principals;
  base::arena& memory;

  template <class Use>
  void each_text(const json_value& value, Use&& use) {
    visit_path(value, {}, [&](const json_value& v) {
      if (v.kind == json_kind::text)
        use(text_of(v, memory));
    });
  }

  /// A condition that ties the grant to known principals, accounts or organisations.
  static bool narrows(const json_value& condition) noexcept {
    if (condition.kind != json_kind::object)
      return false;
    constexpr std::array<string_view, 14> keys{"aws:PrincipalOrgID",    "aws:PrincipalAccount",
                                               "aws:SourceAccount",     "aws:SourceArn",
                                               "aws:PrincipalArn",      "aws:SourceVpce",
                                               "aws:SourceVpc",         "aws:userid",
                                               "aws:PrincipalOrgPaths", "aws:SourceIp",
                                               "aws:SourceOwner",       "kms:CallerAccount",
                                               "sts:ExternalId",        ":sub"};
    return std::ranges::any_of(keys, [&](string_view key) {
      return std::search(condition.raw.begin(), condition.raw.end(), key.begin(), key.end(),
                         [](char a, char b) { return lower(a) == lower(b); }) !=
             condition.raw.end();
    });
  }

  grant_class judge_principal(const json_value& principal, bool narrowed) {
    auto grant = grant_class::limited;
    const auto one = [&](string_view name) {
      if (name == "*") {
        if (narrowed)
          return;
        principals("*");
        grant = wider(grant, grant_class::public_trust);
      } else if (const auto account = account_in(name); !account.empty()) {
        principals(account);
        if (!is_own(account))
          grant = wider(grant, grant_class::foreign_trust);
      }
    };
    if (principal.kind != json_kind::object) {
      each_text(principal, one);
      return grant;
    }
    for (member_reader m{principal}; m.next();) {
      if (m.key() == "AWS" || m.key() == "CanonicalUser") {
        each_text(m.value(), one);
      } else if (m.key() == "Federated") {
        each_text(m.value(), [&](string_view provider) {
          // Anybody has an account at a public identity provider: without a condition on the
          // subject, anybody may come.
          if (provider.find("token.actions.githubusercontent.com") != string_view::npos &&
              !narrowed)
            grant = wider(grant, grant_class::public_trust);
          else
            one(provider);
        });
      }
    }
    return grant;
  }

  grant_class judge_permissions(const json_value& statement) {
    bool everywhere = false;
    each_text(member(statement, "Resource"),
              [&](string_view r) { everywhere |= r == "*" || r == "arn:aws:*" || r == "arn:*"; });
    everywhere |= static_cast<bool>(member(statement, "NotResource"));
    if (!everywhere)
      return grant_class::limited;
    if (member(statement, "NotAction"))
      return grant_class::admin;
    bool passes = false, runs = false, admin = false;
    each_text(member(statement, "Action"), [&](string_view action) {
      admin |= action == "*" || action == "*:*" ||
               std::ranges::any_of(self_granting, [&](auto a) { return covers(action, a); });
      passes |= covers(action, "iam:PassRole");
      runs |= std::ranges::any_of(running, [&](auto a) { return covers(action, a); });
    });
    pass_role |= passes;
    run_code |= runs;
    return admin ? grant_class::admin : grant_class::limited;
  }

  grant_class judge(const json_value& statement) {
    if (text_of(member(statement, "Effect"), memory) != "Allow")
      return grant_class::none;
    const auto principal = member(statement, "Principal");
    const bool narrowed = narrows(member(statement, "Condition"));
    if (principal)
      return judge_principal(principal, narrowed);
    // "Everybody but" is everybody.
    if (member(statement, "NotPrincipal")) {
      if (narrowed)
        return grant_class::limited;
      principals("*");
      return grant_class::public_trust;
    }
    return judge_permissions(statement);
  }

  bool pass_role = false, run_code = false;
};

} // namespace

string_view account_in(string_view principal) noexcept {
  if (is_account(principal))
    return principal;
  if (!principal.starts_with("arn:"))
    return {};
  // arn:partition:service:region:account:resource
  std::size_t at = 0;
  for (int colons = 0; colons < 4; ++colons) {
    at = principal.find(':', at);
    if (at == string_view::npos)
      return {};
    ++at;
  }
  const auto account = principal.substr(at, principal.find(':', at) - at);
  return is_account(account) ? account : string_view{};
}

grant_class judge_policy_document(string_view document, const own_account& is_own,
                                  const principal_sink& principals, base::arena& memory) {
  if (document.starts_with("%7B") || document.starts_with("%7b"))
    document = url_decoded(document, memory);
  const auto policy = read_value(document);
  auto grant = grant_class::none;
  statement_judge judge{is_own, principals, memory};
  // A statement on its own is how Lambda answers AddPermission.
  const auto statements = member(policy, "Statement");
  visit_path(statements ? statements : policy, {}, [&](const json_value& statement) {
    if (statement.kind == json_kind::object)
      grant = wider(grant, judge.judge(statement));
  });
  if (judge.pass_role && judge.run_code)
    grant = wider(grant, grant_class::admin);
  return grant;
}

grant_class judge_policy_arn(string_view arn) noexcept {
  const auto slash = arn.rfind('/');
  const auto name = slash == string_view::npos ? arn : arn.substr(slash + 1);
  if (!arn.starts_with("arn:"))
    return grant_class::none;
  const bool of_aws = arn.find(":aws:policy/") != string_view::npos ||
                      arn.find(":aws:cluster-access-policy/") != string_view::npos;
  if (of_aws && (name.starts_with("AdministratorAccess") || name == "IAMFullAccess" ||
                 name == "AmazonEKSClusterAdminPolicy"))
    return grant_class::admin;
  return grant_class::limited;
}

} // namespace vedette::ingest
