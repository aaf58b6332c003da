#include "tests/ingest/records.hpp"

#include "base/json_writer.hpp"
#include "base/limits.hpp"

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("a record that cannot be an event is quarantined with the reason", "[ingest][bad]") {
  struct row {
    const char* why;
    std::string text;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {"wrong type of the time", record_with(R"("eventTime":1767323045)"), "eventTime is not text"},
      {"no time", record_with(R"("eventTime":null)"), "no eventTime"},
      {"empty time", record_with(R"("eventTime":"")"), "no eventTime"},
      {"a time that is none", record_with(R"("eventTime":"yesterday")"),
       "eventTime 'yesterday' is not a time"},
      {"no identity", record_with(R"("userIdentity":null)"), "no userIdentity"},
      {"an identity of another shape", record_with(R"("userIdentity":"ana")"),
       "userIdentity is not an object"},
      {"an identity that names nobody", record_with(R"("userIdentity":{})"),
       "userIdentity names nobody"},
      {"no service", record_with(R"("eventSource":"")"), "no eventSource"},
      {"no action", record_with(R"("eventName":[])"), "no eventName"},
      {"no version", record_with(R"("eventVersion":"")"), "no eventVersion"},
      {"a version of the future", record_with(R"("eventVersion":"2.0")"),
       "eventVersion '2.0' is not supported: this build reads version 1"},
      {"a version that only begins like ours", record_with(R"("eventVersion":"11.0")"),
       "eventVersion '11.0' is not supported: this build reads version 1"},
      {"another product's record", R"({"some":"thing"})", "no eventVersion"},
      {"truncated", record_with("").substr(0, 200), "record is truncated or not valid JSON"},
      {"invalid UTF-8", record_with("\"userAgent\":\"\xff\xfe\""), "record is not UTF-8"},
      {"no JSON", "hello", "record is not a JSON object"},
      {"10,000 levels of lists",
       record_with("\"requestParameters\":" + std::string(10'000, '[') + std::string(10'000, ']')),
       "record nests deeper than 128 levels"},
      {"one level too many",
       record_with("\"requestParameters\":" + std::string(base::limits::record_depth, '[') +
                   std::string(base::limits::record_depth, ']')),
       "record nests deeper than 128 levels"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->batch.events.empty());
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
}

TEST_CASE("oddities that leave an event an event", "[ingest][bad]") {
  struct row {
    const char* why;
    std::string text;
  };
  const auto r = GENERATE(values<row>({
      {"as deep as allowed",
       record_with("\"requestParameters\":" + std::string(base::limits::record_depth - 1, '[') +
                   std::string(base::limits::record_depth - 1, ']'))},
      {"many lists that nest not at all", record_with("\"requestParameters\":[" +
                                                      [] {
                                                        std::string s;
                                                        for (int i = 0; i < 500; ++i)
                                                          s += "[],";
                                                        return s + "[]]";
                                                      }())},
      {"brackets inside text",
       record_with("\"requestParameters\":\"" + std::string(500, '[') + "\"")},
      {"parameters of other types",
       record_with(
           R"("requestParameters":"x","responseElements":7,"resources":{"a":1},"additionalEventData":[1])")},
      {"scalars of other types",
       record_with(R"("userAgent":7,"errorCode":null,"awsRegion":{},"readOnly":"maybe")")},
      {"an unknown field", record_with(R"("brandNew":{"a":[1,{"b":2}]})")},
      {"a minor version of the future", record_with(R"("eventVersion":"1.99")")},
      {"no identity, but a service event",
       record_with(R"("eventType":"AwsServiceEvent","userIdentity":{"accountId":"111122223333"})")},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->batch.events.size() == 1);
}

TEST_CASE("of a field given twice the first counts", "[ingest][bad]") {
  const auto run =
      run_text(R"({"eventName":"First","eventName":"Second",)" + record_with("").substr(1));
  CHECK(run->only().action == "First");
}

TEST_CASE("fields may come in any order", "[ingest][bad]") {
  const auto run = run_text(
      R"({"userIdentity":{"userName":"ana","type":"IAMUser","arn":"arn:x"},"sourceIPAddress":"203.0.113.9",)"
      R"("requestParameters":{"instancesSet":{"items":[{"maxCount":3}]}},"readOnly":false,"eventVersion":"1.08",)"
      R"("eventTime":"2026-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances"})");
  const auto& e = run->only();
  CHECK(e.identity == "arn:x");
  CHECK(e.count == 3);
  CHECK(e.has_source);
  INFO("a record without eventID gets one from its bytes");
  CHECK(e.id.size() == 32);
}

TEST_CASE("an unreadable address is kept as text and its origin unknown", "[ingest][bad]") {
  for (const char* text : {"300.1.2.3", "AWS Internl", "fe80::1%eth0", ""}) {
    INFO(text);
    const auto run = run_text(record_with("\"sourceIPAddress\":\"" + std::string{text} + "\""));
    const auto& e = run->only();
    CHECK(e.source_text == text);
    CHECK_FALSE(e.has_source);
    CHECK(e.origin == base::origin_class::unknown);
  }
}

TEST_CASE("an event dated next year is kept as it is", "[ingest][bad]") {
  const auto run = run_text(record_with(R"("eventTime":"2027-06-01T00:00:00Z")"));
  CHECK(base::format_rfc3339(run->only().time) == "2027-06-01T00:00:00Z");
}

TEST_CASE("one damaged line costs one quarantine and no neighbour", "[ingest][bad]") {
  const auto good = record_with("");
  const auto run = run_text(good + "\n" + good.substr(0, good.size() / 2) + "\n" + good + "\n");
  CHECK(run->batch.events.size() == 2);
  CHECK(run->quarantined.size() == 1);
}

TEST_CASE("things that are no records are skipped with what they are", "[ingest][bad]") {
  struct row {
    const char* text;
    const char* what;
  };
  const auto r = GENERATE(values<row>({
      {R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"})", "S3 test notice"},
      {R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{}}]})",
       "S3 object notice"},
      {R"({"awsAccountId":"1","digestStartTime":"2026","digestS3Object":"k","logFiles":[{"s3Object":"x"}]})",
       "CloudTrail digest file"},
      {R"({"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE: x"}]})",
       "CloudWatch Logs control message"},
      {R"({"eventVersion":"1.08","eventType":"AwsCloudTrailInsight","eventTime":"2026-01-01T00:00:00Z","insightDetails":{}})",
       "CloudTrail Insights statistics"},
      {R"({"detail-type":"EC2 Instance State-change Notification","detail":{"state":"x"}})",
       "EventBridge event that is not from CloudTrail"},
      {R"({"Records":[{"messageId":"m","receiptHandle":"r","body":"plain"}]})",
       "SQS message that carries no CloudTrail record"},
  }));
  INFO(r.what);
  const auto run = run_text(r.text);
  CHECK(run->skipped == std::vector<std::string>{r.what});
  CHECK(run->quarantined == std::vector<std::string>{});
}

TEST_CASE("any cut of a record is quarantined or kept, never more", "[ingest][bad]") {
  const auto text = record_with(
      R"("requestParameters":{"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\"}]}","l":[1,{"x":null}]})");
  for (std::size_t size = 0; size < text.size(); ++size) {
    INFO("first " << size << " bytes");
    const auto run = run_text(text.substr(0, size));
    CHECK(run->batch.events.empty());
    CHECK(run->quarantined.size() == (size > 0 ? 1 : 0));
  }
}
