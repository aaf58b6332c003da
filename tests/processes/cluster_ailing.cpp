// A node that is worse than dead: one that crawls, and one whose disk is full.
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// While it lives the process runs for a hundredth of the time, in pieces of half a second.
class crawl {
 public:
  explicit crawl(int pid) : pid_{pid}, thread_{[this] { run(); }} {}
  ~crawl() {
    stop_ = true;
    thread_.join();
    ::kill(pid_, SIGCONT);
  }
  crawl(const crawl&) = delete;
  crawl& operator=(const crawl&) = delete;

 private:
  void run() {
    while (!stop_) {
      ::kill(pid_, SIGSTOP);
      std::this_thread::sleep_for(495ms);
      ::kill(pid_, SIGCONT);
      std::this_thread::sleep_for(5ms);
    }
  }
  int pid_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Takes all the space there is on a file system, until it goes.
class filler {
 public:
  explicit filler(std::string path) : path_{std::move(path)} {
    std::ofstream out{path_, std::ios::binary};
    const std::string piece(4096, 'x');
    while (out.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush())
      ;
  }
  ~filler() { std::remove(path_.c_str()); }
  filler(const filler&) = delete;
  filler& operator=(const filler&) = delete;

 private:
  std::string path_;
};

/// Asks these partitions for an event, round after round; how long each took, in ms.
std::vector<double> accepted_within(const test::cluster& c, std::size_t by,
                                    const std::set<std::uint32_t>& partitions,
                                    const std::string& name, steady::time_point until) {
  std::vector<double> out;
  for (int round = 0; steady::now() < until; ++round) {
    const auto seen = test::measure_failover(c, by, partitions, steady::now(),
                                             name + "-" + std::to_string(round), 20s);
    INFO(name << ", round " << round << ", through " << c.id(by));
    REQUIRE(seen.complete);
    out.insert(out.end(), seen.accepted_ms.begin(), seen.accepted_ms.end());
    std::this_thread::sleep_for(300ms);
  }
  std::printf("%s: %zu events accepted within p50 %.0f ms, longest %.0f ms\n", name.c_str(),
              out.size(), test::quantile(out, 0.5), test::quantile(out, 1));
  return out;
}

bool leads_nothing(const test::cluster& c, const std::string& node) {
  const auto table = c.table();
  return !table.empty() && std::ranges::none_of(table, [&node](const auto& row) {
    return row.second.primary == node;
  });
}

} // namespace

TEST_CASE("cluster: copies on a node a hundred times slower than the others hold nobody up",
          "[processes][.cluster][slow]") {
  if (!test::cluster::possible())
    return;
  test::trial t{28, test::outage() + 6s};
  auto& c = t.c;
  const std::size_t victim = 2;
  REQUIRE(c.call(0, "POST", "/v1/nodes/n3/drain").status == 202);
  for (const auto until = steady::now() + 20s; !leads_nothing(c, c.id(victim));) {
    REQUIRE(steady::now() < until);
    std::this_thread::sleep_for(50ms);
  }
  std::set<std::uint32_t> all;
  for (std::uint32_t p = 0; p < 16; ++p)
    all.insert(p);
  {
    const crawl slow{c.pid(victim)};
    const auto waited = accepted_within(c, 1, all, "crawling-node", steady::now() + test::outage());
    CHECK(test::quantile(waited, 0.5) < 1'000);
    CHECK(test::quantile(waited, 1) < 8'000);
  }
  t.settle();
}

TEST_CASE("cluster: a primary a hundred times slower than the others finds out and is replaced",
          "[processes][.cluster][slow]") {
  if (!test::cluster::possible())
    return;
  test::trial t{30, test::outage() + 8s};
  auto& c = t.c;
  const auto victim = test::busiest(c);
  const auto led = test::led_by(c, c.id(victim));
  REQUIRE(!led.empty());
  {
    const crawl slow{c.pid(victim)};
    const auto waited = accepted_within(c, (victim + 1) % 3, led, "crawling-primary",
                                        steady::now() + 10s + test::outage());
    CHECK(test::quantile(waited, 1) < 10'000);
    CHECK(test::led_by(c, c.id(victim)).empty());
  }
  t.settle();
}

TEST_CASE("cluster: a node whose disk is full hands over, and with space it takes part again",
          "[processes][.cluster][disk]") {
  if (!test::cluster::possible())
    return;
  const test::scratch files;
  const auto disk = test::small_disk::make(files.path("disk"), 12);
  if (!disk) {
    std::puts("skipped: a full disk in a cluster (this machine lets nobody mount a small one)");
    return;
  }
  const std::size_t victim = 2;
  test::trial t{29, test::outage() + 8s, {.data_dirs = {{victim, files.path("disk") + "/data"}}}};
  auto& c = t.c;
  const auto led = test::led_by(c, c.id(victim));
  REQUIRE(!led.empty());
  {
    const filler nothing_left{files.path("disk") + "/filler"};
    const auto waited = accepted_within(c, 0, led, "full-disk", steady::now() + test::outage());
    CHECK(test::quantile(waited, 1) < 8'000);
    CHECK(test::led_by(c, c.id(victim)).empty());
    CHECK(!c.has_ended(victim));
    CHECK(c.call(victim, "GET", "/readyz").status == 503);
    CHECK(c.call(victim, "GET", "/healthz").status == 200);
  }
  c.tell_to_end(victim);
  CHECK(c.ended(victim) == 0);
  c.start(victim);
  c.until_ready(victim);
  t.settle();
}
