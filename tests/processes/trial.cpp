#include "tests/processes/trial.hpp"

#include "tests/support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace vedette::test {

using namespace std::chrono_literals;

std::chrono::seconds outage() {
  const char* text = std::getenv("VEDETTE_CHAOS_SECONDS");
  return std::chrono::seconds{text != nullptr ? std::atoi(text) : 8};
}

std::set<std::uint32_t> led_by(const cluster& c, const std::string& node) {
  std::set<std::uint32_t> out;
  const auto table = c.table();
  REQUIRE(!table.empty()); // else the coordinator did not answer
  for (const auto& [p, row] : table)
    if (p < 16 && row.primary == node)
      out.insert(p);
  return out;
}

std::size_t busiest(const cluster& c) {
  std::size_t best = 0;
  for (std::size_t n = 1; n < c.size(); ++n)
    if (led_by(c, c.id(n)).size() > led_by(c, c.id(best)).size())
      best = n;
  return best;
}

std::vector<double> accepted_within(const cluster& c, std::size_t by,
                                    const std::set<std::uint32_t>& partitions,
                                    const std::string& name,
                                    std::chrono::steady_clock::time_point until) {
  std::vector<double> out;
  for (int round = 0; std::chrono::steady_clock::now() < until; ++round) {
    const auto seen = measure_failover(c, by, partitions, std::chrono::steady_clock::now(),
                                       name + "-" + std::to_string(round), 20s);
    INFO(name << ", round " << round << ", through " << c.id(by));
    REQUIRE(seen.complete);
    out.insert(out.end(), seen.accepted_ms.begin(), seen.accepted_ms.end());
    std::this_thread::sleep_for(300ms);
  }
  std::printf("%s: %zu events accepted within p50 %.0f ms, p99 %.0f ms, longest %.0f ms\n",
              name.c_str(), out.size(), quantile(out, 0.5), quantile(out, 0.99), quantile(out, 1));
  return out;
}

trial::trial(std::uint64_t seed, std::chrono::seconds span, cluster_settings settings)
    : copies{settings.copies}, c{std::move(settings)}, load{c, 30'000, 12, seed} {
  REQUIRE(c.in_sync(copies, 30s));
  load.start(0, span);
  while (load.handed() < 3'000 && load.feeding())
    std::this_thread::sleep_for(10ms);
}

void trial::settle() {
  REQUIRE(c.in_sync(copies, 60s));
  load.finish();
  load.equals_replay();
}

} // namespace vedette::test
