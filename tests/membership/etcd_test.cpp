// The same on a real etcd: that what the memberships ask is what etcd can do.
#include "io/coordination/etcd_coordinator.hpp"
#include "tests/coordination/etcd_server.hpp"
#include "tests/membership/rig.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::membership;
using namespace vedette::membership::testing;
using namespace std::chrono_literals;

TEST_CASE("membership: three nodes on etcd found a cluster, lose a node and go on",
          "[membership][etcd]") {
  if (io::testing::etcd_program().empty())
    return;
  io::testing::etcd_server server;
  const io::real_clock clock;
  rig r;
  std::vector<party*> all;
  for (const auto* id : {"n1", "n2", "n3"}) {
    io::etcd_settings settings;
    settings.endpoints = {server.url()};
    auto handle = io::make_etcd_coordinator(settings, clock);
    REQUIRE(handle);
    auto args = r.args(id);
    args.coordinator = std::move(*handle);
    args.time = &clock;
    args.lease = 2s;
    auto& p = r.add(std::move(args));
    if (const auto started = p->start(); !started)
      FAIL(base::to_string(started.err()));
    all.push_back(&p);
  }
  for (auto* p : all)
    CHECK(rig::until([&] { return p->heard.table().size() == 12; }));
  CHECK((*all[0])->snapshot().cluster.seed == (*all[2])->snapshot().cluster.seed);

  const auto stood = all[0]->heard.table().at({0});
  (*all[0])->propose({0}, {5, stood.at, cluster::touch(stood.value)});
  REQUIRE(rig::until([&] { return !all[0]->heard.answers().empty(); }));
  CHECK(all[0]->heard.answers().front().outcome == cluster::proposal_outcome::won);
  CHECK(rig::until([&] { return all[1]->heard.table().at({0}).value.version == 2; }));

  (*all[2])->stop();
  CHECK(rig::until([&] { return all[0]->heard.nodes().size() == 2; }));
  CHECK(rig::until([&] {
    const auto table = all[0]->heard.table();
    return std::ranges::none_of(table,
                                [](const auto& p) { return p.second.value.primary.value == "n3"; });
  }));
  CHECK(all[0]->heard.in_order());
}
