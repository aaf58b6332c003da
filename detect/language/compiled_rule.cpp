#include "detect/language/compiled_rule.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vedette::detect {

namespace {

std::string_view first_value(const slot_part& part, const base::field_view& fields,
                             evaluation& selected) {
  for (const auto& choice : part.choices) {
    if (choice.name != slot_part::always && !selected.name(choice.name))
      continue;
    for (const base::scalar& value : fields.find(choice.field))
      if (value.type != base::scalar::kind::null && !value.text.empty())
        return value.text;
  }
  return {};
}

std::string_view shortened(std::string_view text, base::arena& memory) {
  if (text.size() <= slot_bytes_max)
    return memory.copy(text);
  // The hash keeps two long values with one beginning apart.
  constexpr std::size_t digits = 16;
  constexpr std::string_view hex = "0123456789abcdef";
  const std::uint64_t hash = base::hash64(text);
  auto out = memory.array<char>(slot_bytes_max);
  const std::size_t kept = slot_bytes_max - digits - 1;
  std::copy_n(text.begin(), kept, out.begin());
  out[kept] = '~';
  for (std::size_t i = 0; i < digits; ++i)
    out[kept + 1 + i] = hex[(hash >> (60 - 4 * i)) & 15U];
  return {out.data(), out.size()};
}

std::string_view value_of(const slot& s, const base::field_view& fields, evaluation& selected,
                          base::arena& memory) {
  if (s.parts.size() == 1)
    return shortened(first_value(s.parts.front(), fields, selected), memory);
  // A view's answer lives until its next `find`, so each part is copied at once.
  auto texts = memory.array<std::string_view>(s.parts.size());
  std::size_t bytes = s.parts.size() - 1;
  bool any = false;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = shortened(first_value(s.parts[i], fields, selected), memory);
    bytes += texts[i].size();
    any = any || !texts[i].empty();
  }
  if (!any)
    return {};
  auto out = memory.array<char>(bytes);
  auto at = out.begin();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0)
      *at++ = '\x1f';
    at = std::copy(texts[i].begin(), texts[i].end(), at);
  }
  return {out.data(), out.size()};
}

} // namespace

bool operator==(const slot& a, const slot& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const slot_part& x, const slot_part& y) {
                      return std::equal(x.choices.begin(), x.choices.end(), y.choices.begin(),
                                        y.choices.end(), [](const auto& c, const auto& d) {
                                          return c.name == d.name && c.field.text == d.field.text;
                                        });
                    });
}

bool match_rule(const compiled_rule& r, const base::field_view& fields, base::arena& memory,
                base::match& out) {
  evaluation event{r.when, fields, memory};
  if (!event.holds())
    return false;
  out.marks = 0;
  for (std::size_t i = 0; i < r.mark_names.size(); ++i)
    if (event.name(r.mark_names[i]))
      out.marks |= std::uint32_t{1} << i;
  auto values = memory.array<std::string_view>(r.slots.size());
  for (std::size_t i = 0; i < r.slots.size(); ++i)
    values[i] = value_of(r.slots[i], fields, event, memory);
  out.values = values;
  return true;
}

std::uint8_t intern(std::vector<slot>& slots, slot wanted) {
  const auto found = std::find(slots.begin(), slots.end(), wanted);
  const auto index = found - slots.begin();
  if (found == slots.end())
    slots.push_back(std::move(wanted));
  return static_cast<std::uint8_t>(index);
}

} // namespace vedette::detect
