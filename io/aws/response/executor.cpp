#include "io/aws/response/executor.hpp"

#include "io/aws/response/policy_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>

namespace vedette::io {

namespace {

using base::ec;
using base::error;
using respond::attempt_result;
using respond::step_answer;
using respond::step_kind;
using respond::verdict;
using std::string_view;

constexpr std::size_t accounts_max = 256;
/// Said by `read`: nothing had to be done, so nothing is to be taken back.
constexpr const char* was_so = "was_so";
/// Ours, not the vendor's.
constexpr std::array<string_view, 6> own_names{"Account",  "Region",       "Regions",
                                               "Resource", "AddStatement", "RemoveStatement"};

/// The part of an ARN at that place: 3 is the region, 4 the account.
string_view arn_part(string_view arn, int place) {
  if (!arn.starts_with("arn:"))
    return {};
  for (int i = 0; i < place; ++i) {
    const auto colon = arn.find(':');
    if (colon == string_view::npos)
      return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

/// "trail:arn:…", "rds:arn:…": what is touched, without the word before it.
string_view thing_of(string_view target) {
  const auto at = target.find("arn:");
  return at == string_view::npos ? target : target.substr(at);
}

string_view named(const respond::action_plan& plan, string_view name) {
  for (const auto* calls : {&plan.calls, &plan.inverse})
    for (const auto& c : *calls)
      if (const auto v = value_of(c.parameters, name); !v.empty() && !v.starts_with("${"))
        return v;
  return {};
}

std::string number_of(const respond::action& a) {
  const auto of_target = arn_part(thing_of(a.plan.target), 4);
  return std::string{of_target.empty() ? named(a.plan, "Account") : of_target};
}

/// With what is known filled in. What is not known yet stays as it is, or is an error when `all` is
/// wanted.
base::result<call_parameters> filled(const respond::vendor_call& call, const std::string& account,
                                     base::receive_time at, const respond::prior_values& prior,
                                     const respond::prior_values& results, bool all) {
  auto out = call.parameters;
  for (auto& [name, value] : out) {
    auto text = respond::fill_deferred(value, at, prior, results);
    if (!text && all)
      return text.err();
    if (text)
      value = std::move(*text);
  }
  // A bucket's ARN names no account: one of somebody else's may let us in.
  if (const auto resource = std::string{value_of(out, "Resource")}; !resource.empty()) {
    out.emplace_back("Bucket", resource.substr(resource.rfind(':') + 1));
    out.emplace_back("ExpectedBucketOwner", account);
  }
  return out;
}

/// Whether `thing` is the user or the role that calls are made as; "assumed-role/NAME/session" is
/// of the role NAME.
bool is_same_identity(string_view thing, string_view self) {
  if (thing == self)
    return true;
  constexpr string_view assumed = ":assumed-role/";
  const auto at = self.find(assumed);
  if (at == string_view::npos || thing.find(":role/") == string_view::npos ||
      arn_part(thing, 4) != arn_part(self, 4))
    return false;
  const auto rest = self.substr(at + assumed.size());
  return thing.substr(thing.rfind('/') + 1) == rest.substr(0, rest.find('/'));
}

step_answer answer_of(const error& e) {
  const bool passing = e.code == ec::unavailable || e.code == ec::timed_out;
  return {passing ? attempt_result::try_again : attempt_result::failed, base::to_string(e), {}};
}

/// Why the next call may not begin, by the list, the clock and the coordinator of now.
std::optional<step_answer> hindrance(const respond::action& a,
                                     const respond::execution_context& c) {
  if (c.forbidden && c.forbidden(a.plan.target))
    return step_answer{
        attempt_result::failed, "break-glass: " + a.plan.target + " is never touched", {}};
  if (auto may = c.may_go_on ? c.may_go_on() : base::status{}; !may)
    return step_answer{attempt_result::try_again, base::to_string(may.err()), {}};
  return std::nullopt;
}

base::receive_time attempted(const respond::action& a, const respond::execution_context& c) {
  return a.attempted_at.value_or(c.now);
}

/// The inverse of that call as this target needs it.
void adapt_inverse(std::string& api, call_parameters& p, const respond::prior_values& prior) {
  const auto before = [&](const char* name) {
    const auto at = prior.find(name);
    return at == prior.end() ? std::string{} : at->second;
  };
  const auto set = [&](string_view name, std::string value) {
    for (auto& [n, v] : p)
      if (n == name)
        v = std::move(value);
  };
  // Somebody else's policy of that name stood there.
  if ((api == "iam:DeleteRolePolicy" || api == "iam:DeleteUserPolicy") &&
      !before("policy_document").empty()) {
    api = api == "iam:DeleteRolePolicy" ? "iam:PutRolePolicy" : "iam:PutUserPolicy";
    p.emplace_back("PolicyDocument", before("policy_document"));
  }
  if (api == "s3:PutBucketVersioning" && value_of(p, "Status").empty())
    set("Status", "Suspended"); // one that was never on cannot be so again
}

} // namespace

const std::set<step_kind>& aws_executor::kinds() {
  static const std::set<step_kind> all{
      step_kind::revoke_sessions,  step_kind::deny_session,       step_kind::deactivate_key,
      step_kind::disable_identity, step_kind::stop_function,      step_kind::stop_instances,
      step_kind::lock_region,      step_kind::restore_protection, step_kind::restore_audit,
      step_kind::unshare_snapshot, step_kind::unshare_image,      step_kind::isolate_bucket};
  return all;
}

// --- whose control plane ---

base::result<std::shared_ptr<aws_account>>
aws_executor::account_for(const respond::action& a, const std::string& number,
                          const base::tenant_settings& tenant) {
  if (!chain_) {
    auto whole = complete(own_);
    if (!whole)
      return whole.err();
    own_ = std::move(*whole);
    if (own_.region.empty())
      own_.region = "us-east-1";
    chain_ = std::make_shared<aws_credential_chain>(own_);
    self_ = std::make_shared<aws_account>(own_, chain_, wait_);
  }
  const auto& access = tenant.response.aws;
  const bool organization = a.plan.kind == step_kind::lock_region;
  auto role = organization ? access.organization_role : access.role;
  if (organization && role.empty())
    return error{ec::denied, "locking a region takes the organization's management account: set "
                             "response.aws.organization_role of the tenant to a role there"};
  if (!role.empty() && !role.starts_with("arn:")) {
    const auto partition = arn_part(thing_of(a.plan.target), 1);
    role =
        fmt::format("arn:{}:iam::{}:role/{}", partition.empty() ? "aws" : partition, number, role);
  }
  const auto key = std::pair{
      a.tenant.value, fmt::format("{} {} {} {}", number, organization, role, access.external_id)};
  auto& known = accounts_[key];
  if (known)
    return known;
  if (accounts_.size() > accounts_max) {
    accounts_.clear(); // they are made again
    return account_for(a, number, tenant);
  }
  auto made = std::make_shared<aws_account>(
      own_, role.empty() ? chain_ : assume_role(own_, chain_, role, access.external_id, wait_),
      wait_);
  const auto self = made->identity();
  if (!self) {
    accounts_.erase(key);
    return self.err();
  }
  if (!organization && arn_part(*self, 4) != number) {
    accounts_.erase(key);
    return error{ec::denied, fmt::format("the target lies in account {}, and the credentials are "
                                         "{}: set response.aws.role of the tenant to a role there",
                                         number, *self)};
  }
  known = made;
  return made;
}

base::result<aws_executor::desk> aws_executor::desk_for(const respond::action& a,
                                                        const base::tenant_settings& tenant) {
  const auto number = number_of(a);
  if (number.empty())
    return error{
        ec::invalid_argument,
        "neither the target nor the step's parameter Account says in which account it lies"};
  // Where an organization's policy is attached, other words name more than an account.
  if (number.size() != 12 || number.find_first_not_of("0123456789") != std::string::npos)
    return error{ec::invalid_argument, fmt::format("'{}' is no number of an account", number)};
  if (a.plan.kind == step_kind::lock_region && tenant.accounts.empty())
    return error{ec::denied,
                 "locking a region takes a list of the tenant's accounts: set `accounts`"};
  if (!tenant.accounts.empty() &&
      std::ranges::find(tenant.accounts, number) == tenant.accounts.end())
    return error{
        ec::denied,
        fmt::format("account {} is none of the tenant's, so nothing is done there", number)};
  auto account = account_for(a, number, tenant);
  if (!account)
    return account.err();
  for (const auto& by : {*account, self_}) {
    const auto self = by->identity();
    if (!self)
      return self.err();
    if (is_same_identity(thing_of(a.plan.target), *self))
      return error{
          ec::denied,
          fmt::format("{} is what this node responds with; it is never touched", a.plan.target)};
  }
  desk out{std::move(*account), number, {tenant.accounts.begin(), tenant.accounts.end()}, {}};
  out.own_accounts.insert(number);
  out.region = arn_part(thing_of(a.plan.target), 3);
  return out;
}

std::string aws_executor::desk::region_of(const call_parameters& parameters) const {
  const auto given = value_of(parameters, "Region");
  return given.empty() || given.starts_with("${") ? region : std::string{given};
}

base::result<call_look> aws_executor::look(const desk& d, const respond::action& a,
                                           const respond::vendor_call& call,
                                           const respond::prior_values& prior,
                                           const respond::prior_values& results,
                                           base::receive_time at) {
  const auto parameters = *filled(call, d.number, at, prior, results, false);
  const auto region = d.region_of(parameters);
  auto places = region.empty() ? elements_of(value_of(parameters, "Regions")) : std::vector{region};
  if (places.empty())
    places.emplace_back();
  base::result<call_look> out = error{ec::not_found, "nowhere to look for " + a.plan.target};
  std::optional<error> refused; // one region that is not open to us does not end the search
  for (const auto& place : places) {
    out = look_at(*d.account, {call.api, parameters, place, d.own_accounts});
    if (out) {
      if (!place.empty())
        out->prior["region"] = place;
      return out;
    }
    if (out.err().code != ec::not_found)
      refused = out.err();
  }
  if (refused)
    return *refused;
  return out;
}

// --- the steps ---

base::result<respond::prior_values> aws_executor::read(const respond::action& a,
                                                       const respond::execution_context& c) {
  auto d = desk_for(a, c.tenant);
  if (!d)
    return d.err();
  respond::prior_values out, results;
  bool all = !a.plan.calls.empty();
  for (const auto& call : a.plan.calls) {
    auto seen = look(*d, a, call, out, results, c.now);
    if (!seen)
      return seen.err();
    all = all && seen->so == verdict::so;
    out.merge(std::move(seen->prior));
    results.merge(std::move(seen->results));
  }
  if (all)
    out[was_so] = "true";
  out["looked_at"] = base::format_rfc3339(c.now); // never empty: it is looked at once
  return out;
}

step_answer aws_executor::execute(const respond::action& a, const respond::prior_values& prior,
                                  const respond::execution_context& c) {
  // Of a look long ago it may not be true any more.
  if (prior.contains(was_so) && (a.attempts == 0 || verify(a, c) == verdict::so))
    return {attempt_result::done, "it was so already; nothing was called", {}};
  auto d = desk_for(a, c.tenant);
  if (!d)
    return answer_of(d.err());
  respond::prior_values results;
  std::string called;
  for (const auto& call : a.plan.calls) {
    auto parameters = filled(call, d->number, attempted(a, c), prior, results, true);
    if (!parameters)
      return answer_of(parameters.err());
    if (auto stop = hindrance(a, c))
      return *stop;
    auto answered = perform(*d, call.api, std::move(*parameters));
    if (!answered)
      return answer_of(answered.err());
    results.merge(std::move(*answered));
    called += (called.empty() ? "called " : ", ") + call.api;
  }
  return {attempt_result::done, called, std::move(results)};
}

base::result<respond::prior_values> aws_executor::perform(const desk& d, const std::string& planned,
                                                          call_parameters p) {
  auto api = planned;
  const auto region = d.region_of(p);
  if (api == "iam:UpdateAccessKey") {
    auto id = whole_key_id(*d.account, value_of(p, "UserName"), value_of(p, "AccessKeyId"));
    if (!id)
      return id.err();
    for (auto& [name, value] : p)
      if (name == "AccessKeyId")
        value = *id;
  } else if (api == "s3:PutBucketPolicy") {
    auto policy = d.account->call("s3:GetBucketPolicy", p, region);
    if (!policy && policy.err().code != ec::not_found)
      return policy.err();
    auto changed = with_statement(policy ? string_view{*policy} : string_view{},
                                  value_of(p, "AddStatement"), value_of(p, "RemoveStatement"));
    if (!changed)
      return changed.err();
    if (changed->empty())
      api = "s3:DeleteBucketPolicy";
    p.emplace_back("Policy", std::move(*changed));
  } else if (api == "lambda:PutFunctionConcurrency" &&
             value_of(p, "ReservedConcurrentExecutions").empty()) {
    api = "lambda:DeleteFunctionConcurrency";
  } else if ((api == "ec2:ModifySnapshotAttribute" || api == "ec2:ModifyImageAttribute" ||
              api == "rds:ModifyDBSnapshotAttribute") &&
             std::ranges::all_of(
                 std::array{"UserIds", "GroupNames", "UserGroups", "ValuesToAdd", "ValuesToRemove"},
                 [&](const char* name) { return value_of(p, name).empty(); })) {
    return respond::prior_values{}; // nobody outside has it
  }
  std::erase_if(
      p, [](const auto& x) { return std::ranges::find(own_names, x.first) != own_names.end(); });
  auto said = d.account->call(api, p, region);
  respond::prior_values out;
  if (api == "organizations:CreatePolicy") {
    // One of that name from an attempt before is the same policy.
    if (!said && said.err().code == ec::conflict) {
      auto there = look_at(*d.account, {api, p, region, d.own_accounts});
      if (there && !there->results.empty())
        return std::move(there->results);
    }
    simdjson::dom::parser parser;
    string_view id;
    if (said && parser.parse(simdjson::padded_string{*said})["Policy"]["PolicySummary"]["Id"].get(
                    id) == simdjson::SUCCESS)
      out["PolicyId"] = id;
  }
  if (!said && !(said.err().code == ec::conflict && api == "organizations:AttachPolicy"))
    return said.err();
  return out;
}

verdict aws_executor::verify(const respond::action& a, const respond::execution_context& c) {
  auto d = desk_for(a, c.tenant);
  if (!d)
    return verdict::unknown;
  auto results = a.results;
  for (const auto& call : a.plan.calls) {
    auto seen = look(*d, a, call, a.prior, results, attempted(a, c));
    if (!seen || seen->so == verdict::unknown)
      return verdict::unknown;
    if (seen->so == verdict::not_so)
      return verdict::not_so;
    results.merge(std::move(seen->results));
  }
  return verdict::so;
}

step_answer aws_executor::revert(const respond::action& a, const respond::prior_values& prior,
                                 const respond::execution_context& c) {
  if (prior.contains(was_so))
    return {attempt_result::done, "it was so before this step; nothing is to be taken back", {}};
  auto d = desk_for(a, c.tenant);
  if (!d)
    return answer_of(d.err());
  struct step {
    std::string api;
    call_parameters parameters;
  };
  std::vector<step> steps;
  bool back = true, begun = false;
  for (const auto& call : a.plan.inverse) {
    auto parameters = filled(call, d->number, attempted(a, c), prior, a.results, true);
    if (!parameters)
      return answer_of(parameters.err());
    step s{call.api, std::move(*parameters)};
    adapt_inverse(s.api, s.parameters, prior);
    auto seen =
        look_at(*d->account, {s.api, s.parameters, d->region_of(s.parameters), d->own_accounts});
    if (!seen && seen.err().code != ec::not_found)
      return answer_of(seen.err());
    const bool so = seen && seen->so == verdict::so;
    back = back && so;
    begun = begun || so;
    if (!so)
      steps.push_back(std::move(s));
  }
  if (back)
    return {attempt_result::done, "it is as it was before already", {}};
  // Only what still is as this step left it: a change by somebody else since is not ours to undo.
  // One whose taking back was cut off has some of it back already.
  auto left = a;
  left.prior = prior;
  const auto still = begun ? verdict::so : verify(left, c);
  if (still == verdict::unknown)
    return {attempt_result::try_again, "the target could not be asked how it is", {}};
  if (still == verdict::not_so)
    return {attempt_result::failed,
            "the target is no longer as this step left it, so it was not touched; look at it",
            {}};
  std::string called;
  for (auto& s : steps) {
    if (auto stop = hindrance(a, c))
      return *stop;
    if (auto done = perform(*d, s.api, std::move(s.parameters));
        !done && done.err().code != ec::not_found)
      return answer_of(done.err());
    called += (called.empty() ? "called " : ", ") + s.api;
  }
  return {attempt_result::done, called, {}};
}

} // namespace vedette::io
