#include "respond/trends/periods.hpp"
#include "tests/respond/samples.hpp"

using namespace vedette;
using namespace vedette::respond;
using samples::day;

TEST_CASE("periods: weeks are those of ISO 8601") {
  struct row {
    const char* why;
    const char* day;
    const char* week;
    const char* first;
  };
  const auto r = GENERATE(values<row>({
      {"a year that begins on Monday", "2024-01-01", "2024-W01", "2024-01-01"},
      {"its last days are of the next year", "2024-12-30", "2025-W01", "2024-12-30"},
      {"first days that are of the year before", "2027-01-01", "2026-W53", "2026-12-28"},
      {"a year of 53 weeks", "2020-12-31", "2020-W53", "2020-12-28"},
      {"a Sunday ends its week", "2026-03-15", "2026-W11", "2026-03-09"},
      {"the first day there is", "1970-01-01", "1970-W01", "1969-12-29"},
  }));
  INFO(r.why);
  const auto p = period_of(day(r.day), period_kind::week);
  CHECK(p.name == r.week);
  CHECK(to_date(p.first) == r.first);
  CHECK(p.end == p.first + 7);
}

TEST_CASE("periods: months are those of the calendar, and days are days") {
  const auto february = period_of(day("2024-02-29"), period_kind::month);
  CHECK(february.name == "2024-02");
  CHECK(to_date(february.first) == "2024-02-01");
  CHECK(february.end - february.first == 29);
  CHECK(period_of(day("2024-12-31"), period_kind::month).end == day("2025-01-01"));
  CHECK(period_of(day("2024-02-29"), period_kind::day).name == "2024-02-29");
}

TEST_CASE("periods: whole is what lies inside the range and is over") {
  struct row {
    const char* why;
    const char* since;
    const char* until;
    const char* now;
    std::vector<bool> whole;
  };
  const auto r = GENERATE(values<row>({
      {"all of it", "2024-01-01", "2024-04-01", "2024-04-01", {true, true, true}},
      {"begins late", "2024-01-02", "2024-04-01", "2024-04-01", {false, true, true}},
      {"ends early", "2024-01-01", "2024-03-31", "2024-04-01", {true, true, false}},
      {"its last day is still running",
       "2024-01-01",
       "2024-04-01",
       "2024-03-31",
       {true, true, false}},
      {"nothing", "2024-01-01", "2024-01-01", "2024-04-01", {}},
  }));
  INFO(r.why);
  const auto cut = periods_of(day(r.since), day(r.until), day(r.now), period_kind::month);
  std::vector<bool> whole;
  for (const auto& p : cut)
    whole.push_back(p.whole);
  CHECK(whole == r.whole);
}

TEST_CASE("periods: a day is read from a date or a time, and nothing else") {
  CHECK(day("2026-03-10") == day("2026-03-10T23:59:59Z"));
  CHECK(day("2026-03-10T23:30:00-01:00") == day("2026-03-11"));
  for (const auto* text : {"", "2026-3-10", "2026-02-30", "yesterday", "2026-03-10T"})
    CHECK_FALSE(parse_day(text));
  for (const auto k : {period_kind::day, period_kind::week, period_kind::month})
    CHECK(parse_period(to_string(k)) == k);
  CHECK_FALSE(parse_period("year"));
}
