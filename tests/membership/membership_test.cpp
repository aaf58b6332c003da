#include "cluster/controller.hpp"
#include "tests/membership/rig.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::membership;
using namespace vedette::membership::testing;
using namespace std::chrono_literals;
using cluster::proposal_outcome;

namespace {

constexpr std::uint32_t tenants = 1U << 16;

std::map<std::string, int> leads(const view& v, std::uint32_t from, std::uint32_t to) {
  std::map<std::string, int> out;
  for (const auto& [id, p] : v.table)
    if (id.value >= from && id.value < to)
      ++out[p.value.primary.value];
  return out;
}

/// The party whose node is the controller.
party* controller_of(const std::vector<party*>& all) {
  const auto holder = all.front()->what->snapshot().controller;
  for (auto* p : all)
    if (holder && (*p)->snapshot().self.id == *holder)
      return p;
  return nullptr;
}

struct three {
  rig r;
  party &a = r.join("n1"), &b = r.join("n2"), &c = r.join("n3");
  std::vector<party*> all{&a, &b, &c};

  three() {
    REQUIRE(rig::until([&] {
      return std::ranges::all_of(
          all, [&](const party* p) { return (*p)->snapshot().table.size() == r.partitions + 4; });
    }));
  }
};

} // namespace

TEST_CASE("membership: three nodes found a cluster, and its controller spreads the partitions",
          "[membership]") {
  three t;
  const auto seen = t.a->snapshot();
  CHECK(seen.state == standing::member);
  CHECK(seen.reachable);
  CHECK(seen.cluster.seed != 0);
  CHECK(seen.nodes.size() == 3);
  for (const auto& [id, p] : seen.table) {
    INFO(id.value);
    CHECK(p.value.replicas.size() == 3);
    CHECK(p.value.in_sync.size() == 3);
    CHECK(p.value.min_in_sync == 2);
    CHECK(p.value.epoch.value == 1);
  }
  for (const auto& [node, n] : leads(seen, 0, 8)) {
    INFO(node);
    CHECK(n >= 2);
    CHECK(n <= 3);
  }
  CHECK(leads(seen, 0, 8).size() == 3);
  CHECK(leads(seen, tenants, tenants + 4).size() == 3);
  for (auto* p : t.all) {
    CHECK(rig::until([&] { return p->heard.table().size() == 12; }));
    CHECK(p->heard.nodes() == std::vector<std::string>{"n1", "n2", "n3"});
    CHECK((*p)->snapshot().cluster.id == seen.cluster.id);
    CHECK((*p)->snapshot().cluster.seed == seen.cluster.seed);
    CHECK(p->heard.endings().empty());
    CHECK(p->heard.in_order());
  }
  CHECK(t.a->heard_at());
  CHECK(controller_of(t.all) != nullptr);
}

TEST_CASE("membership: a proposal is answered once, after what it put is seen", "[membership]") {
  three t;
  const auto before = t.a.heard.table().at({0});
  const auto next = cluster::touch(before.value);
  struct row {
    const char* why;
    int answers_lost;
    cluster::revision base;
    proposal_outcome outcome;
  };
  const auto r = GENERATE_COPY(values<row>({
      {"it wins", 0, before.at, proposal_outcome::won},
      {"its answer is lost, and a read shows that it won", 1, before.at, proposal_outcome::won},
      {"another was first", 0, {1}, proposal_outcome::lost},
  }));
  INFO(r.why);
  t.a.faults->answers_lost = r.answers_lost;
  t.a->propose({0}, {77, r.base, next});
  REQUIRE(rig::until([&] { return !t.a.heard.answers().empty(); }));
  const auto answer = t.a.heard.answers().front();
  CHECK(answer.token == 77);
  CHECK(answer.outcome == r.outcome);
  CHECK((answer.seen > before.at) == (r.outcome == proposal_outcome::won));
  CHECK(t.a.heard.answers().size() == 1);
  if (r.outcome == proposal_outcome::won)
    CHECK(rig::until([&] { return t.b.heard.table().at({0}).value == next; }));
}

TEST_CASE("membership: a reread says what stands, however long the way is cut", "[membership]") {
  three t;
  t.a.faults->cut = true;
  REQUIRE(rig::until([&] { return !t.a->snapshot().reachable; }));
  const auto said = t.a.heard.said({0});
  t.a->reread({0});
  const auto asked = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - asked > 3s; })); // its deadline is over
  CHECK(t.a.heard.said({0}) == said);
  t.a.faults->cut = false;
  CHECK(rig::until([&] { return t.a.heard.said({0}) > said; }));
}

TEST_CASE("membership: a node that leaves is seen to go, and others lead what it led",
          "[membership]") {
  three t;
  t.c->stop();
  CHECK(rig::until([&] { return t.a.heard.nodes() == std::vector<std::string>{"n1", "n2"}; }));
  CHECK(rig::until([&] { return leads(t.a->snapshot(), 0, tenants + 4).count("n3") == 0; }));
  for (const auto& [id, p] : t.a->snapshot().table) {
    INFO(id.value);
    // Its copies stay where they are: it may come back.
    CHECK(cluster::is_replica(p.value, {"n3"}));
    CHECK(p.value.in_sync.size() >= 2);
  }
}

TEST_CASE("membership: a dead controller is replaced before its lease ends when all say so",
          "[membership]") {
  three t;
  auto* office = controller_of(t.all);
  REQUIRE(office != nullptr);
  const auto dead = (*office)->snapshot().self.id;
  std::erase(t.all, office);
  // Quiet after the start is over.
  const auto begun = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - begun > 8s; }));
  t.r.crash(*office);
  const auto died = t.r.now();
  const auto first = t.all[0]->what->snapshot().self.id,
             second = t.all[1]->what->snapshot().self.id;
  for (auto* p : t.all)
    for (const auto& reporter : {first, second})
      (*p)->peer_liveness(reporter, dead, false);
  CHECK(rig::until([&] {
    const auto now = t.all[0]->what->snapshot().controller;
    return now && *now != dead;
  }));
  CHECK(t.r.now() - died < 4s); // the lease is 5 s
  CHECK(rig::until(
      [&] { return leads(t.all[0]->what->snapshot(), 0, tenants + 4).count(dead.value) == 0; }));
}

TEST_CASE("membership: a node id that is in use is refused with what to do", "[membership]") {
  rig r;
  r.join("n1");
  auto args = r.args("n1");
  args.patience = 1s;
  auto& second = r.add(std::move(args));
  const auto started = second->start();
  REQUIRE(!started);
  CHECK(started.err().code == base::ec::conflict);
  CHECK(started.err().context.find("another --node-id") != std::string::npos);
  CHECK(second->snapshot().state != standing::member);
}

TEST_CASE("membership: a restart takes over the lease of the process before it", "[membership]") {
  rig r;
  auto& a = r.join("n1");
  const auto stamp = a->snapshot().self.stamp;
  const auto store = a.store;
  r.crash(a);
  auto& again = r.add(r.args("n1", store));
  REQUIRE(again->start());
  CHECK(again->snapshot().self.stamp > stamp);
  const auto id = read_identity(*store);
  REQUIRE(id);
  CHECK(id->cluster_id == again->snapshot().cluster.id);
  CHECK(id->incarnation == again->snapshot().self.incarnation);
}

TEST_CASE("membership: a session that somebody ended is begun again", "[membership]") {
  rig r;
  auto& a = r.join("n1");
  const auto before = a->snapshot().self.stamp;
  auto other = r.coordinator.handle();
  io::open_request open;
  open.record = a->snapshot().cluster;
  static_cast<void>(other->open(open));
  static_cast<void>(other->revoke({"n1"}, {}));
  CHECK(rig::until([&] {
    const auto now = a->snapshot();
    return now.state == standing::member && now.self.stamp > before && now.nodes.size() == 1;
  }));
  CHECK(a.heard.endings().empty());
}

TEST_CASE("membership: a wiped coordinator ends it with a reason, and what was restored is joined",
          "[membership]") {
  three t;
  const auto known = t.a.heard.table();
  const auto saved = t.r.coordinator.save();
  t.r.coordinator.wipe();
  REQUIRE(rig::until([&] { return !t.a.heard.endings().empty(); }));
  CHECK(t.a.heard.endings().front().find("rebuild-table") != std::string::npos);
  CHECK(t.a->snapshot().state == standing::estranged);
  CHECK(t.a.heard.table().size() == known.size()); // it goes on with what it knows
  // Nobody founds another cluster in its place.
  const auto wiped = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - wiped > 5s; }));
  CHECK(t.a->snapshot().state == standing::estranged);
  t.r.coordinator.restore(saved);
  CHECK(rig::until([&] { return t.a->snapshot().state == standing::member; }));
  CHECK(t.a.heard.endings().size() == 1);
}

TEST_CASE("membership: an empty prefix and nobody who may found a cluster is refused",
          "[membership]") {
  rig r;
  auto args = r.args("n1");
  args.found_if_absent = false;
  args.patience = 1s;
  auto& a = r.add(std::move(args));
  const auto started = a->start();
  REQUIRE(!started);
  CHECK(started.err().code == base::ec::not_found);
}

TEST_CASE("membership: another number of partitions is refused at once", "[membership]") {
  rig r;
  r.join("n1");
  r.partitions = 9;
  auto& b = r.add(r.args("n2"));
  const auto began = r.now();
  const auto started = b->start();
  REQUIRE(!started);
  CHECK(started.err().code == base::ec::denied);
  CHECK(r.now() - began < 20s);
}

TEST_CASE("membership: a standalone node puts its own table and keeps its cluster",
          "[membership]") {
  rig r;
  r.copies = 1;
  const auto start = [&](party& p) { REQUIRE(p->start()); };
  auto args = r.args("one");
  args.standalone = true;
  args.seed = 4711;
  auto store = args.store;
  const auto own = read_identity(*store);
  REQUIRE(own);
  const cluster::member self{{"one"}, own->incarnation};
  args.initial[{3}] = *cluster::create(std::vector{self}, 1);
  args.initial[{3}].epoch = {9};
  auto& a = r.add(std::move(args));
  start(a);
  CHECK(a->snapshot().table.at({3}).value.epoch.value == 9);
  CHECK(a->snapshot().cluster.seed == 4711);
  CHECK(rig::until([&] { return a->snapshot().table.size() == 12; })); // the rest is made
  CHECK(a->snapshot().table.at({3}).value.epoch.value == 9);
  const auto id = a->snapshot().cluster.id;
  a->stop();

  io::real_clock clock;
  io::memory_store fresh{clock};
  auto later = r.args("one", store);
  later.standalone = true;
  later.time = &clock;
  later.coordinator = fresh.handle();
  auto& b = r.add(std::move(later));
  start(b);
  CHECK(b->snapshot().cluster.id == id);
  CHECK(b->snapshot().cluster.seed == 4711);
  b->stop();
}

TEST_CASE("membership: an operator's move is carried through by whoever is the controller",
          "[membership]") {
  three t;
  auto& d = t.r.join("n4");
  REQUIRE(rig::until([&] { return t.a->snapshot().nodes.size() == 4; }));
  base::partition_id p{};
  // One that placement does not move to the new node by itself.
  const auto waited = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - waited > 10s; }));
  for (const auto& [id, v] : t.a->snapshot().table)
    if (!cluster::is_replica(v.value, {"n4"}))
      p = id;
  std::mutex m;
  std::optional<base::status> begun;
  const auto answered = [&] {
    const std::lock_guard hold{m};
    return begun.has_value();
  };
  const auto remember = [&](const base::status& s) {
    const std::lock_guard hold{m};
    begun = s;
  };
  SECTION("to nodes that are there") {
    t.b->move(p, {{"n4"}, {"n1"}, {"n2"}}, remember);
    REQUIRE(rig::until(answered));
    REQUIRE(*begun);
    REQUIRE(rig::until([&] { return cluster::is_replica(d.heard.table()[p].value, {"n4"}); }));
    // The new copy catches up, as its primary says.
    REQUIRE(rig::until([&] {
      const auto now = t.a.heard.table().at(p);
      const cluster::member fourth{{"n4"}, d->snapshot().self.incarnation};
      if (cluster::is_in_sync(now.value, fourth))
        return true;
      if (const auto grown = cluster::grow(now.value, fourth))
        t.a->propose(p, {1, now.at, *grown});
      return false;
    }));
    CHECK(rig::until([&] {
      const auto now = t.c->snapshot().table.at(p).value;
      return now.replicas == std::vector<cluster::node_id>{{"n4"}, {"n1"}, {"n2"}};
    }));
  }
  SECTION("to another of its holders: that one leads at once, not when it is preferred anyway") {
    const auto before = t.a->snapshot().table.at(p).value;
    REQUIRE(before.in_sync.size() == 3);
    auto wanted = before.replicas;
    std::ranges::rotate(wanted, std::ranges::find(wanted, before.primary) + 1);
    REQUIRE(wanted.front() != before.primary);
    const auto asked = t.r.now();
    t.b->move(p, wanted, remember);
    REQUIRE(rig::until(answered));
    REQUIRE(*begun);
    REQUIRE(
        rig::until([&] { return t.c->snapshot().table.at(p).value.primary == wanted.front(); }));
    CHECK(t.r.now() - asked < cluster::controller_limits{}.prefer_after / 2);
    const auto now = t.c->snapshot().table.at(p).value;
    CHECK(now.replicas == wanted);
    CHECK(now.epoch.value == before.epoch.value + 1);
    CHECK(now.in_sync.size() == 3);
  }
  SECTION("to a node that is not there") {
    t.b->move(p, {{"n9"}, {"n1"}, {"n2"}}, remember);
    REQUIRE(rig::until(answered));
    REQUIRE(!*begun);
    CHECK(begun->err().code == base::ec::not_found);
  }
  SECTION("to fewer nodes than copies are kept") {
    t.b->move(p, {{"n4"}, {"n1"}}, remember);
    REQUIRE(rig::until(answered));
    CHECK(!*begun);
  }
}

TEST_CASE("membership: a draining node and an unwritable store lose what they lead",
          "[membership]") {
  three t;
  const bool drains = GENERATE(true, false);
  if (drains)
    t.b->set_draining(true);
  else
    t.b->set_writable(false);
  CHECK(rig::until([&] { return leads(t.a->snapshot(), 0, tenants + 4).count("n2") == 0; }));
  CHECK(t.a->snapshot().nodes.at({"n2"}).draining == drains);
  CHECK(t.a->snapshot().nodes.at({"n2"}).writable == drains);
}
