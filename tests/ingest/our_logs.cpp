// The logs in tests/data/logs, written by us: of each source three records or more, and what they
// must come to, for machines without the public samples.
#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("our logs are understood, record by record", "[ingest][samples]") {
  struct row {
    const char* file;
    std::size_t which; ///< event of the file
    const char* identity;
    const char* action;
    const char* activity;
    const char* region;
    const char* result;
    const char* address;
    const char* resource; ///< the main one
  };
  const auto r = GENERATE(values<row>({
      {"vpc_flow_default.log", 0, "eni-0a1b2c3d4e5f60718", "ACCEPT", "network.flow.accept", "",
       "ok", "10.0.12.7", "198.51.100.7:443"},
      {"vpc_flow_default.log", 1, "eni-0a1b2c3d4e5f60718", "REJECT", "network.flow.reject", "",
       "failed", "203.0.113.66", "10.0.12.7:22"},
      {"vpc_flow_custom.log", 0, "i-0123456789abcdef0", "ACCEPT", "network.flow.accept",
       "eu-west-1", "ok", "10.0.12.7", "198.51.100.7:443"},
      {"vpc_flow_custom.log", 1, "i-0123456789abcdef0", "REJECT", "network.flow.reject",
       "eu-west-1", "failed", "203.0.113.66", "10.0.12.7:3389"},
      {"s3_access.log", 0, "arn:aws:iam::111122223333:role/backup-reader", "REST.GET.OBJECT",
       "storage.object.read", "eu-west-1", "ok", "203.0.113.66",
       "arn:aws:s3:::shop-backups/nightly/2026+site a/db.dump"},
      {"s3_access.log", 1, "arn:aws:iam::111122223333:user/ci/deploy", "REST.GET.BUCKET",
       "storage.object.list", "eu-west-1", "denied", "198.51.100.77", "arn:aws:s3:::shop-backups"},
      {"guardduty.json", 0, "arn:aws:iam::111122223333:user/ana",
       "Recon:IAMUser/MaliciousIPCaller.Custom", "identity.threat.detected", "eu-west-1", "ok",
       "203.0.113.66", ""},
      {"guardduty.json", 1, "arn:aws:iam::111122223333:role/web",
       "Exfiltration:S3/AnomalousBehavior", "storage.threat.detected", "eu-west-1", "ok",
       "203.0.113.66", "arn:aws:s3:::shop-backups"},
      {"guardduty.json", 2, "i-0123456789abcdef0", "Execution:Runtime/ReverseShell",
       "runtime.threat.detected", "eu-west-1", "ok", "", "i-0123456789abcdef0"},
      {"aws_config.json", 0, "arn:aws:s3:::shop-backups", "AWS::S3::Bucket",
       "posture.storage.bucket", "eu-west-1", "ok", "", "arn:aws:s3:::shop-backups"},
      {"aws_config.json", 1, "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0123",
       "AWS::EC2::SecurityGroup", "posture.network", "eu-west-1", "ok", "",
       "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0123"},
      {"aws_config.json", 2, "arn:aws:iam::111122223333:user/ana", "AWS::IAM::User",
       "posture.identity", "global", "ok", "", "arn:aws:iam::111122223333:user/ana"},
      {"ocsf.json", 0, "arn:aws:iam::111122223333:user/ana", "CreateAccessKey",
       "identity.key.create", "eu-west-1", "ok", "203.0.113.66", ""},
      {"ocsf.json", 1, "u-17", "Logon", "identity.login", "", "denied", "198.51.100.77", ""},
      {"ocsf.json", 2, "u-17", "Add User", "identity.group.join", "", "ok", "", "u-99"},
  }));
  INFO(r.file << ", event " << r.which);
  const auto run = run_text(file_text(source_dir() / "tests/data/logs" / r.file));
  REQUIRE(run->batch.events.size() > r.which);
  const auto& e = run->batch.events[r.which];
  CHECK(e.identity == r.identity);
  CHECK(e.action == r.action);
  CHECK(e.activity == r.activity);
  CHECK(e.region == r.region);
  CHECK(to_string(e.result) == r.result);
  CHECK(e.source_text == r.address);
  CHECK((e.resources.empty() ? std::string_view{} : e.resources.front()) == r.resource);
}
