// Partitions that lose all their copies at once, for as long as `test::outage`.
#include "actors/routing.hpp"
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

struct loss {
  std::size_t first = 0, second = 0;  ///< nodes
  std::set<std::uint32_t> partitions; ///< of events, with all their copies there
};

/// Two nodes, neither the first, that lose most partitions for which another one may keep.
loss worst_of(const test::cluster& c) {
  loss worst;
  actors::routing routing;
  routing.partitions = 16;
  const auto table = c.table();
  for (std::size_t a = 1; a < c.size(); ++a)
    for (std::size_t b = a + 1; b < c.size(); ++b) {
      const auto goes = [&](std::uint32_t p) {
        return std::ranges::all_of(table.at(p).in_sync, [&](const std::string& node) {
          return node == c.id(a) || node == c.id(b);
        });
      };
      loss here{a, b, {}};
      for (std::uint32_t p = 0; p < routing.partitions; ++p)
        if (goes(p) && !std::ranges::all_of(routing.keepers_of({p}),
                                            [&](base::partition_id k) { return goes(k.value); }))
          here.partitions.insert(p);
      if (here.partitions.size() > worst.partitions.size())
        worst = here;
    }
  return worst;
}

/// Events of a source that a node has acknowledged.
std::uint64_t accepted(const test::cluster& c, std::size_t n, const std::string& source) {
  const auto said = c.call(n, "GET", "/v1/sources").body;
  const auto at = said.find("\"source\":\"" + source);
  if (at == std::string::npos)
    return 0;
  const auto figure = said.find("\"accepted\":", at);
  return figure == std::string::npos ? 0 : std::strtoull(said.c_str() + figure + 11, nullptr, 10);
}

/// Alerts of that tenant, listed by that node.
std::size_t listed(const test::cluster& c, std::size_t n, const std::string& tenant) {
  const auto alerts = c.alerts(n, tenant);
  return alerts ? alerts->size() : 0;
}

} // namespace

TEST_CASE("cluster: a partition that lost all its copies stops no source, and nothing is lost",
          "[processes][.cluster][parking]") {
  if (!test::cluster::possible())
    return;
  const auto span = test::outage() + 20s;
  test::trial t{31, span, {.nodes = 4, .copies = 2}};
  auto& c = t.c;
  const auto began = steady::now() - span * t.load.handed() / 30'000;
  // The first nodes may have begun alone: until copies have moved to the others.
  auto lost = worst_of(c);
  for (const auto until = steady::now() + 15s; lost.partitions.empty(); lost = worst_of(c)) {
    REQUIRE(steady::now() < until);
    std::this_thread::sleep_for(100ms);
  }
  const auto since = steady::now();
  c.kill(lost.first);
  c.kill(lost.second);
  // Their events are acknowledged; the alerts about them must wait.
  const auto parked = test::measure_failover(c, 0, lost.partitions, since, "parked", 12s);
  std::printf(
      "%zu of 16 partitions without a copy: acknowledged within p50 %.0f ms, longest %.0f ms\n",
      lost.partitions.size(), test::quantile(parked.accepted_ms, 0.5),
      test::quantile(parked.accepted_ms, 1));
  CHECK(parked.accepted_ms.size() == lost.partitions.size());
  CHECK(parked.alert_ms.empty());
  std::this_thread::sleep_until(since + test::outage());
  // The load is one source, and most of its batches touch all partitions.
  const auto due = std::min(30'000.0, std::chrono::duration<double>(steady::now() - began) /
                                          std::chrono::duration<double>(span) * 30'000);
  const auto taken = accepted(c, 0, "load");
  std::printf("%llu of %.0f events of a source that touches all of them were acknowledged\n",
              static_cast<unsigned long long>(taken), due);
  CHECK(static_cast<double>(taken) > 0.9 * due);
  c.start(lost.first);
  c.start(lost.second);
  c.until_ready(lost.first);
  c.until_ready(lost.second);
  t.settle();
  CHECK(t.load.late() == 0);
  for (const auto until = steady::now() + 20s;
       listed(c, 0, "parked") < lost.partitions.size() && steady::now() < until;)
    std::this_thread::sleep_for(100ms);
  CHECK(listed(c, 0, "parked") == lost.partitions.size());
}
