#include "tests/sim/runner.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>

using namespace vedette;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Fourteen virtual seconds of faults, then healing: 300 seeds fit into a test run under the
/// sanitizers, and what a fault leads to shows within two or three.
sim::options usual() {
  sim::options o;
  o.faulty = std::chrono::seconds{14};
  return o;
}

std::string first_of(const std::vector<sim::failure>& failures) {
  return failures.empty() ? std::string{}
                          : fmt::format("seed {}: {}", failures[0].seed, failures[0].what);
}

} // namespace

TEST_CASE("sim: three hundred seeds keep every promise and take every path", "[sim]") {
  const auto t = sim::run_seeds(1, 300, usual());
  INFO(first_of(t.failures));
  CHECK(t.failures.empty());
  // A fault that never happened or a path that was never taken was not tested.
  for (std::size_t i = 0; i < sim::marks; ++i) {
    INFO(sim::to_string(static_cast<sim::mark>(i)));
    CHECK(t.covered.hits[i] > 0);
  }
  CHECK(t.events > 100'000);
  CHECK(t.alerts > 20'000);
}

TEST_CASE("sim: what a seed once found is not found again", "[sim]") {
  const auto* top = std::getenv("VEDETTE_SOURCE_DIR");
  const std::filesystem::path seeds =
      std::filesystem::path{top == nullptr ? "." : top} / "tests/sim/seeds";
  REQUIRE(std::filesystem::is_directory(seeds));
  std::size_t found = 0;
  for (const auto& file : std::filesystem::directory_iterator{seeds}) {
    const auto seed = std::strtoull(file.path().filename().c_str(), nullptr, 10);
    REQUIRE(seed != 0);
    const auto t = sim::run_seeds(seed, 1, usual());
    INFO(first_of(t.failures));
    CHECK(t.failures.empty());
    ++found;
  }
  CHECK(found > 0);
}

TEST_CASE("sim: the same seed is the same history", "[sim]") {
  auto o = usual();
  o.seed = 42;
  const auto a = sim::run(o);
  const auto b = sim::run(o);
  CHECK(a.steps == b.steps);
  CHECK(a.events == b.events);
  CHECK(a.covered.hits == b.covered.hits);
}

TEST_CASE("sim: each protocol that is known to be wrong is caught within 500 seeds",
          "[sim][defects]") {
  struct row {
    const char* why;
    void (*spoil)(sim::defects&);
  };
  const auto r = GENERATE(values<row>({
      {"ack before replicas", [](sim::defects& d) { d.protocol.commit_before_replicas = true; }},
      {"no epoch check", [](sim::defects& d) { d.protocol.no_epoch_check = true; }},
      {"no re-replication on promotion",
       [](sim::defects& d) { d.protocol.no_rereplication = true; }},
      {"promote out-of-sync", [](sim::defects& d) { d.promotes_out_of_sync = true; }},
      {"running-count outbox", [](sim::defects& d) { d.running_count_outbox = true; }},
      {"fold before commit", [](sim::defects& d) { d.folds_before_commit = true; }},
  }));
  sim::defects wrong;
  r.spoil(wrong);
  const auto seed = sim::first_caught(500, wrong);
  INFO(r.why);
  CHECK(seed != 0);
  fmt::print("caught at seed {}: {}\n", seed, r.why);
}

// What `./dev sim` runs: VEDETTE_SIM_COUNT seeds from VEDETTE_SIM_FIRST on.
TEST_CASE("sim: the seeds asked for hold", "[.seeds]") {
  auto o = usual();
  o.trace = number_from("VEDETTE_SIM_TRACE", 0) != 0;
  const auto began = std::chrono::steady_clock::now();
  const auto t =
      sim::run_seeds(number_from("VEDETTE_SIM_FIRST", 1), number_from("VEDETTE_SIM_COUNT", 1), o);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{}{:>12}  seeds, {} failed, {:.1f} seeds/s, {} steps, {} events, {} alerts, slowest "
             "healing {:.1f} s\n",
             sim::report(t.covered), t.seeds, t.failures.size(),
             static_cast<double>(t.seeds) / took.count(), t.steps, t.events, t.alerts,
             static_cast<double>(t.slowest_healing.count()) / 1e9);
  CHECK(t.failures.empty());
}
