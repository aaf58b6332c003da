#include "respond/trends/resource_class.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace vedette::respond {
namespace {

using enum resource_class;

struct word {
  std::string_view text;
  resource_class means;
};
using found_class = std::optional<resource_class>;

template <std::size_t N>
found_class look_up(const word (&words)[N], std::string_view text) {
  for (const auto& w : words)
    if (w.text == text)
      return w.means;
  return std::nullopt;
}

std::string_view cut(std::string_view& rest, char at) {
  const auto end = std::min(rest.find(at), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

constexpr word aws_services[] = {{"lambda", function},
                                 {"rds", database},
                                 {"dynamodb", database},
                                 {"redshift", database},
                                 {"elasticache", database},
                                 {"athena", database},
                                 {"kms", key},
                                 {"secretsmanager", key},
                                 {"acm", key},
                                 {"ssm", key},
                                 {"eks", cluster},
                                 {"ecs", cluster},
                                 {"backup", snapshot},
                                 {"cloudtrail", audit_trail},
                                 {"logs", audit_trail},
                                 {"config", audit_trail},
                                 {"guardduty", audit_trail},
                                 {"securityhub", audit_trail}};

constexpr word aws_types[] = {
    {"instance", instance}, {"fleet", instance},      {"spot-instances-request", instance},
    {"snapshot", snapshot}, {"image", snapshot},      {"cluster-snapshot", snapshot},
    {"user", user},         {"federated-user", user}, {"group", user},
    {"role", role},         {"assumed-role", role},   {"instance-profile", role},
    {"policy", policy},     {"access-key", key},      {"server-certificate", key},
    {"key-pair", key}};

/// arn:PARTITION:SERVICE:REGION:ACCOUNT:TYPE/ID, or TYPE:ID
found_class of_arn(std::string_view rest) {
  cut(rest, ':');
  cut(rest, ':');
  const auto service = cut(rest, ':');
  cut(rest, ':');
  cut(rest, ':');
  if (service == "s3")
    return rest.find('/') == std::string_view::npos ? bucket : object;
  const bool typed = service == "ec2" || service == "iam" || service == "sts" || service == "rds" ||
                     service == "redshift";
  if (typed)
    if (auto type =
            look_up(aws_types, rest.substr(0, std::min(rest.find_first_of(":/"), rest.size()))))
      return type;
  return look_up(aws_services, service);
}

constexpr word aws_prefixes[] = {{"i-", instance},   {"fleet-", instance}, {"snap-", snapshot},
                                 {"ami-", snapshot}, {"AKIA", key},        {"ASIA", key},
                                 {"AIDA", user},     {"AROA", role}};

/// "snap-0123456789abcdef0", "AKIAIOSFODNN7EXAMPLE"
found_class of_aws_id(std::string_view name) {
  for (const auto& p : aws_prefixes) {
    if (!name.starts_with(p.text))
      continue;
    const auto id = name.substr(p.text.size());
    const bool lower = p.text.back() == '-';
    const auto fits = [lower](char c) {
      return (c >= '0' && c <= '9') || (lower ? c >= 'a' && c <= 'f' : c >= 'A' && c <= 'Z') ||
             c == '-';
    };
    if (id.size() >= 8 && std::ranges::all_of(id, fits))
      return p.means;
  }
  return std::nullopt;
}

constexpr word gcp_kinds[] = {
    {"buckets", bucket},       {"objects", object},     {"instanceGroups", instance},
    {"instances", database},   {"functions", function}, {"services", function},
    {"snapshots", snapshot},   {"images", snapshot},    {"machineImages", snapshot},
    {"databases", database},   {"datasets", database},  {"tables", database},
    {"serviceAccounts", role}, {"roles", role},         {"keys", key},
    {"cryptoKeys", key},       {"secrets", key},        {"clusters", cluster},
    {"pods", cluster},         {"sinks", audit_trail},  {"logs", audit_trail},
    {"backups", snapshot}};

/// Kinds and names take turns: "projects/p/zones/z/instances/i". Without a zone such an instance is
/// a database's; an object's name may have slashes of its own.
found_class of_gcp(std::string_view path) {
  found_class out;
  bool zone = false;
  while (!path.empty() && out != object) {
    const auto kind = cut(path, '/');
    if (kind == "global" || kind.ends_with(".googleapis.com"))
      continue;
    cut(path, '/');
    zone = zone || kind == "zones";
    if (const auto one = look_up(gcp_kinds, kind))
      out = zone && kind == "instances" ? instance : *one;
  }
  return out;
}

constexpr word azure_providers[] = {
    {"microsoft.storage", bucket},         {"microsoft.web", function},
    {"microsoft.app", function},           {"microsoft.sql", database},
    {"microsoft.documentdb", database},    {"microsoft.dbforpostgresql", database},
    {"microsoft.dbformysql", database},    {"microsoft.synapse", database},
    {"microsoft.keyvault", key},           {"microsoft.containerservice", cluster},
    {"microsoft.managedidentity", role},   {"microsoft.authorization", role},
    {"microsoft.insights", audit_trail},   {"microsoft.operationalinsights", audit_trail},
    {"microsoft.security", audit_trail},   {"microsoft.recoveryservices", snapshot},
    {"microsoft.dataprotection", snapshot}};

constexpr word azure_compute[] = {
    {"virtualmachines", instance}, {"virtualmachinescalesets", instance},
    {"snapshots", snapshot},       {"images", snapshot},
    {"galleries", snapshot},       {"restorepointcollections", snapshot}};

/// ".../providers/Microsoft.Compute/virtualMachines/v", in lower case
found_class of_azure(std::string_view path, std::size_t providers) {
  path.remove_prefix(providers);
  const auto provider = cut(path, '/');
  const auto type = cut(path, '/');
  if (provider == "microsoft.compute")
    return look_up(azure_compute, type);
  if (provider == "microsoft.authorization" && type.starts_with("polic"))
    return policy;
  return look_up(azure_providers, provider);
}

/// "account.blob.core.windows.net/container/blob", "vault.vault.azure.net/secrets/s", a shared file
found_class of_host(std::string_view rest) {
  const auto host = cut(rest, '/');
  if (host.ends_with(".core.windows.net"))
    return rest.find('/') == std::string_view::npos ? bucket : object;
  if (host.ends_with(".vault.azure.net"))
    return key;
  if (host.ends_with(".sharepoint.com"))
    return object;
  return std::nullopt;
}

constexpr word rule_words[] = {{"storage", bucket},     {"backup", bucket},
                               {"snapshots", snapshot}, {"snapshot", snapshot},
                               {"compute", instance},   {"serverless", function},
                               {"k8s", cluster},        {"container", cluster},
                               {"audit", audit_trail},  {"database", database}};

/// base::identity_type as alerts spell it.
constexpr word holders[] = {{"root", user},
                            {"user", user},
                            {"federated", user},
                            {"role", role},
                            {"service_account", role},
                            {"application", role},
                            {"service", role},
                            {"node", instance}};

} // namespace

std::string_view to_string(resource_class c) noexcept {
  constexpr std::string_view names[] = {
      "other", "bucket", "object", "instance", "function", "snapshot",   "database",
      "user",  "role",   "policy", "key",      "cluster",  "audit trail"};
  static_assert(std::size(names) == resource_classes);
  return names[static_cast<int>(c)];
}

std::optional<resource_class> class_of_resource(std::string_view name) {
  if (name.starts_with("arn:"))
    return of_arn(name);
  if (const auto id = of_aws_id(name))
    return id;
  for (const std::string_view scheme : {"https://", "//", "/"})
    if (name.starts_with(scheme)) {
      name.remove_prefix(scheme.size());
      break;
    }
  std::string lower{name};
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::string_view providers = "providers/";
  if (const auto at = lower.rfind("providers/microsoft."); at != std::string::npos)
    return of_azure(lower, at + providers.size());
  if (name.starts_with("projects/") || name.find(".googleapis.com/") != std::string_view::npos)
    return of_gcp(name);
  return of_host(lower);
}

resource_class class_of(const base::alert& a) {
  if (a.cloud == "k8s")
    return cluster;
  std::array<std::size_t, resource_classes> times{};
  std::vector<resource_class> named;
  for (const auto& r : a.resources)
    if (const auto one = class_of_resource(r)) {
      named.push_back(*one);
      ++times[static_cast<std::size_t>(*one)];
    }
  const auto most = *std::ranges::max_element(times);
  for (const auto one : named)
    if (times[static_cast<std::size_t>(one)] == most)
      return one;
  const std::string_view rule{a.rule.value};
  if (const auto family =
          look_up(rule_words, rule.substr(0, std::min(rule.find('-'), rule.size()))))
    return *family;
  return look_up(holders, a.identity_type).value_or(other);
}

} // namespace vedette::respond
