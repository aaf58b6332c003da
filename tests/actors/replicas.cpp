// Copies of a partition: who acknowledges, who is promoted, who is seeded, what is skipped.
#include "tests/actors/replica_world.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

/// Nothing to catch up from but the log, which a checkpoint trims.
cluster::replica_limits nothing_cached() {
  cluster::replica_limits l;
  l.cache_bytes = 0;
  return l;
}

/// n1 folds twenty batches, and goes on without n3 behind a checkpoint.
void outlive_n3(replica_world& w) {
  w.pass(300ms);
  for (std::uint64_t i = 1; i <= 20; ++i)
    w.send("n1", i, {static_cast<int>(i)});
  w.pass(500ms);
  w.kill("n3");
  w.pass(2s);
  w.checkpoint("n1");
}

} // namespace

TEST_CASE("replicas: a batch is acknowledged when all in-sync stores have it, and folded by all",
          "[actors][replicas]") {
  replica_world w;
  w.pass(300ms);
  CHECK(w.at("n1").role == "serving");
  CHECK(w.at("n2").role == "follower");
  w.cut_off("n3");
  w.send("n1", 1, {1, 2});
  w.pass(200ms);
  CHECK(w.accepted == 0); // n3 is in sync and has not got it
  w.heal();
  w.pass(600ms);
  CHECK(w.accepted == 2);
  w.send("n1", 2, {3});
  w.pass(400ms);
  CHECK(w.accepted == 3);
  for (const char* n : {"n1", "n2", "n3"}) {
    INFO(n);
    CHECK(w.events_at(n) == 3);
    CHECK(w.at(n).alarms == 0);
  }
  CHECK(w.delivered().size() == 1); // said by the one that serves, not by the others
}

TEST_CASE("replicas: a sealed copy says what it holds, and nobody commits below the seal any more",
          "[actors][replicas]") {
  replica_world w;
  w.pass(300ms);
  w.send("n1", 1, {1, 2});
  w.pass(600ms);
  REQUIRE(w.accepted == 2);
  // One in-sync copy is enough to stop the primary.
  const auto said = w.seal("n3", 40);
  CHECK(said.find("\"sealed\":40,") != std::string::npos);
  CHECK(said.find("\"durable_epoch\":1,") != std::string::npos);
  w.send("n1", 2, {3});
  w.pass(600ms);
  CHECK(w.accepted == 2);
  CHECK(w.seal("n1", 40).find("\"role\":\"follower\"") != std::string::npos);
  CHECK(w.seal("n2", 40).find("\"sealed\":40,") != std::string::npos);
  w.pass(600ms);
  CHECK(w.accepted == 2);
}

TEST_CASE("replicas: who does not serve takes no batch", "[actors][replicas]") {
  replica_world w;
  w.pass(300ms);
  w.send("n2", 1, {1});
  w.pass(50ms);
  CHECK(w.accepted == 0);
  CHECK(w.refused == std::vector{base::ec::unavailable});
}

TEST_CASE("replicas: another primary goes on where the dead one stopped, and says what it did not",
          "[actors][replicas]") {
  cluster::replica_limits limits;
  limits.digest_every = 2; // what copies have said is compared all the time
  replica_world w{limits};
  w.pass(300ms);
  w.deaf = true;
  w.send("n1", 1, {1, 2, 3});
  w.pass(20ms); // committed and raised; nobody has heard of it
  w.kill("n1");
  w.deaf = false;
  CHECK(w.delivered().empty());
  w.promote("n2", "n1");
  w.pass(800ms);
  CHECK(w.at("n2").role == "serving");
  w.offer_again("n2");
  CHECK(w.delivered().size() == 1);
  // The collector did not hear of it, or did: either way it sends again.
  w.send("n2", 1, {1, 2, 3});
  w.send("n2", 2, {4});
  w.pass(400ms);
  CHECK(w.events_at("n2") == 4);
  CHECK(w.events_at("n3") == 4);
  // The dead one returns, and is cut back and caught up.
  w.start_node("n1");
  w.pass(3s);
  CHECK(w.at("n1").role == "follower");
  CHECK(w.events_at("n1") == 4);
  CHECK(w.table().in_sync.size() == 3);
  w.send("n2", 3, {5, 6});
  w.pass(400ms);
  for (const char* n : {"n1", "n2", "n3"})
    CHECK(w.at(n).alarms == 0);
}

TEST_CASE("replicas: a slow store leaves the set, and what it lacks does not stop the others",
          "[actors][replicas]") {
  replica_world w;
  w.pass(300ms);
  w.cut_off("n3");
  w.send("n1", 1, {1});
  w.pass(2s);
  CHECK(w.accepted == 1);
  CHECK(w.table().in_sync.size() == 2);
  w.heal();
  w.pass(2s);
  CHECK(w.table().in_sync.size() == 3);
  CHECK(w.events_at("n3") == 1);
}

TEST_CASE("replicas: an empty store is seeded with the fold's state and follows from there",
          "[actors][replicas]") {
  auto limits = nothing_cached();
  limits.digest_every = 2;
  replica_world w{limits};
  outlive_n3(w);
  CHECK(w.events_at("n1") == 20);
  CHECK(w.table().in_sync.size() == 2);
  const auto at = w.store_of("n1").entities().position({0});
  REQUIRE(at);
  CHECK(at->value > 0);
  CHECK(w.store_of("n1").log().first_kept({0}).value > 1);
  w.start_node("n3", true);
  w.pass(4s);
  CHECK(w.at("n3").role == "follower");
  CHECK(w.at("n3").seeded == 1);
  w.send("n1", 21, {21});
  w.pass(500ms);
  CHECK(w.at("n3").shown == w.at("n1").shown);
  CHECK(w.table().in_sync.size() == 3);
  CHECK(w.at("n1").alarms == 0);
}

TEST_CASE("replicas: a checkpoint that is slow to read is read once, and gets there",
          "[actors][replicas]") {
  replica_world w{nothing_cached()};
  outlive_n3(w);
  const auto before = w.reads;
  w.reads_take = 5s; // the order to open it is repeated after 1 and 3 s
  w.start_node("n3", true);
  w.pass(9s);
  CHECK(w.at("n3").seeded == 1);
  CHECK(w.reads == before + 1);
  w.reads_take = 0ms;
  w.pass(3s);
  CHECK(w.table().in_sync.size() == 3);
  CHECK(w.at("n3").shown == w.at("n1").shown);
}

TEST_CASE(
    "replicas: one that waits for its turn to be filled is filled, and forgotten when it dies",
    "[actors][replicas]") {
  const bool dies = GENERATE(false, true);
  replica_world w{nothing_cached()};
  outlive_n3(w);
  checkpoint_slots::slot taken;
  w.slots->take([&](checkpoint_slots::slot s) { taken = std::move(s); });
  REQUIRE(taken);
  const auto before = w.reads;
  w.start_node("n3", true);
  w.pass(3s);
  CHECK(w.reads == before);
  if (dies) {
    w.kill("n3");
    w.hear("n1", "n3", false);
  }
  taken.reset();
  w.pass(2s);
  CHECK(w.reads == before + (dies ? 0 : 1));
  if (!dies)
    CHECK(w.at("n3").seeded == 1);
}

TEST_CASE("replicas: a copy that was restarted folds the tail of its log only as far as committed",
          "[actors][replicas]") {
  replica_world w;
  w.pass(300ms);
  w.send("n1", 1, {1, 2});
  w.pass(300ms);
  w.kill("n2");
  w.start_node("n2");
  CHECK(w.at("n2").shown == 0);
  w.pass(1s);
  CHECK(w.events_at("n2") == 2);
  CHECK(w.at("n2").shown == w.at("n1").shown);
}

TEST_CASE("replicas: what ended the fold twice is skipped by every copy, and nothing else is",
          "[actors][replicas]") {
  cluster::replica_limits limits;
  limits.digest_every = 2;
  replica_world w{limits};
  w.pass(300ms);
  w.send("n1", 1, {1, 2, 3});
  w.pass(100ms);
  REQUIRE(w.accepted == 3);
  REQUIRE(w.delivered().size() == 1); // three refusals
  w.send("n1", 2, {10, 11, 12, 13});
  w.pass(100ms);
  REQUIRE(w.accepted == 7);
  base::entry_index second;
  REQUIRE(w.store_of("n1").log().read({{{0}, {0}}}, [&](const state::log_entry& e) {
    if (e.kind == state::entry_kind::batch)
      second = e.index;
    return true;
  }));
  for (const char* name : {"n1", "n2", "n3"})
    w.kill(name);
  // Two of them died twice of the third record; the last one comes back when the log says so.
  w.start_node("n1", false, {{second, 2, 2}});
  w.start_node("n2", false, {{second, 2, 2}});
  w.promote("n1", "nobody");
  w.pass(3s);
  w.start_node("n3", false, {{second, 2, 1}});
  w.pass(1s);
  CHECK(w.at("n1").role == "serving");
  for (const char* name : {"n1", "n2", "n3"}) {
    INFO(name);
    CHECK(w.events_at(name) == 6);
    CHECK(w.at(name).shown == w.at("n1").committed);
    CHECK(w.at(name).seeded == 0); // their digests are equal
  }
  w.send("n1", 3, {20});
  w.pass(100ms);
  CHECK(w.accepted == 8);
  CHECK(w.events_at("n3") == 7);
}
