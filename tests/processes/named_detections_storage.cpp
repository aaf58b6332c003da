// The named detections about storage, compute and posture, from what the vendors write to the
// alert: `vedette replay` reads the records of one row and prints an alert of its rule. The cases
// in rules/detections/ say where each rule ends; here it is shown that nothing between a file and
// an alert loses it.
#include "base/time.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

base::event_time at(std::chrono::seconds after) {
  return std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 12h + after;
}

std::string written(std::chrono::seconds after) {
  return base::format_rfc3339(at(after));
}

/// `members` begin with a comma where there are any.
std::string cloudtrail(std::chrono::seconds after, const char* service, const char* call,
                       const std::string& request, const std::string& members = {},
                       const char* region = "eu-west-1") {
  static int number = 0;
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLEALICE00001","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEALICE0001","userName":"alice"}},)"
      R"("eventTime":"{}","eventSource":"{}.amazonaws.com","eventName":"{}","awsRegion":"{}","sourceIPAddress":"198.51.100.10","userAgent":"aws-cli/2.15.30",)"
      R"("requestParameters":{},"responseElements":null,"eventID":"5a0c1f2e-0000-4000-8000-{:012}","eventType":"AwsApiCall","recipientAccountId":"111122223333"{}}})",
      written(after), service, call, region, request, ++number, members);
}

/// The end of one operation of Azure's Activity log.
std::string azure(std::chrono::seconds after, const std::string& operation,
                  const std::string& resource, const std::string& body) {
  static int number = 0;
  std::string escaped;
  for (char c : body) {
    if (c == '"')
      escaped += '\\';
    escaped += c;
  }
  return fmt::format(
      R"({{"time":"{}","resourceId":"/SUBSCRIPTIONS/0B1F6471-1BF0-4DDA-AEC3-111122223333/RESOURCEGROUPS/SHOP/PROVIDERS/{}","operationName":"{}","category":"Administrative","resultType":"Success","resultSignature":"Succeeded.OK","callerIpAddress":"198.51.100.10","correlationId":"c0ffee00-0000-4000-8000-{:012}",)"
      R"("identity":{{"claims":{{"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","idtyp":"user","http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-0000-4000-8000-000000000001","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"ana@contoso.example"}}}},)"
      R"("properties":{{"eventCategory":"Administrative","requestbody":"{}"}}}})",
      written(after), resource, operation, ++number, escaped);
}

/// One line of a storage account's own log.
std::string blob(std::chrono::seconds after, const std::string& operation,
                 const std::string& storage_account, const std::string& key, std::uint64_t bytes) {
  static int number = 0;
  return fmt::format(
      R"({{"time":"{}","resourceId":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/{}/blobServices/default","category":"{}","operationName":"{}","statusCode":200,"statusText":"Success","callerIpAddress":"198.51.100.10:51234","correlationId":"b10b0000-0000-4000-8000-{:012}",)"
      R"("identity":{{"type":"OAuth","tokenHash":"7F83B1657FF1FC53B92DC18148A1D65DFC2D4B1FA3D677284ADDD200126D9069","requester":{{"objectId":"a11ce000-0000-4000-8000-000000000001","upn":"ana@contoso.example"}}}},"location":"westeurope",)"
      R"("properties":{{"accountName":"{}","userAgentHeader":"AzCopy/10.22.0","serviceType":"blob","objectKey":"/{}/{}","responseBodySize":{}}},"uri":"https://{}.blob.core.windows.net:443/{}"}})",
      written(after), storage_account, operation == "GetBlob" ? "StorageRead" : "StorageDelete",
      operation, ++number, storage_account, storage_account, key, bytes, storage_account, key);
}

std::string google(std::chrono::seconds after, const char* service, const char* method,
                   const std::string& resource, const std::string& labels,
                   const std::string& request) {
  static int number = 0;
  return fmt::format(
      R"({{"insertId":"n{}","timestamp":"{}","severity":"NOTICE","logName":"projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity","resource":{{"type":"audited_resource","labels":{{"project_id":"shop-prod",{}}}}},)"
      R"("protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":{{"principalEmail":"ana@example.com"}},"requestMetadata":{{"callerIp":"198.51.100.10","callerSuppliedUserAgent":"google-cloud-sdk gcloud/455.0.0"}},)"
      R"("serviceName":"{}","methodName":"{}","resourceName":"{}","request":{}}}}})",
      ++number, written(after), labels, service, method, resource, request);
}

/// One configuration item, as a snapshot of AWS Config brings many.
std::string item(std::chrono::seconds after, const std::string& type, const std::string& id,
                 const std::string& arn, const std::string& rest) {
  return fmt::format(
      R"({{"fileVersion":"1.0","configSnapshotId":"0c0ffee0-0000-4000-8000-000000000001","configurationItems":[{{"configurationItemVersion":"1.3","configurationItemCaptureTime":"{}","configurationStateId":1772445600,"awsAccountId":"111122223333","configurationItemStatus":"OK","resourceType":"{}","resourceId":"{}","ARN":"{}","awsRegion":"eu-west-1",{}}}]}})",
      written(after), type, id, arn, rest);
}

std::string times(int n, const std::function<std::string(int)>& one) {
  std::string out;
  for (int i = 1; i <= n; ++i)
    out += one(i) + "\n";
  return out;
}

std::string run_instances(std::chrono::seconds after, const std::string& region,
                          const char* type = "p3.16xlarge", int machines = 1) {
  std::string made;
  for (int i = 0; i < machines; ++i)
    made += (i > 0 ? "," : "") + fmt::format(R"({{"instanceId":"i-{}{}"}})", after.count(), i);
  auto record = cloudtrail(
      after, "ec2", "RunInstances",
      fmt::format(
          R"({{"instancesSet":{{"items":[{{"imageId":"ami-0abcdef12","minCount":1,"maxCount":{}}}]}},"instanceType":"{}"}})",
          machines, type),
      {}, region.c_str());
  const std::string empty = R"("responseElements":null)";
  return record.replace(record.find(empty), empty.size(),
                        R"("responseElements":{"instancesSet":{"items":[)" + made + "]}}");
}

std::string machine_in(std::chrono::seconds after, const std::string& region) {
  return azure(after, "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
               "MICROSOFT.COMPUTE/VIRTUALMACHINES/W",
               R"({"location":")" + region +
                   R"(","properties":{"hardwareProfile":{"vmSize":"Standard_NC24s_v3"}}})");
}

std::string group_in(std::chrono::seconds after, const std::string& region, int machines) {
  return google(after, "compute.googleapis.com", "v1.compute.regionInstanceGroupManagers.insert",
                "projects/shop-prod/regions/" + region + "/instanceGroupManagers/g",
                R"("location":")" + region + '"', fmt::format(R"({{"targetSize":{}}})", machines));
}

constexpr const char* instance_call =
    R"({"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEWEB000001:i-0123456789abcdef0","arn":"arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0","accountId":"111122223333","accessKeyId":"ASIAEXAMPLEWEB00001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEWEB000001","arn":"arn:aws:iam::111122223333:role/web","accountId":"111122223333","userName":"web"},"ec2RoleDelivery":"1.0"}},)"
    R"("eventTime":"2026-03-02T13:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.66","userAgent":"aws-cli/2.15.30","requestParameters":null,"responseElements":null,"eventID":"5a0c1f2e-0000-4000-8000-00000000ffff","eventType":"AwsApiCall","recipientAccountId":"111122223333"})";

struct storage_row {
  const char* rule;
  const char* severity;
  const char* why;
  std::string records;
  std::string tenant = {}; ///< what the tenant says of itself, YAML
};

std::vector<storage_row> rows() {
  std::vector<storage_row> out;
  const auto add = [&](const char* rule, const char* severity, const char* why, std::string records,
                       std::string tenant = {}) {
    out.push_back({rule, severity, why, std::move(records), std::move(tenant)});
  };
  const std::string europe = "allowed_regions: [eu-west-1, westeurope, europe-west1]\n";
  const std::string s3_data = R"(,"managementEvent":false,"eventCategory":"Data")";

  add("compute-allocation-suspicious-regions", "high", "AWS",
      times(4, [](int i) { return run_instances(i * 60s, fmt::format("ap-east-{}", i)); }));
  add("compute-allocation-suspicious-regions", "high", "Azure",
      times(4, [](int i) { return machine_in(i * 60s, fmt::format("brazil{}", i)); }));
  add("compute-allocation-unusual-regions", "high", "AWS", times(30, [](int i) {
        return run_instances(i * 20s, fmt::format("eu-west-{}", i % 4), "t3.large", 4);
      }));
  add("compute-allocation-unusual-regions", "high", "Google Cloud",
      times(3, [](int i) { return group_in(i * 60s, fmt::format("europe-west{}", i), 60); }));
  add("compute-allocation-many-regions", "high", "Azure",
      times(13, [](int i) { return machine_in(i * 60s, fmt::format("region{}", i)); }));
  add("compute-allocation-unusual", "medium", "Google Cloud", group_in(0s, "europe-west1", 150));

  add("storage-unusual-transfer-volume", "medium", "data events of S3", times(24, [&](int i) {
        return cloudtrail(
            i * 20s, "s3", "GetObject",
            fmt::format(R"({{"bucketName":"exports","key":"{}.parquet"}})", i),
            R"(,"readOnly":true,"additionalEventData":{"bytesTransferredOut":268435456})" +
                s3_data);
      }));
  add("storage-unusual-transfer-volume", "medium", "access log of S3", times(24, [](int i) {
        return fmt::format(
            R"(79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be exports [02/Mar/2026:12:{:02}:{:02} +0000] 198.51.100.10 arn:aws:iam::111122223333:user/alice 3E57427F3{:07} REST.GET.OBJECT {}.parquet "GET /{}.parquet HTTP/1.1" 200 - 268435456 268435456 70 10 "-" "Boto3/1.34.42" -)",
            i / 3, i % 3 * 20, i, i, i);
      }));
  add("storage-unusual-transfer-volume", "medium", "flow log",
      "version account-id interface-id instance-id flow-direction srcaddr dstaddr srcport dstport "
      "protocol packets bytes start end action log-status\n" +
          times(10, [](int i) {
            const auto second =
                std::chrono::floor<std::chrono::seconds>(at(i * 50s)).time_since_epoch().count();
            return fmt::format("5 111122223333 eni-0a1b2c3d i-0a1b2c3d4e5f60718 egress 10.0.3.7 "
                               "198.51.100.77 51544 443 6 4000000 6000000000 {} {} ACCEPT OK",
                               second, second + 50);
          }));
  add("storage-unusual-transfer-volume", "high", "Azure", times(32, [](int i) {
        return blob(i * 15s, "GetBlob", "contosodata", fmt::format("exports/{}.csv", i), 268435456);
      }));
  add("storage-objects-suspicious-download", "high", "Azure", times(1200, [](int i) {
        return blob(i * 1s, "GetBlob", "contosodata", fmt::format("exports/{}.csv", i), 2048);
      }));
  add("storage-objects-multi-bucket-download", "high", "Azure", times(60, [](int i) {
        return blob(i * 10s, "GetBlob", fmt::format("team{}", i % 5), fmt::format("x/{}.csv", i),
                    2048);
      }));
  add("backup-bucket-suspicious-download", "high", "AWS, behind a VPN", times(25, [&](int i) {
        auto record = cloudtrail(
            i * 30s, "s3", "GetObject",
            fmt::format(R"({{"bucketName":"corp-db-backup","key":"orders-{}.sql.gz"}})", i),
            R"(,"readOnly":true)" + s3_data);
        return record.replace(record.find("198.51.100.10"), 13, "203.0.113.9");
      }));
  add("backup-bucket-suspicious-download", "high", "Azure", times(20, [](int i) {
        return blob(i * 30s, "GetBlob", "contosobackup", fmt::format("sql/orders-{}.bak", i),
                    5242880);
      }));

  add("iam-policy-over-permissive", "medium", "the call that made it",
      cloudtrail(
          0s, "iam", "CreatePolicy",
          R"({"policyName":"helper","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"})"));
  add("iam-policy-over-permissive", "medium", "what is in force",
      item(
          0s, "AWS::IAM::Policy", "ANPAEXAMPLEHELPER001", "arn:aws:iam::111122223333:policy/helper",
          R"("configuration":{"policyName":"helper","policyVersionList":[{"versionId":"v1","isDefaultVersion":true,"document":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D"}]})"));
  add("storage-unprotected", "high", "a bucket without versions that is listed as sensitive",
      item(
          0s, "AWS::S3::Bucket", "ledger", "arn:aws:s3:::ledger",
          R"("configuration":{"name":"ledger"},"supplementaryConfiguration":{"BucketVersioningConfiguration":{"status":"Off","isMfaDeleteEnabled":null},"ServerSideEncryptionConfiguration":{"rules":[]}})"),
      "sensitive_resources: [ledger]\n");
  add("storage-unprotected", "medium", "Azure",
      azure(0s, "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE",
            "MICROSOFT.STORAGE/STORAGEACCOUNTS/CONTOSODATA",
            R"({"properties":{"allowBlobPublicAccess":true}})"));
  add("protection-disabled", "high", "AWS",
      cloudtrail(0s, "rds", "ModifyDBInstance",
                 R"({"dBInstanceIdentifier":"orders","backupRetentionPeriod":0})") +
          "\n" + cloudtrail(300s, "backup", "DeleteBackupPlan", R"({"backupPlanId":"p-1"})"));
  add("protection-disabled", "medium", "Google Cloud",
      google(0s, "cloudsql.googleapis.com", "cloudsql.instances.patch",
             "projects/shop-prod/instances/orders", R"("region":"europe-west1")",
             R"({"body":{"settings":{"backupConfiguration":{"enabled":false}}}})"));
  add("storage-delete-protection-disabled", "medium", "Azure",
      azure(0s, "MICROSOFT.STORAGE/STORAGEACCOUNTS/BLOBSERVICES/WRITE",
            "MICROSOFT.STORAGE/STORAGEACCOUNTS/CONTOSODATA",
            R"({"properties":{"deleteRetentionPolicy":{"enabled":false}}})"));
  add("snapshots-export-multiple", "high", "Azure", times(3, [](int i) {
        return azure(i * 60s, "MICROSOFT.COMPUTE/DISKS/BEGINGETACCESS/ACTION",
                     fmt::format("MICROSOFT.COMPUTE/DISKS/DATA-{}", i), "{}");
      }));
  add("region-not-allowed", "high", "AWS", run_instances(0s, "ap-east-1", "t3.micro"), europe);
  add("region-not-allowed", "high", "Azure", machine_in(0s, "Brazil South"), europe);
  add("region-not-allowed", "high", "Google Cloud", group_in(0s, "asia-east1", 1), europe);
  add("snapshot-credential-source", "high", "AWS",
      cloudtrail(
          0s, "ec2", "ModifyImageAttribute",
          R"({"imageId":"ami-0123","attributeType":"launchPermission","launchPermission":{"add":{"items":[{"group":"all"}]}}})"));
  add("extortion-sequence", "critical", "AWS",
      cloudtrail(0s, "s3", "PutBucketVersioning",
                 R"({"bucketName":"ledger","VersioningConfiguration":{"Status":"Suspended"}})") +
          "\n" + times(15, [&](int i) {
            return cloudtrail(600s + i * 2s, "s3", "DeleteObject",
                              fmt::format(R"({{"bucketName":"ledger","key":"{}.csv"}})", i),
                              s3_data);
          }));
  add("extortion-sequence", "critical", "Azure",
      azure(0s, "MICROSOFT.STORAGE/STORAGEACCOUNTS/BLOBSERVICES/WRITE",
            "MICROSOFT.STORAGE/STORAGEACCOUNTS/CONTOSODATA",
            R"({"properties":{"isVersioningEnabled":false}})") +
          "\n" + times(15, [](int i) {
            return blob(600s + i * 2s, "DeleteBlob", "contosodata", fmt::format("x/{}.csv", i), 0);
          }));
  add("exposed-workload-token-misuse", "high", "AWS",
      item(
          0s, "AWS::EC2::Instance", "i-0123456789abcdef0",
          "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0",
          R"("configuration":{"instanceId":"i-0123456789abcdef0","publicIpAddress":"35.88.14.7","metadataOptions":{"httpTokens":"optional"}})") +
          "\n" + instance_call);
  add("workload-vulnerable", "medium", "what is in force",
      item(
          0s, "AWS::EC2::SecurityGroup", "sg-0a1b",
          "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0a1b",
          R"("configuration":{"groupId":"sg-0a1b","ipPermissions":[{"fromPort":22,"ipProtocol":"tcp","toPort":22,"ipv4Ranges":[{"cidrIp":"0.0.0.0/0"}]}]})"));
  add("workload-vulnerable", "medium", "Google Cloud",
      google(0s, "compute.googleapis.com", "v1.compute.firewalls.insert",
             "projects/shop-prod/global/firewalls/ssh", R"("firewall_rule_id":"7")",
             R"({"sourceRanges":["0.0.0.0/0"],"alloweds":[{"IPProtocol":"tcp","ports":["22"]}]})"));
  add("guardduty-finding", "high", "AWS",
      R"({"version":"0","id":"eb-1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"111122223333","time":"2026-03-02T12:00:00Z","region":"eu-west-1","resources":[],)"
      R"("detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","partition":"aws","id":"f-2","type":"CryptoCurrency:EC2/BitcoinTool.B!DNS","resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0aaaabbbbccccdddd"}},)"
      R"("service":{"serviceName":"guardduty","archived":false,"count":1,"eventLastSeen":"2026-03-02T11:59:00Z","action":{"actionType":"DNS_REQUEST","dnsRequestAction":{"domain":"pool.example.net"}}},"severity":8,"createdAt":"2026-03-02T12:00:00Z","updatedAt":"2026-03-02T12:00:00Z"}})");
  return out;
}

} // namespace

TEST_CASE(
    "replay: each named detection of storage, compute and posture, from raw records to its alert",
    "[processes][replay]") {
  const test::scratch files;
  test::write_file(
      files.path("ranges.json"),
      R"({"prefixes":[{"ip_prefix":"35.88.0.0/16","region":"us-west-2","service":"EC2"}],"ipv6_prefixes":[]})");
  test::write_file(files.path("vpn.txt"), "203.0.113.0/28\n");
  int number = 0;
  for (const auto& r : rows()) {
    INFO(r.rule);
    INFO(r.why);
    const auto log = files.path(fmt::format("{}.log", ++number));
    const auto tenant = files.path(fmt::format("{}.yaml", number));
    test::write_file(log, r.records);
    test::write_file(tenant, "accounts: [\"111122223333\"]\n" + r.tenant);
    const auto said = test::run({test::program("vedette"), "replay", log, "--tenant-config", tenant,
                                 "--cloud-ranges", files.path("ranges.json"), "--vpn-list",
                                 files.path("vpn.txt"), "--format", "json"});
    INFO(said.err);
    INFO(said.out);
    REQUIRE(said.code == 0);
    const auto alerts = test::lines_of(said.out);
    CHECK(std::any_of(alerts.begin(), alerts.end(), [&](const std::string& a) {
      return test::member(a, "rule") == r.rule && test::member(a, "severity") == r.severity;
    }));
  }
}
