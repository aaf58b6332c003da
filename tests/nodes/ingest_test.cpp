#include "ingest/formats/format.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "nodes/server/api/body_cutter.hpp"
#include "tests/nodes/support.hpp"

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using io::http_method;
using io::role;

TEST_CASE("cut: every envelope gives the same records", "[nodes]") {
  struct row {
    const char* why;
    const char* body;
  };
  for (const auto& r :
       {row{"Records", R"({"Records":[{"a":1},{"b":2}]})"}, row{"array", R"([{"a":1},{"b":2}])"},
        row{"a line each", "{\"a\":1}\n{\"b\":2}\n"},
        row{"blank lines", "\n\n{\"a\":1}\n\n{\"b\":2}"}}) {
    INFO(r.why);
    const auto body = cut(r.body, {});
    REQUIRE(body);
    CHECK(records_of(*body) == std::vector<std::string>{R"({"a":1})", R"({"b":2})"});
  }
}

TEST_CASE("cut: only a body that is no JSON at all is refused as a whole", "[nodes]") {
  struct row {
    const char* why;
    const char* body;
    bool readable;
  };
  for (const auto& r :
       {row{"text", "hello", false}, row{"a form", "a=1&b=2", false}, row{"nothing", "", true},
        row{"an empty envelope", R"({"Records":[]})", true},
        row{"a record cut short", R"({"Records":[{"a":)", true},
        row{"with a byte order mark", "\xef\xbb\xbf{\"a\":1}", true}}) {
    INFO(r.why);
    CHECK(static_cast<bool>(cut(r.body, {})) == r.readable);
  }
}

TEST_CASE("cut: cut_records_max and cut_bytes_max bound a batch, and positions go on", "[nodes]") {
  std::string body;
  for (std::size_t i = 0; i < 2 * cut_records_max + 1; ++i)
    body += "{\"n\":" + std::to_string(i) + "}\n";
  const auto many = cut(body, {});
  REQUIRE(many);
  REQUIRE(many->batches.size() == 3);
  CHECK(many->batches[0].records.size() == cut_records_max);
  CHECK(many->batches[2].first == 2 * cut_records_max);
  CHECK(many->batches[2].records.size() == 1);
  CHECK(many->records == 2 * cut_records_max + 1);

  const std::string large = "{\"x\":\"" + std::string(cut_bytes_max / 2, 'x') + "\"}\n";
  const auto few = cut(large + large + large, {});
  REQUIRE(few);
  CHECK(few->batches.size() == 3);
}

TEST_CASE_METHOD(scripted_node,
                 "ingest: records go to the token's tenant with counts in the answer", "[nodes]") {
  ingest_answer = {1, 0, 1, 0};
  const auto r = call(a_sender(), http_method::post, "/v1/ingest/aws", R"([{"a":1},{"b":2}])");
  REQUIRE(r.status == 200);
  const auto doc = json_of(r);
  CHECK(number_at(doc.root(), "records") == 2);
  CHECK(number_at(doc.root(), "accepted") == 1);
  CHECK(number_at(doc.root(), "quarantined") == 1);
  const auto left = list_at(doc.root(), "left_out");
  REQUIRE(left.size() == 1);
  CHECK(number_at(left[0], "to") == 1);
  const auto batches = told().batches;
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].tenant.value == "acme");
  CHECK(batches[0].origin.source == "http/someone");
  CHECK(batches[0].origin.sequence == 1);
  CHECK(batches[0].received == clock.now());
}

TEST_CASE_METHOD(scripted_node, "ingest: every format has its path, and auto takes them all",
                 "[nodes]") {
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < ingest::formats().size(); ++i) {
    const std::string name{ingest::formats()[i].name};
    INFO(name);
    CHECK(call(a_sender(), http_method::post, "/v1/ingest/" + name, "[{}]").status == 200);
    expected.push_back(name);
  }
  CHECK(call(a_sender(), http_method::post, "/v1/ingest/auto", "[{}]").status == 200);
  expected.emplace_back();
  std::vector<std::string> read_as;
  for (const auto& batch : told().batches)
    read_as.push_back(batch.only);
  CHECK(read_as == expected);
}

TEST_CASE_METHOD(scripted_node, "ingest: a source that a mapping file describes has its path",
                 "[nodes]") {
  auto set = ingest::mapping_set::load({{"door.yaml", R"(
source: door
recognise: [{/badge: "*", /at: "*"}]
event:
  time: [/at]
  service: door
  action: [/what]
  activity: saas.event
  identity: [/badge]
)"}});
  INFO((set ? std::string{} : set.err().context));
  REQUIRE(set);
  const auto r = call(a_sender(), http_method::post, "/v1/ingest/door", "[{}]");
  CHECK(r.status == 404);
  CHECK(r.body.find("no source is called 'door'") != std::string::npos);
  CHECK(told().batches.empty());
  mappings = *set; // applied meanwhile
  CHECK(call(a_sender(), http_method::post, "/v1/ingest/door", "[{}]").status == 200);
  REQUIRE(told().batches.size() == 1);
  CHECK(told().batches.front().only == "door");
  const auto other = call(a_sender(), http_method::post, "/v1/ingest/window", "[{}]");
  CHECK(other.status == 404);
  CHECK(other.body.find("there are: door") != std::string::npos);
}

TEST_CASE_METHOD(scripted_node, "ingest: the tenant comes from the token, never from elsewhere",
                 "[nodes]") {
  CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws?tenant=globex", "[]").status == 403);
  const auto both = someone({role::collector}, {"acme", "globex"});
  CHECK(call(both, http_method::post, "/v1/ingest/aws", "[{}]").status == 400);
  CHECK(call(both, http_method::post, "/v1/ingest/aws?tenant=globex", "[{}]").status == 200);
  REQUIRE(told().batches.size() == 1);
  CHECK(told().batches[0].tenant.value == "globex");
}

TEST_CASE_METHOD(scripted_node, "ingest: the same key is the same batch, no key is a new one",
                 "[nodes]") {
  io::http_headers key;
  key.set("Idempotency-Key", "k-1");
  for (int i = 0; i < 2; ++i)
    CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws", "[{}]", key).status == 200);
  for (int i = 0; i < 2; ++i)
    CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws", "[{}]").status == 200);
  const auto b = told().batches;
  REQUIRE(b.size() == 4);
  CHECK(b[0].origin == b[1].origin);
  CHECK_FALSE(b[1].origin == b[2].origin);
  CHECK_FALSE(b[2].origin == b[3].origin);
}

TEST_CASE_METHOD(scripted_node, "ingest: what is not durable is never answered with 200",
                 "[nodes]") {
  SECTION("the store refuses") {
    ingest_fails = true;
    const auto r = call(a_sender(), http_method::post, "/v1/ingest/aws", "[{}]");
    CHECK(r.status == 503);
    CHECK(r.headers.get("Retry-After") == "1");
  }
  SECTION("the node drains") {
    ready = false;
    const auto r = call(a_sender(), http_method::post, "/v1/ingest/aws", "[{}]");
    CHECK(r.status == 503);
    CHECK(r.headers.has("Retry-After"));
    CHECK(told().batches.empty());
  }
  SECTION("the body is no JSON") {
    CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws", "hello").status == 400);
    CHECK(told().batches.empty());
  }
}

TEST_CASE_METHOD(scripted_node, "ingest: a stream that has ended is told so after its last batch",
                 "[nodes]") {
  CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws?source=trail", "[{}]").status == 200);
  CHECK(told().ended.empty());
  CHECK(call(a_sender(), http_method::post, "/v1/ingest/aws?source=trail&end=true", "[]").status ==
        200);
  // The same actor has answered this status after it heard of the end.
  CHECK(get(everyone({role::viewer}), "/v1/sources").status == 200);
  CHECK(told().ended == std::vector<std::string>{"http/someone/trail"});
}

TEST_CASE_METHOD(scripted_node,
                 "ingest: a tenant that sends is known from then on, restarts included",
                 "[nodes]") {
  const auto admin = everyone({role::admin});
  CHECK(get(admin, "/v1/tenants").body.find("initech") == std::string::npos);
  CHECK(call(admin, http_method::post, "/v1/ingest/aws?tenant=initech", "[{}]").status == 200);
  CHECK(get(admin, "/v1/tenants").body.find("initech") != std::string::npos);
  const auto kept = store->entities().meta("tenant/initech");
  REQUIRE(kept);
  CHECK(kept->has_value());
}
