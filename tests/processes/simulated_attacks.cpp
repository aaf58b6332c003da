// What `vedette simulate` says it did, `vedette replay` finds: all of it, and in quiet traffic
// nothing that would wake anybody. The two share no threshold, only the files between them.
#include "base/time.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace vedette;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

base::event_time time_of(const std::string& line, const std::string& name) {
  const auto t = base::parse_rfc3339(test::member(line, name));
  REQUIRE(t);
  return *t;
}

/// Elements of a flat list of strings.
std::vector<std::string> list_of(const std::string& line, const std::string& name) {
  const auto open = line.find("\"" + name + "\":[");
  REQUIRE(open != std::string::npos);
  std::vector<std::string> out;
  for (auto at = line.find('[', open); line[at] != ']';) {
    const auto begin = line.find('"', at) + 1, end = line.find('"', begin);
    out.push_back(line.substr(begin, end - begin));
    at = end + 1;
  }
  return out;
}

std::string identity_of(const std::string& alert) {
  const auto at = alert.find("\"identity\":{");
  return at == std::string::npos ? std::string{} : test::member(alert.substr(at), "id");
}

struct story {
  std::vector<std::string> labels;
  std::map<std::string, std::vector<std::string>> alerts; ///< by tenant, JSON lines
};

/// Writes the traffic, then replays each tenant's with the lists and settings that belong to it.
story told(const std::vector<std::string>& options) {
  const test::scratch files;
  std::vector<std::string> words{test::program("vedette"),
                                 "simulate",
                                 "--out",
                                 files.path("logs/"),
                                 "--labels",
                                 files.path("labels"),
                                 "--lists",
                                 files.path("lists")};
  words.insert(words.end(), options.begin(), options.end());
  REQUIRE(test::run(words).code == 0);
  story out;
  out.labels = test::lines_of(text_of(files.path("labels")));
  for (const auto& entry : std::filesystem::directory_iterator{files.path("logs")}) {
    const auto tenant = entry.path().stem().string();
    const auto list = [&](const std::string& name) { return files.path("lists/" + name); };
    const auto r =
        test::run({test::program("vedette"), "replay", entry.path().string(), "--tenant", tenant,
                   "--tenant-config", list(tenant + ".yaml"), "--geoip", list("geo.csv"), "--asn",
                   list("asn.csv"), "--cloud-ranges", list("cloud-ranges.json"), "--tor-list",
                   list("tor.txt"), "--vpn-list", list("vpn.txt"), "--format", "json"});
    INFO(r.err);
    REQUIRE(r.code == 0);
    out.alerts[tenant] = test::lines_of(r.out);
  }
  return out;
}

/// An alert of that rule, about that identity, that overlaps the attack in time. Records carry
/// whole seconds.
bool found(const std::vector<std::string>& alerts, const std::string& label,
           const std::string& rule) {
  const auto from = std::chrono::floor<std::chrono::seconds>(time_of(label, "first"));
  const auto to = time_of(label, "last");
  return std::any_of(alerts.begin(), alerts.end(), [&](const std::string& a) {
    return test::member(a, "rule") == rule && identity_of(a) == test::member(label, "identity") &&
           time_of(a, "first_event") <= to && time_of(a, "last_event") >= from;
  });
}

} // namespace

TEST_CASE("simulate: every labelled attack is found by each rule its label names",
          "[processes][simulate]") {
  struct row {
    std::vector<std::string> options;
    const char* why;
  };
  const row rows[] = {
      {{"--scenario", "demo"}, "the story of the demo"},
      {{"--seed", "5", "--events", "40000", "--attacks", "11"}, "each kind once in each tenant"},
      {{"--seed", "6", "--events", "40000", "--attacks", "11", "--late"},
       "delivered late, shuffled, some records twice"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto s = told(r.options);
    std::set<std::string> kinds;
    for (const auto& label : s.labels) {
      const auto alerts = s.alerts.find(test::member(label, "tenant"));
      REQUIRE(alerts != s.alerts.end());
      kinds.insert(test::member(label, "attack"));
      const auto rules = list_of(label, "rules");
      CHECK_FALSE(rules.empty());
      for (const auto& rule : rules) {
        INFO(rule << ": " << test::member(label, "story"));
        CHECK(found(alerts->second, label, rule));
      }
    }
    CHECK(kinds.size() == 11);
  }
}

TEST_CASE("simulate: in benign traffic nothing above low is raised", "[processes][simulate]") {
  const auto s = told({"--scenario", "benign", "--events", "60000", "--span", "3d"});
  CHECK(s.labels.empty());
  CHECK(s.alerts.size() == 3);
  for (const auto& [tenant, alerts] : s.alerts)
    for (const auto& a : alerts) {
      INFO(a);
      const auto severity = test::member(a, "severity");
      CHECK((severity == "info" || severity == "low"));
    }
}
