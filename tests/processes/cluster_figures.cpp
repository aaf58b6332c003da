// What a cluster of three on this machine does in figures: how fast, how soon an alert, how far
// behind its copies are, how fast an empty one is filled, what it takes while partitions move.
// docs/performance.md has what they said.
//
// Hidden: figures of a machine that does something else are none. `test_processes "[.figures]"`;
// VEDETTE_TEST_EVENTS says how many events.
#include "tests/processes/cluster_load.hpp"
#include "tests/processes/metrics_text.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

double mesh_bytes(const test::cluster& c) {
  double out = 0;
  for (std::size_t n = 0; n < c.size(); ++n)
    out += test::sum_of_metric(c.call(n, "GET", "/metrics").body,
                               "vedette_mesh_sent_frame_bytes_total");
  return out;
}

/// What the others sent to it, before frames were packed; checkpoints are the bulk lane's.
double payload_bytes(const test::cluster& c, std::size_t to, const char* lane = nullptr) {
  double out = 0;
  for (std::size_t n = 0; n < c.size(); ++n)
    if (n != to)
      out +=
          test::sum_of_metric(c.call(n, "GET", "/metrics").body, "vedette_mesh_sent_bytes_total{",
                              "node=\"" + c.id(to) + "\"" +
                                  (lane == nullptr ? "" : ",lane=\"" + std::string{lane} + "\""));
  return out;
}

std::string events() {
  const char* text = std::getenv("VEDETTE_TEST_EVENTS");
  return text == nullptr ? "100000" : text;
}

/// Records a second that a load hands over while `goes_on`: on average, and in the worst second.
struct throughput {
  double mean = 0, worst = 0;
};
template <class GoesOn>
throughput while_it(const test::load& load, const char* what, GoesOn goes_on) {
  throughput out{0, HUGE_VAL};
  const auto began = steady::now();
  const auto at_first = load.handed();
  do {
    const auto from = load.handed();
    const auto since = steady::now();
    std::this_thread::sleep_for(1s);
    const auto seconds = std::chrono::duration<double>(steady::now() - since).count();
    out.worst = std::min(out.worst, static_cast<double>(load.handed() - from) / seconds);
  } while (goes_on() && load.feeding());
  const auto seconds = std::chrono::duration<double>(steady::now() - began).count();
  out.mean = static_cast<double>(load.handed() - at_first) / seconds;
  std::printf("%s: %.0f events/s over %.1f s, %.0f in the worst second\n", what, out.mean, seconds,
              out.worst);
  REQUIRE(load.feeding()); // else there was no load to measure: say more VEDETTE_TEST_EVENTS
  return out;
}

bool is_settled(const test::cluster& c, const std::string& node, bool there) {
  const auto table = c.table();
  const auto holds = std::ranges::count_if(
      table, [&](const auto& row) { return std::ranges::count(row.second.replicas, node) > 0; });
  return !table.empty() && (holds > 0) == there && std::ranges::all_of(table, [](const auto& row) {
    return row.second.replicas.size() == 3 && row.second.in_sync.size() == 3;
  });
}

/// Takes a node's disk away and prints how fast it gets all that the others have. Nothing else goes
/// on meanwhile. With VEDETTE_TEST_EVENTS=2500000 the log is longer than tail_max, so checkpoints
/// come.
void empty_one(test::cluster& c) {
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
  const auto bytes = payload_bytes(c, victim), bulk = payload_bytes(c, victim, "bulk");
  c.start(victim);
  const auto began = steady::now();
  c.until_ready(victim);
  std::vector<std::pair<double, double>> came; // seconds, bytes
  do {
    // The whole table is slow to ask for, next to what comes meanwhile.
    for (int i = 0; i < 20; ++i) {
      const double at = std::chrono::duration<double>(steady::now() - began).count();
      came.emplace_back(at, payload_bytes(c, victim) - bytes);
      REQUIRE(at < 60);
    }
  } while (!c.in_sync(3, 0s));
  const auto all = came.back();
  const auto when = [&](double share) {
    return std::ranges::find_if(came,
                                [&](const auto& s) { return s.second >= share * all.second; });
  };
  const auto from = when(0.1), to = when(0.9);
  std::printf(
      "an empty node: %.1f MB, %.0f %% of it checkpoints, in %.2f s from its start to in sync; "
      "the eight tenths in the middle at %.1f MB/s\n",
      all.second / 1e6, 100 * (payload_bytes(c, victim, "bulk") - bulk) / all.second, all.first,
      (to->second - from->second) / 1e6 / std::max(to->first - from->first, 1e-3));
}

} // namespace

TEST_CASE("figures: what a cluster takes while a node joins, and while one is drained",
          "[processes][.figures]") {
  if (!test::cluster::possible())
    return;
  const auto count = std::strtoull(events().c_str(), nullptr, 10);
  /// Records a second before anything moves.
  const auto measure = [&](const char* how, std::chrono::milliseconds span) {
    std::printf("%s:\n", how);
    test::cluster c;
    REQUIRE(c.in_sync(3, 30s));
    test::load load{c, count, 12, 40};
    load.start(0, span);
    while (load.handed() == 0)
      std::this_thread::sleep_for(10ms);
    const auto ten_seconds = [until = steady::now() + 11s] { return steady::now() < until; };
    const auto usual = while_it(load, "three nodes", ten_seconds);
    const auto added = c.add();
    const auto joining = while_it(load, "a fourth node takes its share",
                                  [&] { return !is_settled(c, c.id(added), true); });
    REQUIRE(c.call(0, "POST", "/v1/nodes/" + c.id(added) + "/drain").status == 202);
    const auto draining = while_it(load, "the fourth node is drained",
                                   [&] { return !is_settled(c, c.id(added), false); });
    std::printf("throughput: %.0f %% while a node joins, %.0f %% while it is drained\n",
                100 * joining.mean / usual.mean, 100 * draining.mean / usual.mean);
    load.hurry();
    load.finish(300s);
    load.equals_replay(120s);
    return usual.mean;
  };
  const auto full = measure("as fast as it is taken", 1ms);
  const auto span = std::chrono::duration<double>(static_cast<double>(count) / (full / 2));
  measure("at half of that", std::chrono::duration_cast<std::chrono::milliseconds>(span));
}

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
  // Once more at half of what it takes, alone.
  const auto took = said.out.find(": ", said.out.find("commit "));
  REQUIRE(took != std::string::npos);
  const auto half = std::to_string(std::strtod(said.out.c_str() + took + 2, nullptr) / 2);
  const auto metrics = [&c](std::size_t n) { return c.call(n, "GET", "/metrics").body; };
  std::vector<std::string> then;
  for (std::size_t n = 0; n < c.size(); ++n)
    then.push_back(metrics(n));
  const auto again = test::run({test::program("vedette"), "bench", "--running", c.sinks_from(0),
                                "--server", c.server(0), "--token-file", c.path("n1/admin.token"),
                                "--events", events(), "--seed", "77", "--rate", half},
                               300s);
  INFO(again.out << again.err);
  REQUIRE(again.code == 0);
  std::printf("%s", again.out.c_str());
  for (std::size_t n = 0; n < c.size(); ++n) {
    const auto now = metrics(n);
    const auto within = [&](const char* of, double share) {
      return 1e3 * test::quantile_of_metric(then[n], now, of, share);
    };
    std::printf("%s at that rate: entries of others folded within p50 %.1f, p99 %.1f ms; a group "
                "commit written within p50 %.1f, p99 %.1f ms\n",
                c.id(n).c_str(), within("vedette_fold_lag_seconds", 0.5),
                within("vedette_fold_lag_seconds", 0.99), within("vedette_commit_seconds", 0.5),
                within("vedette_commit_seconds", 0.99));
  }

  empty_one(c);
}
