// Full disks in a cluster: of one node, and of all. Whoever has space again goes on by himself.
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// A small disk for each of these nodes, by place; nothing when nobody may mount one.
struct small_disks {
  // So small that the store cannot keep room for its log in advance.
  explicit small_disks(const std::set<std::size_t>& nodes) {
    for (const auto n : nodes) {
      const auto folder = files.path("disk" + std::to_string(n));
      auto made = test::small_disk::make(folder, 20);
      if (!made)
        return;
      disks.push_back(std::move(made));
      folders[n] = folder;
      data_dirs[n] = folder + "/data";
    }
    possible = true;
  }
  void fill() {
    for (const auto& [n, folder] : folders)
      fillers.push_back(std::make_unique<test::disk_filler>(folder + "/filler"));
  }
  void make_room() { fillers.clear(); }

  test::scratch files;
  std::vector<std::unique_ptr<test::small_disk>> disks;
  std::map<std::size_t, std::string> folders, data_dirs;
  std::vector<std::unique_ptr<test::disk_filler>> fillers;
  bool possible = false;
};

double seconds_after(steady::time_point from) {
  return std::chrono::duration<double>(steady::now() - from).count();
}

int readiness(const test::cluster& c, std::size_t n) {
  return c.call(n, "GET", "/readyz").status;
}

/// Until all of these nodes say so.
void until_readiness(const test::cluster& c, const std::set<std::size_t>& nodes, int status,
                     std::chrono::seconds patience) {
  for (const auto until = steady::now() + patience;
       !std::ranges::all_of(nodes, [&](std::size_t n) { return readiness(c, n) == status; });
       std::this_thread::sleep_for(50ms))
    REQUIRE(steady::now() < until);
}

/// How often the node said that it was ready.
std::size_t starts_of(const test::cluster& c, std::size_t n) {
  const auto log = c.log(n);
  std::size_t out = 0;
  for (auto at = log.find("ready: "); at != std::string::npos; at = log.find("ready: ", at + 1))
    ++out;
  return out;
}

} // namespace

TEST_CASE("cluster: a node whose disk is full hands over, and with space it takes part again",
          "[processes][.cluster][disk]") {
  if (!test::cluster::possible())
    return;
  const std::size_t victim = 2;
  small_disks disks{{victim}};
  if (!disks.possible) {
    std::puts("skipped: a full disk in a cluster (this machine lets nobody mount a small one)");
    return;
  }
  test::trial t{29, test::outage() + 8s, {.data_dirs = disks.data_dirs}};
  auto& c = t.c;
  const auto led = test::led_by(c, c.id(victim));
  REQUIRE(!led.empty());
  disks.fill();
  const auto waited = test::accepted_within(c, 0, led, "full-disk", steady::now() + test::outage());
  CHECK(test::quantile(waited, 1) < 8'000);
  CHECK(test::led_by(c, c.id(victim)).empty());
  CHECK(!c.has_ended(victim));
  CHECK(readiness(c, victim) == 503);
  CHECK(c.call(victim, "GET", "/healthz").status == 200);
  const auto room = steady::now();
  disks.make_room();
  REQUIRE(c.in_sync(3, 60s));
  std::printf("full-disk: in sync again %.1f s after there was space\n", seconds_after(room));
  CHECK(!c.has_ended(victim));
  CHECK(starts_of(c, victim) == 2);
  t.settle();
}

TEST_CASE("cluster: when every disk is full nothing is acknowledged, and with space all go on",
          "[processes][.cluster][disk]") {
  if (!test::cluster::possible())
    return;
  const std::set<std::size_t> all{0, 1, 2};
  small_disks disks{all};
  if (!disks.possible) {
    std::puts("skipped: full disks in a cluster (this machine lets nobody mount small ones)");
    return;
  }
  test::trial t{37, test::outage() + 12s, {.data_dirs = disks.data_dirs}};
  auto& c = t.c;
  const auto filled = steady::now();
  disks.fill();
  until_readiness(c, all, 503, 20s);
  std::printf("full-disks: every node refuses %.1f s after the disks were full\n",
              seconds_after(filled));
  // Nobody takes anything any more, nobody ends, and everybody answers.
  const auto refused = test::measure_failover(c, 0, {3, 7}, steady::now(), "all-full", 2s);
  CHECK(refused.accepted_ms.empty());
  std::this_thread::sleep_until(filled + test::outage());
  for (const auto n : all) {
    CHECK(!c.has_ended(n));
    CHECK(c.call(n, "GET", "/healthz").status == 200);
    CHECK(starts_of(c, n) == 1);
  }
  const auto room = steady::now();
  disks.make_room();
  until_readiness(c, all, 200, 60s);
  std::printf("full-disks: every node is ready %.1f s after there was space\n",
              seconds_after(room));
  const auto taken =
      test::measure_failover(c, 0, test::all_partitions(), steady::now(), "all-room", 20s);
  CHECK(taken.complete);
  for (const auto n : all) {
    CHECK(!c.has_ended(n));
    CHECK(starts_of(c, n) == 2);
  }
  t.settle();
}
