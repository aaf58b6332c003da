#include "tests/ingest/records.hpp"

#include "base/json_writer.hpp"
#include "ingest/iam_policy.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::grant_class;
using base::target_class;

namespace {

std::string call(const char* service, const char* action, const std::string& request,
                 const std::string& response = "null") {
  return record_with("\"eventSource\":\"" + std::string{service} +
                     ".amazonaws.com\",\"eventName\":\"" + action +
                     "\",\"requestParameters\":" + request + ",\"responseElements\":" + response);
}

node_settings two_accounts() {
  node_settings node;
  node.tenant.accounts = {"111122223333", "444455556666"};
  return node;
}

grant_class judge(std::string_view policy) {
  base::arena memory;
  return judge_policy_document(
      policy, [](std::string_view a) { return a == "111122223333"; }, [](std::string_view) {},
      memory);
}

} // namespace

TEST_CASE("a share reaches whom the call names", "[ingest][effects]") {
  struct row {
    const char* why;
    std::string text;
    target_class target;
    std::vector<std::string> accounts;
  };
  const auto r = GENERATE(values<row>({
      {"snapshot to a foreign account",
       call(
           "ec2", "ModifySnapshotAttribute",
           R"({"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"999988887777"}]}}})"),
       target_class::foreign,
       {"999988887777"}},
      {"snapshot to an account of the tenant",
       call(
           "ec2", "ModifySnapshotAttribute",
           R"({"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"444455556666"}]}}})"),
       target_class::own,
       {"444455556666"}},
      {"snapshot to everyone",
       call(
           "ec2", "ModifySnapshotAttribute",
           R"({"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"group":"all"}]}}})"),
       target_class::everyone,
       {"*"}},
      {"taking a share back reaches nobody",
       call(
           "ec2", "ModifySnapshotAttribute",
           R"({"snapshotId":"snap-1","createVolumePermission":{"remove":{"items":[{"userId":"999988887777"}]}}})"),
       target_class::none,
       {}},
      {"the widest of several counts",
       call(
           "ec2", "ModifyImageAttribute",
           R"({"imageId":"ami-1","launchPermission":{"add":{"items":[{"userId":"444455556666"},{"userId":"999988887777"}]}}})"),
       target_class::foreign,
       {"444455556666", "999988887777"}},
      {"database snapshot to everyone",
       call("rds", "ModifyDBSnapshotAttribute",
            R"({"dBSnapshotIdentifier":"s","attributeName":"restore","valuesToAdd":["all"]})"),
       target_class::everyone,
       {"*"}},
      {"database snapshot without anybody added",
       call(
           "rds", "ModifyDBSnapshotAttribute",
           R"({"dBSnapshotIdentifier":"s","attributeName":"restore","valuesToRemove":["999988887777"]})"),
       target_class::none,
       {}},
      {"public bucket by canned ACL",
       call("s3", "PutBucketAcl", R"({"bucketName":"b","x-amz-acl":["public-read"]})"),
       target_class::everyone,
       {"*"}},
      {"private bucket by canned ACL",
       call("s3", "PutBucketAcl", R"({"bucketName":"b","x-amz-acl":["private"]})"),
       target_class::none,
       {}},
      {"public bucket by policy, logged as JSON",
       call(
           "s3", "PutBucketPolicy",
           R"({"bucketName":"b","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}})"),
       target_class::everyone,
       {"*"}},
      {"function callable by everyone",
       call("lambda", "AddPermission20150331v2", R"({"functionName":"f","principal":"*"})"),
       target_class::everyone,
       {"*"}},
      {"function callable by a service",
       call("lambda", "AddPermission20150331v2",
            R"({"functionName":"f","principal":"s3.amazonaws.com"})"),
       target_class::none,
       {}},
      {"a foreign account copies a snapshot",
       record_with(
           R"("eventName":"SharedSnapshotCopyInitiated","eventType":"AwsServiceEvent","userIdentity":{"type":"AWSAccount","accountId":"999988887777","invokedBy":"ec2.amazonaws.com"},"serviceEventDetails":{"snapshotId":"snap-1"})"),
       target_class::foreign,
       {"999988887777"}},
  }));
  INFO(r.why);
  const auto run = run_text(r.text, two_accounts());
  const auto& e = run->only();
  CHECK(to_string(e.target) == to_string(r.target));
  CHECK(std::vector<std::string>{e.targets.begin(), e.targets.end()} == r.accounts);
}

TEST_CASE("units are what was launched, else what was asked for", "[ingest][effects]") {
  struct row {
    const char* why;
    std::string text;
    std::uint32_t count;
  };
  const auto r = GENERATE(values<row>({
      {"two of ten came up",
       call("ec2", "RunInstances", R"({"instancesSet":{"items":[{"minCount":1,"maxCount":10}]}})",
            R"({"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}})"),
       2},
      {"refused: ten were asked for",
       call("ec2", "RunInstances", R"({"instancesSet":{"items":[{"minCount":1,"maxCount":10}]}})"),
       10},
      {"a number as text", call("autoscaling", "SetDesiredCapacity", R"({"desiredCapacity":"7"})"),
       7},
      {"absurd numbers stay numbers",
       call("autoscaling", "SetDesiredCapacity", R"({"desiredCapacity":1e300})"), 4294967295u},
      {"negative numbers count as one",
       call("autoscaling", "SetDesiredCapacity", R"({"desiredCapacity":-5})"), 1},
      {"other calls are one", call("ec2", "DescribeInstances", "{}"), 1},
  }));
  INFO(r.why);
  CHECK(run_text(r.text)->only().count == r.count);
}

TEST_CASE("resources are named by the taxonomy and the record, each once", "[ingest][effects]") {
  struct row {
    const char* why;
    std::string text;
    std::vector<std::string> resources;
  };
  const auto r = GENERATE(values<row>({
      {"an object and its bucket",
       record_with(
           R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"b","key":"a/\u00e9"},"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/a/x"},{"accountId":"1","ARN":"arn:aws:s3:::b"}])"),
       {"arn:aws:s3:::b/a/\xc3\xa9", "arn:aws:s3:::b/a/x", "arn:aws:s3:::b"}},
      {"the same from both",
       record_with(
           R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"b","key":"k"},"resources":[{"ARN":"arn:aws:s3:::b/k"}])"),
       {"arn:aws:s3:::b/k"}},
      {"several machines",
       call("ec2", "RunInstances", "{}",
            R"({"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}})"),
       {"i-1", "i-2"}},
      {"a part that is missing makes no resource",
       call("s3", "GetObject", R"({"bucketName":"b"})"),
       {}},
      {"an unmapped call still has the record's own",
       record_with(
           R"("eventSource":"new.amazonaws.com","eventName":"DoIt","resources":[{"ARN":"arn:x"}])"),
       {"arn:x"}},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  const auto& e = run->only();
  CHECK(std::vector<std::string>{e.resources.begin(), e.resources.end()} == r.resources);
}

TEST_CASE("bytes moved out are read where S3 writes them", "[ingest][effects]") {
  const auto run = run_text(record_with(
      R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"b","key":"k"},"additionalEventData":{"bytesTransferredIn":9,"bytesTransferredOut":123456789012})"));
  CHECK(run->only().bytes == 123456789012u);
  CHECK(run->only().activity == "storage.object.read");
}

TEST_CASE("a policy is judged by what it gives away", "[ingest][policy]") {
  struct row {
    const char* why;
    const char* policy;
    grant_class grant;
  };
  const auto r = GENERATE(values<row>({
      {"everything", R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
       grant_class::admin},
      {"everything, in lists",
       R"({"Statement":{"Effect":"Allow","Action":["s3:Get*","*:*"],"Resource":["*"]}})",
       grant_class::admin},
      {"everything but", R"({"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]})",
       grant_class::admin},
      {"all of IAM", R"({"Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]})",
       grant_class::admin},
      {"may attach policies",
       R"({"Statement":[{"Effect":"Allow","Action":"iam:attach*policy","Resource":"*"}]})",
       grant_class::admin},
      {"may pass any role to a machine",
       R"({"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"},{"Effect":"Allow","Action":"ec2:Run*","Resource":"*"}]})",
       grant_class::admin},
      {"may pass any role, and run nothing",
       R"({"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]})",
       grant_class::limited},
      {"everything on one bucket",
       R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/*"}]})",
       grant_class::limited},
      {"reading everything",
       R"({"Statement":[{"Effect":"Allow","Action":["s3:Get*","iam:Get*"],"Resource":"*"}]})",
       grant_class::limited},
      {"a deny grants nothing", R"({"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})",
       grant_class::none},
      {"no policy", R"({"a":1})", grant_class::none},
      {"no JSON", "hello", grant_class::none},
      {"URL-encoded",
       "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%"
       "22Resource%22%3A%22*%22%7D%5D%7D",
       grant_class::admin},
      {"trusts a service",
       R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]})",
       grant_class::limited},
      {"trusts its own account",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]})",
       grant_class::limited},
      {"trusts a foreign account",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::999988887777:role/x"]},"Action":"sts:AssumeRole"}]})",
       grant_class::foreign_trust},
      {"trusts a foreign account by number",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole"}]})",
       grant_class::foreign_trust},
      {"a foreign account with an external id is still foreign",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]})",
       grant_class::foreign_trust},
      {"trusts everyone",
       R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]})",
       grant_class::public_trust},
      {"trusts everyone, spelt out",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]})",
       grant_class::public_trust},
      {"everyone in the organisation",
       R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}]})",
       grant_class::limited},
      {"everyone but one",
       R"({"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*"}]})",
       grant_class::public_trust},
      {"any pipeline of the world",
       R"({"Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]})",
       grant_class::public_trust},
      {"one pipeline",
       R"({"Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/*"}}}]})",
       grant_class::limited},
      {"the widest statement counts",
       R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"x"},{"Effect":"Allow","Action":"*","Resource":"*"}]})",
       grant_class::public_trust},
  }));
  INFO(r.why);
  CHECK(to_string(judge(r.policy)) == to_string(r.grant));
}

TEST_CASE("a managed policy is judged by its name", "[ingest][policy]") {
  CHECK(judge_policy_arn("arn:aws:iam::aws:policy/AdministratorAccess") == grant_class::admin);
  CHECK(judge_policy_arn("arn:aws-cn:iam::aws:policy/IAMFullAccess") == grant_class::admin);
  CHECK(judge_policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess") == grant_class::limited);
  INFO("a customer's policy of that name may hold anything");
  CHECK(judge_policy_arn("arn:aws:iam::111122223333:policy/AdministratorAccess") ==
        grant_class::limited);
  CHECK(judge_policy_arn("nonsense") == grant_class::none);
}

TEST_CASE("wildcards in a hostile policy cost no more than its square", "[ingest][policy]") {
  std::string action(3000, '*');
  for (std::size_t i = 1; i < action.size(); i += 2)
    action[i] = 'i';
  CHECK(judge(R"({"Statement":[{"Effect":"Allow","Action":")" + action +
              R"(","Resource":"*"}]})") == grant_class::limited);
}
