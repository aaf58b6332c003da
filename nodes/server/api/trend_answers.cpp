#include "nodes/server/api/trend_answers.hpp"

#include "nodes/server/api/json.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace vedette::server {

namespace {

enum : std::size_t { day, rule, severity, what, alerts, members };
using day_count = std::array<std::int64_t, members>;

/// False when the element is no count of one of the rules.
bool read(json_value v, std::size_t rules, day_count& out) {
  simdjson::dom::array all;
  if (v.get(all) != simdjson::SUCCESS || all.size() != members)
    return false;
  std::size_t i = 0;
  for (const auto one : all)
    if (one.get(out[i++]) != simdjson::SUCCESS)
      return false;
  using days = std::numeric_limits<base::day_number>;
  return out[day] >= 0 && out[day] < days::max() && out[rule] >= 0 &&
         out[rule] < static_cast<std::int64_t>(rules) && out[severity] >= 0 &&
         out[severity] < static_cast<std::int64_t>(respond::severities) && out[what] >= 0 &&
         out[what] < respond::resource_classes && out[alerts] > 0;
}

} // namespace

base::status add_counts(respond::trend_table& to, std::string tenant, std::string_view answer) {
  const auto wrong = [&](const char* why) {
    return base::error{base::ec::malformed, "reading the counts of tenant " + tenant + ": " + why +
                                                "; upgrade the node that holds the tenant"};
  };
  auto doc = json_document::parse(answer, "an aggregator's counts");
  if (!doc)
    return doc.err();
  const auto names = texts_at(doc->root(), "rules");
  std::vector<day_count> counts;
  for (const auto v : list_at(doc->root(), "counts"))
    if (!read(v, names.size(), counts.emplace_back()))
      return wrong("a count is not one");
  const auto exact_from = number_at(doc->root(), "exact_from");
  if (exact_from > static_cast<std::uint64_t>(std::numeric_limits<base::day_number>::max()))
    return wrong("they are exact from no day");
  const auto place = to.tenant(std::move(tenant), static_cast<base::day_number>(exact_from));
  for (const auto& c : counts)
    to.add(place, static_cast<base::day_number>(c[day]), names[static_cast<std::size_t>(c[rule])],
           static_cast<base::severity>(c[severity]), static_cast<respond::resource_class>(c[what]),
           static_cast<std::uint64_t>(c[alerts]));
  return {};
}

} // namespace vedette::server
