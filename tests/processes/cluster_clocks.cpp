// One node of three whose clock shows something else than the others': it is found out, named, and
// nobody's alerts are other ones for it.
#include "base/time.hpp"
#include "tests/processes/cluster_load.hpp"
#include "tests/processes/skewed_clock.hpp"
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

base::receive_time machine_now() {
  return std::chrono::time_point_cast<base::duration>(std::chrono::system_clock::now());
}

/// What node `by` says of the other's clock, and by how many seconds it is off.
std::pair<std::string, double> clock_of(const test::cluster& c, std::size_t by, std::size_t of) {
  const auto said = c.call(by, "GET", "/v1/nodes").body;
  const auto item = said.find("\"id\":\"" + c.id(of) + "\"");
  if (item == std::string::npos)
    return {};
  const auto line = said.substr(item, said.find("\"id\":", item + 5) - item);
  const auto off = line.find("\"clock_off_ms\":");
  return {test::member(line, "clock"),
          off == std::string::npos ? 0 : std::strtod(line.c_str() + off + 15, nullptr) / 1000};
}

/// Until every node says so of the victim's clock; how long that took, ms.
double until_said(const test::cluster& c, std::size_t victim, const std::string& state, double off,
                  steady::time_point since) {
  for (const auto until = since + 60s;;) {
    std::size_t say_so = 0;
    for (std::size_t by = 0; by < c.size(); ++by) {
      const auto [said, seconds] = clock_of(c, by, victim);
      say_so += said == state && std::abs(seconds - off) < 2 ? 1 : 0;
    }
    if (say_so == c.size())
      return std::chrono::duration<double, std::milli>(steady::now() - since).count();
    INFO("node " << c.id(victim) << " shall be " << state << ", " << off << " s off");
    REQUIRE(steady::now() < until);
    std::this_thread::sleep_for(50ms);
  }
}

/// When the node took in the last records of the load, by its own word.
std::optional<base::receive_time> last_received(const test::cluster& c, std::size_t n) {
  const auto said = c.call(n, "GET", "/v1/sources").body;
  const auto at = said.find("\"last_received\":");
  return at == std::string::npos
             ? std::nullopt
             : base::parse_rfc3339(test::member(said.substr(at), "last_received"));
}

std::uint64_t ahead(const test::cluster& c) {
  const auto said = c.call(0, "GET", "/v1/partitions").body;
  std::uint64_t out = 0;
  REQUIRE(said.find("\"ahead\":") != std::string::npos);
  for (auto at = said.find("\"ahead\":"); at != std::string::npos;
       at = said.find("\"ahead\":", at + 1))
    out += std::strtoull(said.c_str() + at + 8, nullptr, 10);
  return out;
}

} // namespace

TEST_CASE("cluster: a node whose clock is off, stepped or drifting is named, and alerts stay as "
          "they are",
          "[processes][.cluster][clock]") {
  if (!test::cluster::possible())
    return;
  const std::size_t victim = 0;
  const test::scratch files;
  test::skewed_clock clock{files.path("clock")};
  clock.set(600s);
  test::cluster c{{.environments = {{victim, clock.environment()}}}};
  REQUIRE(c.in_sync(3, 30s));
  std::printf("ten minutes ahead from its start on: named after %.0f ms\n",
              until_said(c, victim, "wrong", 600, steady::now()));
  REQUIRE(!test::led_by(c, c.id(victim)).empty());

  // Live: the newest event is of now, so a node ten minutes behind would find it far ahead.
  const auto began = machine_now() - 2h;
  test::load load{c, 30'000, 12, 61, {"--span", "2h", "--start", base::format_rfc3339(began)}};
  load.start(victim, 40s);
  const auto under_load = [&](const char* what, const std::string& state, double off) {
    const auto ms = until_said(c, victim, state, off, steady::now());
    std::printf("%s: every node says so after %.0f ms\n", what, ms);
    for (const auto until = steady::now() + 8s; steady::now() < until && load.feeding();) {
      const auto said = last_received(c, victim);
      if (said) {
        INFO(what << ": it says " << base::format_rfc3339(*said));
        CHECK(std::chrono::abs(*said - machine_now()) < 5s);
      }
      std::this_thread::sleep_for(500ms);
    }
  };
  under_load("ten minutes ahead", "wrong", 600);
  clock.set(-600s);
  under_load("stepped back by twenty", "wrong", -600);
  const auto metrics = c.call(1, "GET", "/metrics").body;
  const std::string series = "vedette_clock_off_seconds{node=\"n1\"} ";
  const auto shown = metrics.find(series);
  REQUIRE(shown != std::string::npos);
  CHECK(std::abs(std::strtod(metrics.c_str() + shown + series.size(), nullptr) + 600) < 2);
  clock.set(0s);
  clock.drift(400);
  under_load("set right, and drifting by 400 ppm", "right", 0);
  CHECK(load.feeding());
  load.finish();
  CHECK(ahead(c) == 0);
  load.equals_replay();
  CHECK(c.log(victim).find("the clock of this node is 600.0 s ahead of what most nodes show") !=
        std::string::npos);
  CHECK(c.log(1).find("the clock of node n1 is 600.0 s behind what most nodes show") !=
        std::string::npos);
}
