#include "ingest/effects.hpp"

#include "ingest/iam_policy.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace vedette::ingest {

namespace {

using base::target_class;
using std::string_view;

struct reading {
  string_view json;
  const cloudtrail_record& record;
  const base::tenant_settings& tenant;
  base::arena& memory;
  base::event& out;

  [[nodiscard]] json_value root(string_view name) const noexcept {
    if (name == "requestParameters")
      return record.request;
    if (name == "responseElements")
      return record.response;
    if (name == "additionalEventData")
      return record.additional;
    if (name == "resources")
      return record.resources;
    if (name == "serviceEventDetails")
      return record.service_details;
    return member(json_value{json_kind::object, json}, name);
  }

  template <class Visit>
  void each(const record_path& path, Visit&& visit) const {
    visit_path(root(path.steps.front()), std::span{path.steps}.subspan(1), visit);
  }

  [[nodiscard]] bool is_own(string_view account) const noexcept {
    return account == out.account ||
           std::ranges::find(tenant.accounts, account) != tenant.accounts.end();
  }
};

void add(std::vector<string_view>& list, string_view value) {
  if (value.empty() || list.size() >= effect_reader::values_max ||
      std::ranges::find(list, value) != list.end())
    return;
  list.push_back(value);
}

/// All texts the template makes. Only one of its paths may have several values: the last that does
/// is the one that varies, the others give their first.
void expand(const value_template& shape, const reading& r, std::vector<string_view>& list) {
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
    return add(list, fixed[0]);
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
    add(list, {begin, total});
  };
  if (varying == parts_max)
    return build();
  r.each(shape.parts[varying].value, [&](const json_value& v) {
    if (list.size() >= effect_reader::values_max)
      return;
    fixed[varying] = scalar_of(v, r.memory);
    if (!fixed[varying].empty())
      build();
  });
}

/// A number as CloudTrail writes it: bare, or as text. Negative and unreadable ones are 0.
double number_of(const json_value& v) noexcept {
  const auto text = v.kind == json_kind::text ? v.inner() : v.raw;
  double out = 0;
  if (v.kind != json_kind::text && v.kind != json_kind::number)
    return 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return std::isfinite(out) && out > 0 ? out : 0;
}

template <class N>
N clamped(double v) noexcept {
  constexpr auto top = static_cast<double>(std::numeric_limits<N>::max());
  return v >= top ? std::numeric_limits<N>::max() : static_cast<N>(v);
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

/// Everybody, in the words of the various services.
bool means_everyone(string_view text) noexcept {
  return text == "all" || text == "*" || text == "public-read" || text == "public-read-write" ||
         text == "authenticated-read" || text.ends_with("/global/AllUsers") ||
         text.ends_with("/global/AuthenticatedUsers");
}

} // namespace

void effect_reader::read(string_view record_json, const cloudtrail_record& record,
                         const activity_entry* entry, const base::tenant_settings& tenant,
                         base::arena& memory, base::event& out) {
  const reading r{record_json, record, tenant, memory, out};
  resources_.clear();
  targets_.clear();
  out.target = target_class::none;
  const auto reach = [&](string_view who) {
    if (who.empty())
      return;
    auto reached = target_class::none;
    if (means_everyone(who)) {
      add(targets_, "*");
      reached = target_class::everyone;
    } else if (const auto account = account_in(who); !account.empty()) {
      add(targets_, account);
      reached = r.is_own(account) ? target_class::own : target_class::foreign;
    }
    out.target = std::max(out.target, reached);
  };

  if (entry != nullptr) {
    for (const auto& shape : entry->resources)
      expand(shape, r, resources_);
    for (const auto& path : entry->targets)
      r.each(path, [&](const json_value& v) { reach(scalar_of(v, memory)); });
    for (const auto& path : entry->policies)
      r.each(path, [&](const json_value& v) {
        // Bucket policies are logged as JSON, all others as text that holds JSON.
        const auto text = v.kind == json_kind::object ? v.raw : scalar_of(v, memory);
        const auto grant =
            text.starts_with("arn:")
                ? judge_policy_arn(text)
                : judge_policy_document(
                      text, [&](string_view a) { return r.is_own(a); }, reach, memory);
        out.grant = std::max(out.grant, grant);
      });
    for (const auto& source : entry->count) {
      double sum = 0;
      const auto steps = std::span{source.path.steps};
      if (source.elements)
        sum = static_cast<double>(elements_at(r.root(steps.front()), steps.subspan(1)));
      else
        r.each(source.path, [&](const json_value& v) { sum += number_of(v); });
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
  if (record.resources.kind == json_kind::array && record.resources.raw.size() > 2) {
    for (element_reader e{record.resources}; e.next();) {
      for (member_reader m{e.value()}; m.next();) {
        if (m.key() == "ARN" || m.key() == "arn") {
          add(resources_, text_of(m.value(), memory));
          break;
        }
      }
    }
  }
  // Texts that were built or unescaped lie in `memory` already; the rest is still in the record.
  for (auto* list : {&resources_, &targets_})
    for (auto& text : *list)
      if (text.data() >= record_json.data() &&
          text.data() < record_json.data() + record_json.size())
        text = memory.copy(text);
  out.resources = memory.copy(std::span<const string_view>{resources_});
  out.targets = memory.copy(std::span<const string_view>{targets_});
}

} // namespace vedette::ingest
