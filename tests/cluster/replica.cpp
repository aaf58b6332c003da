#include "tests/cluster/rig.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace std::chrono_literals;

TEST_CASE("replica: an entry is committed when every in-sync store has it", "[cluster][replica]") {
  rig r;
  REQUIRE(r.serving.count("a"));
  r.hold = {"b"};
  REQUIRE(r.append("a", "1"));
  CHECK(r.committed["a"] == 0);
  r.release("b");
  CHECK(r.committed["a"] == 1);
  r.pass(100ms); // the commit position travels with the next message
  CHECK(r.committed["b"] == 1);
  CHECK(r.committed["c"] == 1);
}

TEST_CASE("replica: the primary's own disk counts like any other", "[cluster][replica]") {
  rig r;
  r.hold = {"a"};
  REQUIRE(r.append("a", "1"));
  CHECK(r.committed["a"] == 0);
  r.release("a");
  CHECK(r.committed["a"] == 1);
}

TEST_CASE("replica: a slow store is taken out before the primary goes on without it",
          "[cluster][replica]") {
  rig r;
  r.hold = {"c"};
  REQUIRE(r.append("a", "1"));
  r.pass(900ms);
  CHECK(r.committed["a"] == 0);
  CHECK(r.table.in_sync.size() == 3);
  r.pass(400ms);
  CHECK(r.table.in_sync.size() == 2);
  CHECK(r.committed["a"] == 1);
  r.release("c");
  r.pass(500ms);
  CHECK(r.table.in_sync.size() == 3);
  CHECK(r.text("c") == "1");
}

TEST_CASE("replica: a copy that is late every time is taken out, and back when it was well a while",
          "[cluster][replica]") {
  rig r;
  r.busy(1s);
  r.late["c"] = 100ms; // there, and back
  r.busy(900ms);
  CHECK(r.table.in_sync.size() == 3);
  r.busy(600ms);
  CHECK(r.table.in_sync.size() == 2);
  CHECK(r.committed["a"] == r.stores["a"].log.size()); // nobody waits for it any more
  const auto swaps = r.swaps;
  r.busy(10s);
  CHECK(r.swaps == swaps); // it follows at its pace and does not come and go
  CHECK(r.stores["c"].log.size() + 10 > r.stores["a"].log.size());
  r.late.clear();
  r.busy(1'500ms);
  CHECK(r.table.in_sync.size() == 2);
  r.busy(1s);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: a copy that was too late is back after a rest in which nothing came",
          "[cluster][replica]") {
  rig r;
  r.late["c"] = 100ms;
  r.busy(2s);
  REQUIRE(r.table.in_sync.size() == 2);
  r.pass(3s);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: copies that are all late stay, and one that is late now and then",
          "[cluster][replica]") {
  rig r;
  r.late["a"] = 100ms; // the primary's own line
  r.busy(5s);
  CHECK(r.table.in_sync.size() == 3);
  r.late.clear();
  for (int i = 0; i < 100; ++i) {
    r.late["c"] = i % 16 < 8 ? 100ms : 0ms;
    r.busy(50ms);
  }
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE(
    "replica: a copy twice as late as another stays, one more than four times as late does not",
    "[cluster][replica]") {
  replica_limits limits;
  limits.window_messages = 64; // a long line is no bottleneck
  rig r{2, limits};
  r.late["b"] = 100ms;
  r.busy(2s);
  r.late["c"] = 200ms;
  r.busy(5s);
  CHECK(r.table.in_sync.size() == 3);
  r.late["c"] = 450ms;
  r.busy(5s);
  CHECK(is_in_sync(r.table, {{"b"}, {'b'}}));
  CHECK(!is_in_sync(r.table, {{"c"}, {'c'}}));
}

TEST_CASE("replica: one late time and quiet behind it takes nobody out", "[cluster][replica]") {
  rig r;
  r.busy(1s); // what is usual
  const auto swaps = r.swaps;
  r.late["c"] = 100ms;
  REQUIRE(r.append("a", "x"));
  r.pass(5s);
  CHECK(r.swaps == swaps);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: a copy that was left out as slow takes the place of one that died",
          "[cluster][replica]") {
  rig r;
  r.busy(1s);
  r.late["c"] = 100ms;
  r.busy(3s);
  REQUIRE(r.table.in_sync.size() == 2);
  r.crash("b");
  r.busy(3s);
  CHECK(is_in_sync(r.table, {{"c"}, {'c'}}));
  CHECK(!is_in_sync(r.table, {{"b"}, {'b'}}));
  CHECK(r.committed["a"] + 10 > r.stores["a"].log.size());
}

TEST_CASE("replica: a primary that was away itself takes nobody for silent", "[cluster][replica]") {
  rig r;
  r.now += 2s;
  r.at_node("a").was_away(2s);
  r.pass(50ms);
  CHECK(r.table.in_sync.size() == 3);
  r.now += 2s;
  r.pass(50ms);
  CHECK(r.table.in_sync.size() == 2); // nobody told it, and min_in_sync is two
}

TEST_CASE("replica: never below min_in_sync, whatever that costs", "[cluster][replica]") {
  rig r;
  r.crash("b");
  r.crash("c");
  REQUIRE(r.append("a", "1"));
  r.pass(10s);
  CHECK(r.table.in_sync.size() == 2);
  CHECK(r.committed["a"] == 0);
  r.boot("b", {'b'});
  r.show();
  r.boot("c", {'c'});
  r.show();
  r.pass(3s);
  CHECK(r.committed["a"] == 1);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: without the coordinator nobody is taken out and nothing is committed without "
          "him",
          "[cluster][replica]") {
  rig r;
  r.etcd_down = true;
  r.crash("c");
  REQUIRE(r.append("a", "1"));
  r.pass(20s);
  CHECK(r.swaps > 1); // asks again and again: an answer that never came is unknown
  CHECK(r.committed["a"] == 0);
  r.etcd_down = false;
  r.pass(3s);
  CHECK(r.committed["a"] == 1);
}

TEST_CASE("replica: a store that may have been put in sync holds commits up until that is known",
          "[cluster][replica]") {
  rig r;
  r.hold = {"c"};
  REQUIRE(r.append("a", "1"));
  r.pass(1500ms);
  REQUIRE(r.table.in_sync.size() == 2);
  r.etcd_down = true; // the answer to putting c back in will be lost
  r.release("c");
  r.pass(200ms);
  REQUIRE(r.swaps >= 2);
  r.hold = {"c"};
  REQUIRE(r.append("a", "2"));
  r.pass(5s);
  CHECK(r.committed["a"] == 1);
  r.etcd_down = false;
  r.pass(4s);
  CHECK(r.committed["a"] == 2);
}

TEST_CASE("replica: a new primary commits the tail of the old one under its epoch before it serves",
          "[cluster][replica]") {
  rig r;
  r.cut = {{"a", "c"}};
  r.hold = {"a"};
  REQUIRE(r.append("a", "x")); // on b, not on c, not acknowledged
  r.crash("a");
  r.cut.clear();
  r.set(promote(r.table, {{"b"}, {'b'}}, std::vector{node_id{"a"}}));
  r.hold = {"c"};
  r.show();
  CHECK(r.serving.count("b") == 0);
  r.release("c");
  r.pass(300ms);
  CHECK(r.serving.at("b") == base::epoch{2});
  CHECK(r.text("c") == "x");
  CHECK(r.committed["b"] == 1);
}

TEST_CASE("replica: what only a deposed primary has is cut off when it returns",
          "[cluster][replica]") {
  rig r;
  REQUIRE(r.append("a", "1"));
  r.pass(200ms);
  r.cut = {{"a", "b"}, {"a", "c"}};
  REQUIRE(r.append("a", "lost"));
  CHECK(r.committed["a"] == 1);
  r.set(promote(r.table, {{"b"}, {'b'}}, std::vector{node_id{"a"}}));
  r.at_node("b").table_seen({r.at}, r.table, r.now); // a does not hear of it
  r.pump();
  r.pass(300ms);
  REQUIRE(r.append("b", "2"));
  r.cut.clear();
  r.pass(2s);
  CHECK(r.text("a") == "12");
  CHECK(r.committed["a"] == 2);
  CHECK(r.alarms.empty());
}

TEST_CASE("replica: a deposed primary is refused and steps down when it hears of it",
          "[cluster][replica]") {
  rig r;
  r.set(promote(r.table, {{"b"}, {'b'}}));
  r.at_node("b").table_seen({r.at}, r.table, r.now);
  r.etcd_down = true; // so that only messages can tell
  r.pump();
  r.pass(300ms);
  CHECK(r.serving.count("a") == 0);
  CHECK(r.append("a", "x").err().code == base::ec::stale_epoch);
}

TEST_CASE("replica: a primary that was restarted takes a new epoch before it says anything",
          "[cluster][replica]") {
  rig r;
  REQUIRE(r.append("a", "1"));
  r.crash("a");
  r.boot("a", {'a'});
  r.show();
  r.pass(300ms);
  CHECK(r.serving.at("a") == base::epoch{2});
  REQUIRE(r.append("a", "2"));
  CHECK(r.text("b") == "12");
  CHECK(r.stores["b"].log.back().epoch == base::epoch{2});
}

TEST_CASE("replica: an epoch is stored before a word is said in it", "[cluster][replica]") {
  rig r;
  r.set(promote(r.table, {{"b"}, {'b'}}));
  r.hold = {"b"};
  r.show();
  CHECK(r.at_node("c").promised() == base::epoch{1});
  r.release("b");
  CHECK(r.at_node("c").promised() == base::epoch{2});
}

TEST_CASE("replica: an entry larger than all that may wait is taken when nothing else does",
          "[cluster][replica]") {
  replica_limits l;
  l.uncommitted_bytes = 100;
  l.batch_bytes = 10;
  rig r{2, l};
  r.hold = {"b"};
  const std::string large(500, 'x');
  REQUIRE(r.append("a", large.c_str()));
  CHECK(r.append("a", "y").err().code == base::ec::unavailable);
  r.release("b");
  CHECK(r.append("a", "y"));
  CHECK(r.append("a", large.c_str()));
}

TEST_CASE("replica: flow is bounded by entries that wait for replicas", "[cluster][replica]") {
  replica_limits l;
  l.uncommitted_entries = 4;
  rig r{2, l};
  r.hold = {"b"};
  for (int i = 0; i < 4; ++i)
    REQUIRE(r.append("a", "x"));
  CHECK(r.append("a", "x").err().code == base::ec::unavailable);
  r.release("b");
  CHECK(r.append("a", "x"));
}
