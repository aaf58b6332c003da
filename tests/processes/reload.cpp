// Rule files change under a running node, and under one that is killed: nothing is lost or doubled,
// and what was matched under the old files is never read under the new ones.
#include "tests/processes/final_alerts.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using environment = std::vector<std::pair<std::string, std::string>>;

/// Sorts before every shipped file and matches what everybody does, so every index moves and the
/// new rule is busy at once.
constexpr const char* new_rule = R"(
title: Something was listed or read
name: test-listing
level: low
logsource: {product: aws, service: cloudtrail}
detection: {seen: {eventName|startswith: [List, Describe, Get]}, condition: seen}
)";
/// With a pattern that takes a backtracking matcher for ever.
constexpr const char* another_rule = R"(
title: A role was taken
name: test-role
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  seen: {eventName|startswith: Assume}
  slow: {userAgent|re: '^(([a-zA-Z0-9./ ]+)+)+[^a-zA-Z0-9./ ;:()_,*+#-]$'}
  condition: seen or slow
)";

/// The content of the source tree in a folder that the test may change.
std::string own_content(const test::scratch& files, const std::string& name) {
  const char* tree = std::getenv("VEDETTE_SOURCE_DIR");
  REQUIRE(tree != nullptr);
  const auto to = files.path(name);
  fs::copy(fs::path{tree} / "rules", to, fs::copy_options::recursive);
  return to;
}

/// Of two sorted lists.
std::vector<std::string> only_in(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

struct running_node {
  running_node(const test::scratch& files, const test::node_address& at, environment also)
      : files_{files}, at_{at}, environment_{at.environment()} {
    environment_.insert(environment_.end(), also.begin(), also.end());
    start();
  }
  void start() {
    child = std::make_unique<test::child>(
        std::vector<std::string>{test::program("vedetted"), "--data-dir", files_.path("data")},
        files_.path("node-" + std::to_string(++starts_) + ".log"), environment_);
    const bool ready = child->says("ready:", 120s);
    INFO(child->log());
    REQUIRE(ready);
  }
  void kill() {
    child->signal(SIGKILL);
    REQUIRE(child->wait(10s));
  }
  [[nodiscard]] std::vector<std::string> ask(std::vector<std::string> words) const {
    words.insert(words.begin(), test::program("vedette"));
    for (const auto& w :
         {std::string{"--data-dir"}, files_.path("data"), std::string{"--server"}, at_.server()})
      words.push_back(w);
    return test::lines_of(test::run(words).out);
  }
  /// Final alerts without those of the test's own rules; theirs go to `others`.
  [[nodiscard]] std::vector<std::string> alerts(std::vector<std::string>& others) const {
    std::vector<std::string> out;
    others.clear();
    std::string text;
    for (const auto& line : ask({"alerts", "list", "-o", "json", "--limit", "100000"}))
      text += line + "\n";
    for (auto& line : test::final_alerts(text))
      (line.find("\"test-") == std::string::npos ? out : others).push_back(std::move(line));
    return out;
  }

  std::unique_ptr<test::child> child;

 private:
  const test::scratch& files_;
  const test::node_address& at_;
  environment environment_;
  int starts_ = 0;
};

} // namespace

TEST_CASE("reload: rules change under load and across a kill, and the alerts are what they must be",
          "[processes][reload]") {
  const test::scratch files;
  const test::node_address at;
  const auto content = own_content(files, "content");
  const auto shipped = own_content(files, "shipped");
  const auto logs = files.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "120000",
                     "--attacks", "12", "--seed", "311", "--out", logs})
              .code == 0);
  const auto truth = test::run({test::program("vedette"), "replay", logs, "--format", "json"}, 600s,
                               {{"VEDETTE_CONTENT", shipped}});
  REQUIRE(truth.code == 0);
  const auto expected = test::final_alerts(truth.out);
  REQUIRE(expected.size() > 10);

  running_node node{files, at, {{"VEDETTE_CONTENT", content}}};
  test::child collector{
      {test::program("vedette"), "send", logs, "--to", at.sink(), "--source", "reload"},
      files.path("send.log")};
  // Stopped while the test is slow, so that there is load whenever something happens.
  const auto some_are_in = [&] {
    for (int i = 0; i < 500; ++i) {
      for (const auto& line : node.ask({"status"}))
        if (line.rfind("Detect", 0) == 0 && line.find(" 0 events") == std::string::npos)
          return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  };
  CHECK(some_are_in());
  collector.signal(SIGSTOP);
  REQUIRE(collector.running());

  // 1. A broken file and one whose pattern is refused: both are named, and nothing changes.
  test::write_file(content + "/detections/00-broken.yaml",
                   "title: half a rule\ndetection: {a: [\n");
  test::write_file(content + "/detections/01-wrong.yaml",
                   "title: x\nname: x\nlogsource: {product: aws}\ndetection: {a: {b|nosuch: c}, "
                   "condition: a}\n");
  node.child->signal(SIGHUP);
  REQUIRE(node.child->says("generation 1 stays in force", 60s));
  CHECK(node.child->log().find("00-broken.yaml") != std::string::npos);
  CHECK(node.child->log().find("01-wrong.yaml") != std::string::npos);

  // 2. A new rule in front of all others.
  fs::remove(content + "/detections/00-broken.yaml");
  fs::remove(content + "/detections/01-wrong.yaml");
  test::write_file(content + "/detections/00-new.yaml", new_rule);
  collector.signal(SIGCONT);
  node.child->signal(SIGHUP);
  REQUIRE(node.child->says("generation 2 (", 60s));
  CHECK(node.child->log().find("1 rule added (test-listing)") != std::string::npos);

  CHECK(collector.running());

  // 3. Killed with both generations in the log, and the files change once more while it is down.
  node.kill();
  test::write_file(content + "/detections/zz-role.yaml", another_rule);
  fs::rename(content + "/detections/00-new.yaml", content + "/detections/zy-new.yaml");
  node.start();
  CHECK(node.child->log().find("generation 3 (") != std::string::npos);
  node.kill();
  node.start();
  CHECK(node.child->log().find("generation 3 (") != std::string::npos);
  CHECK(node.child->log().find("the files changed") == std::string::npos);

  const auto sent = collector.wait(300s);
  INFO(collector.log());
  REQUIRE(sent);
  CHECK(*sent == 0);
  std::vector<std::string> got, others;
  for (int i = 0; i < 150 && got != expected; ++i) {
    std::this_thread::sleep_for(200ms);
    got = node.alerts(others);
  }
  CHECK(only_in(expected, got) == std::vector<std::string>{});
  CHECK(only_in(got, expected) == std::vector<std::string>{});
  CHECK_FALSE(others.empty());
  std::set<std::string> ids;
  for (const auto& lines : {got, others})
    for (const auto& line : lines)
      CHECK(ids.insert(line.substr(0, line.find(','))).second);
  bool shown = false;
  for (const auto& line : node.ask({"status"}))
    shown = shown || line.find("generation 3 (") != std::string::npos;
  CHECK(shown);

  node.child->signal(SIGTERM);
  const auto code = node.child->wait(15s);
  REQUIRE(code);
  CHECK(*code == 0);
}

TEST_CASE("reload: SIGHUP takes over the log level and tenants, and says when nothing changed",
          "[processes][reload]") {
  const test::scratch files;
  const test::node_address at;
  const auto config = files.path("node.yaml");
  test::write_file(config, "tenants: {acme: {accounts: [\"111122223333\"]}}\n");
  test::child node{
      {test::program("vedetted"), "--config", config, "--data-dir", files.path("data")},
      files.path("node.log"),
      at.environment()};
  REQUIRE(node.says("ready:", 60s));
  node.signal(SIGHUP);
  REQUIRE(node.says("nothing changed, generation 1", 60s));
  test::write_file(config, "log: {level: debug}\n"
                           "tenants: {acme: {accounts: [\"444455556666\"]}, globex: {}}\n");
  node.signal(SIGHUP);
  REQUIRE(node.says("generation 2 (", 60s));
  CHECK(node.log().find("tenants changed") != std::string::npos);
  const auto status = test::run({test::program("vedette"), "status", "--data-dir",
                                 files.path("data"), "--server", at.server()});
  CHECK(status.out.find("generation 2 (") != std::string::npos);
  test::write_file(config, "log: {level: loud}\ntenants: {globex: {acounts: [x]}}\n");
  node.signal(SIGHUP);
  REQUIRE(node.says("log.level must be", 60s));
  REQUIRE(node.says("acounts", 60s));
  CHECK(node.log().find("generation 3") == std::string::npos);
  node.signal(SIGTERM);
  const auto code = node.wait(15s);
  REQUIRE(code);
  CHECK(*code == 0);
}
