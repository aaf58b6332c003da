#include "respond/trends/periods.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::respond {
namespace {

using namespace std::chrono;

base::day_number number_of(sys_days d) {
  return static_cast<base::day_number>(d.time_since_epoch().count());
}

period week_of(base::day_number day) {
  const sys_days d{days{day}};
  const auto monday = d - (weekday{d} - Monday);
  const year_month_day thursday{monday + days{3}};
  const sys_days january{thursday.year() / January / 1};
  const auto week = (monday + days{3} - january).count() / 7 + 1;
  return {fmt::format("{:04}-W{:02}", static_cast<int>(thursday.year()), week), number_of(monday),
          number_of(monday + days{7}), false};
}

period month_of(base::day_number day) {
  const year_month_day ymd{sys_days{days{day}}};
  const auto month = ymd.year() / ymd.month();
  return {
      fmt::format("{:04}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month())),
      number_of(sys_days{month / 1}), number_of(sys_days{(month + months{1}) / 1}), false};
}

} // namespace

std::string_view to_string(period_kind k) noexcept {
  constexpr std::string_view names[] = {"day", "week", "month"};
  return names[static_cast<int>(k)];
}

std::optional<period_kind> parse_period(std::string_view text) noexcept {
  for (const auto k : {period_kind::day, period_kind::week, period_kind::month})
    if (text == to_string(k))
      return k;
  return std::nullopt;
}

std::string to_date(base::day_number day) {
  const year_month_day ymd{sys_days{days{day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::optional<base::day_number> parse_day(std::string_view text) {
  constexpr std::size_t date_length = 10;
  auto t = text.size() == date_length ? base::parse_rfc3339(std::string{text} + "T00:00:00Z")
                                      : base::parse_rfc3339(text);
  return t ? std::optional{base::day_of(*t)} : std::nullopt;
}

period period_of(base::day_number day, period_kind k) {
  switch (k) {
  case period_kind::week:
    return week_of(day);
  case period_kind::month:
    return month_of(day);
  case period_kind::day:
    break;
  }
  return {to_date(day), day, day + 1, false};
}

std::vector<period> periods_of(base::day_number since, base::day_number until, base::day_number now,
                               period_kind k) {
  std::vector<period> out;
  for (auto day = since; day < until; day = out.back().end) {
    out.push_back(period_of(day, k));
    auto& p = out.back();
    p.whole = p.first >= since && p.end <= std::min(until, now);
  }
  return out;
}

} // namespace vedette::respond
