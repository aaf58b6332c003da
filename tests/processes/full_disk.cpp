// A disk that fills under a node: what cannot be stored is not acknowledged, the node says so and
// goes on answering, and with space again nothing that was acknowledged is missing.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/final_alerts.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <cstdio>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

TEST_CASE(
    "node: a disk that fills stops acknowledgements and nothing else; with space all is there",
    "[processes][disk]") {
  const test::scratch files;
  const auto disk = test::small_disk::make(files.path("disk"), 6);
  if (!disk) {
    std::puts("skipped: a disk that fills (this machine lets nobody mount a small one)");
    return;
  }
  const test::node_address at;
  const auto start = [&](const char* log) {
    return std::make_unique<test::child>(std::vector<std::string>{test::program("vedetted"),
                                                                  "--data-dir",
                                                                  files.path("disk") + "/data"},
                                         files.path(log), at.environment());
  };
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), test::program("vedette"));
    words.insert(words.end(),
                 {"--data-dir", files.path("disk") + "/data", "--server", at.server()});
    return test::run(words);
  };
  const auto logs = files.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "60000",
                     "--attacks", "6", "--seed", "3", "--out", logs})
              .code == 0);

  auto node = start("first.log");
  REQUIRE(node->says("ready:", 60s));
  CHECK(test::http_status(at.http, "/readyz") == 200);
  {
    test::child collector{{test::program("vedette"), "send", logs, "--to", at.sink()},
                          files.path("collector.log")};
    REQUIRE(node->says("disk full", 100s));
    // The collector keeps what is not acknowledged and goes on trying.
    CHECK(!collector.wait(3s));
    INFO(node->log());
    CHECK(node->running());
    CHECK(test::http_status(at.http, "/healthz") == 200);
    CHECK(test::http_status(at.http, "/readyz") == 503);
    CHECK(ask({"status"}).code == 0);
  }
  node->signal(SIGTERM);
  const auto code = node->wait(12s);
  INFO(node->log());
  REQUIRE(code);
  CHECK(*code == 0);

  REQUIRE(disk->grow(256));
  node = start("second.log");
  REQUIRE(node->says("ready:", 60s));
  const auto sent = test::run({test::program("vedette"), "send", logs, "--to", at.sink()}, 200s);
  INFO(sent.err);
  CHECK(sent.code == 0);
  const auto replayed =
      test::run({test::program("vedette"), "replay", logs, "--format", "json"}, 200s);
  const auto expected = test::final_alerts(replayed.out);
  REQUIRE(!expected.empty());
  std::vector<std::string> got;
  for (int i = 0; i < 150 && got != expected; ++i) {
    std::this_thread::sleep_for(200ms);
    got = test::final_alerts(ask({"alerts", "list", "-o", "json", "--limit", "100000"}).out);
  }
  CHECK(got == expected);
}

TEST_CASE("node: with space again it takes input by itself, and its collector goes on",
          "[processes][disk]") {
  const test::scratch files;
  const auto disk = test::small_disk::make(files.path("disk"), 20);
  if (!disk) {
    std::puts("skipped: space that comes back (this machine lets nobody mount a small disk)");
    return;
  }
  const auto data = files.path("disk") + "/data";
  const test::node_address at;
  test::child node{
      {test::program("vedetted"), "--data-dir", data}, files.path("log"), at.environment()};
  REQUIRE(node.says("ready:", 60s));
  const auto logs = files.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "4000",
                     "--attacks", "6", "--seed", "4", "--out", logs})
              .code == 0);
  auto filler = std::make_unique<test::disk_filler>(files.path("disk") + "/filler");
  test::child collector{{test::program("vedette"), "send", logs, "--to", at.sink()},
                        files.path("collector.log")};
  REQUIRE(node.says("no space left on the disk", 60s));
  for (int i = 0; i < 100 && test::http_status(at.http, "/readyz") != 503; ++i)
    std::this_thread::sleep_for(100ms);
  CHECK(test::http_status(at.http, "/readyz") == 503);
  CHECK(!collector.wait(1s));
  filler.reset();
  REQUIRE(node.says("this node starts anew by itself", 30s));
  const auto sent = collector.wait(100s);
  INFO(node.log());
  REQUIRE(sent);
  CHECK(*sent == 0);
  CHECK(test::http_status(at.http, "/readyz") == 200);
  CHECK(node.running());

  const auto replayed = test::run({test::program("vedette"), "replay", logs, "--format", "json"});
  const auto expected = test::final_alerts(replayed.out);
  REQUIRE(!expected.empty());
  std::vector<std::string> got;
  for (int i = 0; i < 150 && got != expected; ++i) {
    std::this_thread::sleep_for(200ms);
    got = test::final_alerts(
        test::run({test::program("vedette"), "alerts", "list", "-o", "json", "--limit", "100000",
                   "--data-dir", data, "--server", at.server()})
            .out);
  }
  CHECK(got == expected);
  node.signal(SIGTERM);
  const auto code = node.wait(12s);
  REQUIRE(code);
  CHECK(*code == 0);
}
