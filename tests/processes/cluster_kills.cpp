// Three nodes under load, one of them killed with SIGKILL again and again: no alert is lost, none
// is said twice, and whoever led comes back within seconds.
//
// VEDETTE_CHAOS_KILLS says how many kills, VEDETTE_TEST_SEED at which moments.
#include "tests/processes/cluster_load.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

std::uint64_t asked(const char* name, std::uint64_t usual) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : usual;
}

void print(const char* what, const std::vector<double>& ms) {
  std::printf("%s: p50 %.0f ms, p99 %.0f ms, longest %.0f ms (%zu partitions)\n", what,
              test::quantile(ms, 0.5), test::quantile(ms, 0.99), test::quantile(ms, 1), ms.size());
}

} // namespace

TEST_CASE("cluster: a node killed at random points under load loses no alert and repeats none",
          "[processes][.cluster][kill]") {
  if (!test::cluster::possible())
    return;
  const auto kills = asked("VEDETTE_CHAOS_KILLS", 10);
  const auto seed = asked("VEDETTE_TEST_SEED", 1);
  const auto events = asked("VEDETTE_TEST_EVENTS", std::max<std::uint64_t>(60'000, kills * 2'000));
  INFO("seed " << seed << ", " << events << " events, " << kills << " kills");

  test::cluster c;
  const auto attacks = std::min<std::uint64_t>(12 + kills, 1000); // more nobody generates
  test::load load{c, events, attacks, seed};
  REQUIRE(c.in_sync(3, 30s));
  test::random chance{seed};
  load.start(chance.below(3), std::chrono::milliseconds{kills * 6'000});

  std::vector<double> accepted, alerts, accepted_by_controller;
  std::uint64_t done = 0, under_load = 0;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (; done < kills; ++done) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100 + chance.below(900)});
    const auto table = c.table();
    std::map<std::string, std::set<std::uint32_t>> led;
    for (const auto& [p, row] : table)
      if (p < 16)
        led[row.primary].insert(p);
    // Whoever came back last leads nothing yet; nothing fails over when it goes.
    auto victim = chance.below(3);
    while (led[c.id(victim)].empty())
      victim = (victim + 1) % 3;
    const bool controller = c.controller() == c.id(victim);
    under_load += load.feeding() ? 1 : 0;
    const auto since = steady::now();
    c.kill(victim);
    if (chance.chance(0.25)) {
      // Back before anybody has called it dead, perhaps.
      c.start(victim);
      c.until_ready(victim);
      REQUIRE(c.in_sync(3, 60s));
      continue;
    }
    const auto by = (victim + 1 + chance.below(2)) % 3;
    const auto seen = test::measure_failover(c, by, led[c.id(victim)], since,
                                             "probe-" + std::to_string(done), 20s);
    INFO("kill " << done << ": " << c.id(victim) << (controller ? ", the controller" : "")
                 << ", seen by " << c.id(by));
    REQUIRE(seen.complete);
    std::printf(
        "kill %llu: %s%s led %zu: accepted after %.0f..%.0f ms, alerts after %.0f..%.0f ms\n",
        static_cast<unsigned long long>(done), c.id(victim).c_str(),
        controller ? " (controller)" : "", led[c.id(victim)].size(),
        test::quantile(seen.accepted_ms, 0), test::quantile(seen.accepted_ms, 1),
        test::quantile(seen.alert_ms, 0), test::quantile(seen.alert_ms, 1));
    accepted.insert(accepted.end(), seen.accepted_ms.begin(), seen.accepted_ms.end());
    alerts.insert(alerts.end(), seen.alert_ms.begin(), seen.alert_ms.end());
    if (controller)
      accepted_by_controller.insert(accepted_by_controller.end(), seen.accepted_ms.begin(),
                                    seen.accepted_ms.end());
    c.start(victim);
    c.until_ready(victim);
    REQUIRE(c.in_sync(3, 60s));
  }
  load.finish();
  load.equals_replay();

  std::printf("%llu kills, %llu of them under load, seed %llu, %llu events, %llu late\n",
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(under_load),
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(load.late()));
  print("failover to the first acknowledged event", accepted);
  print("  of these where the controller was killed", accepted_by_controller);
  print("failover to the first new alert", alerts);
  CHECK(under_load * 2 >= kills);
  CHECK(test::quantile(accepted, 1) < 10'000);
  CHECK(test::quantile(alerts, 1) < 10'000);
}
