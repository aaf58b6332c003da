// A node's life as an operator sees it: start, stop, start again.
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace vedette;
using namespace std::chrono_literals;

TEST_CASE("node: SIGTERM drains and exits 0, and the next start knows what the last one did",
          "[processes][node]") {
  const test::scratch files;
  const test::node_address at;
  const auto logs = files.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--scenario", "audit-tampering",
                     "--events", "2000", "--out", logs})
              .code == 0);
  const std::vector<std::string> words{test::program("vedetted"), "--data-dir", files.path("data")};
  const auto listed = [&] {
    return test::run({test::program("vedette"), "alerts", "list", "-o", "json", "--data-dir",
                      files.path("data"), "--server", at.server()});
  };
  std::string before;
  {
    test::child node{words, files.path("first.log"), at.environment()};
    REQUIRE(node.says("ready:", 60s));
    REQUIRE(test::run({test::program("vedette"), "send", logs, "--to", at.sink()}).code == 0);
    const auto r = listed();
    CHECK(r.code == 0);
    before = r.out;
    // The folder says where its node listens, so that no command asks another node by mistake.
    const auto found = test::run({test::program("vedette"), "alerts", "list", "-o", "json",
                                  "--data-dir", files.path("data")});
    CHECK(found.code == 0);
    CHECK(found.out == r.out);
    CHECK(before.find("audit-log-tampered") != std::string::npos);
    node.signal(SIGTERM);
    const auto code = node.wait(10s);
    REQUIRE(code);
    CHECK(*code == 0);
  }
  test::child node{words, files.path("second.log"), at.environment()};
  REQUIRE(node.says("ready:", 60s));
  const auto after = listed();
  CHECK(after.code == 0);
  CHECK(test::lines_of(after.out).size() == test::lines_of(before).size());
}

TEST_CASE("cli: without a node a command says so and exits 4", "[processes][cli]") {
  const test::scratch files;
  test::write_file(files.path("token"), "no-such-token\n");
  const auto r = test::run({test::program("vedette"), "status", "--server",
                            "http://127.0.0.1:" + std::to_string(test::free_port()), "--token-file",
                            files.path("token")});
  CHECK(r.code == 4);
  CHECK(test::lines_of(r.err).size() == 1);
}

TEST_CASE("cli: what is no command and what cannot be written is said in one line",
          "[processes][cli]") {
  const test::scratch files;
  test::write_file(files.path("file"), "");
  struct row {
    const char* why;
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  const std::vector<row> rows{
      {"no command", {"vedette", "aletrs"}, 2, "no command aletrs"},
      {"no folder to write into",
       {"vedette", "simulate", "--events", "3", "--out", files.path("nowhere/logs")},
       1,
       "cannot open"},
      {"a folder below a file",
       {"vedette", "simulate", "--events", "3", "--out", files.path("file/")},
       1,
       "cannot open"},
      {"no room for the last of it",
       {"vedette", "simulate", "--events", "1", "--scenario", "benign", "--out", "/dev/full"},
       1,
       "disk is full"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    auto words = r.words;
    words[0] = test::program(words[0]);
    const auto got = test::run(words);
    INFO(got.err);
    CHECK(got.code == r.code);
    CHECK(test::lines_of(got.err).size() == 1);
    CHECK(got.err.find(r.says) != std::string::npos);
  }
  const auto daemon = test::run({test::program("vedetted"), "--no-such-option"});
  CHECK(daemon.code == 2);
}
