// The API on a cluster of three whose table, mesh and answers the test makes up: who is shown how,
// who is asked, and what is refused.
#include "tests/nodes/support.hpp"

#include "actors/remote.hpp"

#include <algorithm>
#include <chrono>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using actors::node_question;
using io::http_method;
using io::role;

namespace {

cluster::node_record record_of(const std::string& id) {
  cluster::node_record r;
  r.id = {id};
  r.incarnation = {std::hash<std::string>{}(id)};
  r.api_address = "http://" + id + ".example:8470";
  return r;
}

cluster::member store_of(const std::string& id) {
  return {{id}, record_of(id).incarnation};
}

/// Three nodes, seen from "a", all well; partitions 0 and 1 led by a and b, the tenants' by c.
struct three_nodes : scripted_node {
  three_nodes() {
    settings.cluster.coordinator = config::coordinator_kind::etcd;
    settings.cluster.copies = 3;
    cluster.self = record_of("a");
    cluster.controller = cluster::node_id{"b"};
    cluster.nodes.clear();
    for (const auto* id : {"a", "b", "c"}) {
      cluster.nodes[{id}] = record_of(id);
      if (std::string{id} != "a")
        mesh.peers.push_back({{id}, true, 1, std::chrono::steady_clock::now(), {}, 0, 0, 0});
      node_says[{id, node_question::look}] = {
          R"({"version":"1","commit":"c","ready":true,"uptime_seconds":3})", {}};
      node_says[{id, node_question::sources}] = {R"({"items":[]})", {}};
    }
    place(0, "a");
    place(1, "b");
    place(cluster::tenant_partitions_from, "c");
  }
  void place(std::uint32_t p, const std::string& primary) {
    cluster::assignment a;
    a.epoch = {3};
    a.primary = {primary};
    a.replicas = {{"a"}, {"b"}, {"c"}};
    a.in_sync = {store_of("a"), store_of("b"), store_of("c")};
    a.min_in_sync = 2;
    cluster.table[{p}] = {{9}, a};
    says_of(primary, p, "serving");
  }
  void says_of(const std::string& who, std::uint32_t p, const std::string& role) {
    node_says[{who, node_question::partitions}] = {
        R"({"items":[{"partition":)" + std::to_string(p) + R"(,"replica":{"role":")" + role +
            R"(","last":10,"committed":9,"replicas":[{"node":"b","match":10,"mode":"tailing"},)" +
            R"({"node":"c","match":4,"mode":"probing"}]},"fold":{"partition":77,"epoch":77,"outbox":2}}]})",
        {}};
  }
  void cut(const std::string& id) {
    for (auto& p : mesh.peers)
      if (p.node.value == id)
        p.alive = false;
    for (auto& [key, said] : node_says)
      if (key.first == id)
        said = {{}, {base::ec::unavailable, "node " + id + " cannot be heard"}};
  }
  [[nodiscard]] json_document list(const std::string& path) {
    const auto r = get(everyone({role::viewer}), path);
    CHECK(r.status == 200);
    return json_of(r);
  }
  [[nodiscard]] static json_value row(const json_document& doc, const char* key,
                                      const std::string& id) {
    for (const auto v : list_at(doc.root(), "items"))
      if (text_at(v, key) == id)
        return v;
    FAIL("there is no " << id);
    return doc.root();
  }
};

} // namespace

TEST_CASE_METHOD(three_nodes,
                 "nodes: each is shown as the membership, the mesh and the table have it",
                 "[nodes]") {
  struct row_of_table {
    const char* why;
    std::function<void(three_nodes&)> happens;
    const char* state;
    bool answered;
  };
  const auto r = GENERATE(values<row_of_table>({
      {"all is well", [](three_nodes&) {}, "up", true},
      {"it drains", [](three_nodes& n) { n.cluster.nodes[{"b"}].draining = true; }, "draining",
       true},
      {"it crawls", [](three_nodes& n) { n.cluster.nodes[{"b"}].starved = true; }, "starved", true},
      {"its disk is full", [](three_nodes& n) { n.cluster.nodes[{"b"}].writable = false; },
       "read-only", true},
      {"the way to it is cut", [](three_nodes& n) { n.cut("b"); }, "unreachable", false},
      {"its lease has ended, copies are there still",
       [](three_nodes& n) {
         n.cut("b");
         n.cluster.nodes.erase({"b"});
       },
       "gone", false},
      {"it is heard, but no member: what it says of itself does not count",
       [](three_nodes& n) { n.cluster.nodes.erase({"b"}); }, "gone", false},
  }));
  INFO(r.why);
  r.happens(*this);
  const auto doc = list("/v1/nodes");
  CHECK(list_at(doc.root(), "items").size() == 3);
  const auto b = row(doc, "id", "b");
  CHECK(text_at(b, "state") == r.state);
  CHECK(flag_at(b, "answered") == r.answered);
  CHECK(number_at(b, "leads") == 1);
  CHECK(number_at(b, "holds") == 3);
  CHECK(flag_at(b, "controller"));
  CHECK(text_at(row(doc, "id", "a"), "state") == "up");
  CHECK(flag_at(row(doc, "id", "a"), "here"));
}

TEST_CASE_METHOD(three_nodes, "nodes: a clock that is off is shown, and named by the status",
                 "[nodes]") {
  clocks[{"a"}] = {clock_state::right, std::chrono::milliseconds{3}};
  clocks[{"b"}] = {clock_state::wrong, std::chrono::seconds{-600}};
  const auto doc = list("/v1/nodes");
  CHECK(text_at(row(doc, "id", "a"), "clock") == "right");
  CHECK(text_at(row(doc, "id", "b"), "clock") == "wrong");
  CHECK(text_at(row(doc, "id", "b"), "clock_off_ms") == "-600000");
  CHECK(text_at(row(doc, "id", "c"), "clock").empty()); // nobody has read it
  const auto status = list("/v1/status");
  const auto off = list_at(status.root(), "cluster.clocks_off");
  REQUIRE(off.size() == 1);
  CHECK(text_at(off.front(), "node") == "b");
  CHECK(text_at(off.front(), "off_ms") == "-600000");
}

TEST_CASE_METHOD(
    three_nodes,
    "partitions: what the primary says stands beside the table, and its absence is marked",
    "[nodes]") {
  struct row_of_table {
    const char* why;
    std::function<void(three_nodes&)> happens;
    const char* state;
    bool answered;
  };
  const auto r = GENERATE(values<row_of_table>({
      {"all is well", [](three_nodes&) {}, "serving", true},
      {"its primary does not serve yet", [](three_nodes& n) { n.says_of("b", 1, "preparing"); },
       "preparing", true},
      {"its primary's store refused a write", [](three_nodes& n) { n.says_of("b", 1, "failed"); },
       "failed", true},
      {"its primary leads it no more, and says so",
       [](three_nodes& n) { n.says_of("b", 1, "follower"); }, "preparing", true},
      {"its primary speaks of another partition only",
       [](three_nodes& n) { n.says_of("b", 0, "serving"); }, "silent", false},
      {"its primary cannot be heard", [](three_nodes& n) { n.cut("b"); }, "silent", false},
      {"its primary is gone",
       [](three_nodes& n) {
         n.cut("b");
         n.cluster.nodes.erase({"b"});
       },
       "no primary", false},
      {"a copy's node is gone", [](three_nodes& n) { n.cluster.nodes.erase({"c"}); },
       "under-replicated", true},
      {"a copy's store is another one now",
       [](three_nodes& n) { ++n.cluster.nodes[{"c"}].incarnation.value; }, "under-replicated",
       true},
      {"a copy is not in sync",
       [](three_nodes& n) { n.cluster.table[{1}].value.in_sync.pop_back(); }, "under-replicated",
       true},
      {"it moves", [](three_nodes& n) { n.cluster.moving.push_back({1}); }, "moving", true},
  }));
  INFO(r.why);
  r.happens(*this);
  const auto doc = list("/v1/partitions");
  CHECK(list_at(doc.root(), "items").size() == 3);
  const auto p = row(doc, "partition", "1");
  CHECK(text_at(p, "state") == r.state);
  CHECK(flag_at(p, "answered") == r.answered);
  CHECK(text_at(p, "primary") == "b");
  CHECK(number_at(p, "epoch") == 3); // the table's, whatever the fold says
  CHECK(at(p, "lag").has_value() == r.answered);
  if (r.answered) {
    CHECK(number_at(p, "lag") == 6);
    CHECK(number_at(p, "outbox") == 2);
  }
}

TEST_CASE_METHOD(three_nodes,
                 "partitions: what is parked stands at the partition it belongs to, summed",
                 "[nodes]") {
  const auto keeping = [](std::uint32_t p, int batches) {
    return R"({"items":[{"partition":)" + std::to_string(p) +
           R"(,"replica":{"role":"serving"},"fold":{"keeps":[{"partition":1,"batches":)" +
           std::to_string(batches) + R"(,"bytes":100,"oldest":"2024-10-04T00:00:00Z"}]}}]})";
  };
  place(2, "c");
  cluster.nodes.erase({"b"});
  cut("b");
  node_says[{"a", node_question::partitions}] = {keeping(0, 3), {}};
  node_says[{"c", node_question::partitions}] = {keeping(2, 4), {}};
  const auto doc = list("/v1/partitions");
  const auto home = row(doc, "partition", "1");
  CHECK(text_at(home, "state") == "no primary");
  CHECK(number_at(home, "parked") == 7);
  CHECK(number_at(home, "parked_bytes") == 200);
  CHECK(number_at(row(doc, "partition", "0"), "parked") == 0);
}

TEST_CASE_METHOD(three_nodes, "status: says the cluster in short, whoever is asked", "[nodes]") {
  const auto in_short = [&] { return to_text(*at(list("/v1/status").root(), "cluster")); };
  const auto well = in_short();
  CHECK(well.find(R"("nodes":{"known":3,"up":3})") != std::string::npos);
  CHECK(well.find(R"("with_primary":3,"without_primary":0,"under_replicated":0)") !=
        std::string::npos);
  CHECK(well.find(R"("controller":"b")") != std::string::npos);
  cut("b");
  cluster.nodes.erase({"b"});
  cluster.reachable = false;
  cluster.why = "no route";
  const auto ill = in_short();
  CHECK(ill.find(R"("coordinator":{"reachable":false,"why":"no route"})") != std::string::npos);
  CHECK(ill.find(R"("nodes":{"known":3,"up":2})") != std::string::npos);
  CHECK(ill.find(R"("with_primary":2,"without_primary":1,"under_replicated":3)") !=
        std::string::npos);
}

TEST_CASE_METHOD(three_nodes,
                 "nodes: one that never answers delays the list by less than two seconds",
                 "[nodes]") {
  node_says.erase({"b", node_question::look});
  node_says.erase({"b", node_question::partitions});
  for (const auto* path : {"/v1/nodes", "/v1/partitions", "/v1/status"}) {
    INFO(path);
    const auto began = std::chrono::steady_clock::now();
    const auto doc = list(path);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds{2500});
    if (std::string_view{path} == "/v1/partitions")
      CHECK(text_at(row(doc, "partition", "1"), "state") == "silent");
  }
}

TEST_CASE_METHOD(three_nodes, "sources: what several nodes were sent is one line with the sums",
                 "[nodes]") {
  settings.tenants["acme"];
  const auto says = [](const char* received, bool ended, int records) {
    return actors::answer{
        std::string{R"({"items":[{"sources":[{"tenant":"acme","source":"s","newest_event":)"} +
            "\"" + received + R"(","last_received":")" + received + R"(","ended":)" +
            (ended ? "true" : "false") + R"(,"records":)" + std::to_string(records) + "}]}]}",
        {}};
  };
  node_says[{"a", node_question::sources}] = says("2026-01-02T03:00:00Z", true, 5);
  node_says[{"b", node_question::sources}] = says("2026-01-02T03:05:00Z", false, 7);
  cut("c");
  const auto doc = list("/v1/sources");
  const auto s = row(doc, "source", "s");
  CHECK(number_at(s, "records") == 12);
  CHECK(text_at(s, "last_received") == "2026-01-02T03:05:00Z");
  CHECK_FALSE(flag_at(s, "ended")); // it ended at a, and went on at b
  CHECK(texts_at(s, "nodes") == std::vector<std::string>{"a", "b"});
  CHECK(texts_at(doc.root(), "unreachable") == std::vector<std::string>{"node c"});
}

TEST_CASE_METHOD(three_nodes, "drain: reaches the node that is meant, whichever is asked",
                 "[nodes]") {
  const auto who = everyone({role::admin});
  for (const auto* id : {"b", "c"})
    for (const auto q : {node_question::drain, node_question::undrain})
      node_says[{id, q}] = {"{}", {}};
  CHECK(call(someone({role::responder}, {"acme"}), http_method::post, "/v1/nodes/b/drain").status ==
        403);
  CHECK(call(everyone({role::approver}), http_method::post, "/v1/nodes/b/drain").status == 403);
  CHECK(told().nodes_asked.empty());

  const auto r = call(who, http_method::post, "/v1/nodes/b/drain");
  CHECK(r.status == 202);
  CHECK(number_at(json_of(r).root(), "leads") == 1);
  CHECK(call(who, http_method::post, "/v1/nodes/a/undrain").status == 202);
  CHECK(told().nodes_asked == std::vector<std::pair<std::string, node_question>>{
                                  {"b", node_question::drain}, {"a", node_question::undrain}});
  CHECK(call(who, http_method::post, "/v1/nodes/x/drain").status == 404);
  // It did not hear: not taken for done.
  cut("c");
  CHECK(call(who, http_method::post, "/v1/nodes/c/drain").status == 503);
  // Nobody would be left to take it.
  cluster.nodes[{"b"}].draining = true;
  CHECK(call(who, http_method::post, "/v1/nodes/a/drain").status == 409);
}

TEST_CASE_METHOD(scripted_node, "drain, move: a node that stands alone has nobody to hand over to",
                 "[nodes]") {
  const auto who = everyone({role::admin});
  CHECK(call(who, http_method::post, "/v1/nodes/scripted/drain").status == 409);
  CHECK(call(who, http_method::post, "/v1/partitions/0/move", R"({"to":["scripted"]})").status ==
        409);
  CHECK(told().moves.empty());
}

TEST_CASE_METHOD(three_nodes, "move: who is not named stays, the old primary last", "[nodes]") {
  for (const auto* id : {"d", "e"})
    cluster.nodes[{id}] = record_of(id);
  mesh.peers.push_back({{"d"}, true, 1, std::chrono::steady_clock::now(), {}, 0, 0, 0});
  struct row_of_table {
    const char* why;
    const char* path;
    const char* body;
    int status;
    std::vector<std::string> to;
  };
  const auto r = GENERATE(values<row_of_table>({
      {"to a node without a copy", "1", R"({"to":["d"]})", 202, {"d", "a", "c"}},
      {"to a holder", "1", R"({"to":["c"]})", 202, {"c", "a", "b"}},
      {"all of them named", "1", R"({"to":["d","c","b"]})", 202, {"d", "c", "b"}},
      {"to a node that is no member", "1", R"({"to":["x"]})", 404, {}},
      {"to a node that is not heard", "1", R"({"to":["e"]})", 503, {}},
      {"nobody named", "1", R"({"to":[]})", 400, {}},
      {"more than copies", "1", R"({"to":["a","b","c","d"]})", 400, {}},
      {"one named twice", "1", R"({"to":["d","d"]})", 400, {}},
      {"no JSON", "1", "d", 400, {}},
      {"no such partition", "5", R"({"to":["d"]})", 404, {}},
      {"no number", "one", R"({"to":["d"]})", 400, {}},
      {"a number with something behind it", "1x", R"({"to":["d"]})", 400, {}},
  }));
  INFO(r.why);
  CHECK(call(everyone({role::viewer}), http_method::post,
             std::string{"/v1/partitions/"} + r.path + "/move", r.body)
            .status == 403);
  const auto said = call(everyone({role::admin}), http_method::post,
                         std::string{"/v1/partitions/"} + r.path + "/move", r.body);
  CHECK(said.status == r.status);
  if (r.to.empty()) {
    CHECK(told().moves.empty());
  } else {
    REQUIRE(told().moves.size() == 1);
    CHECK(told().moves.front().second == r.to);
    CHECK(texts_at(json_of(said).root(), "to") == r.to);
  }
}

TEST_CASE_METHOD(three_nodes, "move: what the membership refuses is the answer", "[nodes]") {
  const auto move = [&] {
    return call(everyone({role::admin}), http_method::post, "/v1/partitions/1/move",
                R"({"to":["c"]})")
        .status;
  };
  move_outcome = base::error{base::ec::conflict, "it is there"};
  CHECK(move() == 409);
  cluster.nodes[{"c"}].draining = true;
  CHECK(move() == 409);
  cluster.nodes[{"c"}].draining = false;
  cluster.moving = {{1}};
  CHECK(move() == 409);
  cluster.moving.clear();
  cluster.reachable = false;
  CHECK(move() == 503);
  CHECK(told().moves.size() == 1);
}

TEST_CASE("node messages: come back as they were sent, damaged ones are refused", "[nodes]") {
  using actors::node_message;
  const auto same = [](const node_message& m) {
    const auto back = actors::decode_node_message(actors::encode(m));
    REQUIRE(back);
    CHECK(back->id == m.id);
    REQUIRE(back->what.index() == m.what.index());
    if (const auto* q = std::get_if<node_question>(&m.what))
      CHECK(std::get<node_question>(back->what) == *q);
    else if (const auto* t = std::get_if<std::string>(&m.what))
      CHECK(std::get<std::string>(back->what) == *t);
    else
      CHECK(base::to_string(std::get<base::error>(back->what)) ==
            base::to_string(std::get<base::error>(m.what)));
  };
  for (const auto q : {node_question::look, node_question::partitions, node_question::sources,
                       node_question::drain, node_question::undrain})
    same({1, q});
  same({~0ULL, std::string{R"({"items":[]})"}});
  same({7, base::error{base::ec::unavailable, "not now"}});

  const auto good = actors::encode(node_message{1, node_question::drain});
  CHECK_FALSE(actors::decode_node_message({}));
  for (std::size_t n = 1; n < good.size(); ++n)
    CHECK_FALSE(actors::decode_node_message(std::string_view{good}.substr(0, n)));
  // A question of a later build.
  CHECK_FALSE(
      actors::decode_node_message(actors::encode(node_message{1, static_cast<node_question>(9)})));
}
