// The report against the threat report's own figures: a year is made from them, counted alert by
// alert, and must come out as they are.
#include "respond/trends/trend_report.hpp"
#include "tests/respond/samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace vedette;
using namespace vedette::respond;
using base::severity;
using samples::day;

namespace {

using year = std::array<std::uint64_t, 12>;

/// Spreads each month's alerts over its days.
void fill(trend_counts& to, const std::string& rule, severity s, resource_class what,
          const year& months) {
  auto first = day("2024-01-01");
  for (const auto alerts : months) {
    const auto month = period_of(first, period_kind::month);
    const auto days = static_cast<std::uint64_t>(month.end - month.first);
    for (std::uint64_t d = 0; d < days; ++d)
      for (auto n = alerts * (d + 1) / days - alerts * d / days; n > 0; --n)
        to.add({rule}, {first + static_cast<base::day_number>(d), s, what});
    first = month.end;
  }
}

/// From January's to December's, in a straight line.
year rising(double from, double to) {
  year out;
  for (std::size_t m = 0; m < out.size(); ++m)
    out[m] =
        static_cast<std::uint64_t>(std::lround(from + (to - from) * static_cast<double>(m) / 11));
  return out;
}

year minus(year a, const year& b) {
  for (std::size_t m = 0; m < a.size(); ++m)
    a[m] -= b[m];
  return a;
}

trend_table table_of(const trend_counts& counts, trend_table::question q) {
  trend_table out{std::move(q)};
  const auto place = out.tenant("acme", counts.all().exact_from);
  for_each(counts, 0, 1 << 20,
           [&](base::day_number d, std::string_view rule, severity s, resource_class what,
               std::uint64_t alerts) { out.add(place, d, rule, s, what, alerts); });
  return out;
}

/// Figures F2 to F15: what the months of 2024 grew by.
const trend_counts& report_year() {
  static const auto made = [] {
    trend_counts c;
    const year high{2000, 1800, 1400, 1000, 3810, 2500, 1500, 4560, 1000, 3470, 3018, 6700};
    const year medium{5000, 4500, 4000, 3500, 3500, 10010, 12412, 11000, 9500, 8000, 7000, 6050};
    const auto token = rising(20, 60), download = rising(100, 405), snapshots = rising(100, 145);
    const auto travel = rising(250, 540), outside = rising(500, 800);
    fill(c, "serverless-token-remote-use", severity::high, resource_class::function, token);
    fill(c, "storage-objects-suspicious-download", severity::high, resource_class::object,
         download);
    fill(c, "snapshots-export-multiple", severity::high, resource_class::snapshot, snapshots);
    fill(c, "others-high", severity::high, resource_class::instance,
         minus(minus(minus(high, token), download), snapshots));
    fill(c, "impossible-travel", severity::medium, resource_class::user, travel);
    fill(c, "compute-identity-outside-region", severity::medium, resource_class::instance, outside);
    fill(c, "others-medium", severity::medium, resource_class::bucket,
         minus(minus(medium, travel), outside));
    fill(c, "others-low", severity::low, resource_class::other, rising(4000, 4400));
    fill(c, "others-info", severity::info, resource_class::other, rising(4000, 56050));
    return c;
  }();
  return made;
}

trend_table::question asking(period_kind by = period_kind::month) {
  trend_table::question q;
  q.by = by;
  q.now = day("2025-01-01");
  q.until = q.now;
  return q;
}

const trend_line& line(const std::vector<trend_line>& lines, std::string_view name) {
  for (const auto& l : lines)
    if (l.name == name)
      return l;
  FAIL("no line " << name);
  return lines.front();
}

const trend_severity& of(const trend_report& r, severity s) {
  for (const auto& one : r.severities)
    if (one.severity == s)
      return one;
  FAIL("no severity " << to_string(s));
  return r.severities.front();
}

double percent(const trend_line& l) {
  REQUIRE(l.growth);
  REQUIRE(l.growth->percent());
  return *l.growth->percent();
}

} // namespace

TEST_CASE("trends: the year of the threat report grows by what it says") {
  const auto r = report_of(table_of(report_year(), asking()));
  REQUIRE(r.periods.size() == 12);
  CHECK(r.periods.front().name == "2024-01");
  CHECK(std::ranges::all_of(r.periods, &period::whole));
  CHECK(r.whole_days == 366);
  const auto near = [](double wanted) { return Approx(wanted).margin(0.5); };
  CHECK(percent(of(r, severity::high).line) == near(235));
  CHECK(percent(of(r, severity::medium).line) == near(21));
  CHECK(percent(of(r, severity::low).line) == near(10));
  CHECK(percent(r.all) == near(388));
  CHECK(percent(line(r.rules, "impossible-travel")) == near(116));
  CHECK(percent(line(r.rules, "compute-identity-outside-region")) == near(60));
  CHECK(percent(line(r.rules, "snapshots-export-multiple")) == near(45));
  CHECK(percent(line(r.rules, "storage-objects-suspicious-download")) == near(305));
  CHECK(percent(line(r.rules, "serverless-token-remote-use")) == near(200));
  CHECK(r.all.alerts == of(r, severity::high).line.alerts + of(r, severity::medium).line.alerts +
                            of(r, severity::low).line.alerts + of(r, severity::info).line.alerts);
}

TEST_CASE("trends: the largest rise of high alerts is May's, by 281 percent") {
  const auto r = report_of(table_of(report_year(), asking(period_kind::week)));
  std::vector<std::pair<std::string, double>> high;
  std::size_t of_rules = 0;
  for (const auto& p : r.peaks) {
    if (p.what == trend_peak::of::severity && p.name == "high")
      high.emplace_back(p.month, std::round(*p.growth.percent()));
    of_rules += p.what == trend_peak::of::rule;
  }
  REQUIRE(high.size() >= 4);
  high.resize(4);
  CHECK(high == std::vector<std::pair<std::string, double>>{
                    {"2024-05", 281}, {"2024-10", 247}, {"2024-08", 204}, {"2024-12", 122}});
  CHECK(r.peaks.size() - of_rules == limits::trend_peaks);
  CHECK(of_rules <= limits::trend_peaks);
}

TEST_CASE("trends: what hardly ever happens is no peak") {
  trend_counts c;
  year few{};
  few[0] = limits::trend_peak_base - 1;
  few[1] = 500;
  fill(c, "rare", severity::high, resource_class::other, few);
  auto q = asking();
  q.since = day("2024-01-01");
  CHECK(report_of(table_of(c, q)).peaks.empty());
  few[0] = limits::trend_peak_base;
  trend_counts d;
  fill(d, "rare", severity::high, resource_class::other, few);
  CHECK(report_of(table_of(d, q)).peaks.size() == 3);
}

TEST_CASE("trends: daily averages are those of the threat report's two tables") {
  struct row {
    const char* rule;
    severity s;
    double per_day;
    double share;
  };
  constexpr std::array rows{
      row{"serverless-token-remote-use", severity::high, 24.68, 19.1},
      row{"storage-objects-suspicious-download", severity::high, 21.09, 16.3},
      row{"storage-delete-protection-disabled", severity::high, 20.19, 15.6},
      row{"compute-allocation-many-regions", severity::high, 11.11, 8.6},
      row{"k8s-node-account-outside-cluster", severity::high, 11, 8.5},
      row{"compute-allocation-suspicious-regions", severity::high, 10, 7.7},
      row{"snapshots-export-multiple", severity::high, 9.33, 7.2},
      row{"serverless-role-remote-use", severity::high, 7.79, 6.0},
      row{"compute-allocation-unusual", severity::high, 7.73, 6.0},
      row{"compute-allocation-unusual-regions", severity::high, 6.42, 5.0},
      row{"iam-denied-actions", severity::medium, 80, 34.2},
      row{"compute-identity-outside-region", severity::medium, 36.32, 15.5},
      row{"snapshots-export-multiple", severity::medium, 10, 4.3},
  };
  constexpr int days = 100;
  trend_counts c;
  for (const auto& r : rows)
    for (long n = 0; n < std::lround(r.per_day * days); ++n)
      c.add({r.rule}, {day("2024-01-01") + static_cast<base::day_number>(n % days), r.s,
                       resource_class::other});
  auto q = asking();
  q.until = q.now = day("2024-01-01") + days;
  const auto report = report_of(table_of(c, q));
  CHECK(report.whole_days == days);
  const auto& high = of(report, severity::high);
  CHECK(*high.line.per_day == Approx(129.34));
  REQUIRE(high.rules.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(high.rules[i].name == rows[i].rule);
    CHECK(*high.rules[i].per_day == Approx(rows[i].per_day));
    CHECK(high.rules[i].share * 100 == Approx(rows[i].share).margin(0.05));
  }
  CHECK(of(report, severity::medium).rules.front().name == "iam-denied-actions");
  CHECK(*line(report.rules, "snapshots-export-multiple").per_day == Approx(19.33));
}

TEST_CASE("trends: growth from nothing is no number, and without two whole periods there is none") {
  trend_counts c;
  fill(c, "theft", severity::high, resource_class::key, {0, 5});
  auto q = asking();
  q.since = day("2024-01-01");
  q.until = day("2024-03-01");
  const auto grown = report_of(table_of(c, q)).all.growth;
  REQUIRE(grown);
  CHECK(grown->from == 0);
  CHECK(grown->to == 5);
  CHECK_FALSE(grown->percent());
  q.since = day("2024-01-02");
  CHECK_FALSE(report_of(table_of(c, q)).all.growth);
  CHECK(*trend_growth{4, 0}.percent() == -100);
}

TEST_CASE("trends: the day that is still running is shown and averages leave it out") {
  trend_counts c;
  for (int n = 0; n < 6; ++n)
    c.add({"theft"}, {day("2024-03-01") + n / 2, severity::high, resource_class::key});
  auto q = asking(period_kind::day);
  q.now = day("2024-03-03");
  q.until.reset();
  const auto r = report_of(table_of(c, q));
  CHECK(r.all.alerts == 6);
  CHECK(r.all.periods == std::vector<std::uint64_t>{2, 2, 2});
  CHECK(r.whole_days == 2);
  CHECK(*r.all.per_day == 2);
  CHECK_FALSE(r.periods.back().whole);
}

TEST_CASE("trends: filters narrow what is counted, not the time it is laid over") {
  auto q = asking();
  q.rule = "impossible-travel";
  q.min_severity = severity::medium;
  const auto r = report_of(table_of(report_year(), q));
  REQUIRE(r.rules.size() == 1);
  CHECK(r.all.alerts == r.rules.front().alerts);
  CHECK(r.since == day("2024-01-01"));
  q.min_severity = severity::high;
  CHECK(report_of(table_of(report_year(), q)).all.alerts == 0);
  CHECK(report_of(table_of({}, asking())).all.alerts == 0);
}

TEST_CASE("trends: no more time is reported than is kept") {
  auto q = asking(period_kind::day);
  q.since = day("1980-01-01");
  q.until = day("2100-01-01");
  const auto r = report_of(table_of(report_year(), q));
  CHECK(r.periods.size() == static_cast<std::size_t>(limits::trend_days));
  CHECK(r.until == q.now + 1);
  CHECK(r.all.alerts == report_of(table_of(report_year(), asking())).all.alerts);
}

TEST_CASE("trends: tenants are laid on top of each other and told apart") {
  trend_table t{asking()};
  const auto both = [&](std::string name, base::day_number exact_from, std::uint64_t alerts) {
    const auto place = t.tenant(std::move(name), exact_from);
    for (auto d = day("2024-11-01"); d < day("2025-01-01"); ++d)
      t.add(place, d, "theft", severity::high, resource_class::key, alerts);
  };
  both("acme", 0, 1);
  both("globex", day("2024-11-15"), 3);
  const auto r = report_of(t);
  CHECK(r.all.alerts == 4 * 61);
  REQUIRE(r.tenants.size() == 2);
  CHECK(r.tenants.back().name == "globex");
  CHECK(r.tenants.back().share == 0.75);
  CHECK(*r.tenants.front().per_day == 1);
  CHECK(line(r.classes, "key").alerts == r.all.alerts);
  // A tenant's counts before it counted exactly spoil the period for all.
  CHECK_FALSE(r.periods.front().whole);
  CHECK(r.periods.back().whole);
}
