// A record that ends the fold: the node dies of it twice, then skips it, and goes on.
//
// Needs a build with failpoints (actors/failpoint.hpp); the programs of a release have none.
#include "tests/processes/cluster.hpp"
#include "tests/processes/final_alerts.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

#ifdef VEDETTE_FAILPOINTS

namespace {

/// A log with one record that will end the fold, and the alerts of the others.
struct poisoned_log {
  std::string path, deadly, id;
  std::vector<std::string> expected;

  explicit poisoned_log(const std::string& folder) : path{folder + "/logs.json"} {
    REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "3000",
                       "--attacks", "12", "--seed", "11", "--out", path})
                .code == 0);
    std::ifstream in{path};
    const auto lines = test::lines_of({std::istreambuf_iterator<char>{in}, {}});
    REQUIRE(lines.size() > 2'500);
    deadly = lines[1'500];
    id = test::member(deadly, "eventID");
    REQUIRE(id.size() == 36);
    std::string others;
    for (const auto& line : lines)
      if (line != deadly)
        others += line + "\n";
    test::write_file(folder + "/rest.json", others);
    const auto truth =
        test::run({test::program("vedette"), "replay", folder + "/rest.json", "--format", "json"});
    REQUIRE(truth.code == 0);
    expected = test::final_alerts(truth.out);
    REQUIRE(expected.size() > 5);
  }
};

} // namespace

TEST_CASE("poison: a record that ends the node costs itself and two starts, and nothing else",
          "[processes][poison]") {
  const bool folded = GENERATE(true, false); // or while it is read
  const test::scratch files;
  const test::node_address at;
  const poisoned_log log{files.path("")};
  auto environment = at.environment();
  environment.emplace_back("FAILPOINT", folded ? "fold:" + log.id : "read:" + log.deadly);
  const auto start = [&](int number) {
    return std::make_unique<test::child>(
        std::vector<std::string>{test::program("vedetted"), "--data-dir", files.path("data")},
        files.path("node" + std::to_string(number) + ".log"), environment);
  };
  auto node = start(1);
  REQUIRE(node->says("ready:", 60s));
  test::child collector{
      {test::program("vedette"), "send", log.path, "--to", at.sink(), "--source", "p"},
      files.path("send.log")};
  for (int death = 1; death <= 2; ++death) {
    const auto code = node->wait(60s);
    INFO("death " << death << ": " << node->log());
    REQUIRE(code);
    REQUIRE(*code == 128 + SIGABRT);
    node = start(1 + death);
  }
  const bool ready = node->says("ready:", 60s);
  INFO(node->log());
  REQUIRE(ready);
  const auto sent = collector.wait(60s);
  REQUIRE(sent);
  CHECK((*sent == 0) == folded); // what is not read is told to the collector

  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), test::program("vedette"));
    for (const auto& w : {std::string{"-o"}, std::string{"json"}, std::string{"--data-dir"},
                          files.path("data"), std::string{"--server"}, at.server()})
      words.push_back(w);
    return test::run(words);
  };
  std::vector<std::string> got;
  for (int i = 0; i < 150 && got != log.expected; ++i) {
    std::this_thread::sleep_for(200ms);
    const auto listed = ask({"alerts", "list", "--limit", "100000"});
    if (listed.code == 0)
      got = test::final_alerts(listed.out);
  }
  CHECK(got == log.expected);
  const auto kept = ask({"quarantine", "list", "--tenant", "local"});
  INFO(kept.out << kept.err);
  CHECK(kept.out.find("ended the process again and again") != std::string::npos);
  CHECK((kept.out.find(log.id) != std::string::npos) == folded);
  node->signal(SIGTERM);
  CHECK(node->wait(20s) == 0);
}

TEST_CASE("poison: a cluster whose copies all die of a record goes on without it",
          "[processes][.cluster][poison]") {
  if (!test::cluster::possible())
    return;
  const test::scratch files;
  const poisoned_log log{files.path("")};
  setenv("FAILPOINT", ("fold:" + log.id).c_str(), 1); // for the nodes this test starts
  test::cluster c;
  unsetenv("FAILPOINT");
  REQUIRE(c.in_sync(3, 30s));
  test::child collector{
      {test::program("vedette"), "send", log.path, "--to", c.sinks_from(0), "--source", "p"},
      files.path("send.log")};
  // Whoever supervises the nodes starts them again.
  int deaths = 0;
  const auto supervise = [&] {
    for (std::size_t n = 0; n < c.size(); ++n)
      if (c.has_ended(n)) {
        CHECK(c.ended(n) == 128 + SIGABRT);
        ++deaths;
        setenv("FAILPOINT", ("fold:" + log.id).c_str(), 1);
        c.start(n);
        unsetenv("FAILPOINT");
      }
    std::this_thread::sleep_for(50ms);
  };
  const auto until = std::chrono::steady_clock::now() + 90s;
  while (collector.running() && std::chrono::steady_clock::now() < until)
    supervise();
  INFO(collector.log());
  REQUIRE(collector.wait(1s) == 0);
  for (std::size_t n = 0; n < c.size(); ++n) {
    std::optional<std::vector<std::string>> got;
    while (got != log.expected && std::chrono::steady_clock::now() < until) {
      supervise();
      got = c.alerts(n);
    }
    INFO(c.id(n) << " of " << deaths << " deaths");
    CHECK(got == log.expected);
  }
  // Two for whoever met it first; who is told of the skip in time dies once or never.
  CHECK(deaths >= 2);
  CHECK(deaths <= 6);
}

#endif
