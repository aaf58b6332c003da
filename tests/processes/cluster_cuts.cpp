// Cuts between some nodes and not others, in one direction, and again and again.
#include "tests/processes/cluster_load.hpp"
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <cstdio>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// How often that node has said that it does not hear the other.
std::size_t times_unheard(const test::cluster& c, std::size_t by, std::size_t of) {
  const auto log = c.log(by);
  const auto words = "node " + c.id(of) + " is not heard";
  std::size_t n = 0;
  for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1))
    ++n;
  return n;
}

/// An event of each partition through every node; how long the slowest took, ms.
void every_node_takes(const test::cluster& c, const std::string& name) {
  for (std::size_t by = 0; by < c.size(); ++by) {
    const auto seen = test::measure_failover(c, by, test::all_partitions(), steady::now(),
                                             name + "-" + c.id(by), 12s);
    std::printf("%s, through %s: accepted within p50 %.0f ms, longest %.0f ms; alert %.0f ms\n",
                name.c_str(), c.id(by).c_str(), test::quantile(seen.accepted_ms, 0.5),
                test::quantile(seen.accepted_ms, 1), test::quantile(seen.alert_ms, 1));
    INFO(name << ", through " << c.id(by));
    CHECK(seen.accepted_ms.size() == test::all_partitions().size());
    CHECK(test::quantile(seen.accepted_ms, 1) < 12'000);
  }
}

} // namespace

TEST_CASE("cluster: two nodes that do not hear each other and a third that hears both go on",
          "[processes][.cluster][cuts]") {
  if (!test::cluster::possible())
    return;
  test::trial t{33, 4 * test::outage() + 20s, {.can_cut = true}};
  auto& c = t.c;
  for (std::size_t a = 0; a < c.size(); ++a)
    for (std::size_t b = a + 1; b < c.size(); ++b) {
      const auto before = times_unheard(c, a, b);
      c.cut_pair(a, b);
      every_node_takes(c, "cut-" + c.id(a) + c.id(b));
      CHECK(times_unheard(c, a, b) > before); // so it was cut
      c.heal_ways();
      REQUIRE(c.in_sync(3, 60s));
    }
  t.settle();
}

TEST_CASE("cluster: a node that is heard and hears nothing, or the other way round, stops nobody",
          "[processes][.cluster][cuts]") {
  if (!test::cluster::possible())
    return;
  test::trial t{34, 4 * test::outage() + 20s, {.can_cut = true}};
  auto& c = t.c;
  const auto n = test::busiest(c);
  for (const bool hears : {false, true}) {
    for (std::size_t other = 0; other < c.size(); ++other)
      if (other != n)
        hears ? c.cut_way(n, other) : c.cut_way(other, n);
    const auto name = (hears ? "mute-" : "deaf-") + c.id(n);
    for (std::size_t by = 0; by < c.size(); ++by) {
      if (by == n)
        continue;
      const auto seen = test::measure_failover(c, by, test::all_partitions(), steady::now(),
                                               name + c.id(by), 12s);
      std::printf("%s, through %s: accepted within p50 %.0f ms, longest %.0f ms\n", name.c_str(),
                  c.id(by).c_str(), test::quantile(seen.accepted_ms, 0.5),
                  test::quantile(seen.accepted_ms, 1));
      INFO(name << ", through " << c.id(by));
      CHECK(seen.complete);
    }
    for (std::size_t other = 0; other < c.size(); ++other)
      if (other != n)
        CHECK(times_unheard(c, hears ? other : n, hears ? n : other) > 0); // so it was
    c.heal_ways();
    REQUIRE(c.in_sync(3, 60s));
  }
  t.settle();
}

TEST_CASE("cluster: a link that comes and goes every half second loses nothing",
          "[processes][.cluster][cuts]") {
  if (!test::cluster::possible())
    return;
  test::trial t{35, test::outage() + 8s, {.can_cut = true}};
  auto& c = t.c;
  for (const auto until = steady::now() + test::outage(); steady::now() < until;) {
    c.cut_pair(0, 1);
    std::this_thread::sleep_for(500ms);
    c.heal_ways();
    std::this_thread::sleep_for(500ms);
  }
  t.settle();
}
