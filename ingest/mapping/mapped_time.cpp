#include "ingest/mapping/mapped_time.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace vedette::ingest {

namespace {

using base::event_time;
using base::is_digit;
using std::string_view;

std::optional<event_time> parse_number(string_view text, time_unit unit) noexcept {
  constexpr std::array<std::int64_t, 5> scales{0, 1'000'000'000, 1'000'000, 1'000, 1};
  const auto scale = scales[static_cast<std::size_t>(unit)];
  std::int64_t whole = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), whole);
  constexpr std::int64_t seconds_end = 7'258'118'400; // the year 2200
  if (failed != std::errc{} || scale == 0 || whole < 0 ||
      whole / (1'000'000'000 / scale) >= seconds_end)
    return std::nullopt;
  auto out = whole * scale;
  const string_view rest{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2)
      return std::nullopt;
    auto digit = scale;
    for (char c : rest.substr(1)) {
      if (!is_digit(c))
        return std::nullopt;
      digit /= 10;
      out += (c - '0') * digit;
    }
  }
  return event_time{std::chrono::nanoseconds{out}};
}

} // namespace

std::optional<event_time> parse_mapped_time(string_view text, time_unit unit) noexcept {
  constexpr std::size_t longest = 40;
  if (text.size() > longest)
    return std::nullopt;
  if (!text.empty() && std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }))
    return parse_number(text, unit);
  // Copied without the blank before the offset, and with the offset that UTC needs.
  std::array<char, longest + 1> buffer{};
  std::size_t size = 0;
  constexpr std::size_t date_and_time = 19;
  if (text.ends_with("UTC"))
    text.remove_suffix(3);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i < date_and_time || text[i] != ' ')
      buffer[size++] = text[i];
  const string_view tail{buffer.data() + std::min(size, date_and_time),
                         size - std::min(size, date_and_time)};
  if (tail.find_first_not_of(".0123456789") == string_view::npos)
    buffer[size++] = 'Z';
  return base::parse_rfc3339({buffer.data(), size});
}

} // namespace vedette::ingest
