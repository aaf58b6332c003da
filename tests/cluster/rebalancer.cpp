#include "cluster/rebalancer.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::cluster;
using namespace std::chrono_literals;

namespace {

using nodes = std::map<node_id, node_record>;

node_record record(const std::string& id, const std::string& zone = {}) {
  node_record r;
  r.id = {id};
  r.zone = zone;
  r.incarnation = {base::hash64(id)};
  return r;
}

nodes of(std::initializer_list<const char*> names) {
  nodes out;
  for (const auto* n : names)
    out[{n}] = record(n);
  return out;
}

placement_rules rules(std::uint32_t partitions = 12) {
  placement_rules r;
  auto& first = r.groups.emplace_back();
  for (std::uint32_t p = 0; p < partitions; ++p)
    first.push_back({p});
  r.groups.push_back({{100}, {101}, {102}});
  return r;
}

copies_table made(const std::map<base::partition_id, std::vector<member>>& stores) {
  copies_table out;
  for (const auto& [id, members] : stores)
    for (const auto& m : members)
      out[id].push_back(m.node);
  return out;
}

copies_table placed(rebalancer& r, const nodes& n, instant now) {
  r.observe(n, now);
  auto held = made(r.missing(n, {}, 10s));
  REQUIRE(held.size() == 15);
  for (const auto& [id, copies] : r.plan(held, now))
    held[id] = copies;
  return held;
}

std::map<std::string, int> holders(const copies_table& t) {
  std::map<std::string, int> out;
  for (const auto& [id, copies] : t)
    for (const auto& n : copies)
      ++out[n.value];
  return out;
}

} // namespace

TEST_CASE("rebalancer: partitions wait for the nodes they shall be copied to, but not for ever",
          "[cluster][rebalancer]") {
  struct row {
    const char* why;
    std::vector<const char*> names;
    instant waited;
    std::size_t copies; ///< 0: none are made
  };
  const auto r = GENERATE(values<row>({
      {"nobody is there", {}, 10s, 0},
      {"one store alone may not hold the promise", {"a"}, 10s, 0},
      {"two will do, but a third may come", {"a", "b"}, 4s, 0},
      {"it did not come", {"a", "b"}, 5s, 2},
      {"all are there", {"a", "b", "c"}, 0s, 3},
      {"more than all", {"a", "b", "c", "d"}, 0s, 3},
  }));
  INFO(r.why);
  const rebalancer what{rules()};
  nodes n;
  for (const auto* name : r.names)
    n[{name}] = record(name);
  const auto stores = what.missing(n, {}, r.waited);
  CHECK(stores.size() == (r.copies == 0 ? 0 : 15));
  for (const auto& [id, members] : stores) {
    CHECK(members.size() == r.copies);
    for (const auto& m : members)
      CHECK(m.incarnation == n.at(m.node).incarnation);
  }
}

TEST_CASE("rebalancer: only what the table lacks is made, on nodes that take copies",
          "[cluster][rebalancer]") {
  const rebalancer what{rules()};
  auto n = of({"a", "b", "c", "d", "e"});
  n.at({"d"}).draining = true;
  n.at({"e"}).writable = false;
  copies_table held;
  for (std::uint32_t p = 0; p < 12; ++p)
    if (p != 5)
      held[{p}] = {{"a"}, {"b"}, {"c"}};
  const auto stores = what.missing(n, held, 0s);
  REQUIRE(stores.size() == 4); // 5 and the second group
  CHECK(stores.count({5}) == 1);
  CHECK(stores.count({100}) == 1);
  const auto in = holders(made(stores));
  CHECK(in.count("d") + in.count("e") == 0);
}

TEST_CASE("rebalancer: primaries of each group are spread over the nodes",
          "[cluster][rebalancer]") {
  const rebalancer what{rules()};
  const auto stores = what.missing(of({"a", "b", "c"}), {}, 0s);
  std::map<std::string, int> first, second;
  for (const auto& [id, members] : stores)
    ++(id.value < 100 ? first : second)[members.front().node.value];
  CHECK(first == std::map<std::string, int>{{"a", 4}, {"b", 4}, {"c", 4}});
  CHECK(second == std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}});
}

TEST_CASE("rebalancer: a node that joins takes its share and nothing else moves",
          "[cluster][rebalancer]") {
  rebalancer what{rules()};
  auto n = of({"a", "b", "c"});
  const auto held = placed(what, n, 0s);
  CHECK_FALSE(what.due(true, 2s));
  n[{"d"}] = record("d");
  what.observe(n, 2s);
  REQUIRE(what.due(true, 2s));
  auto after = held;
  int made_anew = 0;
  for (const auto& [id, copies] : what.plan(held, 2s)) {
    for (const auto& c : copies)
      made_anew += std::ranges::count(held.at(id), c) == 0 ? 1 : 0;
    after[id] = copies;
  }
  CHECK(holders(after)["d"] == made_anew); // every new copy is on the new node
  CHECK(made_anew >= 10);
  CHECK(made_anew <= 13);
  CHECK_FALSE(what.due(true, 5s));
}

TEST_CASE("rebalancer: a restart moves nothing, a node that stays away is replaced",
          "[cluster][rebalancer]") {
  rebalancer what{rules()};
  auto n = of({"a", "b", "c", "d"});
  const auto held = placed(what, n, 0s);
  const auto gone = n.extract({"d"});
  what.observe(n, 10s);
  CHECK_FALSE(what.due(true, 10s));
  what.observe(n, 69s);
  CHECK_FALSE(what.due(true, 69s));
  SECTION("it comes back within the grace") {
    n[{"d"}] = gone.mapped();
    what.observe(n, 69s);
    n.erase({"d"}); // and is away again: another grace
    what.observe(n, 69500ms);
    CHECK_FALSE(what.due(true, 100s));
  }
  SECTION("it does not") {
    what.observe(n, 70s);
    REQUIRE(what.due(true, 70s));
    auto after = held;
    for (const auto& [id, copies] : what.plan(held, 70s))
      after[id] = copies;
    CHECK(holders(after).count("d") == 0);
    for (const auto& [id, copies] : after)
      CHECK(copies.size() == 3);
  }
}

TEST_CASE("rebalancer: a copy is given up for another only, never for want of nodes",
          "[cluster][rebalancer]") {
  rebalancer what{rules()};
  auto n = of({"a", "b", "c"});
  const auto held = placed(what, n, 0s);
  SECTION("its node is gone") {
    n.erase({"c"});
    what.observe(n, 10s);
    what.observe(n, 80s);
  }
  SECTION("its node drains") {
    n.at({"c"}).draining = true;
    what.observe(n, 80s);
  }
  REQUIRE(what.due(true, 80s));
  for (const auto& [id, copies] : what.plan(held, 80s)) {
    INFO(id.value);
    auto before = held.at(id), after = copies;
    std::ranges::sort(before);
    std::ranges::sort(after);
    CHECK(before == after); // at most another is preferred
  }
}

TEST_CASE("rebalancer: a drain begins at once and within the budget", "[cluster][rebalancer]") {
  auto r = rules();
  r.moves_per_plan = 4;
  rebalancer what{r};
  auto n = of({"a", "b", "c", "d"});
  auto held = placed(what, n, 0s);
  n.at({"a"}).draining = true;
  instant now = 2s;
  what.observe(n, now);
  REQUIRE(what.due(false, now));
  int plans = 0;
  for (; what.due(true, now) && plans < 20; now += 1s, ++plans) {
    std::size_t copies_made = 0;
    for (const auto& [id, copies] : what.plan(held, now)) {
      for (const auto& c : copies)
        copies_made += std::ranges::count(held.at(id), c) == 0 ? 1 : 0;
      held[id] = copies;
    }
    CHECK(copies_made <= 8); // four in each group
  }
  CHECK(plans > 1);
  CHECK(plans < 20);
  CHECK(holders(held).count("a") == 0);
}

TEST_CASE("rebalancer: copies that are fewer than wanted are made when there are nodes",
          "[cluster][rebalancer]") {
  rebalancer what{rules()};
  auto n = of({"a", "b"});
  what.observe(n, 0s);
  const auto held = made(what.missing(n, {}, 5s));
  REQUIRE(held.size() == 15);
  CHECK(what.plan(held, 0s).empty());
  n[{"c"}] = record("c");
  what.observe(n, 5s);
  REQUIRE(what.due(true, 5s));
  const auto wanted = what.plan(held, 5s);
  CHECK(wanted.size() == 15);
  for (const auto& [id, copies] : wanted)
    CHECK(copies.size() == 3);
}

TEST_CASE("rebalancer: one that knows a node by the table only waits for it before it plans",
          "[cluster][rebalancer]") {
  rebalancer before{rules()};
  const auto held = placed(before, of({"a", "b", "c", "d"}), 0s);
  rebalancer what{rules()};
  const auto n = of({"a", "b", "c"});
  what.observe(n, 0s);
  CHECK(what.plan(held, 0s).empty());
  what.observe(n, 30s);
  CHECK(what.plan(held, 30s).empty());
  what.observe(n, 60s);
  REQUIRE(what.due(true, 60s));
  CHECK(what.plan(held, 60s).size() >= 9);
}

TEST_CASE("rebalancer: nothing is moved to a node that is away", "[cluster][rebalancer]") {
  rebalancer what{rules()};
  auto n = of({"a", "b", "c", "d"});
  const auto held = placed(what, n, 0s);
  n.erase({"d"});
  n.at({"a"}).draining = true;
  what.observe(n, 5s);
  REQUIRE(what.due(true, 5s));
  for (const auto& [id, copies] : what.plan(held, 5s))
    for (const auto& c : copies)
      CHECK((c.value != "d" || std::ranges::count(held.at(id), c) == 1));
}
