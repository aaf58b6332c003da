// `vedette normalize` as a user runs it: any source in, OCSF out, and what could not be read said.
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

using namespace vedette;

namespace {

std::string log(const char* name) {
  const char* dir = std::getenv("VEDETTE_SOURCE_DIR");
  return std::string{dir != nullptr ? dir : "."} + "/tests/data/logs/" + name;
}

test::finished normalize(std::vector<std::string> words) {
  words.insert(words.begin(), {test::program("vedette"), "normalize"});
  return test::run(words);
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("normalize: records of any source come out as OCSF, in the order of their times",
          "[processes][normalize]") {
  const auto r = normalize({log("s3_access.log"), log("guardduty.json"), "--tenant", "acme"});
  INFO(r.err);
  CHECK(r.code == 0);
  const auto lines = test::lines_of(r.out);
  REQUIRE(lines.size() == 7);
  for (const auto& line : lines) {
    INFO(line);
    CHECK(says(line, R"("metadata":{"version":"1.8.0")"));
    CHECK(says(line, R"("tenant_uid":"acme")"));
    CHECK(says(line, R"("type_uid":)"));
  }
  CHECK(std::ranges::any_of(lines, [](const auto& l) { return says(l, "\"class_uid\":6005"); }));
}

TEST_CASE("normalize: reads what it printed", "[processes][normalize]") {
  const test::scratch files;
  const auto once = normalize({log("vpc_flow_default.log")});
  CHECK(once.code == 0);
  const auto printed = files.path("once.json");
  std::ofstream{printed} << once.out;
  const auto twice = normalize({printed, "--source", "ocsf"});
  INFO(twice.err);
  CHECK(twice.code == 0);
  CHECK(twice.out == once.out);
}

TEST_CASE("normalize: says what it could not read, and does the rest", "[processes][normalize]") {
  const auto r = normalize({log("vpc_flow_custom.log")});
  CHECK(r.code == 3);
  CHECK(test::lines_of(r.out).size() == 3);
  CHECK(says(r.err, "1 of 4 records were quarantined: 1 line has other columns than its header"));
  const auto other = normalize({log("s3_access.log"), "--source", "vpc_flow"});
  CHECK(other.code == 3);
  CHECK(other.out.empty());
  CHECK(says(other.err, "record is of format 's3_access', not 'vpc_flow'"));
}

TEST_CASE("normalize: refuses what cannot be meant", "[processes][normalize]") {
  CHECK(normalize({}).code == 2);
  const auto source = normalize({log("s3_access.log"), "--source", "moon"});
  CHECK(source.code == 2);
  CHECK(says(source.err, "--source moon: not one of auto, aws, "));
  CHECK(normalize({log("s3_access.log"), "--columns", "a b c"}).code == 2);
  const auto list = normalize({"--list"});
  CHECK(list.code == 0);
  CHECK(says(list.out, "ocsf\n"));
}
