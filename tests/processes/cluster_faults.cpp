// Three nodes under load and one thing at a time that goes wrong; each time the alerts in the end
// are those of the replay, on every node, each once.
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using test::busiest;
using test::led_by;
using test::outage;
using test::trial;

namespace {

std::map<std::uint32_t, std::uint64_t> epochs(const test::cluster& c) {
  std::map<std::uint32_t, std::uint64_t> out;
  for (const auto& [p, row] : c.table())
    out[p] = row.epoch;
  return out;
}

/// While the partitions are taken over by others; `what` for the printed line.
void expect_failover(const test::cluster& c, std::size_t by, const std::set<std::uint32_t>& led,
                     steady::time_point since, const char* what) {
  const auto seen = test::measure_failover(c, by, led, since, std::string{"probe-"} + what, 20s);
  INFO(what << ": seen by " << c.id(by));
  REQUIRE(seen.complete);
  std::printf("%s: %zu partitions accept again after %.0f..%.0f ms, alerts after %.0f..%.0f ms\n",
              what, led.size(), test::quantile(seen.accepted_ms, 0),
              test::quantile(seen.accepted_ms, 1), test::quantile(seen.alert_ms, 0),
              test::quantile(seen.alert_ms, 1));
  CHECK(test::quantile(seen.alert_ms, 1) < 10'000);
}

/// Tells the node to end and asks its partitions for one event after the other until it has; the
/// longest that one of them waited, in ms.
double pause_of_ending(test::cluster& c, std::size_t n, const std::string& tenant) {
  const auto led = led_by(c, c.id(n));
  const auto told = steady::now();
  c.tell_to_end(n);
  double longest = 0;
  int after = 0;
  for (int round = 0; after < 5; ++round) {
    // Once more when it is gone: what it was asked last may have waited for that.
    after += c.has_ended(n) ? 1 : 0;
    REQUIRE(steady::now() < told + 30s);
    const auto seen = test::measure_failover(c, (n + 1) % 3, led, steady::now(),
                                             tenant + "-" + std::to_string(round), 20s);
    INFO(c.id(n) << " ends, round " << round);
    REQUIRE(seen.complete);
    longest = std::max(longest, test::quantile(seen.accepted_ms, 1));
  }
  std::printf("%s: %s led %zu partitions; none waited longer than %.0f ms\n", tenant.c_str(),
              c.id(n).c_str(), led.size(), longest);
  CHECK(c.ended(n) == 0);
  INFO(c.log(n));
  CHECK(c.log(n).find("still led here") == std::string::npos);
  return longest;
}

} // namespace

TEST_CASE("cluster: a primary that stood still commits nothing when it goes on",
          "[processes][.cluster][pause]") {
  if (!test::cluster::possible())
    return;
  trial t{21, outage() + 6s};
  auto& c = t.c;
  const auto victim = busiest(c);
  const auto led = led_by(c, c.id(victim));
  REQUIRE(!led.empty());
  const auto since = steady::now();
  c.pause(victim);
  expect_failover(c, (victim + 1) % 3, led, since, "stopped-primary");
  std::this_thread::sleep_until(since + outage());
  c.go_on(victim);
  t.settle();
}

TEST_CASE("cluster: a primary that is cut off in silence is replaced and acknowledges nothing more",
          "[processes][.cluster][cut]") {
  if (!test::cluster::possible())
    return;
  trial t{27, outage() + 6s, {.can_cut = true}};
  auto& c = t.c;
  const auto victim = busiest(c);
  const auto led = led_by(c, c.id(victim));
  REQUIRE(!led.empty());
  const auto since = steady::now();
  c.cut(victim);
  expect_failover(c, (victim + 1) % 3, led, since, "cut-primary");
  // It may believe that it leads; what it takes must wait for those who follow another.
  const auto believed = test::measure_failover(c, victim, led, steady::now(), "probe-cut-off", 1s);
  CHECK(believed.accepted_ms.empty());
  std::this_thread::sleep_until(since + outage());
  c.heal(victim);
  t.settle();
}

TEST_CASE("cluster: without its coordinator it goes on and nobody fails over",
          "[processes][.cluster][etcd]") {
  if (!test::cluster::possible())
    return;
  trial t{22, outage() + 6s};
  auto& c = t.c;
  const auto before = epochs(c);
  REQUIRE(!before.empty());
  c.etcd().stop();
  const auto stopped = steady::now();
  std::set<std::uint32_t> all;
  for (std::uint32_t p = 0; p < 16; ++p)
    all.insert(p);
  std::vector<double> accepted;
  for (int round = 0; steady::now() < stopped + outage(); ++round) {
    const auto by = static_cast<std::size_t>(round % 3);
    const auto seen = test::measure_failover(c, by, all, steady::now(),
                                             "probe-etcd-" + std::to_string(round), 5s);
    INFO("round " << round << ", through " << c.id(by));
    REQUIRE(seen.complete);
    accepted.insert(accepted.end(), seen.accepted_ms.begin(), seen.accepted_ms.end());
    std::this_thread::sleep_for(500ms);
  }
  std::printf("etcd-stopped: events accepted within p50 %.0f ms, longest %.0f ms\n",
              test::quantile(accepted, 0.5), test::quantile(accepted, 1));
  c.etcd().start();
  std::this_thread::sleep_for(3s);
  CHECK(epochs(c) == before);
  t.settle();
}

TEST_CASE("cluster: a node whose disk was emptied is filled again and leads again",
          "[processes][.cluster][wipe]") {
  if (!test::cluster::possible())
    return;
  trial t{23, 12s};
  auto& c = t.c;
  const auto victim = busiest(c);
  c.kill(victim);
  c.wipe(victim);
  std::this_thread::sleep_for(1s);
  c.start(victim);
  c.until_ready(victim);
  REQUIRE(c.in_sync(3, 60s));
  // What it was given must be as good as what the others have: it answers for all soon.
  const auto others = {(victim + 1) % 3, (victim + 2) % 3};
  for (const auto n : others) {
    const auto led = led_by(c, c.id(n));
    const auto since = steady::now();
    c.kill(n);
    if (!led.empty())
      expect_failover(c, victim, led, since,
                      n == (victim + 1) % 3 ? "after-wipe-1" : "after-wipe-2");
    c.start(n);
    c.until_ready(n);
    REQUIRE(c.in_sync(3, 60s));
  }
  t.settle();
}

TEST_CASE("cluster: a fourth node takes its share while events flow",
          "[processes][.cluster][join]") {
  if (!test::cluster::possible())
    return;
  trial t{24, 12s};
  auto& c = t.c;
  const auto fourth = c.add();
  const auto until = steady::now() + 60s;
  std::size_t copies = 0;
  while (copies == 0 && steady::now() < until) {
    for (const auto& [p, row] : c.table())
      for (const auto& who : row.in_sync)
        copies += who == c.id(fourth) && row.replicas.size() == 3 ? 1 : 0;
    std::this_thread::sleep_for(50ms);
  }
  CHECK(copies > 0);
  t.settle();
  std::size_t led = led_by(c, c.id(fourth)).size(), held = 0;
  for (const auto& [p, row] : c.table())
    held +=
        static_cast<std::size_t>(std::count(row.in_sync.begin(), row.in_sync.end(), c.id(fourth)));
  std::printf("joined-fourth: holds %zu copies and leads %zu partitions in the end\n", held, led);
}

TEST_CASE("cluster: a node that is told to end hands over first", "[processes][.cluster][drain]") {
  if (!test::cluster::possible())
    return;
  trial t{25, 10s};
  auto& c = t.c;
  const auto victim = busiest(c);
  REQUIRE(!led_by(c, c.id(victim)).empty());
  CHECK(pause_of_ending(c, victim, "told-to-end") < 2'000);
  c.start(victim);
  c.until_ready(victim);
  t.settle();
}

TEST_CASE("cluster: all three restarted one after the other pause no partition for long",
          "[processes][.cluster][rolling]") {
  if (!test::cluster::possible())
    return;
  trial t{26, 20s};
  auto& c = t.c;
  for (std::size_t n = 0; n < 3; ++n) {
    CHECK(pause_of_ending(c, n, "rolling-" + std::to_string(n)) < 5'000);
    c.start(n);
    c.until_ready(n);
    REQUIRE(c.in_sync(3, 60s));
  }
  t.settle();
}

TEST_CASE("cluster: one node of three acknowledges nothing, and all come back by themselves",
          "[processes][.cluster][majority]") {
  if (!test::cluster::possible())
    return;
  trial t{31, outage() + 8s};
  auto& c = t.c;
  std::set<std::uint32_t> all;
  for (std::uint32_t p = 0; p < 16; ++p)
    all.insert(p);
  c.kill(0);
  c.kill(1);
  // What was on its way when they died may still be answered.
  std::this_thread::sleep_for(500ms);
  const auto alone = test::measure_failover(c, 2, all, steady::now(), "probe-alone", outage());
  CHECK(alone.accepted_ms.empty());
  c.kill(2);
  const auto since = steady::now();
  for (std::size_t n = 0; n < 3; ++n)
    c.start(n);
  for (std::size_t n = 0; n < 3; ++n)
    c.until_ready(n);
  const auto back = test::measure_failover(c, 0, all, since, "probe-back", 40s);
  REQUIRE(back.complete);
  std::printf(
      "all-killed: started anew, all partitions accept after %.0f ms, alerts after %.0f ms\n",
      test::quantile(back.accepted_ms, 1), test::quantile(back.alert_ms, 1));
  t.settle();
}
