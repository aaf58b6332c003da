// Slow lines: of one node to the others, and of the coordinator to all.
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

std::map<std::uint32_t, std::uint64_t> epochs_of(const test::cluster& c) {
  std::map<std::uint32_t, std::uint64_t> out;
  for (const auto& [p, row] : c.table())
    out[p] = row.epoch;
  return out;
}

/// Partitions of events that count on the node.
std::set<std::uint32_t> counting_on(const test::cluster& c, std::size_t n) {
  std::set<std::uint32_t> out;
  const auto table = c.table();
  for (const auto p : test::all_partitions())
    if (const auto row = table.find(p);
        row == table.end() || std::ranges::count(row->second.in_sync, c.id(n)) > 0)
      out.insert(p);
  return out;
}

/// Payload that the node took from its peers so far.
double received_bytes(const test::cluster& c, std::size_t n) {
  const auto said = c.call(n, "GET", "/metrics").body;
  double out = 0;
  const std::string name = "\nvedette_mesh_received_bytes_total";
  for (auto at = said.find(name); at != std::string::npos; at = said.find(name, at + 1)) {
    const auto line = said.substr(at + 1, said.find('\n', at + 1) - at - 1);
    out += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return out;
}

} // namespace

TEST_CASE("cluster: a follower on a slow line is left out of what is written, and comes back",
          "[processes][.cluster][slow]") {
  if (!test::cluster::possible())
    return;
  test::trial t{38, 3 * test::outage(), {.can_cut = true}};
  auto& c = t.c;
  const std::size_t victim = 2;
  REQUIRE(c.call(0, "POST", "/v1/nodes/n3/drain").status == 202);
  for (const auto until = steady::now() + 20s; !test::led_by(c, c.id(victim)).empty();) {
    REQUIRE(steady::now() < until);
    std::this_thread::sleep_for(50ms);
  }
  REQUIRE(c.in_sync(3, 30s));
  const auto well = test::accepted_within(c, 1, test::all_partitions(), "line-well",
                                          steady::now() + test::outage());
  const auto began = steady::now();
  c.slow_line(victim, 200ms, 1'000'000);
  // All partitions are written to meanwhile: nobody is late where nothing comes.
  const auto at_first =
      test::accepted_within(c, 1, test::all_partitions(), "line-at-first", began + 3s);
  const auto slow = test::accepted_within(c, 1, test::all_partitions(), "line-slow",
                                          steady::now() + test::outage());
  CHECK(counting_on(c, victim).empty());
  const auto before = received_bytes(c, victim);
  c.heal_lines();
  const auto healed = steady::now();
  t.load.hurry();
  REQUIRE(c.in_sync(3, 60s));
  const auto seconds = std::chrono::duration<double>(steady::now() - healed).count();
  const auto megabytes = (received_bytes(c, victim) - before) / 1e6;
  std::printf("slow line: in sync %.2f s after it was well, %.1f MB taken, %.1f MB/s\n", seconds,
              megabytes, megabytes / seconds);
  std::printf("slow line: longest %.0f ms until it was left out, p99 %.0f ms then, %.0f before\n",
              test::quantile(at_first, 1), test::quantile(slow, 0.99), test::quantile(well, 0.99));
  CHECK(test::quantile(at_first, 1) < 2'000);
  CHECK(test::quantile(slow, 1) < 1'000);
  t.settle();
}

TEST_CASE("cluster: a coordinator whose answers are late makes nobody fail over",
          "[processes][.cluster][etcd]") {
  if (!test::cluster::possible())
    return;
  test::trial t{39, 2 * test::outage() + 6s, {.can_cut = true}};
  auto& c = t.c;
  const auto before = epochs_of(c);
  REQUIRE(!before.empty());
  for (const auto late : {1'000ms, 3'000ms}) {
    c.slow_coordinator(late);
    const auto waited =
        test::accepted_within(c, 1, test::all_partitions(), "late-" + std::to_string(late.count()),
                              steady::now() + test::outage());
    CHECK(test::quantile(waited, 1) < 5'000);
    CHECK(epochs_of(c) == before);
  }
  c.heal_lines();
  const auto well = steady::now();
  // Whoever fell out of the cluster joins again, and then it fails over as ever.
  for (const auto until = well + 20s;; std::this_thread::sleep_for(100ms)) {
    std::size_t members = 0;
    for (std::size_t n = 0; n < c.size(); ++n) {
      const auto said = c.call(n, "GET", "/v1/status").body;
      members += said.find("\"membership\":\"member\"") != std::string::npos ? 1 : 0;
    }
    if (members == c.size())
      break;
    REQUIRE(steady::now() < until);
  }
  CHECK(epochs_of(c) == before);
  const auto victim = test::busiest(c);
  const auto led = test::led_by(c, c.id(victim));
  const auto since = steady::now();
  c.kill(victim);
  const auto seen = test::measure_failover(c, (victim + 1) % 3, led, since, "late-kill", 15s);
  std::printf("late coordinator: well again, a kill is over after %.0f ms\n",
              test::quantile(seen.accepted_ms, 1));
  CHECK(seen.complete);
  c.start(victim);
  c.until_ready(victim);
  t.settle();
}
