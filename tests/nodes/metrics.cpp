// /metrics of a node whose actors, mesh and table the test makes up.
#include "tests/nodes/support.hpp"

#include "actors/remote.hpp"

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using actors::node_question;
using io::role;

TEST_CASE_METHOD(scripted_node, "metrics: figures of this node's own actors, mesh and partitions",
                 "[nodes][metrics]") {
  const auto self = cluster.self.id.value;
  clock.set(
      base::receive_time{base::event_time{std::chrono::days{20'000}} + std::chrono::minutes{2}});
  node_says[{self, node_question::sources}] = {
      R"({"items":[{"sources":[{"tenant":"acme","source":"a","newest_event":"2024-10-04T00:00:00Z",)"
      R"("accepted":5,"duplicate":1,"quarantined":2,"skipped":3},)"
      R"({"tenant":"acme","source":"b","newest_event":"2024-10-04T00:01:00Z","accepted":4,)"
      R"("duplicate":0,"quarantined":0,"skipped":0}]}]})",
      {}};
  node_says[{self, node_question::partitions}] = {
      R"({"items":[{"partition":1,"fold":{"events":70,"late":1,"alerts":6,"entities_hot":9},)"
      R"("replica":{"epoch":4,"committed":20,"shown":18,"last":25,"alarms":1,)"
      R"("replicas":[{"node":"b","match":25},{"node":"c","match":15}]}}]})",
      {}};
  io::mesh_peer_counts peer;
  peer.node = {"b"};
  peer.alive = true;
  peer.lanes[1].sent_bytes = 4096;
  mesh.peers.push_back(peer);
  mesh.refused.wrong_keys = 8;
  clocks[{"b"}] = {clock_state::wrong, std::chrono::seconds{-600}};

  const auto said = get(everyone({role::viewer}), "/metrics");
  REQUIRE(said.status == 200);
  for (const auto* line :
       {"vedette_ingest_records_total{tenant=\"acme\",outcome=\"accepted\"} 9",
        "vedette_ingest_records_total{tenant=\"acme\",outcome=\"quarantined\"} 2",
        "vedette_sources{tenant=\"acme\"} 2",
        "vedette_newest_event_age_seconds{tenant=\"acme\"} 60",
        "vedette_events_folded_total{partition=\"1\"} 70",
        "vedette_fold_lag_entries{partition=\"1\"} 2",
        "vedette_replica_lag_entries{partition=\"1\"} 10",
        "vedette_mesh_sent_bytes_total{node=\"b\",lane=\"data\"} 4096",
        "vedette_clock_off_seconds{node=\"b\"} -600", "vedette_mesh_peer_up{node=\"b\"} 1",
        "vedette_mesh_refused_total{reason=\"wrong_key\"} 8", "vedette_ready 1",
        "# TYPE process_cpu_seconds_total counter"}) {
    INFO(line << "\n" << said.body);
    CHECK(said.body.find(std::string{line} + "\n") != std::string::npos);
  }
}

TEST_CASE_METHOD(scripted_node, "metrics: an actor that does not answer costs its figures only",
                 "[nodes][metrics]") {
  node_says[{cluster.self.id.value, node_question::sources}] = {{},
                                                                {base::ec::timed_out, "no answer"}};
  const auto said = get(everyone({role::viewer}), "/metrics");
  REQUIRE(said.status == 200);
  CHECK(said.body.find("vedette_ready") != std::string::npos);
  CHECK(said.body.find("vedette_ingest_records_total") == std::string::npos);
}
