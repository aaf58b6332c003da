#include "cluster/table.hpp"

#include "tests/cluster/members.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace vedette::test;

namespace {

assignment three() {
  return *create(std::vector{a, b, c}, 2);
}

} // namespace

TEST_CASE("table: a new partition has all its empty stores in sync", "[cluster][table]") {
  const auto t = three();
  CHECK(t.primary == a.node);
  CHECK(t.epoch == base::epoch{1});
  CHECK(t.in_sync.size() == 3);
  CHECK(!create(std::vector{a, a}, 1));
  CHECK(!create(std::vector{a}, 2));
  CHECK(!create(std::vector{a}, 0));
  CHECK(!create({}, 1));
  std::vector<member> many;
  for (std::size_t i = 0; i <= cluster::replicas_max; ++i)
    many.push_back({{"n" + std::to_string(i)}, {i + 1}});
  CHECK(!create(many, 2));
}

TEST_CASE("table: the in-sync set never falls below min_in_sync and never loses its primary",
          "[cluster][table]") {
  const auto t = three();
  const auto two = shrink(t, std::vector{c.node});
  REQUIRE(two);
  CHECK(two->in_sync == std::vector{a, b});
  CHECK(two->epoch == t.epoch);
  CHECK(two->version == t.version + 1);
  CHECK(shrink(*two, std::vector{b.node}).err().code == base::ec::unavailable);
  CHECK(shrink(t, std::vector{a.node}).err().code == base::ec::invalid_argument);
  CHECK(!shrink(*two, std::vector{c.node}));
}

TEST_CASE("table: only an in-sync store of the right incarnation is promoted", "[cluster][table]") {
  struct row {
    const char* why;
    member to;
    bool allowed;
  };
  const auto r = GENERATE(values<row>({
      {"a store in sync", b, true},
      {"the primary itself, after a restart", a, true},
      {"a store that was taken out", c, false},
      {"the node is in sync, but its store is another one", {{"b"}, {9}}, false},
      {"a stranger", {{"d"}, {4}}, false},
  }));
  INFO(r.why);
  const auto t = *shrink(three(), std::vector{c.node});
  const auto next = promote(t, r.to);
  REQUIRE(next.has_value() == r.allowed);
  if (next) {
    CHECK(next->epoch.value == t.epoch.value + 1);
    CHECK(next->primary == r.to.node);
  } else {
    CHECK(next.err().code == base::ec::denied);
  }
}

TEST_CASE("table: promotion drops dead stores only as far as min_in_sync allows",
          "[cluster][table]") {
  const auto one_dead = promote(three(), b, std::vector{a.node});
  CHECK(one_dead->in_sync == std::vector{b, c});
  const auto both_dead = promote(three(), b, std::vector{a.node, c.node});
  CHECK(both_dead->in_sync == std::vector{b, c});
}

TEST_CASE("table: a store that came back anew replaces its older incarnation", "[cluster][table]") {
  const auto again = grow(three(), {{"b"}, {7}});
  REQUIRE(again);
  CHECK(again->in_sync.size() == 3);
  CHECK(is_in_sync(*again, {{"b"}, {7}}));
  CHECK(!is_in_sync(*again, b));
  CHECK(grow(three(), b).err().code == base::ec::conflict);
  CHECK(grow(three(), {{"d"}, {4}}).err().code == base::ec::invalid_argument);
  CHECK(touch(three()).version == three().version + 1);
}

TEST_CASE("table: a move ends only when all wanted copies are in sync and one of them leads",
          "[cluster][table]") {
  const std::vector wanted{b.node, c.node, d.node};
  auto t = *begin_move(three(), wanted);
  CHECK(t.replicas.size() == 4);
  CHECK(finish_move(t, wanted).err().code == base::ec::unavailable);
  t = *grow(t, d);
  CHECK(finish_move(t, wanted).err().code == base::ec::unavailable); // a still leads
  t = *promote(t, b);
  const auto done = finish_move(t, wanted);
  REQUIRE(done);
  CHECK(done->replicas == wanted);
  CHECK(done->in_sync.size() == 3);
  CHECK(in_sync_member(*done, a.node) == nullptr);
}

TEST_CASE("table: accepting a loss is refused while anything in sync is there to be promoted",
          "[cluster][table]") {
  const auto t = *shrink(three(), std::vector{c.node});
  CHECK(recover_accepting_loss(t, b).err().code == base::ec::conflict);
  CHECK(recover_accepting_loss(t, {{"d"}, {4}}).err().code == base::ec::invalid_argument);
  const auto next = recover_accepting_loss(t, c);
  REQUIRE(next);
  CHECK(next->in_sync == std::vector{c});
  CHECK(next->loss_epoch == next->epoch);
}

TEST_CASE("table: a wiped, restored or foreign coordinator is refused with what to do",
          "[cluster][table]") {
  struct row {
    const char* why;
    const char* table_id;
    std::uint64_t table_epoch;
    std::size_t partitions;
    store_memory store;
    base::ec verdict;
  };
  const auto r = GENERATE(values<row>({
      {"the usual", "x", 7, 4, {"x", {7}, 4}, base::ec::none},
      {"a new store joins anything", "x", 7, 4, {"", {}, 0}, base::ec::none},
      {"wiped", "", 0, 0, {"x", {7}, 4}, base::ec::conflict},
      {"two clusters on one prefix", "y", 7, 4, {"x", {7}, 4}, base::ec::denied},
      {"restored from an old backup", "x", 6, 4, {"x", {7}, 4}, base::ec::conflict},
      {"mixed partition counts", "x", 7, 8, {"x", {7}, 4}, base::ec::denied},
  }));
  INFO(r.why);
  table t{r.table_id, {r.table_epoch}, {}};
  for (std::uint32_t p = 0; p < r.partitions; ++p)
    t.partitions[{p}] = {};
  const auto verdict = judge_table(t, r.store);
  if (r.verdict == base::ec::none)
    CHECK(verdict);
  else
    CHECK(verdict.err().code == r.verdict);
}
