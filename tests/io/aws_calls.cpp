// How a planned call looks on the wire, and what becomes of a bucket's policy: what no emulator
// says.
#include "io/aws/response/policy_text.hpp"
#include "io/aws/response/wire.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace vedette;
using namespace vedette::io;

TEST_CASE("aws wire: each protocol's call is where and what the service's model says",
          "[io][aws][response]") {
  struct row {
    const char* api;
    call_parameters parameters;
    const char *region, *origin, *signing_region, *path, *body;
    http_method method = http_method::post;
  };
  for (const auto& r : std::vector<row>{
           {"iam:DeleteRolePolicy",
            {{"RoleName", "a b"}, {"PolicyName", "p"}},
            "eu-west-1",
            "https://iam.amazonaws.com",
            "us-east-1",
            "/",
            "Action=DeleteRolePolicy&Version=2010-05-08&RoleName=a%20b&PolicyName=p"},
           {"iam:ListAccessKeys",
            {{"UserName", "u"}},
            "cn-northwest-1",
            "https://iam.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
            "/",
            "Action=ListAccessKeys&Version=2010-05-08&UserName=u"},
           {"iam:ListAccessKeys",
            {{"UserName", "u"}},
            "us-gov-east-1",
            "https://iam.us-gov.amazonaws.com",
            "us-gov-west-1",
            "/",
            "Action=ListAccessKeys&Version=2010-05-08&UserName=u"},
           {"ec2:ModifySnapshotAttribute",
            {{"SnapshotId", "snap-1"}, {"UserIds", "1,,2"}, {"GroupNames", ""}},
            "eu-west-1",
            "https://ec2.eu-west-1.amazonaws.com",
            "eu-west-1",
            "/",
            "Action=ModifySnapshotAttribute&Version=2016-11-15&SnapshotId=snap-1&UserId.1=1&UserId."
            "2=2"},
           {"rds:ModifyDBSnapshotAttribute",
            {{"DBSnapshotIdentifier", "s"}, {"ValuesToRemove", "1,all"}},
            "eu-west-1",
            "https://rds.eu-west-1.amazonaws.com",
            "eu-west-1",
            "/",
            "Action=ModifyDBSnapshotAttribute&Version=2014-10-31&DBSnapshotIdentifier=s&"
            "ValuesToRemove.AttributeValue.1=1&ValuesToRemove.AttributeValue.2=all"},
           {"organizations:AttachPolicy",
            {{"PolicyId", "p-1"}, {"TargetId", "111122223333"}},
            "eu-west-1",
            "https://organizations.us-east-1.amazonaws.com",
            "us-east-1",
            "/",
            R"({"PolicyId":"p-1","TargetId":"111122223333"})"},
           {"lambda:PutFunctionConcurrency",
            {{"FunctionName", "arn:aws:lambda:eu-west-1:111122223333:function:f"},
             {"ReservedConcurrentExecutions", "0"}},
            "eu-west-1",
            "https://lambda.eu-west-1.amazonaws.com",
            "eu-west-1",
            "/2017-10-31/functions/"
            "arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Af/concurrency",
            R"({"ReservedConcurrentExecutions":0})",
            http_method::put},
           {"ec2:StopInstances",
            {{"InstanceId", "i-1,i-2"}},
            "eu-west-1",
            "https://ec2.eu-west-1.amazonaws.com",
            "eu-west-1",
            "/",
            "Action=StopInstances&Version=2016-11-15&InstanceId.1=i-1%2Ci-2"},
           {"s3:DeleteBucketPolicy",
            {{"Bucket", "b"}},
            "",
            "https://s3.us-east-1.amazonaws.com",
            "us-east-1",
            "/b",
            "",
            http_method::del},
       }) {
    INFO(r.api << " in " << r.region);
    const auto made = to_request(r.api, r.parameters, {r.region, ""});
    REQUIRE(made);
    CHECK(made->origin == r.origin);
    CHECK(made->region == r.signing_region);
    CHECK(made->path == r.path);
    CHECK(made->body == r.body);
    CHECK((made->method == r.method));
    const auto elsewhere = to_request(r.api, r.parameters, {r.region, "http://127.0.0.1:1"});
    REQUIRE(elsewhere);
    CHECK(elsewhere->origin == "http://127.0.0.1:1");
  }
}

TEST_CASE("aws wire: what is not spoken is refused, and a path without its parameter too",
          "[io][aws][response]") {
  for (const auto* api :
       {"iam", "iam:", ":X", "kms:Encrypt", "s3:DeleteBucket", "vedette:KeepEvents"}) {
    INFO(api);
    const auto made = to_request(api, {}, {});
    REQUIRE(!made);
    CHECK(made.err().code == base::ec::unsupported);
  }
  // A region becomes a part of the host's name.
  for (const auto* region : {"evil.example/x?", "eu-west-1.evil.example", "EU", "a b", "x@y"}) {
    INFO(region);
    const auto made = to_request("ec2:DescribeInstances", {}, {region, ""});
    REQUIRE(!made);
    CHECK(made.err().code == base::ec::invalid_argument);
  }
  const auto owned = to_request("s3:GetBucketPolicy",
                                {{"Bucket", "b"}, {"ExpectedBucketOwner", "111122223333"}}, {});
  REQUIRE(owned);
  CHECK(owned->headers.get("x-amz-expected-bucket-owner") == "111122223333");
  const auto made = to_request("s3:GetBucketPolicy", {{"Bucket", ""}}, {});
  REQUIRE(!made);
  CHECK(made.err().code == base::ec::invalid_argument);
  CHECK(made.err().context.find("Bucket") != std::string::npos);
}

TEST_CASE("aws policy: one statement comes and goes, and the others stay as they were",
          "[io][aws][response]") {
  const std::string ours = R"({"Sid":"Ours","Effect":"Deny","Principal":"*"})";
  struct row {
    const char *policy, *without, *with;
  };
  for (
      const auto& r : {
          row{"", "", R"({"Version":"2012-10-17","Statement":[OURS]})"},
          row{R"({"Version":"2008-10-17","Id":"x","Statement":[{"Sid":"A","Effect":"Allow"}]})",
              R"({"Version":"2008-10-17","Id":"x","Statement":[{"Sid":"A","Effect":"Allow"}]})",
              R"({"Version":"2008-10-17","Id":"x","Statement":[{"Sid":"A","Effect":"Allow"},OURS]})"},
          row{R"({"Version":"2012-10-17","Statement":{"Effect":"Allow"}})",
              R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]})",
              R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow"},OURS]})"},
      }) {
    INFO(r.policy);
    auto wanted = std::string{r.with};
    wanted.replace(wanted.find("OURS"), 4, ours);
    const auto with = with_statement(r.policy, ours, "");
    REQUIRE(with);
    CHECK(*with == wanted);
    // Twice is once, and gone is gone.
    CHECK(*with_statement(*with, ours, "") == wanted);
    CHECK(*with_statement(*with, "", "Ours") == r.without);
  }
  CHECK(with_statement("[]", ours, "").err().code == base::ec::malformed);
  CHECK(with_statement("{", "", "Ours").err().code == base::ec::malformed);
}
