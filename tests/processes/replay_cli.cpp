// `vedette replay` as a user runs it: real logs, and the same output whatever the number of threads
// and the order of arrival.
#include "tests/processes/final_alerts.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

using namespace vedette;

namespace {

test::finished replay_json(std::vector<std::string> words) {
  words.insert(words.begin(), {test::program("vedette"), "replay"});
  words.insert(words.end(), {"--format", "json"});
  return test::run(words);
}

/// "rule:severity" of each alert.
std::multiset<std::string> alerts_of(const std::string& json_lines) {
  const auto member = [](const std::string& line, const std::string& name) {
    const auto at = line.find("\"" + name + "\":\"") + name.size() + 4;
    return line.substr(at, line.find('"', at) - at);
  };
  std::multiset<std::string> out;
  for (const auto& line : test::lines_of(json_lines))
    out.insert(member(line, "rule") + ":" + member(line, "severity"));
  return out;
}

/// A day of one tenant with a dozen attacks, one record a line.
std::string simulated(const test::scratch& files) {
  auto logs = files.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "20000",
                     "--attacks", "12", "--seed", "11", "--out", logs})
              .code == 0);
  return logs;
}

} // namespace

TEST_CASE("replay: techniques recorded by a red team raise what they should and nothing else high",
          "[processes][replay]") {
  const auto data = test::shared_data();
  if (!data) {
    std::puts("skipped: replay of recorded techniques (no sample logs on this machine)");
    return;
  }
  // Without any history. Files not named raise nothing high.
  const std::map<std::string, std::set<std::string>> wanted{
      {"aws.defense-evasion.cloudtrail-delete", {"audit-log-tampered"}},
      {"aws.defense-evasion.cloudtrail-stop", {"audit-log-tampered"}},
      {"aws.defense-evasion.cloudtrail-event-selectors", {"audit-log-tampered"}},
      {"aws.defense-evasion.vpc-remove-flow-logs", {"audit-log-tampered"}},
      {"aws.defense-evasion.dns-delete-logs", {"audit-log-tampered"}},
      {"aws.persistence.iam-create-admin-user", {"identity-created", "iam-policy-attached"}},
      {"aws.persistence.iam-create-backdoor-role", {"identity-created", "iam-policy-attached"}},
      {"aws.persistence.iam-backdoor-user", {"identity-created"}},
      {"aws.persistence.iam-create-user-login-profile", {"identity-created"}},
      {"aws.persistence.rolesanywhere-create-trust-anchor", {"identity-created"}},
      {"aws.persistence.iam-backdoor-role", {"iam-policy-attached"}},
      {"aws.exfiltration.ec2-share-ebs-snapshot", {"snapshots-export-multiple"}},
      {"aws.exfiltration.ec2-share-ami", {"snapshots-export-multiple"}},
      {"aws.exfiltration.rds-share-snapshot", {"snapshots-export-multiple"}},
      {"aws.exfiltration.ec2-security-group-open-port-22-ingress", {"workload-vulnerable"}},
      {"aws.persistence.lambda-backdoor-function", {"workload-vulnerable"}},
      {"aws.credential-access.ec2-get-password-data", {"iam-denied-actions"}},
      {"aws.discovery.ec2-download-user-data", {"iam-denied-actions"}},
  };
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{*data / "aws_stratus"}) {
    if (entry.path().extension() != ".json")
      continue;
    ++files;
    const auto name = entry.path().stem().string();
    INFO(name);
    const auto r = replay_json({entry.path().string()});
    CHECK(r.code == 0);
    const auto got = alerts_of(r.out);
    const auto expected = wanted.find(name);
    if (expected != wanted.end())
      for (const auto& rule : expected->second)
        CHECK(std::any_of(got.begin(), got.end(),
                          [&](const auto& a) { return a.starts_with(rule + ":"); }));
    for (const auto& a : got) {
      // Whoever is made and made an administrator within the hour is a chain, and high.
      const bool chain =
          a == "identity-created:high" && name.find("iam-create") != std::string::npos;
      if (a.ends_with(":high") || a.ends_with(":critical"))
        CHECK((chain || a.starts_with("audit-log-tampered:")));
      if (name.find("share") != std::string::npos)
        CHECK(a == "snapshots-export-multiple:low");
    }
  }
  CHECK(files >= 30);
  const auto benign = replay_json({(*data / "aws_cloudtrail_s3").string()});
  CHECK(benign.code == 0);
  for (const auto& a : alerts_of(benign.out))
    CHECK(!a.ends_with(":high"));
}

TEST_CASE(
    "replay: one thread and two print the same bytes, in any order of arrival within the lateness",
    "[processes][replay]") {
  const test::scratch files;
  const auto logs = simulated(files);
  const auto one = replay_json({logs});
  REQUIRE(one.code == 0);
  CHECK(alerts_of(one.out).size() > 5);
  CHECK(replay_json({logs, "--threads", "2"}).out == one.out);
  CHECK(replay_json({logs, "--threads", "4"}).out == one.out);

  // Each record arrives up to twenty minutes later than it happened.
  const auto cat = test::run({"/bin/cat", logs});
  std::vector<std::pair<std::int64_t, std::string>> late;
  test::random chance{5};
  for (const auto& line : test::lines_of(cat.out)) {
    const auto at = line.find("\"eventTime\":\"") + 13;
    const auto number = [&](std::size_t offset) { return std::stoi(line.substr(at + offset, 2)); };
    // All of one day or two; the day of the month tells which.
    const std::int64_t second = ((number(8) * 24 + number(11)) * 60 + number(14)) * 60 + number(17);
    late.emplace_back(second + static_cast<std::int64_t>(chance.below(1200)), line);
  }
  std::stable_sort(late.begin(), late.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string shuffled;
  for (const auto& [when, line] : late)
    shuffled += line + "\n";
  test::write_file(files.path("shuffled.json"), shuffled);
  CHECK(replay_json({files.path("shuffled.json")}).out == one.out);
}

TEST_CASE("replay: what several files say of the same hours counts as if one file had said it",
          "[processes][replay]") {
  const test::scratch files;
  const auto logs = simulated(files);
  const auto one = replay_json({logs});
  REQUIRE(one.code == 0);
  REQUIRE(alerts_of(one.out).size() > 5);

  // Three collectors that each saw a part of everything, and one that began at noon.
  std::array<std::string, 4> parts;
  test::random chance{9};
  const auto lines = test::lines_of(test::run({"/bin/cat", logs}).out);
  for (std::size_t i = 0; i < lines.size(); ++i)
    parts[chance.below(i < lines.size() / 2 ? 3 : 4)] += lines[i] + "\n";
  std::filesystem::create_directory(files.path("parts"));
  for (std::size_t i = 0; i < parts.size(); ++i)
    test::write_file(files.path("parts/" + std::to_string(i) + ".json"), parts[i]);
  const auto apart = replay_json({files.path("parts"), "--stats"});
  CHECK(apart.out == one.out);
  CHECK(apart.err.find("\"late\":0,") != std::string::npos);
  CHECK(replay_json({files.path("parts"), "--threads", "2"}).out == one.out);
}

TEST_CASE("replay: a log in two parts with a kept state ends in what the whole log says",
          "[processes][replay]") {
  const test::scratch files;
  const auto logs = simulated(files), state = files.path("state");
  const auto whole = replay_json({logs});
  REQUIRE(alerts_of(whole.out).size() > 5);
  const auto lines = test::lines_of(test::run({"/bin/cat", logs}).out);
  std::array<std::string, 2> parts;
  for (std::size_t i = 0; i < lines.size(); ++i)
    parts[i < lines.size() * 3 / 5 ? 0 : 1] += lines[i] + "\n";
  for (std::size_t i = 0; i < parts.size(); ++i)
    test::write_file(files.path(std::to_string(i) + ".json"), parts[i]);

  const auto first = replay_json({files.path("0.json"), "--state", state});
  REQUIRE(first.code == 0);
  const auto second = replay_json({files.path("1.json"), "--state", state, "--threads", "2"});
  INFO(second.err);
  REQUIRE(second.code == 0);
  CHECK(second.out !=
        replay_json({files.path("1.json")}).out); // what was learned makes a difference
  // Of an alert that grew the second says more, in its next revision.
  std::map<std::string, std::string> last;
  for (const auto* said : {&first.out, &second.out})
    for (const auto& line : test::lines_of(*said)) {
      const auto at = line.find("\"alert_id\":\"") + 12;
      last[line.substr(at, line.find('"', at) - at)] = line;
    }
  std::string together;
  for (const auto& [id, line] : last)
    together += line + "\n";
  CHECK(test::final_alerts(together) == test::final_alerts(whole.out));

  // Of windows that are over nothing is said again.
  const auto again = alerts_of(replay_json({files.path("0.json"), "--state", state}).out);
  CHECK(again.size() < alerts_of(first.out).size());
  CHECK(std::none_of(again.begin(), again.end(),
                     [](const auto& a) { return a.starts_with("storage-objects"); }));
  const auto other = replay_json({files.path("1.json"), "--state", state, "--tenant", "globex"});
  CHECK(other.code != 0);
  CHECK(other.err.find("keeps the state of tenant local") != std::string::npos);
}

TEST_CASE("replay: a named source takes its own format and quarantines others with both names",
          "[processes][replay]") {
  const test::scratch files;
  const auto log = files.path("mixed.jsonl");
  test::write_file(
      log,
      R"({"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventID":"e-1"})"
      "\n"
      R"({"time":"2026-01-02T03:04:05.1234567Z","category":"Administrative","operationName":"MICROSOFT.COMPUTE/DISKS/DELETE","resultType":"Success","callerIpAddress":"203.0.113.9","identity":{"claims":{"oid":"a11ce000"}}})"
      "\n");
  struct row {
    const char* source;
    int code;
    const char* events;
    const char* reason;
  };
  for (const auto& r : {row{"auto", 0, "\"events\":2", ""},
                        row{"azure", 3, "\"events\":1", "record is of format 'aws', not 'azure'"},
                        row{"aws", 3, "\"events\":1", "record is of format 'azure', not 'aws'"},
                        row{"gcp", 3, "\"events\":0", "record is of format 'aws', not 'gcp'"}}) {
    INFO(r.source);
    const auto said = replay_json({log, "--source", r.source, "--stats"});
    CHECK(said.code == r.code);
    CHECK(said.err.find(r.events) != std::string::npos);
    CHECK(said.err.find(r.reason) != std::string::npos);
  }
  const auto unknown = replay_json({log, "--source", "elsewhere"});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("--source elsewhere: not one of auto, aws, ") != std::string::npos);
}

TEST_CASE("rules: every shipped rule passes the cases it carries", "[processes][rules]") {
  const auto r = test::run({test::program("vedette"), "rules", "test"}, std::chrono::seconds{300});
  INFO(r.out);
  CHECK(r.code == 0);
  CHECK(r.out.find(" 0 failed") != std::string::npos);
}
