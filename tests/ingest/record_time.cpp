#include "ingest/record_time.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;

namespace {

std::string when(std::string_view record) {
  const auto t = ingest::time_of(record);
  return t ? base::format_rfc3339(*t) : "none";
}

} // namespace

TEST_CASE("record time: every vendor's own time is found whatever it is called", "[ingest]") {
  CHECK(when(R"({"eventVersion":"1.08","eventTime":"2026-01-02T03:04:05Z"})") ==
        "2026-01-02T03:04:05Z");
  CHECK(when(R"({"timestamp":"2026-01-02T03:04:05.5Z"})") == "2026-01-02T03:04:05.500Z");
  CHECK(when(R"({"published":"2026-01-02T03:04:05Z"})") == "2026-01-02T03:04:05Z");
  CHECK(when(R"({"@timestamp":1767323045000})") == "2026-01-02T03:04:05Z");
  CHECK(when(R"({"created_at":1767323045})") == "2026-01-02T03:04:05Z");
}

TEST_CASE("record time: a time that a caller wrote into a request is not the record's",
          "[ingest]") {
  CHECK(when(R"({"requestParameters":{"endTime":"2030-01-01T00:00:00Z"},)"
             R"("eventTime":"2026-01-02T03:04:05Z"})") == "2026-01-02T03:04:05Z");
  CHECK(when(R"({"userAgent":"\"eventTime\":\"2030-01-01T00:00:00Z\"",)"
             R"("eventTime":"2026-01-02T03:04:05Z"})") == "2026-01-02T03:04:05Z");
}

TEST_CASE("record time: what holds none has none", "[ingest]") {
  CHECK(when("") == "none");
  CHECK(when("nonsense") == "none");
  CHECK(when(R"(["eventTime"])") == "none");
  CHECK(when(R"({"eventTime":"yesterday","runtime":12})") == "none");
  CHECK(when(R"({"eventTime")") == "none");
}
