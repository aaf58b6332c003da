// The small parts: base 64, records as JSON, what etcd answers, settings, the queue.
#include "base/base64.hpp"
#include "io/coordination/etcd_messages.hpp"
#include "io/coordination/etcd_settings.hpp"
#include "io/coordination/event_queue.hpp"
#include "io/coordination/judgements.hpp"
#include "io/coordination/record_json.hpp"
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;
using base::ec;

TEST_CASE("base64: encodes as RFC 4648 says, and decodes nothing else", "[coordination]") {
  const std::vector<std::pair<std::string, std::string>> known{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"},
                                                               {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : known) {
    CHECK(base::base64_encode(bytes) == text);
    CHECK(base::base64_decode(text) == bytes);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg=a", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n",
                          "Zm-v", "Zg==Zg==", "Zm8=Zm8="}) {
    INFO(bad);
    CHECK_FALSE(base::base64_decode(bad));
  }
  test::random chance{7};
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes += static_cast<char>(chance.below(256));
    REQUIRE(base::base64_decode(base::base64_encode(bytes)) == bytes);
  }
}

TEST_CASE("records: what is written is read, with what a later build adds", "[coordination]") {
  auto a = assignment("n\"1", 0xffff'ffff'ffff'ffff, 3);
  a.min_in_sync = 2;
  a.loss_epoch = {9};
  const auto json = to_json(a, 0xdead'beef'dead'beef);
  const auto read = read_assignment(json);
  REQUIRE(read);
  CHECK(read->value == a);
  CHECK(read->proposal == 0xdead'beef'dead'beef);
  auto n = node("n1", 0xffff'ffff'ffff'fff1, 4);
  n.weight = 0.25;
  n.writable = false;
  const auto node_json = to_json(n);
  CHECK(*read_node_record(node_json) == n);
  CHECK(*read_store_record(to_json(cluster::store_record{{5}, 6})) ==
        cluster::store_record{{5}, 6});
  const auto c = read_cluster_record(to_json(
      cluster::cluster_record{"c1", 256, 0xffff'ffff'ffff'ffff, 3, 7, 0xffff'ffff'ffff'fff1}));
  REQUIRE(c);
  CHECK(c->partitions == 256);
  CHECK(c->generation == 0xffff'ffff'ffff'ffff);
  CHECK(c->format == 3);
  CHECK(c->tenant_partitions == 7);
  CHECK(c->seed == 0xffff'ffff'ffff'fff1);
  CHECK(read_cluster_record(
            R"({"id":"c1","partitions":1,"format":1,"tenant_partitions":1,"seed":"1"})")
            ->generation == 1);
  const auto later = [](std::string text) {
    text.insert(1, R"("zz":{"a":[1,{"b":null}]},"aa":"x",)");
    return text;
  };
  CHECK(read_assignment(later(json))->value == a);
  CHECK(*read_node_record(later(node_json)) == n);
}

TEST_CASE("records: a value that is not one is refused with the member that is wrong",
          "[coordination]") {
  struct row {
    const char* json;
    const char* text;
    const char* why;
  };
  const std::vector<row> bad{
      {"", "reading", "empty"},
      {"[]", "not an object", "a list"},
      {"{", "reading", "cut"},
      {R"({"epoch":"1"})", "'version'", "half of it"},
      {R"({"epoch":"1x","version":"1","primary":"a","min_in_sync":1})", "'epoch'", "not a number"},
      {R"({"epoch":"-1","version":"1","primary":"a","min_in_sync":1})", "'epoch'", "negative"},
      {R"({"epoch":"1","version":"18446744073709551616","primary":"a","min_in_sync":1})",
       "'version'", "over 64 bits"},
      {R"({"epoch":"1","version":"1","primary":"a","min_in_sync":4294967296})", "'min_in_sync'",
       "over 32 bits"},
      {R"({"epoch":"1","version":"1","primary":"a","min_in_sync":1,"replicas":"a"})", "'replicas'",
       "no list"},
      {R"({"epoch":"1","version":"1","primary":"a","min_in_sync":1,"replicas":["a"],"in_sync":[]})",
       "'primary'", "a primary that is not in sync"},
      {R"({"epoch":"1","version":"1","primary":"a","min_in_sync":1,"replicas":["a"],"in_sync":[{"node":"a"}]})",
       "'in_sync'", "a member without incarnation"},
      {R"({"epoch":"1","version":"1","primary":"a","min_in_sync":1,"replicas":["1","2","3","4","5","6","7","8","9","10"],"in_sync":[]})",
       "'replicas'", "more copies than anybody asks for"},
  };
  for (const auto& r : bad) {
    INFO(r.why);
    const auto got = read_assignment(r.json);
    REQUIRE_FALSE(got);
    CHECK(got.err().code == ec::malformed);
    CHECK(says(got.err().context, r.text));
  }
  CHECK_FALSE(read_assignment(std::string(100'000, ' ')));
  for (const auto* cluster :
       {R"({"id":"","partitions":1,"format":1,"tenant_partitions":1,"seed":"1"})",
        R"({"id":"a","partitions":0,"format":1,"tenant_partitions":1,"seed":"1"})",
        R"({"id":"a","partitions":1,"format":1,"tenant_partitions":0,"seed":"1"})",
        R"({"id":"a","partitions":1,"format":1,"tenant_partitions":1})",
        R"({"id":"a","partitions":1,"format":1,"seed":"1"})"}) {
    INFO(cluster);
    CHECK_FALSE(read_cluster_record(cluster));
  }
  CHECK_FALSE(read_node_record(R"({"id":"a","incarnation":"1","stamp":"1","weight":-1})"));
}

TEST_CASE("etcd's answers: members that are left out are zero, and nonsense is an error",
          "[coordination]") {
  etcd::reader read;
  const auto txn = read.transaction(
      R"({"header":{"cluster_id":"14841639068965178418","revision":"7","extra":1},"responses":[{"response_put":{"header":{}}},{"response_range":{"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"3","version":"1","value":"Yg==","lease":"9"}],"count":"1"}},{"response_range":{"header":{}}}]})");
  REQUIRE(txn);
  CHECK_FALSE(txn->succeeded);
  CHECK(txn->head.cluster_id == "14841639068965178418");
  REQUIRE(txn->found.size() == 2);
  CHECK(txn->found[0][0].key == "a");
  CHECK(txn->found[0][0].value == "b");
  CHECK(txn->found[0][0].lease == 9);
  CHECK(txn->found[1].empty());
  const auto gone = read.keep_alive("{\"result\":{\"header\":{},\"ID\":\"5\"}}\n");
  REQUIRE(gone);
  CHECK(gone->ttl_seconds == 0);
  const auto compacted = read.watch_line(
      R"({"result":{"header":{"revision":"20"},"canceled":true,"compact_revision":"15"}})");
  REQUIRE(compacted);
  CHECK(compacted->compacted_through == 15);
  CHECK(compacted->canceled);
  const auto changed = read.watch_line(
      R"({"result":{"header":{"revision":"9"},"events":[{"kv":{"key":"YQ==","mod_revision":"8"}},{"type":"DELETE","kv":{"key":"Yg==","mod_revision":"9"}}]}})");
  REQUIRE(changed);
  REQUIRE(changed->changes.size() == 2);
  CHECK_FALSE(changed->changes[0].deleted);
  CHECK(changed->changes[1].deleted);
  CHECK(changed->changes[1].what.modified == 9);

  for (const char* bad :
       {"", "{}", "null", "<html>", R"({"header":1})", R"({"header":{"revision":"x"}})",
        R"({"header":{},"responses":{}})",
        R"({"header":{},"responses":[{"response_range":{"kvs":[{"key":"?"}]}}]})"}) {
    INFO(bad);
    const auto got = read.transaction(bad);
    REQUIRE_FALSE(got);
    CHECK(got.err().code == ec::malformed);
  }
  CHECK_FALSE(read.watch_line(R"({"error":{"grpc_code":14,"message":"no leader"}})"));
  const auto said = read.refused(R"({"error":"etcdserver: no\nleader","code":14})");
  CHECK(said.code == 14);
  CHECK(said.message == "etcdserver: no leader");
  CHECK(read.refused(R"({"error":{"grpc_code":7,"message":"x"}})").code == 7);
  CHECK(read.refused("404 page not found").message == "404 page not found");
}

TEST_CASE("etcd settings: what cannot work or is not safe is refused before anything is tried",
          "[coordination]") {
  etcd_settings good;
  good.endpoints = {"https://10.0.0.1:2379", "http://127.0.0.1:2379", "http://localhost:2379"};
  CHECK(check(good));
  struct row {
    void (*change)(etcd_settings&);
    ec expected;
    const char* why;
  };
  const std::vector<row> bad{
      {[](etcd_settings& s) { s.endpoints.clear(); }, ec::invalid_argument, "no endpoint"},
      {[](etcd_settings& s) { s.endpoints = {"10.0.0.1:2379"}; }, ec::invalid_argument,
       "no scheme"},
      {[](etcd_settings& s) { s.endpoints = {"http://10.0.0.1:2379"}; }, ec::denied,
       "in the clear"},
      {[](etcd_settings& s) { s.endpoints = {"http://127.evil.example:1"}; }, ec::denied, "a name"},
      {[](etcd_settings& s) { s.endpoints = {"https://u:p@h:1"}; }, ec::invalid_argument, "secret"},
      {[](etcd_settings& s) { s.prefix = "vedette/"; }, ec::invalid_argument, "no slash"},
      {[](etcd_settings& s) { s.prefix = "/vedette"; }, ec::invalid_argument,
       "no slash at the end"},
      {[](etcd_settings& s) { s.prefix = "/"; }, ec::invalid_argument, "everything"},
      {[](etcd_settings& s) { s.key_file = "k"; }, ec::invalid_argument, "half of a certificate"},
      {[](etcd_settings& s) { s.user = "u"; }, ec::invalid_argument, "half of a login"},
      {[](etcd_settings& s) { s.call_deadline = {}; }, ec::invalid_argument, "no time at all"},
  };
  for (const auto& r : bad) {
    INFO(r.why);
    auto s = good;
    r.change(s);
    const auto got = check(s);
    REQUIRE_FALSE(got);
    CHECK(got.err().code == r.expected);
    CHECK_FALSE(says(got.err().context, "u:p"));
  }
  good.endpoints = {"http://10.0.0.1:2379"};
  good.allow_plain = true;
  CHECK(check(good));
}

TEST_CASE("records: the cluster's tells whether it is still the one that was opened",
          "[coordination]") {
  const cluster::cluster_record opened{"c1", 16, 5, 1};
  struct row {
    cluster::cluster_record present;
    std::optional<estrangement> expected;
    const char* why;
  };
  const std::vector<row> rows{
      {{"c1", 16, 5, 1}, std::nullopt, "the same"},
      {{"c1", 16, 5, 2}, std::nullopt, "a later build wrote it"},
      {{"c2", 16, 5, 1}, estrangement::other_cluster, "another id"},
      {{"c1", 32, 5, 1}, estrangement::other_cluster, "another number of partitions"},
      {{"c1", 16, 6, 1}, estrangement::rebuilt, "a later generation"},
      {{"c1", 16, 4, 1}, estrangement::restored, "an earlier generation"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(judge_record(opened, r.present) == r.expected);
  }
}

TEST_CASE("settle: only what stands tells what became of a swap", "[coordination]") {
  const cluster::swap_request ask{1, {2}, {10}, assignment("a", 2, 2), {}};
  using cluster::proposal_outcome;
  struct row {
    std::optional<cluster::versioned_assignment> seen;
    proposal_outcome expected;
    const char* why;
  };
  const std::vector<row> rows{
      {{{{12}, ask.next}}, proposal_outcome::won, "it stands"},
      {{{{12}, assignment("b", 2, 2)}}, proposal_outcome::lost, "another stands"},
      {{{{10}, assignment("a")}}, proposal_outcome::unknown, "it may yet arrive"},
      {std::nullopt, proposal_outcome::lost, "what it would replace is gone"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(settle(ask, r.seen) == r.expected);
  }
  auto first = ask;
  first.base = {};
  CHECK(settle(first, std::nullopt) == proposal_outcome::unknown);
}

TEST_CASE("events: a host that does not take them loses changes, never answers, and is told",
          "[coordination]") {
  event_queue q{10};
  int woken = 0;
  q.on_waiting([&] { ++woken; });
  q.push(call_done{1, call_kind::leave, {}});
  for (std::uint64_t i = 0; i < 30; ++i)
    q.push(view_changed{cluster::node_event{{i}, {"n"}, std::nullopt}});
  q.push(call_done{2, call_kind::leave, {}});
  CHECK(woken == 1);
  CHECK(q.take_overflow());
  CHECK_FALSE(q.take_overflow());
  auto got = q.take({});
  REQUIRE(got.size() == 2);
  CHECK(std::get<call_done>(got[0]).call == 1);
  CHECK(std::get<call_done>(got[1]).call == 2);
  // Until the new view, changes would have a hole before them.
  q.push(view_changed{cluster::node_event{{40}, {"n"}, std::nullopt}});
  q.push(view_began{});
  q.push(view_changed{cluster::node_event{{41}, {"n"}, std::nullopt}});
  got = q.take({});
  REQUIRE(got.size() == 2);
  CHECK(std::holds_alternative<view_began>(got[0]));
  CHECK(q.take(1ms).empty());
  // Proofs come for ever; one is enough.
  for (int i = 0; i < 1000; ++i)
    q.push(view_proved{});
  CHECK(q.take({}).size() == 1);
  CHECK_FALSE(q.take_overflow());
}
