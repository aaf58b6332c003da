#include "ingest/record_time.hpp"

#include "ingest/formats/clf_time.hpp"
#include "ingest/json_reader.hpp"

#include <charconv>

namespace vedette::ingest {

namespace {

bool names_a_time(std::string_view key) noexcept {
  return key.find("ime") != std::string_view::npos || key == "published" || key == "start" ||
         key.starts_with("created");
}

std::optional<base::event_time> as_text(std::string_view text) noexcept {
  const auto t = base::parse_rfc3339(text);
  return t ? t : parse_clf_time(text);
}

std::optional<base::event_time> since_1970(std::string_view digits) noexcept {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (ec != std::errc{} || end == digits.data())
    return {};
  // 2001 to 2286 in either unit; what is between them is neither.
  if (n >= 1'000'000'000 && n < 10'000'000'000)
    return base::event_time{std::chrono::seconds{n}};
  if (n >= 1'000'000'000'000 && n < 7'000'000'000'000)
    return base::event_time{std::chrono::milliseconds{n}};
  return {};
}

} // namespace

std::optional<base::event_time> time_of(std::string_view record) noexcept {
  for (member_reader m{read_value(record)}; m.next();) {
    if (!names_a_time(m.key()))
      continue;
    const auto& v = m.value();
    const auto t = v.kind == json_kind::text     ? as_text(v.inner())
                   : v.kind == json_kind::number ? since_1970(v.raw)
                                                 : std::nullopt;
    if (t)
      return t;
  }
  return {};
}

} // namespace vedette::ingest
