// Recovering a partition on a made-up cluster: who may, what is refused, which copy is taken, and
// what is shown before.
#include "tests/nodes/support.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using actors::node_question;
using io::http_method;
using io::role;

namespace {

/// Partition 7 had copies at a, b and c; only those of a and b were in sync, and those are gone.
struct bereaved : scripted_node {
  bereaved() {
    settings.cluster.coordinator = config::coordinator_kind::etcd;
    settings.cluster.copies = 3;
    cluster.reachable = true;
    cluster.self = record_of("d", 14);
    cluster.nodes.clear();
    for (const auto& [id, incarnation] : {std::pair{"c", 13U}, {"d", 14U}}) {
      cluster.nodes[{id}] = record_of(id, incarnation);
      mesh.peers.push_back({{id}, true, 1, std::chrono::steady_clock::now(), {}, 0, 0, 0});
    }
    cluster::assignment a;
    a.epoch = {3};
    a.primary = {"a"};
    a.replicas = {{"a"}, {"b"}, {"c"}};
    a.in_sync = {{{"a"}, {11}}, {{"b"}, {12}}};
    a.min_in_sync = 2;
    cluster.table[{7}] = {{9}, a};
    for (const auto* id : {"a", "b"})
      node_says[{id, node_question::copies}] = {{}, {base::ec::unavailable, "not heard"}};
    says("c", 13, "follower", 3, 40);
    node_says[{"d", node_question::copies}] = {R"({"incarnation":"14","items":[]})", {}};
  }
  static cluster::node_record record_of(const std::string& id, std::uint64_t incarnation) {
    cluster::node_record r;
    r.id = {id};
    r.incarnation = {incarnation};
    return r;
  }
  void says(const std::string& id, int incarnation, const char* replica_role, int epoch, int last) {
    node_says[{id, node_question::copies}] = {
        fmt::format(R"({{"incarnation":"{}","items":[{{"partition":7,"replica":{{"role":"{}",)"
                    R"("durable_epoch":{},"durable":{},"sealed":3,"version":5,"min_in_sync":2,)"
                    R"("holders":["a","b","c"]}}}}]}})",
                    incarnation, replica_role, epoch, last),
        {}};
  }
  io::http_response order(const char* body, const char* id = "7",
                          std::vector<role> roles = {role::admin}) {
    return call(everyone(std::move(roles)), http_method::post,
                std::string{"/v1/partitions/"} + id + "/recover", body);
  }
};

} // namespace

TEST_CASE_METHOD(bereaved, "recover: the surviving copy is taken only when the loss is accepted",
                 "[nodes][recover]") {
  CHECK(order(R"({"accept_loss":true})", "7", {role::approver}).status == 403);
  CHECK(order("{}").status == 400);
  CHECK(order("").status == 400);
  CHECK(order(R"({"accept_loss":true})", "8").status == 404);
  CHECK(order(R"({"accept_loss":true})", "x").status == 400);
  CHECK(told().recoveries.empty());

  const auto said = order(R"({"accept_loss":true})");
  CHECK(said.status == 202);
  REQUIRE(told().recoveries.size() == 1);
  CHECK(told().recoveries.front() == std::pair{7U, cluster::member{{"c"}, {13}}});
  const auto doc = json_of(said);
  CHECK(text_at(doc.root(), "from") == "c");
  CHECK(number_at(doc.root(), "epoch") == 4);
}

TEST_CASE_METHOD(bereaved, "recover: a dry run shows what each copy holds and changes nothing",
                 "[nodes][recover]") {
  const auto said = order(R"({"dry_run":true})");
  CHECK(said.status == 200);
  CHECK(told().recoveries.empty());
  const auto doc = json_of(said);
  CHECK(text_at(doc.root(), "from") == "c");
  std::map<std::string, std::string> states;
  for (const auto v : list_at(doc.root(), "copies"))
    states[text_at(v, "node")] = text_at(v, "state") + " " + text_at(v, "last");
  CHECK(states == std::map<std::string, std::string>{
                      {"a", "not heard "}, {"b", "not heard "}, {"c", "out of sync 40"}});
}

TEST_CASE_METHOD(bereaved, "recover: refused while an in-sync store is there, and says which",
                 "[nodes][recover]") {
  SECTION("it has a session, though nobody hears it") {
    cluster.nodes[{"b"}] = record_of("b", 12);
  }
  SECTION("it is heard, though its session is over") {
    says("b", 12, "follower", 3, 44);
  }
  const auto said = order(R"({"accept_loss":true})");
  CHECK(said.status == 409);
  CHECK(said.body.find("node b is there and in sync") != std::string::npos);
  const auto dry = order(R"({"dry_run":true})");
  CHECK(dry.status == 200);
  CHECK(text_at(json_of(dry).root(), "refused").find("node b") != std::string::npos);
  CHECK(told().recoveries.empty());
}

TEST_CASE_METHOD(bereaved, "recover: the node of a lost store that came back empty is no obstacle",
                 "[nodes][recover]") {
  cluster.nodes[{"b"}] = record_of("b", 99);
  node_says[{"b", node_question::copies}] = {R"({"incarnation":"99","items":[]})", {}};
  CHECK(order(R"({"accept_loss":true})").status == 202);
  REQUIRE(told().recoveries.size() == 1);
  CHECK(told().recoveries.front().second.node.value == "c");
}

TEST_CASE_METHOD(bereaved, "recover: a copy whose store failed is not gone on with",
                 "[nodes][recover]") {
  says("c", 13, "failed", 3, 40);
  CHECK(order(R"({"accept_loss":true})").status == 503);
  CHECK(order(R"({"accept_loss":true,"from":"c"})").status == 503);
  CHECK(order(R"({"accept_loss":true,"from":"d"})").status == 400);
  CHECK(told().recoveries.empty());
}

TEST_CASE_METHOD(bereaved, "recover: what the membership refuses is the answer",
                 "[nodes][recover]") {
  recover_outcome = base::error{base::ec::conflict, "it moved on"};
  CHECK(order(R"({"accept_loss":true})").status == 409);
  cluster.reachable = false;
  CHECK(order(R"({"accept_loss":true})").status == 503);
}
