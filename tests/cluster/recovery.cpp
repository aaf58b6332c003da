#include "cluster/recovery.hpp"

#include "tests/cluster/members.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace vedette::test;

namespace {

store_report holds(const member& m, std::uint64_t epoch, std::uint64_t index) {
  store_report r;
  r.store = m;
  r.last = {{epoch}, {index}};
  return r;
}

} // namespace

TEST_CASE("recovery: the copy that goes on is the one whose log ends in the highest epoch, then "
          "longest, and none while an in-sync store is there",
          "[cluster][recovery]") {
  const auto t = *shrink(*create(std::vector{a, b, c}, 1), std::vector{b.node, c.node});
  struct row {
    const char* why;
    std::vector<member> alive;
    std::vector<store_report> copies;
    std::optional<node_id> from;
    base::ec refused;
    const char* chosen;
  };
  const auto r = GENERATE(values<row>({
      {"a later epoch beats a longer log",
       {b, c},
       {holds(b, 2, 90), holds(c, 3, 10)},
       {},
       base::ec::none,
       "c"},
      {"in one epoch the longer log",
       {b, c},
       {holds(b, 3, 11), holds(c, 3, 10)},
       {},
       base::ec::none,
       "b"},
      {"the operator knows better",
       {b, c},
       {holds(b, 3, 11), holds(c, 3, 10)},
       node_id{"c"},
       base::ec::none,
       "c"},
      {"the in-sync store is a member, though it did not answer",
       {a, b, c},
       {holds(b, 3, 11)},
       {},
       base::ec::conflict,
       ""},
      {"its node is there with another store",
       {{a.node, {9}}, b},
       {holds(b, 3, 11)},
       {},
       base::ec::none,
       "b"},
      {"its node was emptied: that copy may be named, but is not taken by itself",
       {{a.node, {9}}, b},
       {holds({a.node, {9}}, 0, 0), holds(b, 3, 11)},
       {},
       base::ec::none,
       "b"},
      {"a store that shall hold no copy is not taken",
       {b, d},
       {holds(d, 9, 99), holds(b, 1, 1)},
       {},
       base::ec::none,
       "b"},
      {"one that shall hold no copy is named",
       {b, d},
       {holds(d, 9, 99), holds(b, 1, 1)},
       node_id{"d"},
       base::ec::invalid_argument,
       ""},
      {"one that did not answer is named",
       {b, c},
       {holds(b, 3, 11)},
       node_id{"c"},
       base::ec::unavailable,
       ""},
      {"nobody answered", {b, c}, {}, {}, base::ec::unavailable, ""},
  }));
  INFO(r.why);
  const auto chosen = choose_survivor(t, r.alive, r.copies, r.from);
  if (r.refused == base::ec::none) {
    REQUIRE(chosen);
    CHECK(chosen->node.value == r.chosen);
    CHECK(recover_accepting_loss(t, *chosen));
  } else {
    REQUIRE(!chosen);
    CHECK(chosen.err().code == r.refused);
  }
}

namespace {

store_report sealed(const member& m, std::uint64_t epoch, std::uint64_t index,
                    std::uint64_t version) {
  return {m, {9}, {{epoch}, {index}}, version, 2, {a.node, b.node, c.node}};
}

rebuild_input three_stores() {
  rebuild_input in;
  in.partitions = {{0}, {1}};
  in.stores = {a, b, c};
  in.sealed = {9};
  in.reports[{0}] = {sealed(a, 3, 40, 5), sealed(b, 4, 30, 6), sealed(c, 4, 30, 4)};
  in.reports[{1}] = {sealed(a, 4, 30, 5), sealed(b, 4, 30, 5), sealed(c, 4, 30, 5)};
  return in;
}

} // namespace

TEST_CASE("rebuild: the whole table begins behind the seal, each partition with what is farthest",
          "[cluster][rebuild]") {
  auto in = three_stores();
  const auto made = rebuild_table(in);
  REQUIRE(made);
  REQUIRE(made->partitions.size() == 2);
  CHECK(made->missing.empty());
  for (const auto& [p, t] : made->partitions) {
    CHECK(t.epoch == base::epoch{10});
    CHECK(t.in_sync.size() == 1);
    CHECK(t.replicas == std::vector{a.node, b.node, c.node});
    CHECK(t.min_in_sync == 2);
    CHECK(t.loss_epoch == base::epoch{});
  }
  CHECK(made->partitions.at({0}).primary == b.node);
  CHECK(made->partitions.at({1}).primary == a.node); // among equals the preferred one
  in.stores.clear();
  CHECK(!rebuild_table(in));
}

TEST_CASE("rebuild: a copy that is not heard stops it, and is named as lost when that is accepted",
          "[cluster][rebuild]") {
  auto in = three_stores();
  in.stores = {a, b};
  for (auto& [p, copies] : in.reports)
    copies.pop_back();
  CHECK(rebuild_table(in).err().code == base::ec::unavailable);
  in.accept_missing = true;
  const auto made = rebuild_table(in);
  REQUIRE(made);
  CHECK(made->missing.at({0}) == std::vector{c.node});
  // It is filled when it comes back, and nothing it alone had is taken for true.
  CHECK(is_replica(made->partitions.at({0}), c.node));
  CHECK(made->partitions.at({0}).loss_epoch == base::epoch{10});
}

TEST_CASE("rebuild: a store that is there and holds nothing of a partition is not missing",
          "[cluster][rebuild]") {
  auto in = three_stores();
  in.reports[{0}].pop_back();
  const auto made = rebuild_table(in);
  REQUIRE(made);
  CHECK(made->missing.empty());
  CHECK(made->partitions.at({0}).primary == b.node);
}

TEST_CASE("rebuild: a store that failed is not taken for one that holds nothing",
          "[cluster][rebuild]") {
  auto in = three_stores();
  in.reports[{0}].pop_back();
  in.failed[{0}] = {c.node};
  CHECK(rebuild_table(in).err().code == base::ec::unavailable);
  in.accept_missing = true;
  const auto made = rebuild_table(in);
  REQUIRE(made);
  CHECK(made->missing.at({0}) == std::vector{c.node});
}

TEST_CASE("rebuild: a partition that no heard store holds begins empty only when that is accepted",
          "[cluster][rebuild]") {
  auto in = three_stores();
  in.reports.erase({1});
  const auto refused = rebuild_table(in);
  REQUIRE(!refused);
  CHECK(refused.err().context.find("partition 1") != std::string::npos);
  in.accept_missing = true;
  const auto made = rebuild_table(in);
  REQUIRE(made);
  CHECK(made->missing.at({1}).empty());
  const auto& t = made->partitions.at({1});
  CHECK(t.epoch == base::epoch{10});
  CHECK(t.loss_epoch == base::epoch{10});
  CHECK(t.replicas.size() == 3);
  CHECK(is_in_sync(t, *in_sync_member(t, t.primary)));
  CHECK(t.min_in_sync == 2);
}

TEST_CASE("rebuild: stores that never saw a table make one of those that hold the partition",
          "[cluster][rebuild]") {
  auto in = three_stores();
  for (auto& [p, copies] : in.reports)
    for (auto& r : copies) {
      r.version = 0;
      r.replicas.clear();
      r.min_in_sync = 0;
    }
  const auto made = rebuild_table(in);
  REQUIRE(made);
  CHECK(made->partitions.at({0}).replicas.size() == 3);
  CHECK(made->partitions.at({0}).min_in_sync == 2);
}
