#include "respond/trends/trend_table.hpp"

#include <algorithm>
#include <utility>

namespace vedette::respond {

trend_table::trend_table(question q) : question_{std::move(q)} {
  const auto oldest = question_.now + 1 - limits::trend_days;
  for (auto* day : {&question_.since, &question_.until})
    if (*day)
      *day = std::clamp(**day, oldest, question_.now + 1);
}

base::day_number trend_table::since() const {
  const auto first = question_.since.value_or(first_.value_or(question_.now));
  return std::min(first, until());
}

base::day_number trend_table::until() const {
  return std::max(question_.until.value_or(question_.now + 1), question_.since.value_or(0));
}

std::size_t trend_table::tenant(std::string name, base::day_number exact_from) {
  tenants_.push_back({std::move(name), {}});
  exact_from_ = std::max(exact_from_, exact_from);
  return tenants_.size() - 1;
}

void trend_table::add(std::size_t tenant, base::day_number day, std::string_view rule,
                      base::severity s, resource_class what, std::uint64_t alerts) {
  const auto& q = question_;
  if (day < q.since.value_or(q.now + 1 - limits::trend_days) || day >= until())
    return;
  first_ = std::min(first_.value_or(day), day);
  if (s < q.min_severity || (!q.rule.empty() && rule != q.rule))
    return;
  auto place = places_.find(rule);
  if (place == places_.end()) {
    place = places_.emplace(std::string{rule}, static_cast<std::uint32_t>(names_.size())).first;
    names_.emplace_back(place->first);
  }
  counts_[{day, place->second, s, what}] += alerts;
  tenants_[tenant].days[day] += alerts;
}

std::vector<trend_table::row> trend_table::rows() const {
  std::vector<row> out;
  out.reserve(counts_.size());
  for (const auto& [k, alerts] : counts_)
    out.push_back({k.day, names_[k.rule], k.severity, k.what, alerts});
  return out;
}

} // namespace vedette::respond
