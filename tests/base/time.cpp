#include "base/time.hpp"
#include "tests/support/catch.hpp"

using namespace vedette::base;
using namespace std::chrono_literals;

TEST_CASE("time: RFC 3339 is read strictly and written back", "[base][time]") {
  struct row {
    const char* why;
    const char* text;
    const char* back; // null: refused
  };
  auto r = GENERATE(values<row>({
      {"CloudTrail's form", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"},
      {"milliseconds", "2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.120Z"},
      {"Kubernetes microseconds", "2026-01-02T03:04:05.000001Z", "2026-01-02T03:04:05.000001Z"},
      {"Go nanoseconds", "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"},
      {"an offset is turned to UTC", "2026-01-02T03:04:05+01:30", "2026-01-02T01:34:05Z"},
      {"a space for the T", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05Z"},
      {"a leap second is the next one", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
      {"no zone is no instant", "2026-01-02T03:04:05", nullptr},
      {"a day that is not", "2026-02-30T03:04:05Z", nullptr},
      {"before the epoch", "1969-12-31T23:59:59Z", nullptr},
      {"outside the range", "9999-01-01T00:00:00Z", nullptr},
      {"ten fraction digits", "2026-01-02T03:04:05.1234567890Z", nullptr},
      {"something after it", "2026-01-02T03:04:05Z ", nullptr},
      {"empty", "", nullptr},
  }));
  INFO(r.why);
  auto t = parse_rfc3339(r.text);
  REQUIRE(t.has_value() == (r.back != nullptr));
  if (t)
    CHECK(format_rfc3339(*t) == r.back);
}

TEST_CASE("time: a duration reads back as it was written", "[base][time]") {
  auto text = GENERATE("90s", "10m", "2h", "5d", "250ms", "0s");
  CHECK(format_duration(*parse_duration(text)) == text);
  CHECK(parse_duration("1w") == 168h);
  CHECK(!parse_duration("10"));
  CHECK(!parse_duration("m"));
  CHECK(!parse_duration("10 m"));
  CHECK(!parse_duration("99999999999d"));
  CHECK(!parse_duration("9999999999h"));
  CHECK(parse_duration("2000000h") == std::chrono::hours{2'000'000});
}
