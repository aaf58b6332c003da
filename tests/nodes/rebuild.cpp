// Making the table anew on a made-up cluster: in which order what is done, and what stops it before
// anything was done.
#include "tests/nodes/support.hpp"

#include "actors/remote.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using actors::node_question;
using io::http_method;
using io::role;

namespace {

/// Three nodes with a copy each of the one partition and of the one of tenants, whose coordinator
/// was wiped; b's log goes farthest.
struct orphaned : scripted_node {
  orphaned() {
    settings.cluster.coordinator = config::coordinator_kind::etcd;
    settings.cluster.copies = 3;
    cluster.cluster.id = "c1";
    cluster.cluster.partitions = 1;
    cluster.cluster.tenant_partitions = 1;
    cluster.state = membership::standing::estranged;
    cluster.self.id = {"a"};
    cluster.nodes.clear();
    cluster.table.clear();
    for (const auto* id : {"a", "b", "c"}) {
      cluster.nodes[{id}].id = {id};
      if (std::string{id} != "a")
        mesh.peers.push_back({{id}, true, 1, std::chrono::steady_clock::now(), {}, 0, 0, 0});
      say(id, node_question::copies, {});
    }
    on_claim = [this] {
      for (const auto* id : {"a", "b", "c"}) {
        if (node_says[{id, node_question::copies}].ok())
          say(id, node_question::copies, {"member", 2, false, 7});
        say(id, node_question::seal, {"member", 2, false, 8});
      }
    };
  }
  struct standing {
    const char* membership = "estranged";
    int generation = 1;
    bool whole = true;
    int promised = 7;
    int held = 2;
  };
  void say(const std::string& id, node_question q, const standing& s) {
    const auto copy = [&](std::uint32_t p, int last) {
      return fmt::format(R"({{"partition":{},"replica":{{"role":"follower","durable_epoch":6,)"
                         R"("durable":{},"promised":{},"sealed":{},"version":5,"min_in_sync":2,)"
                         R"("holders":["a","b","c"]}}}})",
                         p, last, s.promised, s.promised);
    };
    const int last = id == "b" ? 41 : 40;
    node_says[{id, q}] = {
        fmt::format(R"({{"incarnation":"{}","membership":"{}","generation":{},"whole":{},)"
                    R"("held":{},"documents":[{{"name":"content","version":{},"hash":"h",)"
                    R"("author":"{}"}}],"items":[{},{}]}})",
                    id[0] - 'a' + 11, s.membership, s.generation, s.whole, s.held,
                    id == "c" ? 4 : 3, id, copy(0, last),
                    copy(cluster::tenant_partitions_from, last)),
        {}};
  }
  void silence(const std::string& id) {
    node_says[{id, node_question::copies}] = {{}, {base::ec::unavailable, "not heard"}};
  }
  io::http_response order(const char* body = "", std::vector<role> roles = {role::admin}) {
    return call(everyone(std::move(roles)), http_method::post, "/v1/cluster/rebuild-table", body);
  }
};

} // namespace

TEST_CASE_METHOD(
    orphaned,
    "rebuild-table: claims, then seals every node, then names what is in force, then fills",
    "[nodes][rebuild]") {
  CHECK(order("", {role::approver}).status == 403);
  CHECK(told().repairs.empty());
  const auto said = order();
  INFO(said.body);
  REQUIRE(said.status == 200);
  auto done = told().repairs;
  REQUIRE(done.size() == 6);
  std::sort(done.begin() + 1, done.begin() + 4); // the three seals
  CHECK(done == std::vector<std::string>{"claim after 1", "seal a at 8 of 2", "seal b at 8 of 2",
                                         "seal c at 8 of 2", "document content 4 behind 0",
                                         "table of generation 2"});
  const auto table = told().table;
  REQUIRE(table.size() == 2);
  for (const auto& [p, a] : table) {
    CHECK(a.epoch.value == 9);
    CHECK(a.primary.value == "b");
    CHECK(a.in_sync == std::vector<cluster::member>{{{"b"}, {12}}});
  }
  CHECK(list_at(json_of(said).root(), "items").size() == 2);
}

TEST_CASE_METHOD(orphaned, "rebuild-table: a dry run shows the table and claims nothing",
                 "[nodes][rebuild]") {
  const auto said = order(R"({"dry_run":true})");
  REQUIRE(said.status == 200);
  CHECK(told().repairs.empty());
  const auto doc = json_of(said);
  CHECK(number_at(doc.root(), "generation") == 2);
  for (const auto row : list_at(doc.root(), "items")) {
    CHECK(text_at(row, "primary") == "b");
    CHECK(number_at(row, "last") == 41);
  }
}

TEST_CASE_METHOD(orphaned,
                 "rebuild-table: what speaks against it is found before anything is claimed",
                 "[nodes][rebuild]") {
  struct row {
    const char* why;
    std::function<void(orphaned&)> happens;
    int status;
    const char* text;
  };
  const auto r = GENERATE(values<row>({
      {"a node has the whole table from the coordinator",
       [](orphaned& o) {
         o.say("c", node_question::copies, {"member", 1, true, 7});
       },
       409, "node c is a member"},
      {"a copy that is known of is not heard", [](orphaned& o) { o.silence("b"); }, 503,
       "b has not reported"},
      {"a copy of a node did not answer",
       [](orphaned& o) {
         o.say("b", node_question::copies, {"estranged", 1, true, 7, 3});
       },
       503, "not every copy of node b"},
      {"this node itself does not answer", [](orphaned& o) { o.silence("a"); }, 503,
       "did not answer itself"},
      {"it stands alone",
       [](orphaned& o) { o.settings.cluster.coordinator = config::coordinator_kind::none; }, 409,
       "stands alone"},
  }));
  INFO(r.why);
  r.happens(*this);
  const auto said = order();
  CHECK(said.status == r.status);
  INFO(said.body);
  CHECK(said.body.find(r.text) != std::string::npos);
  CHECK(told().repairs.empty());
}

TEST_CASE_METHOD(orphaned,
                 "rebuild-table: copies that are not heard are given up when that is accepted",
                 "[nodes][rebuild]") {
  silence("b");
  const auto said = order(R"({"accept_missing":true})");
  INFO(said.body);
  REQUIRE(said.status == 200);
  for (const auto& [p, a] : told().table) {
    CHECK(a.primary.value == "a");
    CHECK(a.loss_epoch == a.epoch);
  }
  const auto document = json_of(said);
  for (const auto row : list_at(document.root(), "items"))
    CHECK(texts_at(row, "missing") == std::vector<std::string>{"b"});
  const auto done = told().repairs;
  CHECK(std::ranges::none_of(done, [](const auto& d) { return d.starts_with("seal b"); }));
}

TEST_CASE_METHOD(orphaned, "rebuild-table: who was not first seals nothing and puts nothing",
                 "[nodes][rebuild]") {
  claim_outcome = base::error{base::ec::conflict, "another was first"};
  CHECK(order().status == 409);
  CHECK(told().repairs == std::vector<std::string>{"claim after 1"});
}

TEST_CASE_METHOD(orphaned, "rebuild-table: a copy that does not promise leaves the table empty",
                 "[nodes][rebuild][slow]") {
  on_claim = [this] {
    for (const auto* id : {"a", "b", "c"}) {
      say(id, node_question::copies, {"member", 2, false, 7});
      say(id, node_question::seal, {"member", 2, false, 8});
    }
    node_says[{"c", node_question::seal}] = {{}, {base::ec::conflict, "it knows generation 3"}};
  };
  const auto said = order();
  CHECK(said.status == 503);
  CHECK(said.body.find("node c has not promised") != std::string::npos);
  CHECK(told().table.empty());
}

TEST_CASE("rebuild-table: an order to seal comes back from the wire with epoch and generation",
          "[nodes][rebuild]") {
  const actors::node_message sent{7, node_question::seal, {{41}, 3}};
  const auto back = actors::decode_node_message(actors::encode(sent));
  REQUIRE(back);
  CHECK(back->id == 7);
  CHECK(std::get<node_question>(back->what) == node_question::seal);
  CHECK(back->seal == sent.seal);
}
