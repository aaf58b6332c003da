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

sim::options usual_real() {
  auto o = usual();
  o.real_folds = true;
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
    const auto m = static_cast<sim::mark>(i);
    INFO(sim::to_string(m));
    CHECK((t.covered.hits[i] > 0) == sim::belongs(m, false));
  }
  CHECK(t.events > 100'000);
  CHECK(t.alerts > 20'000);
}

TEST_CASE("sim: twenty seeds keep every promise with the real folds", "[sim][real]") {
  const auto t = sim::run_seeds(1, 20, usual_real());
  INFO(first_of(t.failures));
  CHECK(t.failures.empty());
  // What few seeds may well not meet, the model's three hundred do.
  for (auto m : {sim::mark::promoted, sim::mark::reclaimed, sim::mark::seeded, sim::mark::trimmed,
                 sim::mark::duplicate_dropped, sim::mark::alert_resent, sim::mark::alert_repeated,
                 sim::mark::action_called, sim::mark::action_resumed}) {
    INFO(sim::to_string(m));
    CHECK(t.covered.hits[static_cast<std::size_t>(m)] > 0);
  }
  for (auto i = static_cast<std::size_t>(sim::mark::generation_changed); i < sim::marks; ++i) {
    INFO(sim::to_string(static_cast<sim::mark>(i)));
    CHECK(t.covered.hits[i] > 0);
  }
  CHECK(t.events > 10'000);
  CHECK(t.alerts > 2'000);
}

TEST_CASE("sim: what a seed once found is not found again", "[sim]") {
  const bool real = GENERATE(false, true);
  const auto* top = std::getenv("VEDETTE_SOURCE_DIR");
  const std::filesystem::path seeds = std::filesystem::path{top == nullptr ? "." : top} /
                                      (real ? "tests/sim/real/seeds" : "tests/sim/seeds");
  REQUIRE(std::filesystem::is_directory(seeds));
  std::size_t found = 0;
  for (const auto& file : std::filesystem::directory_iterator{seeds}) {
    const auto seed = std::strtoull(file.path().filename().c_str(), nullptr, 10);
    REQUIRE(seed != 0);
    const auto t = sim::run_seeds(seed, 1, real ? usual_real() : usual());
    INFO(first_of(t.failures));
    CHECK(t.failures.empty());
    ++found;
  }
  CHECK(found > 0);
}

TEST_CASE("sim: the same seed is the same history", "[sim]") {
  auto o = GENERATE(false, true) ? usual_real() : usual();
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
    std::uint64_t first = 1; ///< of the 500; for a rare one a little before the one that caught it
  };
  const auto r = GENERATE(values<row>({
      {"ack before replicas", [](sim::defects& d) { d.protocol.commit_before_replicas = true; }},
      {"no epoch check", [](sim::defects& d) { d.protocol.no_epoch_check = true; }},
      {"no re-replication on promotion",
       [](sim::defects& d) { d.protocol.no_rereplication = true; }, 471},
      {"promote out-of-sync", [](sim::defects& d) { d.promotes_out_of_sync = true; }},
      {"running-count outbox", [](sim::defects& d) { d.running_count_outbox = true; }},
      {"fold before commit", [](sim::defects& d) { d.folds_before_commit = true; }},
  }));
  sim::options o;
  r.spoil(o.wrong);
  const auto seed = sim::first_caught(r.first, 500, o);
  INFO(r.why);
  CHECK(seed != 0);
  fmt::print("caught at seed {}: {}\n", seed, r.why);
}

TEST_CASE("sim: what is wrong about folds is caught with the real ones too",
          "[sim][real][defects]") {
  sim::options o = usual_real();
  const bool outbox = GENERATE(true, false);
  o.wrong.running_count_outbox = outbox;
  o.wrong.folds_before_commit = !outbox;
  const auto seed = sim::first_caught(1, 100, o);
  CHECK(seed != 0);
  fmt::print("caught at seed {} with the real folds: {}\n", seed,
             outbox ? "running-count outbox" : "fold before commit");
}

// What `./dev sim` runs: VEDETTE_SIM_COUNT seeds from VEDETTE_SIM_FIRST on, with the real folds
// when VEDETTE_SIM_REAL is 1.
TEST_CASE("sim: the seeds asked for hold", "[.seeds]") {
  auto o = number_from("VEDETTE_SIM_REAL", 0) != 0 ? usual_real() : usual();
  o.trace = number_from("VEDETTE_SIM_TRACE", 0) != 0;
  const auto began = std::chrono::steady_clock::now();
  const auto t =
      sim::run_seeds(number_from("VEDETTE_SIM_FIRST", 1), number_from("VEDETTE_SIM_COUNT", 1), o);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{}{:>12}  seeds, {} failed, {:.1f} seeds/s, {} steps, {} events, {} alerts, slowest "
             "healing {:.1f} s\n",
             sim::report(t.covered, o.real_folds), t.seeds, t.failures.size(),
             static_cast<double>(t.seeds) / took.count(), t.steps, t.events, t.alerts,
             static_cast<double>(t.slowest_healing.count()) / 1e9);
  CHECK(t.failures.empty());
}
