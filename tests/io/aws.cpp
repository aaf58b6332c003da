// What is asked of AWS and read of its answers, without asking anybody: signatures, profiles,
// notifications, XML.
#include "io/aws/client.hpp"
#include "io/aws/profile.hpp"
#include "io/aws/s3_notice.hpp"
#include "io/aws/xml.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

const aws_credentials lasting{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
const aws_credentials passing{"ASIAEXAMPLE", lasting.secret, "tok/en+==", {}};
const auto when = *base::parse_rfc3339("2026-01-02T03:04:05.9Z");

http_headers header(const char* name, const char* value) {
  http_headers out;
  out.set(name, value);
  return out;
}

} // namespace

TEST_CASE("sigv4: signs as AWS's own library does", "[io][aws]") {
  struct row {
    const char* why;
    sigv4_request request;
    const char *region, *service;
    aws_credentials by;
    const char *names, *signature;
  };
  const std::vector<row> rows{
      {"a listing: the query is sorted, and encoded in its own way",
       {"GET",
        "127.0.0.1:9000",
        "/logs",
        {{"prefix", "AWSLogs/+ a/z~"},
         {"list-type", "2"},
         {"encoding-type", "url"},
         {"continuation-token", "1/b=="}},
        {},
        ""},
       "eu-west-1",
       "s3",
       lasting,
       "host;x-amz-content-sha256;x-amz-date",
       "16d44a7002499fbf039dae1195c0468d72b8e9208602a60d479c986b995f743e"},
      {"an object with a difficult name, a condition, and credentials that pass",
       {"GET",
        "logs.s3.us-east-1.amazonaws.com",
        "/a%20b/%2B%26%40%3D%3A/%C3%A4%28x%29~.json.gz",
        {},
        header("If-Match", "\"abc\""),
        ""},
       "us-east-1",
       "s3",
       passing,
       "host;if-match;x-amz-content-sha256;x-amz-date;x-amz-security-token",
       "4ea591f2bedb82eb39c130ccfbedbfcb52f743e87614d84496478d203b0ec3d1"},
      {"a call with a body",
       {"POST",
        "sqs.eu-west-1.amazonaws.com",
        "/",
        {},
        header("X-Amz-Target", "AmazonSQS.ReceiveMessage"),
        R"({"QueueUrl":"q"})"},
       "eu-west-1",
       "sqs",
       lasting,
       "host;x-amz-content-sha256;x-amz-date;x-amz-target",
       "39b5f660d65a8ef5f9fb7b9489d0bd1e8cfc562ec8e118bb6ebd7e8578a0707d"},
      {"a path with an ARN, signed encoded once more than it is sent",
       {"GET",
        "lambda.eu-west-1.amazonaws.com",
        "/2019-09-30/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Aorders/"
        "concurrency",
        {},
        {},
        ""},
       "eu-west-1",
       "lambda",
       lasting,
       "host;x-amz-content-sha256;x-amz-date",
       "a2dd157df2f25f3dd3470e20fb5978dce21da3387408f27975fd941136746710"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto out = sign(r.request, {r.region, r.service, when}, r.by);
    CHECK(out.get("Authorization") ==
          "AWS4-HMAC-SHA256 Credential=" + r.by.key_id + "/20260102/" + r.region + "/" + r.service +
              "/aws4_request, SignedHeaders=" + r.names + ", Signature=" + r.signature);
    CHECK(out.get("X-Amz-Date") == "20260102T030405Z");
    CHECK(out.get("X-Amz-Security-Token") == r.by.token);
  }
  CHECK(encode_path("a b/+&@=:/ä(x)~.json.gz") == "a%20b/%2B%26%40%3D%3A/%C3%A4%28x%29~.json.gz");
}

TEST_CASE("profiles: what the two files say, the first one first", "[io][aws]") {
  const char* secrets = "# mine\n[default]\naws_access_key_id = A1\naws_secret_access_key=S1\n\n"
                        "[work]\r\naws_access_key_id=A2\r\naws_secret_access_key=S2=\r\n"
                        "aws_session_token=T2\r\n";
  const char* config = "[default]\nregion = eu-west-1\ns3 =\n  region = nested\n[profile work]\n"
                       "region=eu-north-1\nendpoint_url=http://127.0.0.1:1\n"
                       "[profile far]\nsource_profile=work\nrole_arn=arn:x\n";
  const auto by_default = read_profile(secrets, config, "default");
  REQUIRE(by_default.credentials);
  CHECK(by_default.credentials->key_id == "A1");
  CHECK(by_default.region == "eu-west-1");
  const auto work = read_profile(secrets, config, "work");
  REQUIRE(work.credentials);
  CHECK(work.credentials->secret == "S2=");
  CHECK(work.credentials->token == "T2");
  CHECK(work.region == "eu-north-1");
  CHECK(work.endpoint_url == "http://127.0.0.1:1");
  const auto far = read_profile(secrets, config, "far");
  CHECK(far.known);
  CHECK_FALSE(far.credentials);
  CHECK(far.unspoken == "source_profile");
  CHECK_FALSE(read_profile(secrets, config, "none").known);
}

TEST_CASE("notices: new objects are found whoever wrapped the message", "[io][aws]") {
  const std::string s3 =
      R"({"Records":[{"eventName":"ObjectCreated:Put","eventTime":"2026-01-02T03:04:05.000Z","s3":{)"
      R"("bucket":{"name":"logs"},"object":{"key":"a+b/%C3%A4%2B.json.gz","size":12,"eTag":"e1"}}}]})";
  const std::string bridge =
      R"({"source":"aws.s3","detail-type":"Object Created","time":"2026-01-02T03:04:05Z","detail":{)"
      R"("bucket":{"name":"logs"},"object":{"key":"a b/ä+.json.gz","size":12,"etag":"e1"}}})";
  const auto sns = [](const std::string& inner) {
    std::string text;
    for (const char c : inner)
      text += c == '"' ? "\\\"" : std::string(1, c);
    return R"({"Type":"Notification","TopicArn":"arn:t","Message":")" + text + "\"}";
  };
  for (const auto& body : {s3, sns(s3), bridge, sns(bridge)}) {
    INFO(body);
    const auto n = read_s3_notice(body);
    REQUIRE(n);
    REQUIRE(n->objects.size() == 1);
    const auto& o = n->objects.front();
    CHECK(o.bucket == "logs");
    CHECK(o.key == "a b/ä+.json.gz");
    CHECK(o.etag == "\"e1\"");
    CHECK(o.size == 12);
    CHECK(o.size_known);
    CHECK(base::format_rfc3339(o.modified) == "2026-01-02T03:04:05Z");
  }
  const auto trail = read_s3_notice(sns(R"({"s3Bucket":"logs","s3ObjectKey":["a.gz","b.gz"]})"));
  REQUIRE(trail);
  REQUIRE(trail->objects.size() == 2);
  CHECK(trail->objects[1].url() == "s3://logs/b.gz");
  CHECK_FALSE(trail->objects[1].size_known);

  for (
      const std::string body :
      {R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"})",
       R"({"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"l"},"object":{}}}]})",
       R"({"source":"aws.s3","detail-type":"Object Deleted","detail":{}})",
       R"({"Type":"Notification","Message":"CloudTrail validation message."})"}) {
    INFO(body);
    const auto n = read_s3_notice(body);
    REQUIRE(n);
    CHECK(n->objects.empty());
  }
  for (const std::string body :
       {"", "hello", "{}", "[]", R"({"Records":[{"eventSource":"aws:sqs"}]})",
        R"({"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"l"}}}]})",
        R"({"Message":"{\"Message\":\"{\\\"Message\\\":\\\"x\\\"}\"}"})"}) {
    INFO(body);
    const auto n = read_s3_notice(body);
    REQUIRE_FALSE(n);
    CHECK(n.err().code == base::ec::malformed);
  }
}

TEST_CASE("xml: elements by path, and nothing that grows", "[io][aws]") {
  CHECK(xml_text("<?xml version=\"1.0\"?><Error><Code>No &amp; such</Code></Error>",
                 "Error/Code") == "No & such");
  CHECK(xml_text("<a><b>1</b><b>2</b></a>", "a/b") == "1");
  CHECK(xml_text("not xml", "a").empty());
  std::string deep, bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
  for (std::size_t i = 0; i <= xml_depth_max; ++i)
    deep += "<a>";
  for (const auto& text : {deep, bomb, std::string{"<a>"}}) {
    const auto read = read_xml(text, "the test", [](auto, auto) {});
    REQUIRE_FALSE(read);
    CHECK(read.err().code == base::ec::malformed);
  }
}

TEST_CASE("aws: an answer that is no success says what to do", "[io][aws]") {
  struct row {
    int status;
    const char *body, *part;
    base::ec code;
  };
  for (const auto& r : std::vector<row>{
           {403, "<Error><Code>InvalidAccessKeyId</Code></Error>", "check the credentials",
            base::ec::denied},
           {404, "<Error><Code>NoSuchKey</Code></Error>", "never there", base::ec::not_found},
           // Not the object's fault: whoever asked for it must not give the object up.
           {404, "<Error><Code>NoSuchBucket</Code></Error>", "bucket's name",
            base::ec::invalid_argument},
           {400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"})",
            "check the queue's URL", base::ec::invalid_argument},
           {503, "", "status 503", base::ec::unavailable}}) {
    const auto e = aws_error({r.status, {}, r.body}, "asking");
    INFO(e.context);
    CHECK(e.code == r.code);
    CHECK(says(e.context, r.part));
  }
}
