// `vedette trends` as a user runs it over old logs, without a node.
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <string>
#include <vector>

using namespace vedette;

namespace {

std::string alert(int id, const std::string& day) {
  return R"({"alert_id":"a)" + std::to_string(id) +
         R"(","tenant":"local","rule":"impossible-travel","severity":"high","state":"final",)"
         R"("revision":1,"first_event":")" +
         day + R"(T10:00:00Z","resources":["arn:aws:iam::1:role/app"]})" + "\n";
}

test::finished trends(std::vector<std::string> words) {
  words.insert(words.begin(), {test::program("vedette"), "trends"});
  return test::run(words);
}

} // namespace

TEST_CASE("trends: old logs are counted from what replay prints, without a node",
          "[processes][trends]") {
  const test::scratch files;
  const auto logs = files.path("logs.json"), alerts = files.path("alerts.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "20000",
                     "--attacks", "12", "--seed", "11", "--out", logs})
              .code == 0);
  const auto replayed = test::run({test::program("vedette"), "replay", logs, "-o", "json"});
  REQUIRE(replayed.code == 0);
  std::ofstream{alerts} << replayed.out;
  const auto found = test::lines_of(replayed.out).size();
  REQUIRE(found > 0);
  const auto table = trends({"--from", alerts});
  INFO(table.out << table.err);
  CHECK(table.code == 0);
  CHECK(table.out.find("Daily averages") != std::string::npos);
  const auto json = trends({"--from", alerts, "--by", "day", "-o", "json"});
  CHECK(json.code == 0);
  CHECK(json.out.find("\"name\": \"all\",\n    \"alerts\": " + std::to_string(found) + ",") !=
        std::string::npos);
}

TEST_CASE("trends: lines that are no alerts are told and cost no others", "[processes][trends]") {
  const test::scratch files;
  const auto path = files.path("alerts.json");
  std::ofstream{path} << alert(1, "2024-01-01") << "nonsense\n"
                      << alert(2, "2024-01-31") << alert(3, "2024-02-29") << alert(4, "2024-02-01")
                      << alert(5, "2024-02-02");
  const auto got = trends({"--from", path});
  INFO(got.out << got.err);
  CHECK(got.code == 3);
  CHECK(got.err.find("1 lines are no alerts and were left out; line 2: ") != std::string::npos);
  CHECK(got.out.find("growth from 2024-01 to 2024-02") != std::string::npos);
  CHECK(got.out.find("+50.0 %") != std::string::npos);
  CHECK(trends({"--from", files.path("none")}).code == 3);
  CHECK(trends({"--from", path, "--since", "tomorrow"}).code == 2);
}

TEST_CASE("trends: an input without any alert is no report", "[processes][trends]") {
  const test::scratch files;
  struct row {
    std::string text;
    const char* says;
  };
  for (const auto& r : {row{"", "it holds no alert"}, row{"{}\nnonsense\n", "none of 2 lines"}}) {
    INFO(r.text);
    test::write_file(files.path("input"), r.text);
    const auto got = test::run({test::program("vedette"), "trends", "--from", files.path("input")});
    INFO(got.err);
    CHECK(got.code == 3);
    CHECK(got.out.empty());
    CHECK(test::lines_of(got.err).size() == 1);
    CHECK(got.err.find(r.says) != std::string::npos);
  }
}
