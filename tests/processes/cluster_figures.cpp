// What a cluster of three on this machine does in figures: how fast, how soon an alert, how far
// behind its copies are, how fast an empty one is filled. docs/performance.md has what they said.
//
// Hidden: figures of a machine that does something else are none. `test_processes "[.figures]"`;
// VEDETTE_TEST_EVENTS says how many events.
#include "tests/processes/cluster.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// All samples of a metric's lines whose name begins so, summed.
double sum_of(const std::string& metrics, const std::string& name) {
  double out = 0;
  for (auto at = metrics.find("\n" + name); at != std::string::npos;
       at = metrics.find("\n" + name, at + 1)) {
    const auto line = metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
    out += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return out;
}

/// The upper bound of the bucket in which that share of a histogram's samples ends; seconds.
double quantile_of(const std::string& metrics, const std::string& name, double share) {
  const auto all = sum_of(metrics, name + "_count");
  const auto begin = name + "_bucket{le=\"";
  for (auto at = metrics.find(begin); at != std::string::npos; at = metrics.find(begin, at + 1)) {
    const auto bound = metrics.substr(at + begin.size(), 16);
    const auto line = metrics.substr(at, metrics.find('\n', at) - at);
    if (std::strtod(line.c_str() + line.rfind(' '), nullptr) >= share * all)
      return bound.starts_with("+Inf") ? HUGE_VAL : std::strtod(bound.c_str(), nullptr);
  }
  return HUGE_VAL;
}

double mesh_bytes(const test::cluster& c) {
  double out = 0;
  for (std::size_t n = 0; n < c.size(); ++n)
    out += sum_of(c.call(n, "GET", "/metrics").body, "vedette_mesh_sent_frame_bytes_total");
  return out;
}

std::string events() {
  const char* text = std::getenv("VEDETTE_TEST_EVENTS");
  return text == nullptr ? "100000" : text;
}

} // namespace

TEST_CASE("figures: a cluster of three on one machine", "[processes][.figures]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  REQUIRE(c.in_sync(3, 30s));
  const auto before = mesh_bytes(c);
  const auto said =
      test::run({test::program("vedette"), "bench", "--running", c.sinks_from(0), "--server",
                 c.server(0), "--token-file", c.path("n1/admin.token"), "--events", events()},
                300s);
  INFO(said.out << said.err);
  REQUIRE(said.code == 0);
  std::printf("%s", said.out.c_str());
  std::printf("mesh: %.0f bytes an event over both halves\n",
              (mesh_bytes(c) - before) / (2 * std::strtod(events().c_str(), nullptr)));
  for (std::size_t n = 0; n < c.size(); ++n) {
    const auto metrics = c.call(n, "GET", "/metrics").body;
    std::printf("%s: entries of others folded within p50 %.1f ms, p99 %.1f ms of %.0f\n",
                c.id(n).c_str(), 1e3 * quantile_of(metrics, "vedette_fold_lag_seconds", 0.5),
                1e3 * quantile_of(metrics, "vedette_fold_lag_seconds", 0.99),
                sum_of(metrics, "vedette_fold_lag_seconds_count"));
  }

  // An empty disk: everything comes as checkpoints, and nothing else is going on.
  std::this_thread::sleep_for(6s); // a checkpoint of all
  const std::size_t victim = 2;
  c.kill(victim);
  c.wipe(victim);
  const auto counted = [&] {
    for (const auto& [p, row] : c.table())
      for (const auto& who : row.in_sync)
        if (who == c.id(victim))
          return true;
    return false;
  };
  for (const auto until = steady::now() + 20s; counted(); std::this_thread::sleep_for(50ms))
    REQUIRE(steady::now() < until);
  const auto bytes = mesh_bytes(c);
  c.start(victim);
  const auto began = steady::now();
  c.until_ready(victim);
  REQUIRE(c.in_sync(3, 60s));
  const auto seconds = std::chrono::duration<double>(steady::now() - began).count();
  std::printf("an empty node: %.1f MB in %.2f s from its start to in sync, %.1f MB/s\n",
              (mesh_bytes(c) - bytes) / 1e6, seconds, (mesh_bytes(c) - bytes) / 1e6 / seconds);
}
