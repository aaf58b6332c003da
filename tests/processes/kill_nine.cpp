// A node killed with SIGKILL again and again under load loses nothing and says nothing twice.
//
// The node and the collector are real processes. The collector (`vedette send`) resends what was
// not acknowledged; the test kills and restarts the node at seeded moments. What the node knows in
// the end must be what `replay` finds in the same file.
#include "tests/processes/final_alerts.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<test::child> start_node(const test::scratch& files, const test::node_address& at) {
  return std::make_unique<test::child>(
      std::vector<std::string>{test::program("vedetted"), "--data-dir", files.path("data")},
      files.path("node.log"), at.environment());
}

} // namespace

TEST_CASE("kill -9: ten kills under load lose no alert and repeat none", "[processes][kill]") {
  const test::scratch files;
  const test::node_address at;
  const bool full = std::getenv("VEDETTE_TEST_FULL") != nullptr;
  const char* asked = std::getenv("VEDETTE_TEST_EVENTS");
  const std::string events = asked != nullptr ? asked : full ? "1000000" : "200000";
  const char* seed_text = std::getenv("VEDETTE_TEST_SEED");
  const std::uint64_t seed = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : 1;
  INFO("seed " << seed << ", " << events << " events");

  const auto logs = files.path("logs.json");
  const auto made =
      test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", events,
                 "--attacks", "12", "--seed", std::to_string(seed + 100), "--out", logs});
  REQUIRE(made.code == 0);
  const auto truth =
      test::run({test::program("vedette"), "replay", logs, "--format", "json"}, 600s);
  REQUIRE(truth.code == 0);
  const auto expected = test::final_alerts(truth.out);
  REQUIRE(expected.size() > 10);

  auto node = start_node(files, at);
  REQUIRE(node->says("ready:", 60s));
  test::child collector{// Long enough for all kills however fast the node is.
                        {test::program("vedette"), "send", logs, "--to", at.sink(), "--source",
                         "kill-nine", "--rate", "12000"},
                        files.path("send.log")};
  test::random chance{seed};
  int kills = 0;
  const int wanted = full ? 100 : 10;
  while (kills < wanted && collector.running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200 + chance.below(900)});
    if (!collector.running())
      break;
    node->signal(SIGKILL);
    REQUIRE(node->wait(10s));
    ++kills;
    node = start_node(files, at);
    // Half of the time the next kill may come while the log is still being folded.
    if (chance.chance(0.5))
      REQUIRE(node->says("ready:", 60s));
  }
  const auto sent = collector.wait(300s);
  INFO(collector.log());
  REQUIRE(sent);
  CHECK(*sent == 0);
  CHECK(kills >= (full ? 20 : 10));

  // The source has ended, so everything becomes final; the node needs a few ticks to say so.
  std::vector<std::string> got;
  for (int i = 0; i < 150 && got != expected; ++i) {
    std::this_thread::sleep_for(200ms);
    const auto listed =
        test::run({test::program("vedette"), "alerts", "list", "-o", "json", "--limit", "100000",
                   "--data-dir", files.path("data"), "--server", at.server()});
    if (listed.code == 0)
      got = test::final_alerts(listed.out);
  }
  CHECK(got == expected);
  std::set<std::string> ids;
  for (const auto& line : got)
    CHECK(ids.insert(line.substr(0, line.find(','))).second);

  node->signal(SIGTERM);
  const auto code = node->wait(10s);
  REQUIRE(code);
  CHECK(*code == 0);
}
