#include "respond/trends/trend_report.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace vedette::respond {
namespace {

/// Adds up lines over one cutting of the range.
class line_book {
 public:
  explicit line_book(const trend_report& r) : report_{r} {}

  void add(trend_line& to, base::day_number day, std::uint64_t alerts) {
    to.alerts += alerts;
    to.periods.resize(report_.periods.size());
    to.periods[place_of_day(day)] += alerts;
    if (day < report_.since + report_.whole_days)
      whole_[&to] += alerts;
  }
  /// When all of a list is added. `of`: what the shares are of.
  void finish(trend_line& line, std::uint64_t of) {
    line.periods.resize(report_.periods.size());
    const auto whole = whole_.extract(&line);
    if (report_.whole_days > 0)
      line.per_day = whole ? static_cast<double>(whole.mapped()) / report_.whole_days : 0;
    line.share = of == 0 ? 0 : static_cast<double>(line.alerts) / static_cast<double>(of);
    line.growth = growth_of(line);
  }

 private:
  [[nodiscard]] std::size_t place_of_day(base::day_number day) const {
    const auto behind = std::ranges::upper_bound(report_.periods, day, {}, &period::first);
    VEDETTE_ASSERT(behind != report_.periods.begin());
    return static_cast<std::size_t>(behind - report_.periods.begin()) - 1;
  }

  [[nodiscard]] std::optional<trend_growth> growth_of(const trend_line& line) const {
    const auto& all = report_.periods;
    const auto first = std::ranges::find(all, true, &period::whole);
    const auto last = std::ranges::find(all.rbegin(), all.rend(), true, &period::whole);
    if (first == all.end() || &*first == &*last)
      return std::nullopt;
    return trend_growth{line.periods[static_cast<std::size_t>(first - all.begin())],
                        line.periods[static_cast<std::size_t>(all.rend() - last) - 1]};
  }

  const trend_report& report_;
  std::map<const trend_line*, std::uint64_t> whole_; ///< alerts of whole days
};

bool larger(const trend_line& x, const trend_line& y) {
  return x.alerts != y.alerts ? x.alerts > y.alerts : x.name < y.name;
}

/// Finishes lines that were added up by name, and orders them.
template <class Lines>
std::vector<trend_line> finished(Lines& lines, line_book& book, std::uint64_t of) {
  std::vector<trend_line> out;
  for (auto& [name, line] : lines) {
    line.name = name;
    book.finish(line, of);
    out.push_back(line);
  }
  std::ranges::sort(out, larger);
  return out;
}

using lines_by_name = std::map<std::string, trend_line, std::less<>>;
trend_line& line_of(lines_by_name& lines, std::string_view name) {
  auto found = lines.find(name);
  if (found == lines.end())
    found = lines.emplace(std::string{name}, trend_line{}).first;
  return found->second;
}

/// What is compared from month to month, whatever the report is cut into.
using months = std::map<std::pair<trend_peak::of, std::string>, std::vector<std::uint64_t>>;

bool steeper(const trend_peak& x, const trend_peak& y) {
  const auto a = x.growth.percent().value_or(0), b = y.growth.percent().value_or(0);
  return a != b ? a > b : std::pair{x.month, x.name} < std::pair{y.month, y.name};
}

void append_peaks(const months& counts, const std::vector<period>& cut, bool rules,
                  std::vector<trend_peak>& out) {
  std::vector<trend_peak> found;
  for (const auto& [whose, per_month] : counts) {
    if ((whose.first == trend_peak::of::rule) != rules)
      continue;
    for (std::size_t i = 1; i < cut.size(); ++i) {
      const trend_growth g{per_month[i - 1], per_month[i]};
      if (cut[i - 1].whole && cut[i].whole && g.from >= limits::trend_peak_base && g.to > g.from)
        found.push_back({whose.first, whose.second, cut[i].name, g});
    }
  }
  std::ranges::sort(found, steeper);
  found.resize(std::min(found.size(), limits::trend_peaks));
  out.insert(out.end(), found.begin(), found.end());
}

std::vector<trend_peak> peaks_of(const std::vector<trend_table::row>& rows, const trend_report& r,
                                 base::day_number now) {
  const auto cut = periods_of(std::max(r.since, r.exact_from), r.until, now, period_kind::month);
  months counts;
  const auto add = [&](trend_peak::of what, std::string_view name, std::size_t month,
                       std::uint64_t alerts) {
    auto& to = counts[{what, std::string{name}}];
    to.resize(cut.size());
    to[month] += alerts;
  };
  for (const auto& row : rows) {
    const auto behind = std::ranges::upper_bound(cut, row.day, {}, &period::first);
    if (behind == cut.begin())
      continue;
    const auto month = static_cast<std::size_t>(behind - cut.begin()) - 1;
    add(trend_peak::of::all, "all", month, row.alerts);
    add(trend_peak::of::severity, to_string(row.severity), month, row.alerts);
    add(trend_peak::of::rule, row.rule, month, row.alerts);
  }
  std::vector<trend_peak> out;
  append_peaks(counts, cut, false, out);
  append_peaks(counts, cut, true, out);
  return out;
}

/// The range, its cutting, and which periods are whole.
trend_report outline(const trend_table& t) {
  const auto& q = t.asked();
  trend_report r;
  r.by = q.by;
  r.exact_from = t.exact_from();
  r.since = t.since();
  r.until = t.until();
  r.whole_days = std::max(std::min(r.until, q.now) - r.since, 0);
  r.periods = periods_of(r.since, r.until, q.now, r.by);
  for (auto& p : r.periods)
    p.whole = p.whole && p.first >= r.exact_from;
  return r;
}

} // namespace

std::optional<double> trend_growth::percent() const noexcept {
  if (from == 0)
    return std::nullopt;
  return (static_cast<double>(to) / static_cast<double>(from) - 1) * 100;
}

trend_report report_of(const trend_table& t) {
  const auto rows = t.rows();
  auto r = outline(t);
  line_book book{r};
  lines_by_name rules, classes;
  std::array<trend_line, severities> by_severity;
  std::array<lines_by_name, severities> rules_of;
  for (const auto& row : rows) {
    const auto s = static_cast<std::size_t>(row.severity);
    book.add(r.all, row.day, row.alerts);
    book.add(by_severity[s], row.day, row.alerts);
    book.add(line_of(rules_of[s], row.rule), row.day, row.alerts);
    book.add(line_of(rules, row.rule), row.day, row.alerts);
    book.add(line_of(classes, to_string(row.what)), row.day, row.alerts);
  }
  r.all.name = "all";
  book.finish(r.all, r.all.alerts);
  for (auto s = severities; s-- > 0;) {
    auto& line = by_severity[s];
    if (line.alerts == 0)
      continue;
    line.name = to_string(static_cast<base::severity>(s));
    book.finish(line, r.all.alerts);
    r.severities.push_back(
        {static_cast<base::severity>(s), line, finished(rules_of[s], book, line.alerts)});
  }
  r.rules = finished(rules, book, r.all.alerts);
  r.classes = finished(classes, book, r.all.alerts);
  for (const auto& tenant : t.tenants()) {
    if (tenant.days.empty())
      continue;
    trend_line line;
    for (const auto& [day, alerts] : tenant.days)
      book.add(line, day, alerts);
    line.name = tenant.name;
    book.finish(line, r.all.alerts);
    r.tenants.push_back(std::move(line));
  }
  r.peaks = peaks_of(rows, r, t.asked().now);
  return r;
}

} // namespace vedette::respond
