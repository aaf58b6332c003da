// The named detections about identities, tokens and clusters, end to end: raw records of their
// vendors go into `vedette replay`, an alert of the rule comes out. Each row is one attack; the
// last test is their legitimate twins, of which nothing may come.
#include "base/time.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

using namespace vedette;

namespace {

/// One record, or several of the same shape: {t} is the time, {id} an id of its own, {n} counts.
struct step {
  std::string record;
  int at = 0; ///< seconds
  int repeat = 1;
  int every = 60; ///< seconds
};

struct identity_row {
  const char* rule;
  const char* severity;
  std::vector<step> steps;
};

// Who calls from where: a machine of AWS in Frankfurt, a rented server, a Tor exit, a provider.
constexpr const char* in_cloud = "52.28.4.17";
constexpr const char* rented = "203.0.113.9";
constexpr const char* tor_exit = "198.51.100.66";
constexpr const char* vpn_exit = "198.51.100.129";
constexpr const char* inside = "10.0.3.7";

constexpr const char* by_hand = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6";
constexpr const char* by_library =
    "Boto3/1.34.42 md/Botocore#1.34.42 os/linux#6.1 lang/python#3.11";

const std::string person =
    R"({"type":"IAMUser","principalId":"AIDAEXAMPLEALICE00001","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEALICE0001","userName":"alice"})";

std::string session(const std::string& role, const std::string& name,
                    const std::string& more = {}) {
  return R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:)" + name +
         R"(","arn":"arn:aws:sts::111122223333:assumed-role/)" + role + "/" + name +
         R"(","accountId":"111122223333","accessKeyId":"ASIAEXAMPLEROLE00001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/)" +
         role + R"(","accountId":"111122223333","userName":")" + role + R"("}})" + more + "}";
}

const std::string machine = session("web", "i-0abc1234def567890");
const std::string function = session(
    "orders", "orders",
    R"(,"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:eu-central-1:111122223333:function:orders"})");

struct aws_call {
  std::string who, service, name, from;
  const char* agent = by_hand;
  std::string parameters = "null";
  std::string more = {}; ///< further members, each with its comma before it
};

std::string aws(const aws_call& c) {
  return R"({"eventVersion":"1.11","userIdentity":)" + c.who +
         R"(,"eventTime":"{t}","eventSource":")" + c.service + R"(.amazonaws.com","eventName":")" +
         c.name + R"(","awsRegion":"eu-central-1","sourceIPAddress":")" + c.from +
         R"(","userAgent":")" + c.agent + R"(","requestParameters":)" + c.parameters +
         R"(,"responseElements":null,"requestID":"{id}","eventID":"{id}","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management")" +
         c.more + "}";
}

std::string cluster(const std::string& user, const std::string& from, const std::string& agent,
                    const std::string& verb, const std::string& object,
                    const std::string& more = {}) {
  return R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{id}","stage":"ResponseComplete","requestURI":"/api/v1","verb":")" +
         verb + R"(","user":)" + user + R"(,"sourceIPs":[")" + from + R"("],"userAgent":")" +
         agent + R"(","objectRef":)" + object +
         R"(,"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"{t}","stageTimestamp":"{t}","annotations":{"authorization.k8s.io/decision":"allow"})" +
         more + "}";
}

const std::string node_account =
    R"({"username":"system:node:ip-10-0-3-7","groups":["system:nodes","system:authenticated"]})";
const std::string pod_account =
    R"({"username":"system:serviceaccount:prod:billing","groups":["system:serviceaccounts","system:authenticated"],"extra":{"authentication.kubernetes.io/pod-name":["billing-7d9c6-x2x8p"]}})";
const std::string secrets =
    R"({"resource":"secrets","namespace":"prod","name":"db","apiVersion":"v1"})";

std::string graph(const std::string& path, const std::string& home) {
  return R"({"time":"{t}","resourceId":"/TENANTS/AAAAAAAA-0000-4000-8000-000000000000/PROVIDERS/MICROSOFT.AADIAM","operationName":"Microsoft Graph Activity","operationVersion":"v1.0","category":"MicrosoftGraphActivityLogs","resultSignature":"403","callerIpAddress":"203.0.113.9","correlationId":"{id}","tenantId":"aaaaaaaa-0000-4000-8000-000000000000","properties":{"timeGenerated":"{t}","requestId":"{id}","apiVersion":"v1.0","requestMethod":"GET","responseStatusCode":403,"ipAddress":"203.0.113.9","userAgent":"python-requests/2.31.0","requestUri":"https://graph.microsoft.com/v1.0/)" +
         path +
         R"(","tenantId":"aaaaaaaa-0000-4000-8000-000000000000","appId":"bbbbbbbb-0000-4000-8000-000000000001","servicePrincipalId":"cccccccc-0000-4000-8000-000000000001","clientAuthMethod":1,"identityProvider":"https://sts.windows.net/)" +
         home + R"(/","roles":"User.Read.All"}})";
}

std::string google(const std::string& service, const std::string& method, const std::string& who,
                   const std::string& more = {}) {
  return R"({"insertId":"{id}","logName":"projects/prod-shop/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"{t}","severity":"NOTICE","resource":{"type":"project","labels":{"project_id":"prod-shop"}},"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":")" +
         service + R"(.googleapis.com","methodName":")" + method +
         R"(","resourceName":"projects/prod-shop","authenticationInfo":{"principalEmail":")" + who +
         R"("},"requestMetadata":{"callerIp":"203.0.113.9","callerSuppliedUserAgent":"google-cloud-sdk gcloud/478.0.0"})" +
         more + "}}";
}

const std::string own_tenant = "aaaaaaaa-0000-4000-8000-000000000000";
const std::string foreign_tenant = "eeeeeeee-0000-4000-8000-000000000009";

/// A role that functions take once an hour for a day.
step minted() {
  return {
      aws({R"({"type":"AWSService","invokedBy":"lambda.amazonaws.com"})", "sts", "AssumeRole",
           "lambda.amazonaws.com", "lambda.amazonaws.com",
           R"({"roleArn":"arn:aws:iam::111122223333:role/orders","roleSessionName":"orders"})"}),
      -86400, 24, 3600};
}

std::vector<identity_row> attacks() {
  const std::string privileged =
      R"(,"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"c","image":"alpine:3","securityContext":{"privileged":true}}],"volumes":[{"name":"h","hostPath":{"path":"/"}}]}})";
  return {
      {"k8s-node-account-outside-cluster",
       "high",
       {{cluster(node_account, rented, "curl/8.5.0", "list", secrets)}}},
      {"k8s-service-account-outside-cluster",
       "high",
       {{cluster(pod_account, rented, "curl/8.5.0", "list", secrets)}}},
      {"serverless-role-remote-use",
       "high",
       {minted(),
        {aws({person, "sts", "AssumeRole", rented, by_hand,
              R"({"roleArn":"arn:aws:iam::111122223333:role/orders","roleSessionName":"t"})"})}}},
      {"compute-identity-outside-region",
       "high",
       {{aws({machine, "s3", "ListBuckets", in_cloud, by_library}), -600, 3},
        {aws({machine, "ec2", "DescribeInstances", rented})}}},
      {"cloud-app-unusual-tenant", "medium", {{graph("users", foreign_tenant)}}},
      {"impossible-travel-compute",
       "high",
       {{aws({machine, "s3", "ListBuckets", in_cloud, by_library})},
        {aws({machine, "s3", "ListBuckets", rented}), 720}}},
      {"cloud-app-denied-actions",
       "medium",
       {{graph("users", own_tenant), 0, 5, 10},
        {graph("groups", own_tenant), 2, 5, 10},
        {graph("applications", own_tenant), 4, 5, 10},
        {graph("domains", own_tenant), 6, 5, 10}}},
      {"tor-or-vpn-access", "high", {{aws({person, "s3", "ListBuckets", tor_exit})}}},
      {"leaked-credential-campaign",
       "high",
       {{aws({person, "sts", "GetCallerIdentity", vpn_exit})},
        {aws({person, "iam", "ListUsers", vpn_exit}), 60},
        {aws({person, "iam", "AttachRolePolicy", vpn_exit, by_hand,
              R"({"roleName":"lambda-ex","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})"}),
         7200}}},
      {"service-account-outside-purpose",
       "medium",
       {{aws({machine, "iam", "CreateUser", inside, by_library, R"({"userName":"s"})"})},
        {aws({machine, "iam", "CreateAccessKey", inside, by_library, R"({"userName":"s"})"}), 60},
        {aws({machine, "iam", "CreateLoginProfile", inside, by_library, R"({"userName":"s"})"}),
         120},
        {aws({machine, "iam", "UpdateAccessKey", inside, by_library, R"({"userName":"s"})"}), 180},
        {aws({machine, "cloudtrail", "StopLogging", inside, by_library, R"({"name":"main"})"}),
         240}}},
      {"credential-harvesting",
       "high",
       {{aws({person, "secretsmanager", "GetSecretValue", rented, by_hand,
              R"({"secretId":"s-{n}"})"}),
         0, 40, 6}}},
      {"serverless-command-execution",
       "medium",
       {{aws({function, "sts", "GetCallerIdentity", in_cloud,
              "aws-cli/1.32.20 Python/3.12.1 exec-env/AWS_Lambda_python3.12"})}}},
      {"container-abuse",
       "high",
       {{cluster(R"({"username":"ana@example.com"})", inside, "kubectl/v1.31.0 (linux/amd64)",
                 "create",
                 R"({"resource":"pods","namespace":"default","name":"p","apiVersion":"v1"})",
                 privileged)}}},
      // Of the older ones, a cloud they did not know.
      {"serverless-token-remote-use",
       "high",
       {{google("storage", "storage.buckets.list", "prod-shop@appspot.gserviceaccount.com")}}},
      {"iam-policy-attached",
       "medium",
       {{google(
           "cloudresourcemanager", "SetIamPolicy", "ana@example.com",
           R"(,"serviceData":{"policyDelta":{"bindingDeltas":[{"action":"ADD","role":"roles/owner","member":"user:bob@example.com"}]}})")}}},
      {"identity-created",
       "low",
       {{google("iam", "google.iam.admin.v1.CreateServiceAccount", "ana@example.com")}}},
      {"audit-log-tampered",
       "high",
       {{google("logging", "google.logging.v2.ConfigServiceV2.DeleteSink", "ana@example.com")}}},
  };
}

std::vector<step> twins() {
  return {
      {cluster(node_account, inside, "kubelet/v1.31.2 (linux/amd64) kubernetes/5864a46", "get",
               secrets),
       0, 5},
      {cluster(pod_account, inside, "billing/1.4.2", "get", secrets), 0, 5},
      minted(),
      {aws({machine, "s3", "ListBuckets", in_cloud, by_library}), 0, 30},
      {aws({function, "dynamodb", "GetItem", in_cloud,
            "Boto3/1.34.42 md/Botocore#1.34.42 exec-env/AWS_Lambda_python3.12"}),
       0, 30},
      {graph("users", own_tenant), 0, 40, 10},
      {aws({person, "sts", "GetCallerIdentity", rented}), 0, 3},
      {aws({person, "secretsmanager", "GetSecretValue", inside, by_library, R"({"secretId":"s"})"}),
       0, 40, 6},
      {cluster(
           R"({"username":"ana@example.com"})", inside, "kubectl/v1.31.0", "create",
           R"({"resource":"pods","namespace":"default","name":"p","apiVersion":"v1"})",
           R"(,"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"c","image":"nginx:1"}]}})"),
       0, 3},
  };
}

std::string with(std::string text, const std::string& word, const std::string& value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
    text.replace(at, word.size(), value);
  return text;
}

/// By time, one record a line.
std::string lines_from(const std::vector<step>& steps) {
  const auto noon = base::parse_rfc3339("2026-03-02T12:00:00Z");
  REQUIRE(noon);
  std::vector<std::pair<int, std::string>> records;
  for (const auto& s : steps)
    for (int n = 0; n < s.repeat; ++n)
      records.emplace_back(s.at + n * s.every, with(s.record, "{n}", std::to_string(n)));
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto time = base::format_rfc3339(*noon + std::chrono::seconds{records[i].first});
    const auto number = std::to_string(100000000000 + i);
    out += with(with(records[i].second, "{t}", time), "{id}", "5b1c0a52-0000-4000-8000-" + number) +
           "\n";
  }
  return out;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

/// Alerts as JSON, one a line, of records and the lists that know the addresses above.
std::vector<std::string> replayed(const std::vector<step>& steps) {
  const test::scratch files;
  write(files.path("logs.json"), lines_from(steps));
  write(
      files.path("clouds.json"),
      R"({"syncToken":"1","createDate":"2026-01-12-00-00-00","prefixes":[{"ip_prefix":"52.28.0.0/16","region":"eu-central-1","service":"EC2","network_border_group":"eu-central-1"}],"ipv6_prefixes":[]})");
  write(files.path("tor.txt"), std::string{tor_exit} + "\n");
  write(files.path("vpn.txt"), "198.51.100.128/28\n");
  write(files.path("asn.csv"), "52.28.0.0,52.28.255.255,16509,AMAZON-02\n"
                               "203.0.113.0,203.0.113.255,64500,Example Hosting\n");
  write(files.path("geo.csv"), "52.28.0.0,52.28.255.255,DE,50.11,8.68\n"
                               "203.0.113.0,203.0.113.255,VN,10.82,106.63\n");
  const auto r =
      test::run({test::program("vedette"), "replay", files.path("logs.json"), "--cloud-ranges",
                 files.path("clouds.json"), "--tor-list", files.path("tor.txt"), "--vpn-list",
                 files.path("vpn.txt"), "--asn", files.path("asn.csv"), "--geoip",
                 files.path("geo.csv"), "--format", "json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  return test::lines_of(r.out);
}

} // namespace

TEST_CASE(
    "replay: attacks on identities, tokens and clusters raise the alert that is named after them",
    "[processes][replay]") {
  for (const auto& attack : attacks()) {
    const auto alerts = replayed(attack.steps);
    INFO(attack.rule);
    CHECK(std::any_of(alerts.begin(), alerts.end(), [&](const auto& a) {
      return test::member(a, "rule") == attack.rule &&
             test::member(a, "severity") == attack.severity;
    }));
  }
}

TEST_CASE("replay: what identities, tokens and clusters do every day raises nothing",
          "[processes][replay]") {
  const auto alerts = replayed(twins());
  for (const auto& a : alerts)
    UNSCOPED_INFO(a);
  CHECK(alerts.empty());
}
