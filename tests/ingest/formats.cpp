#include "tests/ingest/new_records.hpp"

#include <set>

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("no mark belongs to two formats", "[ingest][formats]") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& format : formats()) {
    INFO(format.name);
    CHECK_FALSE(format.marks.empty());
    CHECK(format.make() != nullptr);
    for (const auto& mark : format.marks)
      CHECK(seen.insert({mark.key, mark.value}).second);
  }
}

TEST_CASE("a record is of the format whose mark it bears first", "[ingest][formats]") {
  struct row {
    const char* why;
    std::string record;
    const char* format;
  };
  const auto r = GENERATE(values<row>({
      {"CloudTrail", record_with(""), "aws"},
      {"CloudTrail, other order",
       R"({"apiVersion":"2010-05-08","eventName":"x","userIdentity":{}})", "aws"},
      {"Kubernetes", kubernetes_with(""), "kubernetes"},
      {"Kubernetes, sorted by name", R"({"annotations":{"a":{"insertId":1}},"auditID":"1"})",
       "kubernetes"},
      {"Google Cloud", gcp_with(""), "gcp"},
      {"Google Cloud, sorted by name", R"({ "insertId" : "1"})", "gcp"},
      {"marks inside do not count", R"({"a":{"protoPayload":{}},"b":["auditID"],"c":"logName"})",
       ""},
      {"another object of Kubernetes", R"({"apiVersion":"v1","kind":"Event"})", ""},
      {"nothing", "{}", ""},
      {"no object", "[1]", ""},
      {"a cut", R"({"kind":"Ev)", ""},
      {"empty", "", ""},
  }));
  INFO(r.why);
  const auto found = recognise(r.record);
  CHECK((found == no_format ? std::string_view{} : formats()[found].name) == r.format);
}

TEST_CASE("any cut of a record of any format is quarantined or kept, never more",
          "[ingest][formats][bad]") {
  for (const auto& text : {kubernetes_with(""), gcp_with("")})
    for (std::size_t size = 0; size < text.size(); ++size) {
      INFO("first " << size << " bytes");
      const auto run = run_text(text.substr(0, size));
      CHECK(run->batch.events.empty());
      CHECK(run->quarantined.size() >= (size > 0 ? 1U : 0U));
    }
}

TEST_CASE("formats may stand side by side in one stream", "[ingest][formats]") {
  const auto run = run_text(record_with("") + "\n" + kubernetes_with("") + "\n" + gcp_with(""));
  REQUIRE(run->batch.events.size() == 3);
  CHECK(to_string(run->batch.events[0].provider) == to_string(base::cloud::aws));
  CHECK(to_string(run->batch.events[1].provider) == to_string(base::cloud::kubernetes));
  CHECK(to_string(run->batch.events[2].provider) == to_string(base::cloud::gcp));
}
