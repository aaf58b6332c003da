#include "tests/ingest/records.hpp"

#include "ingest/formats/aws_outcome.hpp"
#include "ingest/user_agent.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::client_class;
using base::outcome;

TEST_CASE("an error code says which kind of no it was", "[ingest][outcome]") {
  struct row {
    const char* code;
    outcome result;
  };
  const auto r = GENERATE(values<row>({
      {"AccessDenied", outcome::denied},
      {"AccessDeniedException", outcome::denied},
      {"KMSAccessDeniedException", outcome::denied},
      {"Client.UnauthorizedOperation", outcome::denied},
      {"UnauthorizedOperation", outcome::denied},
      {"UnauthorizedAccess", outcome::denied},
      {"VpceAccessDenied", outcome::denied},
      {"AuthorizationErrorException", outcome::denied},
      {"NotAuthorized", outcome::denied},
      {"NotAuthorizedException", outcome::denied},
      {"AuthFailure", outcome::denied},
      {"Client.AuthFailure", outcome::denied},
      {"InvalidClientTokenId", outcome::denied},
      {"ExpiredToken", outcome::denied},
      {"SignatureDoesNotMatch", outcome::denied},
      {"Client.VcpuLimitExceeded", outcome::limited},
      {"VcpuLimitExceeded", outcome::limited},
      {"Client.InstanceLimitExceeded", outcome::limited},
      {"Server.InsufficientInstanceCapacity", outcome::limited},
      {"OptInRequired", outcome::limited},
      {"PendingVerification", outcome::limited},
      {"ServiceQuotaExceededException", outcome::limited},
      {"Throttling", outcome::throttled},
      {"ThrottlingException", outcome::throttled},
      {"ThrottledException", outcome::throttled},
      {"Client.RequestLimitExceeded", outcome::throttled},
      {"SlowDown", outcome::throttled},
      {"TooManyRequestsException", outcome::throttled},
      {"Client.DryRunOperation", outcome::ok},
      {"MalformedPolicyDocumentException", outcome::failed},
      {"NoSuchEntityException", outcome::failed},
      {"AccessDeniedButNotReally", outcome::failed},
  }));
  INFO(r.code);
  CHECK(to_string(aws_outcome_of(r.code)) == to_string(r.result));
  const auto run = run_text(record_with("\"errorCode\":\"" + std::string{r.code} + "\""));
  CHECK(run->only().result == r.result);
  CHECK(run->only().error == r.code);
}

TEST_CASE("a failure is seen wherever the service writes it", "[ingest][outcome]") {
  struct row {
    const char* why;
    const char* members;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {"no error anywhere", R"("responseElements":{"ok":true})", outcome::ok, ""},
      {"message without a code", R"("errorMessage":"Failed authentication")", outcome::failed, ""},
      {"a message that says denied",
       R"("errorMessage":"User: x is not authorized to perform: ec2:RunInstances")",
       outcome::denied, ""},
      {"inside the response",
       R"("responseElements":{"errorCode":"AccessDenied","errorMessage":"no"})", outcome::denied,
       "AccessDenied"},
      {"an error object in the response", R"("responseElements":{"error":{"code":"Throttling"}})",
       outcome::throttled, "Throttling"},
      {"only a word in the response that sounds like one",
       R"("responseElements":{"note":"terror"})", outcome::ok, ""},
      {"console login that failed",
       R"("eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"})",
       outcome::failed, "ConsoleLoginFailure"},
      {"console login that worked",
       R"("eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Success"})", outcome::ok,
       ""},
      {"no response", R"("responseElements":null)", outcome::ok, ""},
  }));
  INFO(r.why);
  const auto run = run_text(record_with(r.members));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
}

TEST_CASE("a user agent names a kind of program", "[ingest][client]") {
  struct row {
    const char* agent;
    client_class client;
  };
  const auto r = GENERATE(values<row>({
      {"", client_class::unknown},
      {"something else", client_class::unknown},
      {"aws-cli/2.15.0 Python/3.11 Linux/6.1 exe/x86_64", client_class::cli},
      {"aws-cli/2.15.0 exec-env/AWS_Lambda_python3.12", client_class::cli},
      {"AWSPowerShell/4.1 .NET", client_class::cli},
      {"kubectl/v1.29 (linux/amd64)", client_class::cli},
      {"curl/8.5.0", client_class::cli},
      {"Wget/1.21", client_class::cli},
      {"google-cloud-sdk gcloud/455.0", client_class::cli},
      {"python-requests/2.31", client_class::tool},
      {"Go-http-client/1.1", client_class::tool},
      {"TruffleHog", client_class::tool},
      {"Pacu", client_class::tool},
      {"[S3 Browser/11.6.7 (https://s3browser.com)]", client_class::tool},
      {"Cyberduck/8.7", client_class::tool},
      {"WinSCP/6.1", client_class::tool},
      {"AzCopy/10.22", client_class::tool},
      {"rclone/v1.65", client_class::tool},
      {"aws-cli/2.15 Linux/6.1-kali5-amd64", client_class::tool},
      {"Boto3/1.34 os/linux#parrot", client_class::tool},
      {"Boto3/1.34 host/kaliningrad", client_class::sdk},
      {"Boto3/1.34 md/Botocore#1.34 os/linux#6.1 lang/python#3.12", client_class::sdk},
      {"aws-sdk-go-v2/1.24 os/linux lang/go#1.21", client_class::sdk},
      {"aws-sdk-java/2.20 Linux", client_class::sdk},
      {"Boto3/1.34 exec-env/AWS_Lambda_python3.12", client_class::runtime},
      {"aws-sdk-nodejs/2.1 exec-env/AWS_ECS_FARGATE", client_class::runtime},
      {"APN/1.0 HashiCorp/1.0 Terraform/1.6 aws-sdk-go-v2/1.24", client_class::managed},
      {"Pulumi/3.0 aws-sdk-go/1.4", client_class::managed},
      {"Ansible/2.15 Boto3/1.3", client_class::managed},
      {"console.amazonaws.com", client_class::console},
      {"signin.amazonaws.com", client_class::console},
      {"aws-internal/3 aws-sdk-java/1.12", client_class::console},
      {"[S3Console/0.4, aws-internal/3]", client_class::console},
      {"cloudformation.amazonaws.com", client_class::service},
      {"AWS Internal", client_class::service},
      {"kubelet/v1.29.3 (linux/amd64) kubernetes/6813625", client_class::service},
      {"kubectl/v1.29.3 (linux/amd64) kubernetes/6813625", client_class::cli},
      {"reconciler/v0.0.0 (linux/amd64) kubernetes/$Format", client_class::sdk},
      {"Helm/3.14.2", client_class::cli},
      {"gcloud-python/2.4.1 gax-python/2.17", client_class::sdk},
      {"GCE Managed Instance Group for Auto Scaling", client_class::service},
      {"Mozilla/5.0 (X11; Linux x86_64) Chrome/120", client_class::browser},
  }));
  INFO(r.agent);
  CHECK(to_string(classify_user_agent(r.agent)) == to_string(r.client));
  if (r.agent[0] != '\0') {
    const auto run = run_text(record_with("\"userAgent\":\"" + std::string{r.agent} + "\""));
    CHECK(run->only().client == r.client);
  }
}

TEST_CASE("reading is told from writing by the record, then the taxonomy, then the name",
          "[ingest][client]") {
  const auto reads = [](const std::string& members) {
    return run_text(record_with(members))->only().read_only;
  };
  CHECK_FALSE(reads(R"("readOnly":false,"eventName":"DescribeInstances")"));
  CHECK(reads(R"("readOnly":true,"eventName":"RunInstances")"));
  CHECK(reads(R"("readOnly":"true","eventName":"RunInstances")"));
  CHECK(reads(R"("eventName":"GetPasswordData")"));
  CHECK(reads(R"("eventName":"DescribeSomethingNew")"));
  CHECK_FALSE(reads(R"("eventName":"Getaway")"));
  CHECK_FALSE(reads(R"("eventName":"RunInstances")"));
}
