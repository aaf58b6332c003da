// What `vedette replay` and `vedette send` make of bad input: one line, the exit code of the
// contract, the reason in quarantine, and every good record beside it.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

// What a process may take beyond what it needs for one good record: its buffers for records of at
// most 4 MiB, a window, and under the sanitizer the bytes around all of them.
constexpr std::uint64_t slack_bytes = std::uint64_t{72} << 20;
const std::vector<std::pair<std::string, std::string>> frugal{
    {"ASAN_OPTIONS", "quarantine_size_mb=4"}};

test::finished replay_bad(std::vector<std::string> words) {
  words.insert(words.begin(), {test::program("vedette"), "replay"});
  words.insert(words.end(), {"--format", "json", "--stats"});
  return test::run(words, 120s, frugal);
}

/// The alert of the identity in JSON lines, or nothing.
std::string alert_of(const std::string& lines, const std::string& identity) {
  for (const auto& line : test::lines_of(lines))
    if (line.find("user/" + identity + "\"") != std::string::npos)
      return line;
  return {};
}

/// Lines of standard error that are ours and not the figures.
std::vector<std::string> said(const test::finished& r) {
  auto out = test::lines_of(r.err);
  std::erase_if(out, [](const auto& line) { return line.starts_with("{"); });
  return out;
}

void check_what_was_said(const test::bad_input& row, const test::finished& got) {
  INFO(got.err);
  CHECK(got.code == row.code);
  const auto lines = said(got);
  for (const auto& line : lines)
    CHECK(line.starts_with("vedette: "));
  const std::string wanted = row.says;
  if (wanted.empty())
    CHECK(lines.empty());
  else
    CHECK(std::any_of(lines.begin(), lines.end(),
                      [&](const auto& l) { return l.find(wanted) != std::string::npos; }));
  // A file that ends in the middle has one thing wrong with it and one record.
  CHECK(lines.size() <= 2);
}

void check_alert(const test::bad_input& row, const std::string& alert) {
  INFO(alert);
  if (row.counted == 0)
    CHECK(alert.empty());
  else
    CHECK(alert.find("\"count\":" + std::to_string(row.counted) + ",") != std::string::npos);
}

} // namespace

TEST_CASE("replay: bad input is named in one line, and what is readable is still read",
          "[processes][replay]") {
  const test::scratch files;
  test::write_file(files.path("good"), test::good_record("someone", 1));
  const auto plain = replay_bad({files.path("good")}).peak_rss_bytes;
  REQUIRE(plain > 0);
  for (const auto& row : test::bad_inputs()) {
    INFO(row.why);
    test::write_file(files.path("input"), row.bytes("eve"));
    const auto got = replay_bad({files.path("input")});
    check_what_was_said(row, got);
    check_alert(row, alert_of(got.out, "eve"));
    CHECK(got.err.find(row.figure) != std::string::npos);
    CHECK(got.err.find(row.reason) != std::string::npos);
    CHECK(got.peak_rss_bytes < plain + slack_bytes);
  }
}

TEST_CASE("replay: what cannot be read at all is named, and the files beside it are read",
          "[processes][replay]") {
  const test::scratch files;
  test::write_file(files.path("good"), test::good_record("eve", 1));
  std::filesystem::create_directories(files.path("empty-folder"));
  std::filesystem::create_directories(files.path("no-logs"));
  test::write_file(files.path("no-logs") + "/readme.txt", "no log\n");
  test::write_file(files.path("archive.zip"), std::string{"PK\x03\x04\x14\x00\x00\x00", 8});
  test::write_file(files.path("picture.png"), "\x89PNG\r\n\x1a\n" + std::string(600, '\x01'));
  struct row {
    const char* why;
    std::string path;
    const char* says;
  };
  const std::vector<row> rows{
      {"it is not there", files.path("nowhere.json"), "No such file"},
      {"a folder with nothing in it", files.path("empty-folder"), "no log file"},
      {"a folder without log files", files.path("no-logs"), "readme.txt"},
      {"an archive", files.path("archive.zip"), "unpack it first"},
      {"a picture", files.path("picture.png"), "quarantined"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto alone = replay_bad({r.path});
    INFO(alone.err);
    CHECK(alone.code == 3);
    CHECK(alone.out.empty());
    REQUIRE(said(alone).size() == 1);
    CHECK(said(alone).front().find(r.says) != std::string::npos);
    const auto beside = replay_bad({r.path, files.path("good")});
    CHECK(beside.code == 3);
    CHECK(!alert_of(beside.out, "eve").empty());
  }
  const auto twice = replay_bad({files.path("nowhere.json"), files.path("no-logs")});
  CHECK(twice.code == 3);
  CHECK(said(twice).size() == 2);
}

TEST_CASE("replay: a mistake in what was asked for is a usage error before anything is read",
          "[processes][replay]") {
  const test::scratch files;
  test::write_file(files.path("good"), test::good_record("eve", 1));
  struct row {
    const char* why;
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  const std::vector<row> rows{
      {"a severity that is none", {"--min-severity", "awful"}, 2, "min-severity"},
      {"a tenant's name that is none", {"--tenant", "A B"}, 2, "--tenant"},
      {"a pointer that is none", {"--unwrap", "data"}, 2, "data"},
      {"a rule that is not there", {"--only", "no-such-rule"}, 1, "no-such-rule"},
      {"a list that is not there", {"--tor-list", files.path("tor")}, 1, "tor"},
      {"a folder of rules that is not there", {"--rules", files.path("rules")}, 1, "rules"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    auto words = r.words;
    words.insert(words.begin(), files.path("good"));
    const auto got = replay_bad(words);
    INFO(got.err);
    CHECK(got.code == r.code);
    CHECK(got.out.empty());
    REQUIRE(said(got).size() == 1);
    CHECK(said(got).front().find(r.says) != std::string::npos);
  }
}

TEST_CASE("send: bad input is named in one line, kept in quarantine, and what is good counts",
          "[processes][send]") {
  const test::scratch files;
  const test::node_address at;
  test::child node{{test::program("vedetted"), "--data-dir", files.path("data")},
                   files.path("log"),
                   at.environment()};
  REQUIRE(node.says("ready:", 60s));
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), test::program("vedette"));
    words.insert(words.end(),
                 {"-o", "json", "--data-dir", files.path("data"), "--server", at.server()});
    return test::run(words);
  };
  int number = 0;
  for (const auto& row : test::bad_inputs()) {
    INFO(row.why);
    const auto identity = "row-" + std::to_string(++number);
    test::write_file(files.path("input"), row.bytes(identity));
    // Every row is a stream of its own.
    const auto got = test::run({test::program("vedette"), "send", files.path("input"), "--to",
                                at.sink(), "--source", identity},
                               120s, frugal);
    check_what_was_said(row, got);
    std::string alert;
    const auto until = std::chrono::steady_clock::now() + 20s;
    do {
      alert = alert_of(ask({"alerts", "list", "--limit", "1000"}).out, identity);
      if (row.counted == 0 ||
          alert.find("\"count\":" + std::to_string(row.counted) + ",") != std::string::npos)
        break;
      std::this_thread::sleep_for(50ms);
    } while (std::chrono::steady_clock::now() < until);
    check_alert(row, alert);
    if (row.reason[0] == '\0')
      continue;
    std::size_t kept = 0;
    for (const auto& line : test::lines_of(ask({"quarantine", "list", "--limit", "1000"}).out))
      if (line.find(identity) != std::string::npos) {
        ++kept;
        INFO(line);
        const auto* reason = row.reason_at_node != nullptr ? row.reason_at_node : row.reason;
        CHECK(test::member(line, "reason").find(reason) != std::string::npos);
      }
    CHECK(kept == 1);
  }
  node.signal(SIGTERM);
  const auto code = node.wait(10s);
  REQUIRE(code);
  CHECK(*code == 0);
}
