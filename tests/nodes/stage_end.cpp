// How a node's actors end: nothing of them runs when what they refer to goes.
#include "nodes/server/actor_stage.hpp"
#include "nodes/server/cluster_link.hpp"
#include "nodes/server/content_library.hpp"
#include "tests/nodes/support.hpp"

#include <atomic>
#include <thread>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using namespace std::chrono_literals;

TEST_CASE("stage: when it has stopped no task of its actors runs any more", "[nodes]") {
  const temp_folder folder;
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  const auto store = std::shared_ptr<state::store>{state::make_memory_store()};
  auto library = stored_library::open(store);
  REQUIRE(library);
  config::settings settings;
  settings.node.data_dir = folder.path("data");
  io::agreed_clock agreed{clock};
  cluster_link link{settings, agreed, store, {}};
  REQUIRE(link.start());
  io::metrics metrics;
  read_result nothing;
  std::vector<std::string> problems;
  auto compiled = compile(nothing.documents, problems);
  REQUIRE(compiled);
  nothing.compiled = std::move(*compiled);
  const auto adopted = (*library)->adopt(std::move(nothing), clock.now());
  REQUIRE(adopted);
  actor_stage stage{settings,
                    link.doors(),
                    store,
                    *library,
                    adopted->content,
                    clock,
                    {},
                    metrics,
                    [](const actors::action_order&) { return actors::action_report{}; },
                    [](const respond::published_alert&) {}};
  parts pieces;
  stage.describe(pieces);
  std::atomic<bool> begun{false}, ended{false};
  pieces.run([&](caf::event_based_actor*) {
    begun = true;
    std::this_thread::sleep_for(200ms);
    ended = true;
  });
  while (!begun)
    std::this_thread::sleep_for(1ms);
  stage.stop();
  CHECK(ended);
  pieces = {};
}
