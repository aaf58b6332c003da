// The doors that shippers know, through the router and an ingest that answers what it is told to.
#include "tests/nodes/support.hpp"

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using io::http_method;
using io::role;

namespace {

io::http_headers with(const char* name, const char* value) {
  io::http_headers out;
  out.set(name, value);
  return out;
}

constexpr const char* event = R"({"event":{"eventVersion":"1.08"}})";
constexpr const char* create = "{\"create\":{\"_index\":\"logs\"}}\n{\"eventVersion\":\"1.08\"}\n";
constexpr const char* logs =
    R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"{\"eventVersion\":1}"}}]}]}]})";
constexpr const char* pushed = R"({"requestId":"r-1","records":[{"data":"eyJhIjoxfQ=="}]})";

} // namespace

TEST_CASE_METHOD(scripted_node,
                 "shippers: every door sends on to the token's tenant as a stream of its own",
                 "[nodes][shippers]") {
  const auto json = with("Content-Type", "application/json");
  CHECK(call(a_sender(), http_method::post, "/services/collector/event", event).status == 200);
  CHECK(call(a_sender(), http_method::post, "/services/collector/raw?channel=c1", "{\"a\":1}")
            .status == 200);
  CHECK(call(a_sender(), http_method::post, "/logs/_bulk", create).status == 200);
  CHECK(call(a_sender(), http_method::put, "/_bulk", create).status == 200);
  CHECK(call(a_sender(), http_method::post, "/v1/logs", logs, json).status == 200);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/falco", R"({"rule":"x","output":"y"})")
            .status == 200);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/k8s", R"({"items":[{"auditID":"x"}]})")
            .status == 200);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/firehose", pushed,
             with("X-Amz-Firehose-Request-Id", "r-1"))
            .status == 200);
  std::vector<std::string> sources;
  for (const auto& b : told().batches) {
    CHECK(b.tenant.value == "acme");
    CHECK(b.records.size() == 1);
    sources.push_back(b.origin.source);
  }
  CHECK(sources == std::vector<std::string>{"http/someone/hec", "http/someone/hec/c1",
                                            "http/someone/bulk", "http/someone/bulk",
                                            "http/someone/otlp", "http/someone/falco",
                                            "http/someone/k8s", "http/someone/firehose"});
}

TEST_CASE_METHOD(scripted_node,
                 "shippers: what is not durable is told in the words that make each send again",
                 "[nodes][shippers]") {
  const auto json = with("Content-Type", "application/json");
  const auto ask_all = [&] {
    const auto hec = call(a_sender(), http_method::post, "/services/collector", event);
    CHECK(hec.status == 503);
    CHECK(number_at(json_of(hec).root(), "code") == 9);
    CHECK(hec.headers.get("Retry-After") == "1");
    CHECK(call(a_sender(), http_method::post, "/_bulk", create).status == 503);
    CHECK(call(a_sender(), http_method::post, "/v1/logs", logs, json).status == 503);
    const auto firehose = call(a_sender(), http_method::post, "/v1/hooks/firehose", pushed,
                               with("X-Amz-Firehose-Request-Id", "r-1"));
    CHECK(firehose.status == 503);
    CHECK(text_at(json_of(firehose).root(), "requestId") == "r-1");
    CHECK_FALSE(text_at(json_of(firehose).root(), "errorMessage").empty());
  };
  SECTION("the store refuses") {
    ingest_fails = true;
    ask_all();
  }
  SECTION("the node drains") {
    ready = false;
    ask_all();
    CHECK(told().batches.empty());
    const auto health = get(a_sender(), "/services/collector/health");
    CHECK(health.status == 503);
  }
}

TEST_CASE_METHOD(scripted_node,
                 "hec: an id is given where a channel is named, and stands from then on",
                 "[nodes][shippers]") {
  const auto silent = call(a_sender(), http_method::post, "/services/collector", event);
  CHECK(silent.body == R"({"text":"Success","code":0})");
  const auto channel = with("X-Splunk-Request-Channel", "3e2f");
  for (std::uint64_t i = 0; i < 2; ++i) {
    const auto r = call(a_sender(), http_method::post, "/services/collector", event, channel);
    CHECK(number_at(json_of(r).root(), "ackId") == i);
  }
  const auto acks = call(a_sender(), http_method::post, "/services/collector/ack?channel=3e2f",
                         R"({"acks":[0,1,2]})");
  CHECK(acks.body == R"({"acks":{"0":true,"1":true,"2":false}})");
  CHECK(call(a_sender(), http_method::post, "/services/collector/ack", "nonsense").status == 400);
  CHECK(get(a_sender(), "/services/collector/health").status == 200);
  CHECK(number_at(
            json_of(call(a_sender(), http_method::post, "/services/collector", "nonsense")).root(),
            "code") == 6);
}

TEST_CASE_METHOD(scripted_node, "bulk: a client of Elasticsearch hears what it waits for",
                 "[nodes][shippers]") {
  const auto hello = get(a_sender(), "/");
  CHECK(hello.status == 200);
  CHECK(hello.headers.get("X-Elastic-Product") == "Elasticsearch");
  CHECK_FALSE(text_at(json_of(hello).root(), "version.number").empty());

  ingest_answer = {0, 0, 1, 0}; // in quarantine, and stored for all that
  const auto r = call(a_sender(), http_method::post, "/logs/_bulk",
                      "{\"create\":{\"_id\":\"7\"}}\nnonsense\n{\"delete\":{\"_id\":\"7\"}}\n");
  CHECK(r.headers.get("X-Elastic-Product") == "Elasticsearch");
  const auto doc = json_of(r);
  CHECK(flag_at(doc.root(), "errors"));
  const auto items = list_at(doc.root(), "items");
  REQUIRE(items.size() == 2);
  CHECK(number_at(items[0], "create.status") == 201);
  CHECK(text_at(items[0], "create._index") == "logs");
  CHECK(number_at(items[1], "delete.status") == 400);
  CHECK(call(a_sender(), http_method::post, "/_bulk", "nonsense\n").status == 400);
}

TEST_CASE_METHOD(scripted_node, "otlp: the answer is in the encoding of the question",
                 "[nodes][shippers]") {
  const auto binary = call(a_sender(), http_method::post, "/v1/logs", "",
                           with("Content-Type", "application/x-protobuf"));
  CHECK(binary.status == 200);
  CHECK(binary.body.empty());
  CHECK(binary.headers.get("Content-Type") == "application/x-protobuf");
  CHECK(call(a_sender(), http_method::post, "/v1/logs", logs,
             with("Content-Type", "application/json; charset=utf-8"))
            .body == "{}");
  CHECK(call(a_sender(), http_method::post, "/v1/logs", logs).status == 415);
  CHECK(call(a_sender(), http_method::post, "/v1/logs", "\x0a\xff",
             with("Content-Type", "application/x-protobuf"))
            .status == 400);
}

TEST_CASE_METHOD(scripted_node, "hooks: a request of Firehose counts once, however often it comes",
                 "[nodes][shippers]") {
  const auto id = with("X-Amz-Firehose-Request-Id", "r-1");
  for (int i = 0; i < 2; ++i)
    CHECK(call(a_sender(), http_method::post, "/v1/hooks/firehose", pushed, id).status == 200);
  const auto b = told().batches;
  REQUIRE(b.size() == 2);
  CHECK(b[0].origin == b[1].origin);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/firehose", pushed,
             with("X-Amz-Firehose-Request-Id", "r-2"))
            .status == 400);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/firehose", "{}", id).status == 400);
}

TEST_CASE_METHOD(scripted_node, "hooks: Okta's challenge is repeated to whoever has the token",
                 "[nodes][shippers]") {
  const auto r = call(a_sender(), http_method::get, "/v1/hooks/okta", {},
                      with("X-Okta-Verification-Challenge", "abc"));
  CHECK(r.body == R"({"verification":"abc"})");
  CHECK(get(a_sender(), "/v1/hooks/okta").status == 400);
  CHECK(call(a_sender(), http_method::post, "/v1/hooks/okta",
             R"({"data":{"events":[{"uuid":"1"},{"uuid":"2"}]}})")
            .status == 200);
  REQUIRE(told().batches.size() == 1);
  CHECK(told().batches[0].records.size() == 2);
}

TEST_CASE_METHOD(scripted_node,
                 "shippers: a token in a shipper's form sends, and does nothing else",
                 "[nodes][shippers]") {
  const auto ask = [&](const base::result<token_made>& made, const char* scheme) {
    REQUIRE(made);
    io::http_request r;
    r.headers.set("Authorization", scheme + made->token);
    return tokens.authenticate(r);
  };
  const auto collector = tokens.create({"ship", {role::collector}, {{"acme"}}, false, {}, {}, {}});
  const auto admin = tokens.create({"boss", {role::admin}, {}, true, {}, {}, {}});
  CHECK(ask(collector, "Splunk "));
  CHECK(ask(collector, "Bearer "));
  CHECK(ask(admin, "Bearer "));
  CHECK_FALSE(ask(admin, "Splunk "));
}
