// A node that is worse than dead: one that crawls.
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

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
    const auto waited =
        test::accepted_within(c, 1, all, "crawling-node", steady::now() + test::outage());
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
    const auto waited = test::accepted_within(c, (victim + 1) % 3, led, "crawling-primary",
                                              steady::now() + 10s + test::outage());
    CHECK(test::quantile(waited, 1) < 10'000);
    CHECK(test::led_by(c, c.id(victim)).empty());
  }
  t.settle();
}
