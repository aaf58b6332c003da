#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;

namespace {

constexpr const char* owner = "6e3d1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e";

/// A line of the usual columns as far as the user agent.
std::string line(const std::string& requester, const std::string& operation,
                 const std::string& status, const std::string& error,
                 const std::string& agent = "aws-cli/2.15") {
  return std::string{owner} + " shop [12/Jan/2026:09:41:07 +0100] 203.0.113.66 " + requester +
         " 8QK2 " + operation + " a.txt \"GET /a.txt HTTP/1.1\" " + status + " " + error +
         " 512 512 9 8 \"-\" \"" + agent + "\" -\n";
}

} // namespace

TEST_CASE("S3 access: a log of ours, line by line", "[ingest][s3_access]") {
  const auto run = run_text(file_text(source_dir() / "tests/data/logs/s3_access.log"));
  CHECK(run->quarantined == std::vector<std::string>{});
  REQUIRE(run->batch.events.size() == 4);
  const auto& got = run->batch.events[0];
  CHECK(to_string(got.provider) == "aws");
  CHECK(base::format_rfc3339(got.time) == "2026-01-12T09:41:07Z");
  CHECK(got.account == owner);
  CHECK(got.region == "eu-west-1");
  CHECK(got.service == "s3.amazonaws.com");
  CHECK(got.action == "REST.GET.OBJECT");
  CHECK(got.activity == "storage.object.read");
  CHECK(got.read_only);
  INFO("the role is the identity that CloudTrail names, and its session is an instance's");
  CHECK(got.identity == "arn:aws:iam::111122223333:role/backup-reader");
  CHECK(to_string(got.actor) == "role");
  CHECK(to_string(got.holder) == "instance");
  CHECK(got.workload == "i-0123456789abcdef0");
  CHECK(got.source_text == "203.0.113.66");
  CHECK(got.user_agent == "aws-sdk-go-v2/1.30.3 os/linux {probe}");
  CHECK(got.bytes == 104857600);
  REQUIRE(got.resources.size() == 2);
  CHECK(got.resources[0] == "arn:aws:s3:::shop-backups/nightly/2026+site a/db.dump");
  CHECK(got.resources[1] == "arn:aws:s3:::shop-backups");

  const auto& refused = run->batch.events[1];
  CHECK(refused.activity == "storage.object.list");
  CHECK(to_string(refused.result) == "denied");
  CHECK(refused.error == "AccessDenied");
  CHECK(refused.identity == "arn:aws:iam::111122223333:user/ci/deploy");
  CHECK(refused.identity_name == "deploy");
  CHECK(refused.resources.front() == "arn:aws:s3:::shop-backups");

  const auto& visitor = run->batch.events[2];
  CHECK(visitor.identity == "anonymous");
  CHECK(to_string(visitor.result) == "ok");
  CHECK(visitor.error.empty());
  CHECK(to_string(visitor.client) == "browser");
  CHECK(visitor.region == "eu-west-1");

  const auto& expiry = run->batch.events[3];
  CHECK(expiry.identity == "s3.amazonaws.com");
  CHECK(to_string(expiry.actor) == "service");
}

TEST_CASE("S3 access: whoever asks is who CloudTrail would say", "[ingest][s3_access]") {
  struct row {
    const char* requester;
    const char* identity;
    const char* type;
  };
  const auto r = GENERATE(values<row>({
      {"arn:aws:iam::111122223333:user/ana", "arn:aws:iam::111122223333:user/ana", "user"},
      {"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", "root"},
      {"arn:aws-cn:sts::111122223333:assumed-role/web/s", "arn:aws-cn:iam::111122223333:role/web",
       "role"},
      {"arn:aws:sts::111122223333:federated-user/bob",
       "arn:aws:sts::111122223333:federated-user/bob", "federated"},
      {"0a0b0c0d0e0f", "0a0b0c0d0e0f", "account"},
      {"svc:logging.s3.amazonaws.com", "logging.s3.amazonaws.com", "service"},
      {"-", "anonymous", "anonymous"},
  }));
  INFO(r.requester);
  const auto run = run_text(line(r.requester, "REST.GET.OBJECT", "200", "-"));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(to_string(e.actor) == r.type);
  CHECK(base::format_rfc3339(e.time) == "2026-01-12T08:41:07Z");
}

TEST_CASE("S3 access: status and code say how a request ended", "[ingest][s3_access]") {
  struct row {
    const char* status;
    const char* code;
    const char* outcome;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {"200", "-", "ok", ""},
      {"304", "NotModified", "ok", ""},
      {"403", "AccessDenied", "denied", "AccessDenied"},
      {"403", "-", "denied", "403"},
      {"403", "SignatureDoesNotMatch", "denied", "SignatureDoesNotMatch"},
      {"404", "NoSuchKey", "failed", "NoSuchKey"},
      {"503", "SlowDown", "throttled", "SlowDown"},
      {"503", "-", "throttled", "503"},
      {"-", "-", "ok", ""},
  }));
  INFO(r.status << " " << r.code);
  const auto run = run_text(line("-", "REST.GET.OBJECT", r.status, r.code));
  CHECK(to_string(run->only().result) == r.outcome);
  CHECK(run->only().error == r.error);
}

TEST_CASE("S3 access: quotes, braces and brackets in what callers write stay in their column",
          "[ingest][s3_access]") {
  for (const std::string agent :
       {R"(say "hello", {"a":[1)", R"(back\slash)", "x] [y", "\tcontrol"}) {
    INFO(agent);
    const auto run = run_text(line("-", "REST.GET.OBJECT", "200", "-", agent));
    CHECK(run->only().user_agent == agent);
  }
}

TEST_CASE("S3 access: what lacks something is quarantined for it, and its neighbours are read",
          "[ingest][s3_access][bad]") {
  struct row {
    const char* rest;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {" shop [12/Foo/2026:09:41:07 +0000] - - - REST.GET.OBJECT",
       "requestdatetime '12/Foo/2026:09:41:07 +0000' is not a time"},
      {" shop [31/Feb/2026:09:41:07 +0000] - - - REST.GET.OBJECT",
       "requestdatetime '31/Feb/2026:09:41:07 +0000' is not a time"},
      {" shop [-] - - - REST.GET.OBJECT", "no requestdatetime"},
      {" shop [12/Jan/2026:09:41:07 +0000] 203.0.113.9", "no operation"},
      {" - [12/Jan/2026:09:41:07 +0000] - - - REST.GET.OBJECT", "no bucket_name"},
      {" shop [12/Jan/2026:09:41:07 +0000] - - - REST.GET.OBJECT \xff", "record is not UTF-8"},
  }));
  const auto good = line("-", "REST.GET.OBJECT", "200", "-");
  const auto run = run_text(good + owner + r.rest + "\n" + good);
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
  CHECK(run->batch.events.size() == 2);
}
