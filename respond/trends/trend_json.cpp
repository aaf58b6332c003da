#include "respond/trends/trend_report.hpp"

#include <cmath>
#include <string_view>

namespace vedette::respond {
namespace {

double rounded(double v) {
  return std::round(v * 100) / 100;
}

void write(const trend_growth& g, base::json_writer& out) {
  out.begin_object().member("from", g.from).member("to", g.to).key("percent");
  if (const auto p = g.percent())
    out.value(rounded(*p));
  else
    out.null();
  out.end_object();
}

/// The members of a line, inside an object that the caller opened.
void write_members(const trend_line& l, std::string_view name, base::json_writer& out) {
  out.member(name, l.name).member("alerts", l.alerts).key("per_day");
  if (l.per_day)
    out.value(rounded(*l.per_day));
  else
    out.null();
  out.member("share_percent", rounded(l.share * 100)).key("growth");
  if (l.growth)
    write(*l.growth, out);
  else
    out.null();
  out.array("periods", l.periods);
}

void write(const std::vector<trend_line>& lines, std::string_view list, std::string_view name,
           base::json_writer& out) {
  out.key(list).begin_array();
  for (const auto& l : lines) {
    out.begin_object();
    write_members(l, name, out);
    out.end_object();
  }
  out.end_array();
}

void write(const std::vector<trend_peak>& peaks, base::json_writer& out) {
  constexpr std::string_view kinds[] = {"all", "severity", "rule"};
  out.key("peaks").begin_array();
  for (const auto& p : peaks) {
    out.begin_object().member("of", kinds[static_cast<int>(p.what)]).member("name", p.name);
    out.member("month", p.month).key("growth");
    write(p.growth, out);
    out.end_object();
  }
  out.end_array();
}

} // namespace

void describe(const trend_counts& counts, base::day_number since, base::day_number until,
              base::json_writer& out) {
  const auto& d = counts.all();
  out.begin_object().member("exact_from", d.exact_from).key("rules").begin_array();
  for (const auto& name : d.rules)
    out.value(name);
  out.value(trend_others).end_array().key("counts").begin_array();
  for (auto day = d.days.lower_bound(since); day != d.days.end() && day->first < until; ++day)
    for (const auto& c : day->second) {
      if (c.alerts == 0)
        continue;
      const auto rule = c.rule == trend_counts::others ? d.rules.size() : c.rule;
      out.begin_array().value(day->first).value(std::uint64_t{rule});
      out.value(static_cast<int>(c.severity)).value(static_cast<int>(c.what)).value(c.alerts);
      out.end_array();
    }
  out.end_array().end_object();
}

void describe(const trend_report& r, const std::vector<std::string>& unreachable,
              base::json_writer& out) {
  out.begin_object().member("since", to_date(r.since)).member("until", to_date(r.until));
  out.member("by", to_string(r.by)).member("whole_days", r.whole_days);
  if (r.exact_from > r.since)
    out.member("exact_from", to_date(r.exact_from));
  out.key("periods").begin_array();
  for (const auto& p : r.periods)
    out.begin_object()
        .member("name", p.name)
        .member("first", to_date(p.first))
        .member("end", to_date(p.end))
        .member("whole", p.whole)
        .end_object();
  out.end_array().key("all").begin_object();
  write_members(r.all, "name", out);
  out.end_object().key("severities").begin_array();
  for (const auto& s : r.severities) {
    out.begin_object();
    write_members(s.line, "severity", out);
    write(s.rules, "rules", "rule", out);
    out.end_object();
  }
  out.end_array();
  write(r.rules, "rules", "rule", out);
  write(r.classes, "resource_classes", "class", out);
  write(r.tenants, "tenants", "tenant", out);
  write(r.peaks, out);
  out.array("unreachable", unreachable).end_object();
}

} // namespace vedette::respond
