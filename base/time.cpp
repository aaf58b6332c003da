#include "base/time.hpp"

#include <fmt/format.h>

namespace vedette::base {

namespace {

using namespace std::chrono;

/// Reads exactly `digits` decimal digits at `pos`, moving past them.
std::optional<int> take_digits(std::string_view text, std::size_t& pos, int digits) noexcept {
  if (text.size() - pos < static_cast<std::size_t>(digits))
    return std::nullopt;
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    char c = text[pos++];
    if (c < '0' || c > '9')
      return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool take(std::string_view text, std::size_t& pos, char wanted) noexcept {
  if (pos >= text.size() || text[pos] != wanted)
    return false;
  ++pos;
  return true;
}

} // namespace

std::optional<event_time> parse_rfc3339(std::string_view text) noexcept {
  std::size_t pos = 0;
  auto y = take_digits(text, pos, 4);
  if (!y || !take(text, pos, '-'))
    return std::nullopt;
  auto mo = take_digits(text, pos, 2);
  if (!mo || !take(text, pos, '-'))
    return std::nullopt;
  auto d = take_digits(text, pos, 2);
  if (!d || !(take(text, pos, 'T') || take(text, pos, 't') || take(text, pos, ' ')))
    return std::nullopt;
  auto h = take_digits(text, pos, 2);
  if (!h || !take(text, pos, ':'))
    return std::nullopt;
  auto mi = take_digits(text, pos, 2);
  if (!mi || !take(text, pos, ':'))
    return std::nullopt;
  auto s = take_digits(text, pos, 2);
  if (!s)
    return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, pos, '.')) {
    std::int64_t scale = 100'000'000;
    auto start = pos;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10)
      fraction += (text[pos] - '0') * scale;
    if (pos == start || pos - start > 9)
      return std::nullopt;
  }
  auto offset = minutes{0};
  if (take(text, pos, 'Z') || take(text, pos, 'z')) {
    // UTC
  } else if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) {
    bool west = text[pos++] == '-';
    auto oh = take_digits(text, pos, 2);
    if (!oh || *oh > 23)
      return std::nullopt;
    take(text, pos, ':');
    auto om = take_digits(text, pos, 2);
    if (!om || *om > 59)
      return std::nullopt;
    offset = hours{*oh} + minutes{*om};
    if (west)
      offset = -offset;
  } else {
    return std::nullopt;
  }
  if (pos != text.size() || *y < 1970 || *y > 2199 || *h > 23 || *mi > 59 || *s > 60)
    return std::nullopt;
  auto date = year{*y} / month{static_cast<unsigned>(*mo)} / day{static_cast<unsigned>(*d)};
  if (!date.ok())
    return std::nullopt;
  // A leap second counts as the first second of the next minute, as POSIX time has it.
  return event_time{sys_days{date}} + hours{*h} + minutes{*mi} + seconds{*s} - offset +
         nanoseconds{fraction};
}

std::string format_rfc3339(event_time t) {
  auto days_part = floor<days>(t);
  year_month_day date{days_part};
  auto rest = t - days_part;
  auto h = duration_cast<hours>(rest);
  auto m = duration_cast<minutes>(rest - h);
  auto s = duration_cast<seconds>(rest - h - m);
  auto ns = (rest - h - m - s).count();
  auto out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), h.count(), m.count(), s.count());
  if (ns % 1'000'000 == 0) {
    if (ns != 0)
      out += fmt::format(".{:03}", ns / 1'000'000);
  } else if (ns % 1'000 == 0) {
    out += fmt::format(".{:06}", ns / 1'000);
  } else {
    out += fmt::format(".{:09}", ns);
  }
  out += 'Z';
  return out;
}

std::optional<duration> parse_duration(std::string_view text) noexcept {
  std::size_t pos = 0;
  std::int64_t value = 0;
  while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9') {
    if (value > 1'000'000'000)
      return std::nullopt;
    value = value * 10 + (text[pos++] - '0');
  }
  if (pos == 0)
    return std::nullopt;
  auto unit = text.substr(pos);
  // Nanoseconds in 64 bits reach 292 years; what does not fit is refused, not wrapped.
  const auto times = [value](auto one) -> std::optional<duration> {
    const std::int64_t ns = duration{one}.count();
    if (value > duration::max().count() / ns)
      return std::nullopt;
    return duration{value * ns};
  };
  if (unit == "ms")
    return times(milliseconds{1});
  if (unit == "s")
    return times(seconds{1});
  if (unit == "m")
    return times(minutes{1});
  if (unit == "h")
    return times(hours{1});
  if (unit == "d")
    return times(days{1});
  if (unit == "w")
    return times(weeks{1});
  return std::nullopt;
}

std::string format_duration(duration d) {
  auto count = d.count();
  struct unit {
    std::int64_t ns;
    const char* name;
  };
  for (auto [ns, name] :
       {unit{duration{days{1}}.count(), "d"}, unit{duration{hours{1}}.count(), "h"},
        unit{duration{minutes{1}}.count(), "m"}, unit{duration{seconds{1}}.count(), "s"},
        unit{duration{milliseconds{1}}.count(), "ms"}})
    if (count != 0 && count % ns == 0)
      return fmt::format("{}{}", count / ns, name);
  return count == 0 ? "0s" : fmt::format("{}ns", count);
}

} // namespace vedette::base
