#include "tests/ingest/records.hpp"

#include "base/limits.hpp"

using namespace vedette;
using namespace vedette::ingest;

namespace {

struct pieces {
  std::vector<std::string> texts, problems;
};

/// Splits `text` pushed in chunks that end at each of `cuts`.
pieces split(std::string_view text, std::vector<std::size_t> cuts = {},
             std::vector<std::string> unwrap = {}) {
  pieces out;
  record_splitter s{std::move(unwrap)};
  const record_splitter::sink sink = [&](const split_record& r) {
    (r.problem.empty() ? out.texts : out.problems)
        .emplace_back(r.problem.empty() ? r.text : r.problem);
  };
  std::size_t from = 0;
  cuts.push_back(text.size());
  for (auto to : cuts) {
    // A copy of its own size, so that reading past a chunk is seen by the address sanitizer.
    const std::string chunk{text.substr(from, to - from)};
    s.push(chunk, sink);
    from = to;
  }
  s.finish(sink);
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("records come out of every wrapping, wherever the chunks break", "[ingest][splitter]") {
  struct row {
    const char* why;
    std::string text;
    texts records;
  };
  const auto r = GENERATE(values<row>({
      {"nothing", "", {}},
      {"blanks", " \n\t\r\n ", {}},
      {"delivered to S3",
       R"({"Records":[{"a":1},{"b":"x,}]{"}]})",
       {R"({"a":1})", R"({"b":"x,}]{"})"}},
      {"an empty delivery", R"({"Records":[]})", {}},
      {"pretty, with members around the list",
       "{\n \"v\": [\"]\"],\n \"Records\" : [\n  { \"a\": [ {} ] } ,\n  {\"b\":2}\n ],\n \"z\": "
       "{\"y\":[1]}\n}\n{\"c\":3}",
       {R"({ "a": [ {} ] })", R"({"b":2})", R"({"c":3})"}},
      {"two deliveries in a row",
       R"({"Records":[{"a":1}]}{"Records":[{"b":2}]})",
       {R"({"a":1})", R"({"b":2})"}},
      {"a list of audit events",
       R"({"kind":"EventList","items" : [{"a":1},{"b":2}],"metadata":{"x":[{}]}}{"c":3})",
       {R"({"a":1})", R"({"b":2})", R"({"c":3})"}},
      {"a list deeper down is none",
       R"({"x":{"items":[{"a":1}]}})",
       {R"({"x":{"items":[{"a":1}]}})"}},
      {"EKS, whose log group names the cluster",
       R"({"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/eks/c/cluster","logStream":"kube-apiserver-audit-1","logEvents":[{"message":" {\"a\":1}"},{"message":"{}"}]})",
       {R"({"cluster":"1/c","a":1})", "{}"}},
      {"AKS, whose resource names the cluster",
       R"({"records":[{"category":"kube-audit","resourceId":"/S","properties":{"log":"{\"a\":1}\n"}}]})",
       {R"({"cluster":"/S","a":1})"}},
      {"a push of Pub/Sub",
       R"({"message":{"data":"eyJhIjoxfQ==","messageId":"7"},"subscription":"s"})",
       {R"({"a":1})"}},
      {"a pull of Pub/Sub, in the other alphabet and without padding",
       R"({"receivedMessages":[{"ackId":"x","message":{"data":"eyJhIjoiPz8_fn5-In0"}}]})",
       {R"({"a":"???~~~"})"}},
      {"bare array", R"([{"a":1},{"b":[1,2]}])", {R"({"a":1})", R"({"b":[1,2]})"}},
      {"array of arrays", R"([[{"a":1}],[{"b":2}]])", {R"({"a":1})", R"({"b":2})"}},
      {"array of deliveries", R"([{"Records":[{"a":1}]},{"b":2}])", {R"({"a":1})", R"({"b":2})"}},
      {"one a line",
       "{\"a\":1}\n{\"b\":2}\r\n{\"c\":3}",
       {R"({"a":1})", R"({"b":2})", R"({"c":3})"}},
      {"concatenated", R"({"a":1}{"b":2} {"c":3})", {R"({"a":1})", R"({"b":2})", R"({"c":3})"}},
      {"pretty",
       "{\n  \"a\": {\n    \"b\": [\n      1\n    ]\n  }\n}\n{\n}\n",
       {"{\n  \"a\": {\n    \"b\": [\n      1\n    ]\n  }\n}", "{\n}"}},
      {"escapes of every parity before a quote",
       R"({"a":"\\"}{"b":"\\\"}{"}{"c":"\\\\"})",
       {R"({"a":"\\"})", R"({"b":"\\\"}{"})", R"({"c":"\\\\"})"}},
      {"byte order mark", "\xef\xbb\xbf{\"a\":1}", {R"({"a":1})"}},
      {"EventBridge",
       R"({"detail-type":"AWS API Call via CloudTrail","detail":{"eventVersion":"1.08","eventName":"X"}})",
       {R"({"eventVersion":"1.08","eventName":"X"})"}},
      {"EventBridge of another source stays whole",
       R"({"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}})",
       {R"({"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}})"}},
      {"CloudWatch Logs subscription",
       R"({"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":"{\"a\":\"\\\"\"}"},{"id":"2","message":"{\"b\":\"\u00e9\"}"}]})",
       {R"({"a":"\""})", "{\"b\":\"\xc3\xa9\"}"}},
      {"LookupEvents",
       R"({"NextToken":"t","Events":[{"EventId":"1","CloudTrailEvent":"{\"a\":1}"}]})",
       {R"({"a":1})"}},
      {"LookupEvents, one a line",
       R"({"EventId":"1","CloudTrailEvent":"{\"a\":1}"})",
       {R"({"a":1})"}},
      {"S3 notice in SNS in SQS",
       R"({"Records":[{"messageId":"m","body":"{\"TopicArn\":\"t\",\"Message\":\"{\\\"Records\\\":[{\\\"s3\\\":1}]}\"}"}]})",
       {R"({"s3":1})"}},
      {"text before JSON on a line",
       "<13>host app: {\"a\":1}\n{\"b\":2}",
       {"<13>host app:", R"({"a":1})", R"({"b":2})"}},
      {"no JSON at all", "hello\nworld", {"hello", "world"}},
      {"scalars in an array", R"([1,"x",{"a":1}])", {"1", "\"x\"", R"({"a":1})"}},
      {"stray closing brackets", R"(]}{"a":1}]})", {R"({"a":1})"}},
      // Damage costs the damaged record.
      {"cut inside a string",
       "{\"a\":1}\n{\"b\":\"tr\n{\"c\":3}\n",
       {R"({"a":1})", R"({"b":"tr)", R"({"c":3})"}},
      {"cut behind a value", "{\"b\":{\"x\":1}\n{\"c\":3}\n", {R"({"b":{"x":1})", R"({"c":3})"}},
      {"cut behind a comma", "{\"b\":1,\n{\"c\":3}\n", {R"({"b":1,)", R"({"c":3})"}},
      {"cut inside a word", "{\"b\":tru\n{\"c\":3}\n", {R"({"b":tru)", R"({"c":3})"}},
      {"cut inside a list, then more of the delivery",
       R"({"Records":[{"a":1},{"b":{"x":1},{"c":3}]})",
       {R"({"a":1})", R"({"b":{"x":1},)", R"({"c":3})"}},
      {"cut at the end", R"({"Records":[{"a":1},{"b":"x)", {R"({"a":1})", R"({"b":"x)"}},
  }));
  INFO(r.why);
  const auto whole = split(r.text);
  CHECK(whole.texts == r.records);
  CHECK(whole.problems.empty());
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < r.text.size(); ++cut) {
    INFO("cut at byte " << cut);
    CHECK(split(r.text, {cut}).texts == r.records);
    every.push_back(cut);
  }
  INFO("a byte at a time");
  CHECK(split(r.text, every).texts == r.records);
}

TEST_CASE("a JSON pointer unwraps records that another product wrapped", "[ingest][splitter]") {
  CHECK(split(R"([{"data":{"Records":[{"a":1},{"b":2}]},"x":1}])", {}, {"/data"}).texts ==
        texts{R"({"a":1})", R"({"b":2})"});
  CHECK(split(R"({"p":[0,{"a/b":"{\"c\":1}"}]})", {}, {"/p/1/a~1b"}).texts == texts{R"({"c":1})"});
  CHECK(split(R"({"y":{"c":1}})", {}, {"/x", "/y"}).texts == texts{R"({"c":1})"});
  INFO("a value without the wrapper is taken as it is");
  CHECK(split(R"({"z":1})", {}, {"/x"}).texts == texts{R"({"z":1})"});
  CHECK_FALSE(record_splitter::check({"/a", "b"}));
  CHECK(record_splitter::check({"/a/0"}));
}

TEST_CASE("a record over the limit is refused once and its neighbours kept", "[ingest][splitter]") {
  std::string text = R"({"Records":[{"a":1},{"big":")";
  text.append(base::limits::record_bytes + 1'000'000, 'x');
  text += R"("},{"c":3}]})";
  const auto out = split(text);
  CHECK(out.texts == texts{R"({"a":1})", R"({"c":3})"});
  CHECK(out.problems == texts{"record is larger than 4 MiB"});
}

TEST_CASE("nesting deeper than any limit neither crashes nor swallows what follows",
          "[ingest][splitter]") {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  CHECK(split("{\"a\":" + deep + "}\n{\"b\":1}").texts.back() == R"({"b":1})");
  const auto lists = split(deep + "\n{\"b\":1}");
  CHECK(lists.texts == texts{R"({"b":1})"});
  CHECK(lists.problems.size() == 1);
  const std::string objects = [] {
    std::string s;
    for (int i = 0; i < 10'000; ++i)
      s += R"({"a":)";
    return s + "1" + std::string(10'000, '}');
  }();
  CHECK(split(objects + "{\"b\":1}").texts.back() == R"({"b":1})");
}
