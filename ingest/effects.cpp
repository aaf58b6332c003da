#include "ingest/effects.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace vedette::ingest {

namespace {

using base::target_class;
using std::string_view;

struct reading {
  const effect_source& source;
  base::arena& memory;

  [[nodiscard]] json_value root(string_view name) const noexcept {
    for (const auto& part : source.parts)
      if (part.name == name)
        return part.value;
    const auto* end = source.record.data() + source.record.size();
    for (const auto& field : source.fields)
      if (field.key == name)
        return read_value({field.at, static_cast<std::size_t>(end - field.at)});
    return {};
  }

  template <class Visit>
  void each(const record_path& path, Visit&& visit) const {
    visit_path(root(path.steps.front()), std::span{path.steps}.subspan(1), visit);
  }
};

/// All texts the template makes. Only one of its paths may have several values: the last that does
/// is the one that varies, the others give their first.
void expand(const value_template& shape, const reading& r, value_list& list) {
  constexpr std::size_t parts_max = 8;
  string_view fixed[parts_max];
  std::size_t varying = parts_max;
  const auto parts = std::min(shape.parts.size(), parts_max);
  for (std::size_t i = 0; i < parts; ++i) {
    if (shape.parts[i].value.steps.empty())
      continue;
    std::size_t seen = 0;
    r.each(shape.parts[i].value, [&](const json_value& v) {
      if (const auto text = scalar_of(v, r.memory); !text.empty() && seen++ == 0)
        fixed[i] = text;
    });
    if (seen == 0)
      return;
    if (seen > 1)
      varying = i;
  }
  if (parts == 1 && shape.parts[0].text.empty() && varying == parts_max)
    return list.add(fixed[0]);
  const auto build = [&] {
    std::size_t total = 0;
    for (std::size_t i = 0; i < parts; ++i)
      total += shape.parts[i].text.size() + fixed[i].size();
    auto* begin = static_cast<char*>(r.memory.allocate(total, 1));
    auto* to = begin;
    for (std::size_t i = 0; i < parts; ++i) {
      const auto& text = shape.parts[i].text;
      to = std::copy(text.begin(), text.end(), to);
      to = std::copy(fixed[i].begin(), fixed[i].end(), to);
    }
    list.add({begin, total});
  };
  if (varying == parts_max)
    return build();
  r.each(shape.parts[varying].value, [&](const json_value& v) {
    if (list.full())
      return;
    fixed[varying] = scalar_of(v, r.memory);
    if (!fixed[varying].empty())
      build();
  });
}

/// A number as clouds write it: bare, or as text. Negative and unreadable ones are 0.
double number_of(const json_value& v) noexcept {
  const auto text = v.kind == json_kind::text ? v.inner() : v.raw;
  double out = 0;
  if (v.kind != json_kind::text && v.kind != json_kind::number)
    return 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return std::isfinite(out) && out > 0 ? out : 0;
}

/// Elements of the array at the path; arrays on the way are summed.
std::size_t elements_at(const json_value& value, std::span<const std::string> steps,
                        std::size_t depth = 0) {
  if (depth > base::limits::record_depth)
    return 0;
  std::size_t count = 0;
  if (value.kind == json_kind::array) {
    for (element_reader e{value}; e.next();)
      count += steps.empty() ? 1 : elements_at(e.value(), steps, depth + 1);
  } else if (value.kind == json_kind::object && !steps.empty()) {
    count = elements_at(member(value, steps.front()), steps.subspan(1), depth + 1);
  }
  return count;
}

} // namespace

void value_list::add(string_view value) {
  if (value.empty() || full() || std::ranges::find(values_, value) != values_.end())
    return;
  values_.push_back(value);
}

bool value_list::full() const noexcept {
  return values_.size() >= effect_reader::values_max;
}

bool is_own(string_view account, const base::event& event,
            const base::tenant_settings& tenant) noexcept {
  return account == event.account ||
         std::ranges::find(tenant.accounts, account) != tenant.accounts.end();
}

void effect_reader::read(const effect_source& source, const effect_words& words,
                         const activity_entry* entry, base::arena& memory, base::event& out) {
  const reading r{source, memory};
  resources_.clear();
  targets_.clear();
  out.target = target_class::none;
  const auto reach = [&](string_view who) {
    if (who.empty())
      return;
    const auto found = words.whom(who);
    targets_.add(found.whom);
    out.target = std::max(out.target, found.what);
  };

  if (entry != nullptr) {
    for (const auto& shape : entry->resources)
      expand(shape, r, resources_);
    for (const auto& path : entry->targets)
      r.each(path, [&](const json_value& v) { reach(scalar_of(v, memory)); });
    for (const auto& path : entry->policies)
      r.each(path, [&](const json_value& v) {
        // By reference, or the sink would be copied to the heap.
        out.grant = std::max(out.grant, words.grants(v, std::cref(reach), memory));
      });
    for (const auto& wanted : entry->count) {
      double sum = 0;
      const auto steps = std::span{wanted.path.steps};
      if (wanted.elements)
        sum = static_cast<double>(elements_at(r.root(steps.front()), steps.subspan(1)));
      else
        r.each(wanted.path, [&](const json_value& v) { sum += number_of(v); });
      if (sum > 0) {
        out.count = clamped<std::uint32_t>(sum);
        break;
      }
    }
    double bytes = 0;
    for (const auto& path : entry->bytes)
      r.each(path, [&](const json_value& v) { bytes += number_of(v); });
    out.bytes = clamped<std::uint64_t>(bytes);
  }
  words.list_resources(resources_, memory);
  // Texts that were built or unescaped lie in `memory` already; the rest is still in the record.
  for (auto* list : {&resources_, &targets_})
    for (auto& text : list->values())
      if (text.data() >= source.record.data() &&
          text.data() < source.record.data() + source.record.size())
        text = memory.copy(text);
  out.resources = memory.copy(std::span<const string_view>{resources_.values()});
  out.targets = memory.copy(std::span<const string_view>{targets_.values()});
}

} // namespace vedette::ingest
