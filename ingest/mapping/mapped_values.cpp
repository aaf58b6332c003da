#include "ingest/mapping/mapped_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace vedette::ingest {

using std::string_view;

string_view mapped_values::text_at(const json_value& v) const {
  const auto text = scalar_of(v, memory_);
  return any_holds(mapping_.empty, text) ? string_view{} : text;
}

string_view mapped_values::first_at(std::size_t pointer) const {
  string_view out;
  mapping_.plan.each(pointer, found_, [&](const json_value& v) {
    if (out.empty())
      out = text_at(v);
  });
  return out;
}

string_view mapped_values::put_together(const std::vector<mapped_part>& parts) const {
  constexpr std::size_t parts_max = 8;
  string_view values[parts_max];
  const auto count = std::min(parts.size(), parts_max);
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (parts[i].pointer != mapped_part::none) {
      values[i] = first_at(parts[i].pointer);
      if (values[i].empty())
        return {};
    }
    total += parts[i].text.size() + values[i].size();
  }
  if (count == 1 && parts[0].text.empty())
    return values[0];
  if (count == 1 && values[0].empty())
    return parts[0].text;
  auto* begin = static_cast<char*>(memory_.allocate(total, 1));
  auto* to = begin;
  for (std::size_t i = 0; i < count; ++i) {
    to = std::copy(parts[i].text.begin(), parts[i].text.end(), to);
    to = std::copy(values[i].begin(), values[i].end(), to);
  }
  return {begin, total};
}

string_view mapped_values::first(const mapped_value& value) const {
  for (const auto& alternative : value)
    if (applies(alternative))
      if (const auto text = put_together(alternative.parts); !text.empty())
        return text;
  return {};
}

bool mapped_values::holds(const condition<std::size_t>& c) const {
  bool holds = false, any = false;
  mapping_.plan.each(c.where, found_, [&](const json_value& v) {
    if (holds || v.kind == json_kind::null)
      return;
    const auto text = v.kind == json_kind::object ? v.raw : scalar_of(v, memory_);
    if (text.empty() || any_holds(mapping_.empty, text))
      return;
    any = true;
    holds = any_holds(c.any_of, text);
  });
  return holds ||
         (!any && std::ranges::any_of(c.any_of, [](const auto& p) { return p.wants_nothing(); }));
}

bool mapped_values::hold(const record_test& test) const {
  return std::ranges::any_of(test, [&](const auto& all) {
    return std::ranges::all_of(all, [&](const auto& c) { return holds(c); });
  });
}

double mapped_values::sum(std::size_t pointer) const {
  double out = 0;
  mapping_.plan.each(pointer, found_, [&](const json_value& v) {
    const auto text = v.kind == json_kind::text ? v.inner() : v.raw;
    double number = 0;
    if (v.kind == json_kind::text || v.kind == json_kind::number)
      std::from_chars(text.data(), text.data() + text.size(), number);
    if (std::isfinite(number) && number > 0)
      out += number;
  });
  return out;
}

} // namespace vedette::ingest
