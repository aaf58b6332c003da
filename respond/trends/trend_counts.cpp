#include "respond/trends/trend_counts.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace vedette::respond {
namespace {

using cell = trend_counts::cell;

constexpr base::day_number day_max = (1 << 17) - 1;

auto key_of(const cell& c) {
  return std::tuple{c.rule, c.severity, c.what};
}

std::vector<cell>::iterator find(std::vector<cell>& day, const cell& wanted) {
  return std::ranges::lower_bound(day, key_of(wanted), {}, key_of);
}

bool is_there(const std::vector<cell>& day, std::vector<cell>::iterator at, const cell& wanted) {
  return at != day.end() && key_of(*at) == key_of(wanted);
}

/// Those of `others` come on top: there are at most severities times classes of them.
std::size_t own_cells(const std::vector<cell>& day) {
  const auto first = std::ranges::lower_bound(day, trend_counts::others, {}, &cell::rule);
  return static_cast<std::size_t>(first - day.begin());
}

} // namespace

std::optional<trend_place> place_of(const base::alert& a, base::receive_time taken) {
  if (a.state == base::alert_state::withdrawn)
    return std::nullopt;
  const auto day =
      std::clamp(std::min(base::day_of(a.first_event), base::day_of(taken)), 0, day_max);
  return trend_place{day, a.severity, class_of(a)};
}

std::uint32_t pack(const std::optional<trend_place>& p) noexcept {
  if (!p)
    return 0;
  return std::uint32_t{1} << 31 | static_cast<std::uint32_t>(p->day) << 8 |
         static_cast<std::uint32_t>(p->severity) << 4 | static_cast<std::uint32_t>(p->what);
}

std::optional<trend_place> unpack(std::uint32_t packed) noexcept {
  const auto day = packed >> 8 & static_cast<std::uint32_t>(day_max);
  const auto severity = packed >> 4 & 0xf, what = packed & 0xf;
  const trend_place out{static_cast<base::day_number>(day), static_cast<base::severity>(severity),
                        static_cast<resource_class>(what)};
  if (severity > static_cast<std::uint32_t>(base::severity::critical) || what >= resource_classes ||
      pack(out) != packed)
    return std::nullopt;
  return out;
}

trend_counts::trend_counts(data d) : data_{std::move(d)} {
  for (const auto& name : data_.rules)
    places_.emplace(name, static_cast<std::uint16_t>(places_.size()));
}

std::optional<std::uint16_t> trend_counts::rule_at(const std::string& name, bool make) {
  if (const auto known = places_.find(name); known != places_.end())
    return known->second;
  if (!make || data_.rules.size() >= limits::trend_rules || name.size() > limits::trend_rule_bytes)
    return std::nullopt;
  const auto place = static_cast<std::uint16_t>(data_.rules.size());
  data_.rules.push_back(name);
  places_.emplace(name, place);
  return place;
}

void trend_counts::add(const base::rule_id& rule, const trend_place& at) {
  if (at.day <= data_.newest - limits::trend_days)
    return;
  if (at.day > data_.newest) {
    data_.newest = at.day;
    forget_old_days();
  }
  auto& day = data_.days[at.day];
  cell wanted{rule_at(rule.value, true).value_or(others), at.severity, at.what, 0};
  auto place = find(day, wanted);
  if (!is_there(day, place, wanted) && wanted.rule != others &&
      own_cells(day) >= limits::trend_cells) {
    wanted.rule = others;
    place = find(day, wanted);
  }
  if (!is_there(day, place, wanted))
    place = day.insert(place, wanted);
  if (place->alerts < std::numeric_limits<std::uint32_t>::max())
    ++place->alerts;
}

void trend_counts::take_back(const base::rule_id& rule, const trend_place& at) {
  const auto found = data_.days.find(at.day);
  if (found == data_.days.end())
    return;
  auto& day = found->second;
  cell wanted{rule_at(rule.value, false).value_or(others), at.severity, at.what, 0};
  auto place = find(day, wanted);
  if (!is_there(day, place, wanted)) {
    wanted.rule = others;
    place = find(day, wanted);
  }
  if (!is_there(day, place, wanted) || place->alerts == 0)
    return;
  --place->alerts;
  // In a full day an empty cell keeps its place: whoever was refused one must not find it free.
  if (place->alerts == 0 && (wanted.rule == others || own_cells(day) < limits::trend_cells))
    day.erase(place);
  if (day.empty())
    data_.days.erase(found);
}

void trend_counts::forget_old_days() {
  data_.days.erase(data_.days.begin(), data_.days.upper_bound(data_.newest - limits::trend_days));
}

std::string_view trend_counts::check(const data& d) {
  if (d.rules.size() > limits::trend_rules)
    return "it counts more rules than are kept";
  std::vector<std::string_view> names{d.rules.begin(), d.rules.end()};
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end())
    return "it counts one rule twice";
  for (const auto& [day, cells] : d.days) {
    if (day < 0 || day > d.newest || d.newest > day_max || day <= d.newest - limits::trend_days)
      return "it counts a day that is not kept";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].rule != others && cells[i].rule >= d.rules.size())
        return "it counts a rule without a name";
      if (i > 0 && !(key_of(cells[i - 1]) < key_of(cells[i])))
        return "its counts are not in order";
    }
    if (own_cells(cells) > limits::trend_cells)
      return "it counts more in one day than is kept";
  }
  return {};
}

} // namespace vedette::respond
