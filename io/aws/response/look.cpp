#include "io/aws/response/look.hpp"

#include "base/arena.hpp"
#include "ingest/secrets.hpp"
#include "io/aws/xml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>

namespace vedette::io {

namespace {

using base::ec;
using base::error;
using respond::verdict;
using std::string_view;
using looked = base::result<call_look>;

verdict so_if(bool holds) {
  return holds ? verdict::so : verdict::not_so;
}

/// Of one value: the call wants `wanted`, and `name` is what was there.
call_look compared(std::string now, string_view wanted, const char* name) {
  call_look out;
  out.so = so_if(now == wanted);
  out.prior[name] = std::move(now);
  return out;
}

/// Every text whose path ends so.
std::vector<std::string> xml_texts(string_view body, string_view path_end) {
  std::vector<std::string> out;
  (void)read_xml(body, "", [&](string_view path, string_view text) {
    if (path.ends_with(path_end))
      out.emplace_back(text);
  });
  return out;
}

struct asking {
  aws_account& account;
  const look_request& r;

  [[nodiscard]] std::string at(string_view name) const {
    return std::string{value_of(r.parameters, name)};
  }
  [[nodiscard]] base::result<std::string> ask(string_view api, call_parameters with) const {
    return account.call(api, with, r.region);
  }
  /// Nothing when what was asked for is not there.
  [[nodiscard]] base::result<std::optional<std::string>> find(string_view api,
                                                              call_parameters with) const {
    auto said = ask(api, std::move(with));
    if (said)
      return std::optional{std::move(*said)};
    if (said.err().code == ec::not_found)
      return std::optional<std::string>{};
    return said.err();
  }
};

// --- identities ---

looked inline_policy(const asking& a, bool of_role, bool wanted) {
  const auto* who = of_role ? "RoleName" : "UserName";
  const auto found = a.find(of_role ? "iam:GetRolePolicy" : "iam:GetUserPolicy",
                            {{who, a.at(who)}, {"PolicyName", a.at("PolicyName")}});
  if (!found)
    return found.err();
  call_look out;
  const auto stored = *found ? xml_text(**found, "Result/PolicyDocument") : std::string{};
  auto document = percent_decode(stored, false).value_or(stored);
  out.so =
      so_if(wanted ? !document.empty() && document == a.at("PolicyDocument") : document.empty());
  out.prior["policy_document"] = std::move(document);
  return out;
}

looked attached_policy(const asking& a, bool of_role, bool wanted) {
  const auto* who = of_role ? "RoleName" : "UserName";
  const auto said = a.ask(of_role ? "iam:ListAttachedRolePolicies" : "iam:ListAttachedUserPolicies",
                          {{who, a.at(who)}});
  if (!said)
    return said.err();
  const auto all = xml_texts(*said, "AttachedPolicies/member/PolicyArn");
  const bool there = std::ranges::find(all, a.at("PolicyArn")) != all.end();
  call_look out;
  out.so = so_if(there == wanted);
  return out;
}

struct access_key {
  std::string id, status;
};
base::result<std::vector<access_key>> keys_of(aws_account& account, string_view user) {
  const auto said = account.call("iam:ListAccessKeys", {{"UserName", std::string{user}}}, "");
  if (!said)
    return said.err();
  std::vector<access_key> out;
  access_key key;
  (void)read_xml(*said, "", [&](string_view path, string_view text) {
    if (path.ends_with("AccessKeyMetadata/member/AccessKeyId"))
      key.id = text;
    else if (path.ends_with("AccessKeyMetadata/member/Status"))
      key.status = text;
    else if (path.ends_with("AccessKeyMetadata/member"))
      out.push_back(std::exchange(key, {}));
  });
  return out;
}

bool stands_for(string_view shortened, string_view id) {
  base::arena memory;
  return shortened == id || ingest::session_key(id, memory) == shortened;
}

looked access_key_status(const asking& a) {
  const auto keys = keys_of(a.account, a.at("UserName"));
  if (!keys)
    return keys.err();
  for (const auto& k : *keys)
    if (stands_for(a.at("AccessKeyId"), k.id))
      return compared(k.status, a.at("Status"), "key_status");
  return error{ec::not_found,
               fmt::format("user {} has no key {}", a.at("UserName"), a.at("AccessKeyId"))};
}

// --- workloads and data ---

looked concurrency(const asking& a) {
  const auto said =
      a.ask("lambda:GetFunctionConcurrency", {{"FunctionName", a.at("FunctionName")}});
  if (!said)
    return said.err();
  simdjson::dom::parser parser;
  const simdjson::padded_string text{*said};
  std::int64_t reserved = 0;
  const bool set =
      parser.parse(text)["ReservedConcurrentExecutions"].get(reserved) == simdjson::SUCCESS;
  return compared(set ? std::to_string(reserved) : std::string{},
                  a.at("ReservedConcurrentExecutions"), "reserved_concurrency");
}

looked versioning(const asking& a) {
  const auto said = a.ask("s3:GetBucketVersioning", {{"Bucket", a.at("Bucket")}});
  if (!said)
    return said.err();
  return compared(xml_text(*said, "/Status"), a.at("Status"), "versioning_status");
}

looked bucket_statement(const asking& a) {
  const auto policy = a.find("s3:GetBucketPolicy", {{"Bucket", a.at("Bucket")}});
  if (!policy)
    return policy.err();
  simdjson::dom::parser parser;
  const auto sid_in = [&](const std::string& json) {
    std::vector<std::string> out;
    simdjson::dom::element root;
    const simdjson::padded_string text{json};
    if (parser.parse(text).get(root) != simdjson::SUCCESS)
      return out;
    const auto note = [&](simdjson::dom::element statement) {
      if (string_view sid; statement["Sid"].get(sid) == simdjson::SUCCESS)
        out.emplace_back(sid);
    };
    simdjson::dom::element statements;
    if (root["Statement"].get(statements) != simdjson::SUCCESS)
      note(root);
    else if (simdjson::dom::array all; statements.get(all) == simdjson::SUCCESS)
      for (const auto s : all)
        note(s);
    else
      note(statements);
    return out;
  };
  const auto there = sid_in(policy->value_or("{}"));
  const bool adds = !a.at("AddStatement").empty();
  const auto wanted = adds ? sid_in(a.at("AddStatement")) : std::vector{a.at("RemoveStatement")};
  if (wanted.empty() || wanted.front().empty())
    return error{ec::invalid_argument, "s3:PutBucketPolicy: the statement has no Sid"};
  call_look out;
  out.so = so_if((std::ranges::find(there, wanted.front()) != there.end()) == adds);
  return out;
}

looked database_protection(const asking& a) {
  const auto said =
      a.ask("rds:DescribeDBInstances", {{"DBInstanceIdentifier", a.at("DBInstanceIdentifier")}});
  if (!said)
    return said.err();
  return compared(xml_text(*said, "DBInstance/DeletionProtection"), a.at("DeletionProtection"),
                  "deletion_protection");
}

/// Of a share: who outside has it, and whether the call leaves it as it is.
looked shared(const asking& a, const std::vector<std::string>& accounts,
              std::vector<std::string> groups, bool takes_off,
              const std::vector<std::string>& named) {
  std::vector<std::string> outside;
  for (const auto& who : accounts)
    if (who == "all")
      groups.push_back(who);
    else if (!a.r.own_accounts.contains(who))
      outside.push_back(who);
  call_look out;
  if (takes_off)
    out.so = so_if(outside.empty() && groups.empty());
  else
    out.so = so_if(std::ranges::all_of(named, [&](const std::string& n) {
      return std::ranges::find(outside, n) != outside.end() ||
             std::ranges::find(groups, n) != groups.end();
    }));
  out.prior["outside_accounts"] = fmt::format("{}", fmt::join(outside, ","));
  out.prior["groups"] = fmt::format("{}", fmt::join(groups, ","));
  return out;
}

looked shared_ec2(const asking& a, bool image) {
  const auto* id = image ? "ImageId" : "SnapshotId";
  const auto* what = image ? "launchPermission" : "createVolumePermission";
  const auto said = a.ask(image ? "ec2:DescribeImageAttribute" : "ec2:DescribeSnapshotAttribute",
                          {{id, a.at(id)}, {"Attribute", what}});
  if (!said)
    return said.err();
  for (const auto* whole : {"organizationArn", "organizationalUnitArn"})
    if (!xml_texts(*said, fmt::format("{}/item/{}", what, whole)).empty())
      return error{ec::unsupported, fmt::format("{} is shared with an organization, which is not "
                                                "taken off here: do it by hand",
                                                a.at(id))};
  auto named = elements_of(a.at("UserIds"));
  for (const auto* groups : {"GroupNames", "UserGroups"})
    for (auto& g : elements_of(a.at(groups)))
      named.push_back(std::move(g));
  return shared(a, xml_texts(*said, fmt::format("{}/item/userId", what)),
                xml_texts(*said, fmt::format("{}/item/group", what)),
                a.at("OperationType") == "remove", named);
}

looked shared_database(const asking& a) {
  const auto said = a.ask("rds:DescribeDBSnapshotAttributes",
                          {{"DBSnapshotIdentifier", a.at("DBSnapshotIdentifier")}});
  if (!said)
    return said.err();
  auto all = xml_texts(*said, "AttributeValues/AttributeValue");
  auto out = shared(a, all, {}, a.at("ValuesToAdd").empty(), elements_of(a.at("ValuesToAdd")));
  if (out && out->prior["groups"] == "all") // here it is one of the values
    out->prior["outside_accounts"] += out->prior["outside_accounts"].empty() ? "all" : ",all";
  return out;
}

looked instance_state(const asking& a, std::array<string_view, 2> wanted) {
  const auto said = a.ask("ec2:DescribeInstances", {{"InstanceId", a.at("InstanceId")}});
  if (!said)
    return said.err();
  call_look out;
  auto now = xml_text(*said, "instancesSet/item/instanceState/name");
  if (now.empty())
    return error{ec::not_found, fmt::format("{} is not in {}", a.at("InstanceId"), a.r.region)};
  out.so = so_if(std::ranges::find(wanted, now) != wanted.end());
  out.prior["instance_state"] = std::move(now);
  return out;
}

looked trail(const asking& a, bool wanted) {
  const auto said = a.ask("cloudtrail:GetTrailStatus", {{"Name", a.at("Name")}});
  if (!said)
    return said.err();
  simdjson::dom::parser parser;
  const simdjson::padded_string text{*said};
  bool logging = false;
  if (parser.parse(text)["IsLogging"].get(logging) != simdjson::SUCCESS)
    return error{ec::malformed,
                 "cloudtrail:GetTrailStatus: the answer does not say whether it logs"};
  return compared(logging ? "true" : "false", wanted ? "true" : "false", "logging");
}

// --- the organization ---

/// Calls `each` with every element of the pages' list, until it returns false.
base::status pages(const asking& a, string_view api, const call_parameters& with, const char* list,
                   const std::function<bool(simdjson::dom::element)>& each) {
  simdjson::dom::parser parser;
  std::string next;
  do {
    auto parameters = with;
    parameters.emplace_back("NextToken", next);
    const auto said = a.ask(api, parameters);
    if (!said)
      return said.err();
    const simdjson::padded_string text{*said};
    simdjson::dom::element root;
    simdjson::dom::array all;
    if (parser.parse(text).get(root) != simdjson::SUCCESS ||
        root[list].get(all) != simdjson::SUCCESS)
      return error{ec::malformed, fmt::format("{}: the answer has no {}", api, list)};
    for (const auto e : all)
      if (!each(e))
        return {};
    string_view token;
    next = root["NextToken"].get(token) == simdjson::SUCCESS ? std::string{token} : std::string{};
  } while (!next.empty());
  return {};
}

looked policy_made(const asking& a) {
  call_look out;
  out.so = verdict::not_so;
  const auto all = pages(a, "organizations:ListPolicies", {{"Filter", a.at("Type")}}, "Policies",
                         [&](simdjson::dom::element p) {
                           string_view name, id;
                           if (p["Name"].get(name) != simdjson::SUCCESS || name != a.at("Name") ||
                               p["Id"].get(id) != simdjson::SUCCESS)
                             return true;
                           out.so = verdict::so;
                           out.results["PolicyId"] = id;
                           return false;
                         });
  if (!all)
    return all.err();
  return out;
}

looked policy_attached(const asking& a, bool wanted) {
  bool there = false;
  const auto all = pages(a, "organizations:ListTargetsForPolicy", {{"PolicyId", a.at("PolicyId")}},
                         "Targets", [&](simdjson::dom::element t) {
                           string_view id;
                           there = there || (t["TargetId"].get(id) == simdjson::SUCCESS &&
                                             id == a.at("TargetId"));
                           return !there;
                         });
  if (!all && all.err().code != ec::not_found)
    return all.err();
  call_look out;
  out.so = so_if(there == wanted);
  return out;
}

looked policy_gone(const asking& a) {
  const auto found = a.find("organizations:DescribePolicy", {{"PolicyId", a.at("PolicyId")}});
  if (!found)
    return found.err();
  call_look out;
  out.so = so_if(!*found);
  return out;
}

struct way {
  string_view api;
  looked (*look)(const asking&);
};
constexpr std::array<way, 24> ways{{
    {"iam:PutRolePolicy", [](const asking& a) { return inline_policy(a, true, true); }},
    {"iam:DeleteRolePolicy", [](const asking& a) { return inline_policy(a, true, false); }},
    {"iam:PutUserPolicy", [](const asking& a) { return inline_policy(a, false, true); }},
    {"iam:DeleteUserPolicy", [](const asking& a) { return inline_policy(a, false, false); }},
    {"iam:AttachRolePolicy", [](const asking& a) { return attached_policy(a, true, true); }},
    {"iam:DetachRolePolicy", [](const asking& a) { return attached_policy(a, true, false); }},
    {"iam:AttachUserPolicy", [](const asking& a) { return attached_policy(a, false, true); }},
    {"iam:DetachUserPolicy", [](const asking& a) { return attached_policy(a, false, false); }},
    {"iam:UpdateAccessKey", access_key_status},
    {"lambda:PutFunctionConcurrency", concurrency},
    {"s3:PutBucketVersioning", versioning},
    {"s3:PutBucketPolicy", bucket_statement},
    {"rds:ModifyDBInstance", database_protection},
    {"rds:ModifyDBSnapshotAttribute", shared_database},
    {"ec2:ModifySnapshotAttribute", [](const asking& a) { return shared_ec2(a, false); }},
    {"ec2:ModifyImageAttribute", [](const asking& a) { return shared_ec2(a, true); }},
    {"ec2:StopInstances",
     [](const asking& a) {
       return instance_state(a, {"stopping", "stopped"});
     }},
    {"ec2:StartInstances",
     [](const asking& a) {
       return instance_state(a, {"pending", "running"});
     }},
    {"cloudtrail:StartLogging", [](const asking& a) { return trail(a, true); }},
    {"cloudtrail:StopLogging", [](const asking& a) { return trail(a, false); }},
    {"organizations:CreatePolicy", policy_made},
    {"organizations:AttachPolicy", [](const asking& a) { return policy_attached(a, true); }},
    {"organizations:DetachPolicy", [](const asking& a) { return policy_attached(a, false); }},
    {"organizations:DeletePolicy", policy_gone},
}};

} // namespace

looked look_at(aws_account& account, const look_request& r) {
  const auto* way = std::ranges::find(ways, r.api, &way::api);
  if (way == ways.end())
    return error{ec::unsupported, fmt::format("calling {}: this call is not spoken here", r.api)};
  // Of what a call before this one is still to answer there is nothing yet.
  for (const auto& [name, value] : r.parameters)
    if (value.starts_with("${result."))
      return call_look{verdict::not_so, {}, {}};
  return way->look({account, r});
}

base::result<std::string> whole_key_id(aws_account& account, string_view user,
                                       string_view shortened) {
  if (shortened.find('~') == string_view::npos)
    return std::string{shortened};
  const auto keys = keys_of(account, user);
  if (!keys)
    return keys.err();
  for (const auto& k : *keys)
    if (stands_for(shortened, k.id))
      return k.id;
  return error{ec::not_found, fmt::format("user {} has no key {}", user, shortened)};
}

} // namespace vedette::io
