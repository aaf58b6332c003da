#include "ingest/formats/clf_time.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::is_digit;

constexpr std::string_view clf_shape = "00/Aaa/0000:00:00:00 +0000";

bool has_shape(std::string_view text) noexcept {
  return text.size() == clf_shape.size() &&
         std::ranges::equal(text, clf_shape, [](char c, char wanted) {
           return wanted == '0'   ? is_digit(c)
                  : wanted == '+' ? c == '+' || c == '-'
                  : wanted == 'A' || wanted == 'a'
                      ? (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
                      : c == wanted;
         });
}

} // namespace

std::optional<base::event_time> parse_clf_time(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!has_shape(text))
    return std::nullopt;
  const auto month = std::ranges::find(months, text.substr(3, 3));
  if (month == months.end())
    return std::nullopt;
  // The same in RFC 3339, so that one reader decides which days and hours there are.
  std::array<char, 25> rfc{};
  auto* to = rfc.data();
  const auto put = [&](std::string_view part) { to = std::copy(part.begin(), part.end(), to); };
  const auto n = static_cast<int>(month - months.begin()) + 1;
  const std::array<char, 4> two{'-', static_cast<char>('0' + n / 10),
                                static_cast<char>('0' + n % 10), '-'};
  put(text.substr(7, 4));
  put({two.data(), two.size()});
  put(text.substr(0, 2));
  put("T");
  put(text.substr(12, 8));
  put(text.substr(21, 3));
  put(":");
  put(text.substr(24, 2));
  return base::parse_rfc3339({rfc.data(), rfc.size()});
}

} // namespace vedette::ingest
