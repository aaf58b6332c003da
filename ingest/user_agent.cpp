#include "ingest/user_agent.hpp"

#include "base/ascii.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace vedette::ingest {

namespace {

using base::client_class;
using base::find_word;
using base::lower;
using std::string_view;

bool has_any(string_view text, std::span<const string_view> words) noexcept {
  return std::ranges::any_of(
      words, [&](string_view w) { return find_word(text, w) != string_view::npos; });
}

bool is_letter(char c) noexcept {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

/// The word with no letter on either side: "6.1-kali5", not "Kaliningrad".
bool has_token(string_view text, string_view word) noexcept {
  for (auto at = find_word(text, word); at != string_view::npos;
       at = find_word(text, word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end])))
      return true;
  }
  return false;
}

constexpr string_view attack_systems[] = {"kali", "parrot", "pentoo"};
constexpr string_view tools[] = {
    "trufflehog",    "pacu",       "s3 browser",      "cyberduck",      "winscp",
    "azcopy",        "rclone",     "python-requests", "go-http-client", "s3cmd",
    "mountain duck", "cloudberry", "powerzure",       "scoutsuite",     "prowler",
    "python-urllib", "okhttp",     "postmanruntime"};
constexpr string_view command_lines[] = {
    "aws-cli/", "awspowershell", "gcloud/",         "google-cloud-sdk",
    "azurecli", "azure-cli",     "azurepowershell", "kubectl/",
    "curl/",    "wget/",         "powershell/",     "helm/"};
constexpr string_view managed_tools[] = {"terraform", "ansible",    "pulumi",
                                         "hashicorp", "crossplane", "aws-cdk"};
constexpr string_view consoles[] = {"signin.amazonaws.com",
                                    "console.amazonaws.com",
                                    "console.aws.amazon.com",
                                    "aws-internal/3",
                                    "s3console/",
                                    "aws console"};
constexpr string_view kits[] = {"aws-sdk-",  "boto3/",       "botocore/",     "aws-sdk/",
                                "gcloud-",   "google-api-",  "azsdk-",        "aws-java-sdk",
                                "jclouds",   "minio",        "hadoop",        "s3fs",
                                "client-go", " kubernetes/", "google-cloud-", "grpc-"};
/// Parts of a cluster and of Google's own machinery; they begin with their name.
constexpr string_view components[] = {"kubelet/",
                                      "kube-apiserver/",
                                      "kube-controller-manager/",
                                      "kube-scheduler/",
                                      "kube-proxy/",
                                      "cloud-controller-manager/",
                                      "ELB-HealthChecker/",
                                      "GCE Managed Instance Group",
                                      "GoogleKubernetesEngineFrontend",
                                      "GoogleHC/"};

} // namespace

client_class classify_user_agent(string_view agent) noexcept {
  if (agent.empty())
    return client_class::unknown;
  if (std::ranges::any_of(attack_systems, [&](string_view w) { return has_token(agent, w); }))
    return client_class::tool;
  if (has_any(agent, consoles))
    return client_class::console;
  if (agent == "AWS Internal" || agent.ends_with(".amazonaws.com") ||
      std::ranges::any_of(components, [&](string_view c) { return agent.starts_with(c); }))
    return client_class::service;
  if (has_any(agent, managed_tools))
    return client_class::managed;
  if (has_any(agent, tools))
    return client_class::tool;
  if (has_any(agent, command_lines))
    return client_class::cli;
  if (find_word(agent, "exec-env/") != string_view::npos)
    return client_class::runtime;
  if (has_any(agent, kits))
    return client_class::sdk;
  if (agent.find("Mozilla/") != string_view::npos || agent.find("Opera/") != string_view::npos)
    return client_class::browser;
  return client_class::unknown;
}

client_class agent_classes::of(string_view agent) noexcept {
  if (agent.empty())
    return client_class::unknown;
  const auto hash = base::hash64(agent);
  auto* pair = &slots_[(hash % slots_.size()) & ~std::size_t{1}];
  if (pair[0].hash == hash)
    return pair[0].value;
  std::swap(pair[0], pair[1]);
  if (pair[0].hash != hash)
    pair[0] = {hash, classify_user_agent(agent)};
  return pair[0].value;
}

} // namespace vedette::ingest
