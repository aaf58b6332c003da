#include "cluster/controller.hpp"

#include "tests/cluster/members.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace vedette::test;
using namespace std::chrono_literals;

namespace {

struct office {
  explicit office(controller_limits l = {}, const char* self = "a") : what{{self}, l, now} {
    seen.cluster = {"x", 1, 1, 1};
    seen.at = {5};
    seen.partitions[{0}] = {{2}, *create(std::vector{a, b, c}, 2)};
    for (const auto& m : {a, b, c})
      seen.nodes[m.node] = record(m);
    seen.controller = {{3}, node_id{"a"}, {3}};
    what.snapshot_seen(seen, now);
  }

  static node_record record(const member& m) {
    node_record r;
    r.id = m.node;
    r.incarnation = m.incarnation;
    return r;
  }
  void gone(const member& m) { what.event_seen(node_event{{++at}, m.node, {}}, now); }
  std::vector<controller_order> pass(std::chrono::milliseconds t, bool fresh = true) {
    std::vector<controller_order> all;
    for (; t > 0ms; t -= 100ms) {
      now += 100ms;
      if (fresh)
        what.view_fresh(now);
      what.tick(now);
      for (auto& o : what.take_orders())
        all.push_back(std::move(o));
    }
    return all;
  }
  static const swap_request* swap_in(const std::vector<controller_order>& orders) {
    for (const auto& o : orders)
      if (const auto* s = std::get_if<swap_request>(&o))
        return s;
    return nullptr;
  }

  instant now{100s};
  std::uint64_t at = 10;
  snapshot seen;
  controller what;
};

} // namespace

TEST_CASE("controller: a dead primary is replaced by an in-sync store, fenced by the election",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  o.gone(a);
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == b.node);
  CHECK(s->next.epoch.value == 2);
  CHECK(s->next.in_sync == std::vector{b, c});
  CHECK(s->base.value == 2);
  CHECK(s->fence.value == 3);
}

TEST_CASE("controller: nobody is promoted who is not in sync, even if the partition stays down",
          "[cluster][controller]") {
  office o;
  o.seen.partitions[{0}] = {{6},
                            *shrink(*create(std::vector{a, b, c}, 1), std::vector{b.node, c.node})};
  o.seen.at = {7};
  o.what.snapshot_seen(o.seen, o.now);
  o.pass(8s);
  o.gone(a);
  CHECK(office::swap_in(o.pass(60s)) == nullptr);
}

TEST_CASE("controller: a node that came back with another store is not the member it was",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  auto other = office::record(b);
  other.incarnation = {77};
  o.what.event_seen(node_event{{++o.at}, b.node, other}, o.now);
  o.gone(a);
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == c.node);
}

TEST_CASE("controller: after a start and after an outage it waits a lease and a grace",
          "[cluster][controller]") {
  office o;
  o.gone(a);
  CHECK(office::swap_in(o.pass(6900ms)) == nullptr);
  CHECK(office::swap_in(o.pass(300ms)) != nullptr);

  office p;
  p.pass(20s);
  CHECK(p.pass(60s, false).empty()); // blind: does nothing
  p.what.view_fresh(p.now);
  p.gone(a); // all leases ended together while it was blind
  CHECK(office::swap_in(p.pass(6900ms)) == nullptr);
  CHECK(office::swap_in(p.pass(300ms)) != nullptr);
}

TEST_CASE("controller: only the holder acts, and a vacancy is campaigned for",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  o.what.event_seen(controller_event{{++o.at}, node_id{"b"}, {o.at}}, o.now);
  o.gone(a);
  CHECK(o.pass(2s).empty());
  o.what.event_seen(controller_event{{++o.at}, {}, {}}, o.now);
  const auto orders = o.pass(200ms);
  REQUIRE(!orders.empty());
  CHECK(std::holds_alternative<campaign>(orders.front()));
  o.what.campaign_answered(true, {++o.at}, o.now);
  CHECK(office::swap_in(o.pass(200ms)) != nullptr);
}

TEST_CASE("controller: a lease is revoked early only when every other node calls its holder dead",
          "[cluster][controller]") {
  struct row {
    const char* why;
    std::vector<std::pair<const char*, const char*>> reports; ///< (reporter, about)
    bool revoked;
  };
  const auto r = GENERATE(values<row>({
      {"all others agree", {{"a", "c"}, {"b", "c"}}, true},
      {"one link is cut", {{"a", "c"}}, false},
      {"a node that is cut off calls all others dead", {{"a", "b"}, {"a", "c"}}, false},
      {"nobody speaks of itself", {{"c", "c"}, {"b", "c"}}, false},
  }));
  INFO(r.why);
  office o;
  o.pass(8s);
  for (const auto& [reporter, about] : r.reports)
    o.what.peer_dead({reporter}, {about}, o.now);
  bool revoked = false;
  for (const auto& order : o.pass(200ms))
    revoked = revoked || std::holds_alternative<revoke_lease>(order);
  CHECK(revoked == r.revoked);
}

TEST_CASE("controller: a dead controller's lease is ended by the others, one after the other",
          "[cluster][controller]") {
  struct row {
    const char* why;
    const char* self;
    std::vector<std::pair<const char*, const char*>> reports; ///< (reporter, about)
    std::chrono::milliseconds within;
    bool revoked;
  };
  const auto r = GENERATE(values<row>({
      {"the first by name does at once", "b", {{"b", "a"}, {"c", "a"}}, 200ms, true},
      {"the next lets it", "c", {{"b", "a"}, {"c", "a"}}, 200ms, false},
      {"and does when it did not", "c", {{"b", "a"}, {"c", "a"}}, 500ms, true},
      {"one link is cut", "b", {{"b", "a"}}, 900ms, false},
      {"this node is the one that is cut off",
       "b",
       {{"b", "a"}, {"b", "c"}, {"c", "b"}},
       900ms,
       false},
      {"somebody else is dead: that is for the controller",
       "b",
       {{"a", "c"}, {"b", "c"}},
       900ms,
       false},
  }));
  INFO(r.why);
  office o{{}, r.self};
  o.pass(8s);
  for (const auto& [reporter, about] : r.reports)
    o.what.peer_dead({reporter}, {about}, o.now);
  int revoked = 0;
  for (const auto& order : o.pass(r.within)) {
    if (const auto* v = std::get_if<revoke_lease>(&order)) {
      CHECK(v->node == a.node);
      CHECK(v->fence.value == 0);
      ++revoked;
    }
  }
  CHECK(revoked == (r.revoked ? 1 : 0));
}

TEST_CASE("controller: of two nodes none deposes the other when only their mesh is cut",
          "[cluster][controller]") {
  office o{{}, "b"};
  o.gone(c);
  o.pass(8s);
  o.what.peer_dead(b.node, a.node, o.now);
  CHECK(o.pass(1s).empty());
}

TEST_CASE("controller: a lease that ends with office and node in one revision loses both",
          "[cluster][controller]") {
  office o{{}, "b"};
  o.pass(8s);
  const revision ended{++o.at};
  o.what.event_seen(controller_event{ended, {}, {}}, o.now);
  o.what.event_seen(node_event{ended, a.node, {}}, o.now);
  const auto campaigned = o.pass(100ms);
  REQUIRE(campaigned.size() == 1);
  CHECK(std::holds_alternative<campaign>(campaigned.front()));
  o.what.campaign_answered(true, {++o.at}, o.now);
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == b.node);
}

TEST_CASE("controller: what was said of a process says nothing about the next one of its node",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  o.what.peer_dead(a.node, c.node, o.now);
  o.what.peer_dead(b.node, c.node, o.now);
  auto again = office::record(c);
  again.stamp = 9;
  o.what.event_seen(node_event{{++o.at}, c.node, again}, o.now);
  for (const auto& order : o.pass(500ms))
    CHECK_FALSE(std::holds_alternative<revoke_lease>(order));
}

TEST_CASE("controller: an answer that is ahead of the watch hides nothing that the watch brings",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  o.what.event_seen(controller_event{{++o.at}, {}, {}}, o.now);
  o.what.campaign_answered(true, {o.at + 10}, o.now);
  o.what.partition_seen({0}, {o.at + 20}, touch(*create(std::vector{a, b, c}, 2)), o.now);
  o.gone(a); // at an older revision than both
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == b.node);
  CHECK(s->fence.value == o.at - 1 + 10);
}

TEST_CASE("controller: a fresh cluster's partitions are made once, from nothing, under the office",
          "[cluster][controller]") {
  controller_limits limits;
  limits.makes_max = 3;
  office o{limits};
  placement_rules rules;
  rules.groups = {{{0}, {1}, {2}, {3}}, {{100}}};
  o.what.place(rules);
  o.what.event_seen(controller_event{{++o.at}, {}, {}}, o.now);
  o.what.campaign_answered(true, {++o.at}, o.now);
  const auto orders = o.pass(100ms); // no quiet is needed: nothing is there to lose
  std::map<base::partition_id, swap_request> asked;
  for (const auto& order : orders)
    if (const auto* s = std::get_if<swap_request>(&order))
      asked[s->partition] = *s;
  CHECK(asked.size() == 3);     // as many as may be under way
  CHECK(asked.count({0}) == 0); // it is there
  for (const auto& [id, s] : asked) {
    CHECK(s.base.value == 0);
    CHECK(s.fence.value == o.at);
    CHECK(s.next.in_sync.size() == 3);
    CHECK(s.next.min_in_sync == 2);
  }
  const auto fence = o.at;
  for (const auto& [id, s] : asked)
    o.what.event_seen(partition_event{id, {++o.at}, s.next}, o.now);
  const auto rest = o.pass(100ms);
  const auto* last = office::swap_in(rest);
  REQUIRE(last);
  CHECK(last->fence.value == fence);
  CHECK(asked.count(last->partition) == 0);
  SECTION("an answer that was lost is asked for again") {
    const auto again = o.pass(600ms);
    REQUIRE(office::swap_in(again));
    CHECK(office::swap_in(again)->partition == last->partition);
    CHECK(office::swap_in(again)->base.value == 0);
  }
  SECTION("what is there is left alone") {
    o.what.event_seen(partition_event{last->partition, {++o.at}, last->next}, o.now);
    CHECK(office::swap_in(o.pass(3s)) == nullptr);
  }
}

TEST_CASE("controller: a table that was rebuilt is not filled with empty partitions",
          "[cluster][controller]") {
  office o;
  placement_rules rules;
  rules.groups = {{{0}, {1}}};
  o.what.place(rules);
  o.seen.cluster.generation = 2;
  o.what.snapshot_seen(o.seen, o.now);
  CHECK(office::swap_in(o.pass(20s)) == nullptr);
}

TEST_CASE("controller: a move that another began is finished, and the preferred copy comes first",
          "[cluster][controller]") {
  office o;
  placement_rules rules;
  rules.groups = {{{0}}};
  o.what.place(rules);
  o.what.event_seen(node_event{{++o.at}, d.node, office::record(d)}, o.now);
  auto t = *begin_move(*create(std::vector{a, b, c}, 2), std::vector{d.node, b.node, c.node});
  o.what.event_seen(partition_event{{0}, {++o.at}, t}, o.now);
  CHECK(office::swap_in(o.pass(9s)) == nullptr); // d has not caught up
  t = *grow(t, d);
  for (int step = 0; step < 2; ++step) {
    o.what.event_seen(partition_event{{0}, {++o.at}, t}, o.now);
    const auto orders = o.pass(200ms);
    REQUIRE(office::swap_in(orders));
    t = office::swap_in(orders)->next;
  }
  CHECK(t.replicas == std::vector{d.node, b.node, c.node});
  CHECK(t.primary == d.node);
  CHECK(t.in_sync.size() == 3);
}

TEST_CASE("controller: the same copies in another order are one swap and no move",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  o.what.want({{{0}, {c.node, a.node, b.node}}});
  const auto orders = o.pass(100ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.replicas == std::vector{c.node, a.node, b.node});
  CHECK(s->next.epoch.value == 1);
  o.what.event_seen(partition_event{{0}, {++o.at}, s->next}, o.now);
  CHECK(office::swap_in(o.pass(20s)) == nullptr);
  CHECK(office::swap_in(o.pass(20s))->next.primary == c.node); // preferred for 30 s
}

TEST_CASE("controller: a draining node hands over and an unwritable store is left",
          "[cluster][controller]") {
  office o;
  o.pass(8s);
  auto changed = office::record(a);
  SECTION("draining") {
    changed.draining = true;
  }
  SECTION("it gets too little time to lead") {
    changed.starved = true;
  }
  SECTION("its store refuses writes") {
    changed.writable = false;
  }
  o.what.event_seen(node_event{{++o.at}, a.node, changed}, o.now);
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == b.node);
}

TEST_CASE("controller: where all are starved nothing is handed over", "[cluster][controller]") {
  office o;
  o.pass(8s);
  for (const auto& m : {a, b, c}) {
    auto changed = office::record(m);
    changed.starved = true;
    o.what.event_seen(node_event{{++o.at}, m.node, changed}, o.now);
  }
  CHECK(office::swap_in(o.pass(5s)) == nullptr);
}

TEST_CASE("controller: a move hands over to a copy that is fit, or waits for one",
          "[cluster][controller]") {
  const member e{{"e"}, {5}};
  office o;
  auto starved = office::record(d);
  starved.starved = true;
  o.what.event_seen(node_event{{++o.at}, d.node, starved}, o.now);
  o.what.event_seen(node_event{{++o.at}, e.node, office::record(e)}, o.now);
  o.pass(8s);
  std::vector wanted{d.node};
  SECTION("there is one") {
    wanted.push_back(e.node);
  }
  o.what.want({{{0}, wanted}});
  const auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  auto t = *grow(s->next, d);
  if (wanted.size() > 1)
    t = *grow(t, e);
  o.what.event_seen(partition_event{{0}, {++o.at}, t}, o.now);
  const auto then = o.pass(3s);
  s = office::swap_in(then);
  if (wanted.size() > 1) {
    REQUIRE(s);
    CHECK(s->next.primary == e.node);
  } else {
    CHECK(s == nullptr); // a leads on
  }
}

TEST_CASE("controller: a move joins, waits, hands over, leaves", "[cluster][controller]") {
  office o;
  o.what.event_seen(node_event{{++o.at}, d.node, office::record(d)}, o.now);
  o.pass(8s);
  o.what.want({{{0}, {b.node, c.node, d.node}}});
  auto orders = o.pass(200ms);
  const auto* s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.replicas.size() == 4);
  auto t = s->next;
  const auto in = [&](const assignment& value) {
    t = value;
    o.what.event_seen(partition_event{{0}, {++o.at}, t}, o.now);
  };
  in(t);
  CHECK(office::swap_in(o.pass(2s)) == nullptr); // d has not caught up
  in(*grow(t, d));
  orders = o.pass(200ms);
  s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.primary == b.node);
  in(s->next);
  orders = o.pass(200ms);
  s = office::swap_in(orders);
  REQUIRE(s);
  CHECK(s->next.replicas == std::vector{b.node, c.node, d.node});
}
