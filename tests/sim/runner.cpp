#include "tests/sim/runner.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace vedette::sim {
namespace {

std::uint64_t seed_under_way = 0;
const char* option_of_folds = "";

extern "C" void say_seed(int) {
  char line[96];
  const auto length =
      std::snprintf(line, sizeof line, "seed %llu: replay with ./dev sim --seed %llu --trace%s\n",
                    static_cast<unsigned long long>(seed_under_way),
                    static_cast<unsigned long long>(seed_under_way), option_of_folds);
  if (length > 0)
    (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(length));
}

} // namespace

tally run_seeds(std::uint64_t first, std::uint64_t count, const options& base) {
  const auto before = std::signal(SIGABRT, say_seed);
  tally t;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    seed_under_way = seed;
    option_of_folds = base.real_folds ? " --real" : "";
    auto o = base;
    o.seed = seed;
    const auto r = run(o);
    ++t.seeds;
    t.steps += r.steps;
    t.events += r.events;
    t.alerts += r.alerts;
    t.covered.add(r.covered);
    t.slowest_healing = std::max(t.slowest_healing, r.healed_in);
    if (r.violation) {
      fmt::print(stderr, "seed {}: {}\n  replay with ./dev sim --seed {} --trace{}\n", seed,
                 *r.violation, seed, option_of_folds);
      t.failures.push_back({seed, *r.violation});
    }
  }
  std::signal(SIGABRT, before);
  return t;
}

std::uint64_t first_caught(std::uint64_t first, std::uint64_t count, const options& base) {
  for (auto seed = first; seed < first + count; ++seed) {
    std::fflush(nullptr);
    const auto child = fork();
    if (child == 0) {
      // Its assertions are expected; they shall not be read as ours.
      std::signal(SIGABRT, SIG_DFL);
      if (std::freopen("/dev/null", "w", stderr) == nullptr)
        std::_Exit(2);
      auto o = base;
      o.seed = seed;
      o.alarms_count = false;
      const auto violation = run(o).violation;
      if (violation)
        fmt::print("    {}\n", *violation);
      std::fflush(stdout);
      std::_Exit(violation ? 1 : 0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
      return 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
      return seed;
  }
  return 0;
}

std::string report(const coverage& c, bool real_folds) {
  std::string out;
  for (std::size_t i = 0; i < marks; ++i)
    if (belongs(static_cast<mark>(i), real_folds))
      out += fmt::format("{:>12}  {}\n", c.hits[i], to_string(static_cast<mark>(i)));
  return out;
}

} // namespace vedette::sim
