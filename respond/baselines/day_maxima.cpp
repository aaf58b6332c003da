#include "respond/baselines/day_maxima.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vedette::respond {
namespace {

constexpr int days_open = 2;         // the event's day and the one before it
constexpr double daily_growth = 1.5; // how much one day may lift what counts as usual

std::size_t slot_of(base::day_number day) noexcept {
  const int m = day % limits::baseline_days;
  return static_cast<std::size_t>(m < 0 ? m + limits::baseline_days : m);
}

} // namespace

std::string_view to_string(novelty n) noexcept {
  constexpr std::string_view names[] = {"identity", "account", "tenant"};
  return names[static_cast<int>(n)];
}

void day_series::tell(base::day_number day, double value) noexcept {
  const bool first = std::all_of(values.begin(), values.end(), [](double v) { return v < 0; });
  if (first)
    newest = day;
  if (day <= newest - limits::baseline_days)
    return;
  if (day > newest) {
    if (day - newest >= limits::baseline_days)
      values = empty();
    else
      for (auto d = newest + 1; d <= day; ++d)
        values[slot_of(d)] = -1;
    newest = day;
  }
  auto& kept = values[slot_of(day)];
  kept = std::max(kept, value);
}

std::optional<double> day_series::usual_maximum(base::day_number day, int days) const noexcept {
  std::optional<double> usual;
  const auto to = std::min(day - days_open, newest);
  const auto looked_at = std::clamp(days, 1, limits::baseline_days - days_open);
  const auto from = std::max(day - days_open - looked_at, newest - limits::baseline_days) + 1;
  for (auto d = from; d <= to; ++d) {
    const double v = values[slot_of(d)];
    if (v < 0)
      continue;
    // From zero any value may be learned: half more of nothing would stay nothing for ever.
    const bool free = !usual || *usual <= 0;
    usual = free ? v : std::max(*usual, std::min(v, *usual * daily_growth));
  }
  return usual;
}

void day_maxima::tell(const day_maximum& told) {
  if (!std::isfinite(told.value) || told.value < 0)
    return;
  watched(told.account, told.day);
  tell(key{{}, told.rule.value, told.measure}, told.day, told.value);
  if (!told.account.empty())
    tell(key{told.account, told.rule.value, told.measure}, told.day, told.value);
}

void day_maxima::tell(key k, base::day_number day, double value) {
  auto it = series_.find(k);
  if (it == series_.end()) {
    if (series_.size() >= limits::baseline_series) {
      ++refused_;
      return;
    }
    it = series_.emplace(std::move(k), day_series{}).first;
  }
  it->second.tell(day, value);
}

void day_maxima::watched(std::string_view account, base::day_number day) {
  auto note = [&](std::string_view name) {
    auto it = first_watched_.find(name);
    if (it != first_watched_.end())
      it->second = std::min(it->second, day);
    else if (first_watched_.size() < limits::baseline_series)
      first_watched_.emplace(std::string{name}, day);
  };
  note({});
  if (!account.empty())
    note(account);
}

bool day_maxima::is_new(const key& k, const novelty_question& q) const {
  auto since = first_watched_.find(k.account);
  if (since == first_watched_.end() || q.day - since->second < q.activation_days)
    return false;
  auto it = series_.find(k);
  const auto usual = it == series_.end() ? std::nullopt : it->second.usual_maximum(q.day, q.days);
  return q.value > q.factor * usual.value_or(0);
}

novelty day_maxima::how_wide_is_new(const novelty_question& q) const {
  if (is_new(key{{}, q.rule.value, q.measure}, q))
    return novelty::tenant;
  if (!q.account.empty() && is_new(key{q.account, q.rule.value, q.measure}, q))
    return novelty::account;
  return novelty::identity;
}

day_maxima::parts day_maxima::dismantle() const {
  parts out;
  out.series.reserve(series_.size());
  for (const auto& [k, days] : series_)
    out.series.push_back({k.account, k.rule, k.measure, days});
  out.first_watched = first_watched_;
  out.refused = refused_;
  return out;
}

day_maxima day_maxima::restore(parts p) {
  day_maxima out;
  for (auto& one : p.series)
    out.series_.emplace(key{std::move(one.account), std::move(one.rule), std::move(one.measure)},
                        one.days);
  out.first_watched_ = std::move(p.first_watched);
  out.refused_ = p.refused;
  return out;
}

} // namespace vedette::respond
