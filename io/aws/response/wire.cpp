#include "io/aws/response/wire.hpp"

#include "base/json_writer.hpp"
#include "io/aws/credential_services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vedette::io {

namespace {

using base::ec;
using base::error;
using std::string_view;

enum class protocol : std::uint8_t { form, json, path };

struct service {
  string_view name;
  protocol how;
  string_view model; ///< version of a form, target of JSON
  bool global = false;
};
constexpr std::array<service, 8> services{{
    {"iam", protocol::form, "2010-05-08", true},
    {"sts", protocol::form, "2011-06-15"},
    {"ec2", protocol::form, "2016-11-15"},
    {"rds", protocol::form, "2014-10-31"},
    {"cloudtrail", protocol::json, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"},
    {"organizations", protocol::json, "AWSOrganizationsV20161128", true},
    {"lambda", protocol::path, {}},
    {"s3", protocol::path, {}},
}};

/// Lists of forms: the name of the whole, and of its elements on the wire.
struct list_name {
  string_view service, whole, element;
};
constexpr std::array<list_name, 5> lists{{
    {"ec2", "UserIds", "UserId"},
    {"ec2", "GroupNames", "UserGroup"},
    {"ec2", "UserGroups", "UserGroup"},
    {"rds", "ValuesToRemove", "ValuesToRemove.AttributeValue"},
    {"rds", "ValuesToAdd", "ValuesToAdd.AttributeValue"},
}};

/// What has a path of its own. "{X}" in it is parameter X.
struct path_call {
  string_view api;
  http_method method;
  string_view path, query;
};
constexpr std::array<path_call, 8> path_calls{{
    {"lambda:PutFunctionConcurrency",
     http_method::put,
     "/2017-10-31/functions/{FunctionName}/concurrency",
     {}},
    {"lambda:DeleteFunctionConcurrency",
     http_method::del,
     "/2017-10-31/functions/{FunctionName}/concurrency",
     {}},
    {"lambda:GetFunctionConcurrency",
     http_method::get,
     "/2019-09-30/functions/{FunctionName}/concurrency",
     {}},
    {"s3:GetBucketVersioning", http_method::get, "/{Bucket}", "versioning"},
    {"s3:PutBucketVersioning", http_method::put, "/{Bucket}", "versioning"},
    {"s3:GetBucketPolicy", http_method::get, "/{Bucket}", "policy"},
    {"s3:PutBucketPolicy", http_method::put, "/{Bucket}", "policy"},
    {"s3:DeleteBucketPolicy", http_method::del, "/{Bucket}", "policy"},
}};

std::string form_of(const service& s, string_view action, const call_parameters& parameters) {
  auto out = fmt::format("Action={}&Version={}", action, s.model);
  for (const auto& p : parameters) {
    const auto &name = p.first, &value = p.second;
    if (value.empty())
      continue;
    const auto* list = std::ranges::find_if(
        lists, [&](const list_name& l) { return l.service == s.name && l.whole == name; });
    if (list == lists.end()) {
      // A list over there, but one machine here, whatever stands in its name.
      const auto* one_of_list = s.name == "ec2" && name == "InstanceId" ? ".1" : "";
      out += fmt::format("&{}{}={}", name, one_of_list, percent_encode(value));
      continue;
    }
    int number = 0;
    for (const auto& element : elements_of(value))
      out += fmt::format("&{}.{}={}", list->element, ++number, percent_encode(element));
  }
  return out;
}

std::string json_of(const call_parameters& parameters) {
  base::json_writer w;
  w.begin_object();
  for (const auto& [name, value] : parameters)
    if (!value.empty())
      w.member(name, value);
  w.end_object();
  return std::string{w.text()};
}

base::status fill_path(aws_request& out, string_view path, const call_parameters& parameters) {
  out.path.clear();
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] != '{') {
      out.path += path[at++];
      continue;
    }
    const auto close = path.find('}', at);
    const auto name = path.substr(at + 1, close - at - 1);
    const auto value = value_of(parameters, name);
    if (value.empty())
      return error{ec::invalid_argument, fmt::format("the parameter {} is missing", name)};
    out.path += percent_encode(value);
    at = close + 1;
  }
  return {};
}

std::string body_of(string_view api, const call_parameters& parameters) {
  if (api == "lambda:PutFunctionConcurrency")
    return fmt::format(R"({{"ReservedConcurrentExecutions":{}}})",
                       value_of(parameters, "ReservedConcurrentExecutions"));
  if (api == "s3:PutBucketVersioning")
    return fmt::format(
        R"(<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)"
        "<Status>{}</Status></VersioningConfiguration>",
        value_of(parameters, "Status"));
  if (api == "s3:PutBucketPolicy")
    return std::string{value_of(parameters, "Policy")};
  return {};
}

std::string origin_of(const service& s, const aws_place& place, std::string& signing_region) {
  if (!s.global)
    return place.endpoint_url.empty() ? aws_url(s.name, signing_region) : place.endpoint_url;
  const bool china = place.region.starts_with("cn-");
  const bool government = place.region.starts_with("us-gov-");
  const auto* in_china = s.name == "organizations" ? "cn-northwest-1" : "cn-north-1";
  signing_region = china ? in_china : government ? "us-gov-west-1" : "us-east-1";
  if (!place.endpoint_url.empty())
    return place.endpoint_url;
  if (china || s.name != "iam")
    return aws_url(s.name, signing_region);
  return government ? "https://iam.us-gov.amazonaws.com" : "https://iam.amazonaws.com";
}

} // namespace

bool is_region(string_view text) noexcept {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == string_view::npos;
}

string_view value_of(const call_parameters& in, string_view name) {
  const auto at = std::ranges::find_if(in, [&](const auto& p) { return p.first == name; });
  return at == in.end() ? string_view{} : string_view{at->second};
}

std::vector<std::string> elements_of(string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (comma != 0)
      out.emplace_back(list.substr(0, comma));
    list = comma == string_view::npos ? string_view{} : list.substr(comma + 1);
  }
  return out;
}

base::result<aws_request> to_request(string_view api, const call_parameters& parameters,
                                     const aws_place& place) {
  const auto colon = api.find(':');
  const auto name = api.substr(0, colon);
  const auto action = colon == string_view::npos ? string_view{} : api.substr(colon + 1);
  const auto* s = std::ranges::find(services, name, &service::name);
  const auto* own = std::ranges::find(path_calls, api, &path_call::api);
  if (s == services.end() || action.empty() ||
      (s->how == protocol::path && own == path_calls.end()))
    return error{ec::unsupported, fmt::format("calling {}: this call is not spoken here", api)};
  aws_request out;
  out.service = s->name;
  out.region = place.region.empty() ? "us-east-1" : place.region;
  // It becomes part of a host's name, and a log may have said it.
  if (!is_region(out.region))
    return error{ec::invalid_argument,
                 fmt::format("calling {}: '{}' is no region", api, out.region)};
  out.origin = origin_of(*s, place, out.region);
  out.method = http_method::post;
  switch (s->how) {
  case protocol::form:
    out.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    out.body = form_of(*s, action, parameters);
    break;
  case protocol::json:
    out.content_type = "application/x-amz-json-1.1";
    out.headers.set("X-Amz-Target", fmt::format("{}.{}", s->model, action));
    out.body = json_of(parameters);
    break;
  case protocol::path:
    out.method = own->method;
    if (auto filled = fill_path(out, own->path, parameters); !filled)
      return error{filled.err().code, fmt::format("calling {}: {}", api, filled.err().context)};
    if (!own->query.empty())
      out.query.emplace_back(own->query, "");
    out.body = body_of(api, parameters);
    if (const auto owner = value_of(parameters, "ExpectedBucketOwner"); !owner.empty())
      out.headers.set("x-amz-expected-bucket-owner", std::string{owner});
    out.content_type = out.body.starts_with('<') ? "application/xml" : "application/json";
    break;
  }
  return out;
}

} // namespace vedette::io
