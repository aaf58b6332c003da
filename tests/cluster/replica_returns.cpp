// Stores that come back with less, with nothing, with something wrong, or after a loss.
#include "tests/cluster/rig.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace std::chrono_literals;

namespace {

void fill(rig& r, const char* primary, int n) {
  for (int i = 0; i < n; ++i)
    REQUIRE(r.append(primary, "."));
  r.pass(200ms);
}

/// Ten entries everywhere, and a comparison of states at the tenth.
struct voters : rig {
  explicit voters(std::uint32_t min_in_sync = 2) : rig{min_in_sync, every_ten()} {
    fill(*this, "a", 10);
  }
  static replica_limits every_ten() {
    replica_limits l;
    l.digest_every = 10;
    return l;
  }
  void fold(const char* n, std::uint64_t digest) {
    at_node(n).folded({10}, {0, digest}, now);
    pump();
  }
  void outvote_a() {
    fold("b", 1);
    fold("c", 1);
    fold("a", 666);
  }
};

} // namespace

TEST_CASE("replica: a new store under an old name is out of sync whatever the table says",
          "[cluster][replica]") {
  rig r;
  fill(r, "a", 5);
  r.crash("c");
  r.wipe("c");
  r.boot("c", {999});
  r.hold = {"c"};
  r.show();
  REQUIRE(r.append("a", "."));
  r.pass(2s);
  CHECK(!is_in_sync(r.table, {{"c"}, {'c'}}));
  r.release("c");
  r.pass(2s);
  CHECK(is_in_sync(r.table, {{"c"}, {999}}));
  CHECK(r.text("c") == "......");
}

TEST_CASE("replica: a store that lost what it acknowledged is found out and taken out",
          "[cluster][replica]") {
  rig r;
  fill(r, "a", 5);
  r.crash("c");
  r.stores["c"].log.resize(2); // an old copy, with the incarnation it had
  r.boot("c", {'c'});
  const auto version = r.table.version;
  r.show();
  r.pass(3s);
  CHECK(std::ranges::count(r.alarms, alarm_kind::store_lost) == 1);
  CHECK(r.table.version >= version + 2); // out, and in again once it had caught up
  CHECK(r.text("c") == ".....");
}

TEST_CASE("replica: a primary that lost committed entries does not serve and hands over",
          "[cluster][replica]") {
  rig r;
  fill(r, "a", 5);
  r.crash("a");
  r.stores["a"].log.resize(2);
  r.boot("a", {'a'});
  r.show();
  r.pass(2s);
  CHECK(std::ranges::count(r.alarms, alarm_kind::primary_lost) >= 1);
  CHECK(r.table.primary != node_id{"a"});
  CHECK(r.serving.count(r.table.primary.value) == 1);
  CHECK(r.committed[r.table.primary.value] == 5);
}

TEST_CASE("replica: one that the log no longer reaches is seeded with a checkpoint and the tail",
          "[cluster][replica]") {
  rig r;
  fill(r, "a", 3);
  r.crash("c");
  r.pass(2s);
  fill(r, "a", 10);
  auto& s = r.stores["a"];
  r.at_node("a").trimmed({9});
  while (s.base.value < 8) {
    s.log.pop_front();
    ++s.base.value;
  }
  // Entries in memory would still do; a new primary has none.
  r.crash("a");
  r.boot("a", {'a'}, {13});
  r.boot("c", {'c'});
  r.show();
  r.pass(3s);
  CHECK(r.seeded["c"] == 1);
  REQUIRE(r.append(r.table.primary.value, "!"));
  r.pass(300ms);
  CHECK(r.committed["c"] == 14);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: while one catches up the log is kept for it", "[cluster][replica]") {
  rig r;
  fill(r, "a", 20);
  CHECK(r.at_node("a").retain_from().value == 21);
}

TEST_CASE("replica: a state that differs is an alarm, leaves the set and is seeded again",
          "[cluster][replica]") {
  voters r;
  r.fold("a", 1);
  r.fold("b", 1);
  r.fold("c", 666);
  r.pass(3s);
  CHECK(r.alarms == std::vector{alarm_kind::digest_differs});
  CHECK(r.seeded["c"] == 1);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: a primary whose state the others outvote hands over and is seeded by its heir",
          "[cluster][replica]") {
  voters r;
  r.outvote_a();
  CHECK(r.serving.count("a") == 1); // until the table has moved
  r.pass(50ms);
  REQUIRE(r.table.primary != node_id{"a"});
  CHECK(r.serving.count("a") == 0);
  CHECK(in_sync_member(r.table, {"a"}) == nullptr);
  // The heir hears of its state with where it stands, not at the next comparison.
  r.pass(3s);
  CHECK(r.alarms == std::vector{alarm_kind::digest_differs, alarm_kind::digest_differs});
  CHECK(r.seeded["a"] == 1);
  CHECK(r.seeded.size() == 1);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: a state that differs is not seeded while the silent may agree with it",
          "[cluster][replica]") {
  voters r;
  r.fold("a", 666);
  r.fold("c", 1);
  r.pass(500ms);
  CHECK(r.alarms.empty());
  CHECK(r.serving.count("a") == 1);

  SECTION("it does") {
    r.fold("b", 1);
    r.pass(50ms);
    CHECK(r.serving.count("a") == 0);
  }
  SECTION("it is gone for good") {
    r.crash("b");
    r.pass(3s);
    CHECK(r.serving.count("a") == 1);
    CHECK(r.alarms == std::vector{alarm_kind::digest_differs}); // word against word
  }
  SECTION("it agrees with the primary") {
    r.fold("b", 666);
    r.pass(3s);
    CHECK(r.serving.count("a") == 1);
    CHECK(r.seeded["c"] == 1);
  }
  SECTION("all three differ") {
    r.fold("b", 2);
    r.pass(3s);
    CHECK(r.serving.count("a") == 1);
    CHECK(r.seeded["b"] + r.seeded["c"] == 2);
  }
}

TEST_CASE("replica: of two in sync the primary's state is the one that counts",
          "[cluster][replica]") {
  voters r{1};
  r.crash("c");
  r.pass(2s);
  REQUIRE(r.table.in_sync.size() == 2);
  r.fold("a", 666);
  r.fold("b", 1);
  r.pass(3s);
  CHECK(r.table.primary == node_id{"a"});
  CHECK(r.seeded["b"] == 1);
}

TEST_CASE("replica: outvoted without a coordinator it leads on, and seeds nobody",
          "[cluster][replica]") {
  voters r;
  r.etcd_down = true;
  r.outvote_a();
  r.pass(3s);
  CHECK(r.serving.count("a") == 1);
  REQUIRE(r.append("a", "!"));
  // One whom the log no longer reaches.
  r.crash("c");
  r.wipe("c");
  r.at_node("a").trimmed({9});
  r.boot("c", {'c'});
  r.show();
  r.pass(3s);
  CHECK(r.seeded.empty());
  r.etcd_down = false;
  r.pass(3s);
  CHECK(r.table.primary != node_id{"a"});
  CHECK(r.seeded["a"] == 1);
}

TEST_CASE("replica: an outvoted store that is the only one left leads again",
          "[cluster][replica]") {
  voters r{1};
  r.etcd_down = true;
  r.outvote_a();
  r.crash("b");
  r.crash("c");
  r.etcd_down = false;
  r.set(promote(r.table, {{"a"}, {'a'}}, std::vector{node_id{"b"}, node_id{"c"}}));
  r.show();
  r.pass(1s);
  CHECK(r.table.primary == node_id{"a"});
  CHECK(r.serving.count("a") == 1);
}

TEST_CASE("replica: a hand-over goes to another when the heir is gone from the in-sync set",
          "[cluster][replica]") {
  voters r;
  r.etcd_down = true;
  r.outvote_a();
  r.crash("b");
  r.etcd_down = false;
  r.set(promote(r.table, {{"a"}, {'a'}}, std::vector{node_id{"b"}}));
  r.show();
  r.pass(2s);
  CHECK(r.table.primary == node_id{"c"});
  CHECK(r.serving.count("c") == 1);
}

TEST_CASE("replica: after an accepted loss what the others have too much is thrown away",
          "[cluster][replica]") {
  rig r{1};
  fill(r, "a", 4);
  r.crash("c");
  r.pass(2s);
  fill(r, "a", 3); // a and b hold 7, c holds 4
  r.crash("a");
  r.crash("b");
  r.boot("c", {'c'}, {4});
  r.set(recover_accepting_loss(*shrink(r.table, std::vector{node_id{"b"}}), {{"c"}, {'c'}}));
  r.show();
  r.pass(500ms);
  REQUIRE(r.serving.count("c"));
  REQUIRE(r.append("c", "!"));
  r.boot("b", {'b'}, {7}); // its fold has gone further: it cannot be cut, only seeded
  r.show();
  r.pass(3s);
  CHECK(r.seeded["b"] == 1);
  CHECK(r.committed["b"] == 5);
  CHECK(std::ranges::count(r.alarms, alarm_kind::primary_lost) == 0);
}

TEST_CASE("replica: two primaries of one epoch are an alarm, not a silent fork",
          "[cluster][replica]") {
  rig r;
  message m{{}, {1}, {7}, 1, probe{}};
  r.at_node("c").received({"b"}, m, r.now);
  r.pump();
  CHECK(r.alarms == std::vector{alarm_kind::two_primaries});
}

TEST_CASE("replica: a table older than the store's promise is an alarm, and nothing serves by it",
          "[cluster][replica]") {
  rig r;
  r.crash("a");
  r.stores["a"].promised = {5};
  r.boot("a", {'a'});
  r.show();
  r.pass(1s);
  CHECK(std::ranges::count(r.alarms, alarm_kind::table_behind) == 1);
  CHECK(r.serving.count("a") == 0);
}

TEST_CASE("replica: a store that refuses a write takes no further part", "[cluster][replica]") {
  rig r;
  r.at_node("c").store_failed({base::ec::disk_full, "no space left"});
  r.pump();
  CHECK(r.at_node("c").role() == replica_role::failed);
  REQUIRE(r.append("a", "1"));
  r.pass(2s);
  CHECK(r.committed["a"] == 1);
  CHECK(r.text("c").empty());
}

TEST_CASE("replica: a seal ends every epoch below it", "[cluster][replica]") {
  rig r;
  for (const char* n : {"a", "b", "c"})
    r.at_node(n).seal({9});
  r.pump();
  CHECK(r.serving.empty());
  for (const char* n : {"a", "b", "c"})
    CHECK(r.at_node(n).sealed() == base::epoch{9});
  CHECK(!r.append("a", "1"));
}

TEST_CASE("replica: a primary whose table was lost puts its old value nowhere by itself",
          "[cluster][replica]") {
  rig r;
  REQUIRE(r.append("a", "1"));
  const auto before = r.swaps;
  for (const char* n : {"a", "b", "c"})
    r.at_node(n).table_lost();
  // It would take c out, where a new table does not stand yet.
  r.cut = {{"a", "c"}, {"c", "a"}};
  r.pass(5s);
  CHECK(r.swaps == before);
  r.show();
  r.pass(5s);
  CHECK(r.swaps > before);
  CHECK(in_sync_member(r.table, {"c"}) == nullptr);
}

TEST_CASE("replica: messages no replica of ours would send change nothing", "[cluster][replica]") {
  struct row {
    const char* why;
    append_entries what;
  };
  const auto body = std::make_shared<const std::string>("x");
  const auto r = GENERATE_COPY(values<row>({
      {"a hole", {{{}, {}}, {{{1}, {2}, 1, 1, body}}, {}}},
      {"an epoch above the sender's", {{{}, {}}, {{{7}, {1}, 1, 1, body}}, {}}},
      {"falling epochs", {{{}, {}}, {{{1}, {1}, 1, 1, body}, {{0}, {2}, 1, 1, body}}, {}}},
      {"no body", {{{}, {}}, {{{1}, {1}, 1, 1, nullptr}}, {}}},
  }));
  INFO(r.why);
  rig g;
  g.at_node("c").received({"a"}, {{}, {1}, {'a'}, 1, r.what}, g.now);
  g.pump();
  CHECK(g.text("c").empty());
  CHECK(g.at_node("c").last().value == 0);
}

namespace {

replica_limits short_tails() {
  replica_limits limits;
  limits.tail_max = 20;
  return limits;
}

/// c is away, out of sync, and misses so many entries.
void without_c(rig& r, std::uint64_t entries) {
  r.crash("c");
  r.pass(2s);
  for (std::uint64_t i = 0; i < entries; ++i)
    REQUIRE(r.append("a", "x"));
}

} // namespace

TEST_CASE("replica: a copy that is far behind gets a checkpoint, one that is not the log's tail",
          "[cluster][replica]") {
  const std::uint64_t missed = GENERATE(20U, 21U);
  rig r{2, short_tails()};
  without_c(r, missed);
  r.boot("c", {'c'});
  r.show();
  r.pass(1s);
  CHECK(r.seeded["c"] == (missed > 20 ? 1 : 0));
  REQUIRE(r.append("a", "y"));
  r.pass(1s);
  CHECK(r.table.in_sync.size() == 3);
  CHECK(r.committed["c"] == r.committed["a"]);
}

TEST_CASE("replica: a copy that falls far behind while it is seeded is seeded once",
          "[cluster][replica]") {
  auto limits = short_tails();
  limits.batch_entries = limits.window_messages = 1; // the tail takes its time
  rig r{2, limits};
  without_c(r, 30);
  r.boot("c", {'c'});
  r.hold = {"c"}; // its first chunk is not stored yet
  r.show();
  r.pass(2s);
  for (int i = 0; i < 100; ++i)
    REQUIRE(r.append("a", "x"));
  r.late["c"] = 50ms;
  r.release("c");
  r.pass(15s);
  CHECK(r.seeded["c"] == 1);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE(
    "replica: nothing is kept for a copy that is away, and it gets what is new when it is back",
    "[cluster][replica]") {
  rig r{2, short_tails()};
  without_c(r, 50);
  r.pass(20s);
  CHECK(r.at_node("a").retain_from().value == 51);
  int before = 0;
  SECTION("it was away all the time") {
    r.boot("c", {'c'});
    r.show();
  }
  SECTION("it was there for a moment, and went while it was seeded") {
    r.boot("c", {'c'});
    r.hold = {"c"};
    r.show();
    r.pass(1s);
    CHECK(r.at_node("a").retain_from().value == 51);
    before = r.seeded["c"]; // done, and its answer is lost
    r.crash("c");
    r.hold.clear();
    for (int i = 0; i < 50; ++i)
      REQUIRE(r.append("a", "x"));
    r.pass(20s);
    CHECK(r.at_node("a").retain_from().value == 101);
    r.boot("c", {'c'});
    r.show();
  }
  r.pass(5s);
  CHECK(r.seeded["c"] == before + 1);
  CHECK(r.stores["c"].base.value == r.committed["a"]);
  CHECK(r.table.in_sync.size() == 3);
}

TEST_CASE("replica: a killed primary that is heard again is asked at once where it stands",
          "[cluster][replica]") {
  const bool told = GENERATE(false, true);
  rig r;
  r.crash("a");
  r.set(promote(r.table, {{"b"}, {'b'}}, std::vector{node_id{"a"}}));
  r.show();
  r.pass(10s); // between two questions there are 2 s by now
  r.boot("a", {'a'});
  r.show();
  if (told) {
    r.at_node("b").peer_heard({"a"}, true, r.now);
    r.pump();
  }
  r.pass(200ms);
  CHECK((r.table.in_sync.size() == 3) == told);
  r.pass(2s);
  CHECK(r.table.in_sync.size() == 3);
}
