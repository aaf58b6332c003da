// The counts of a tenant in its checkpoint: all of them come back, what contradicts itself does
// not, and copies that began to count at different entries still compare equal.
#include "actors/tenant_codec.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <utility>

using namespace vedette;
using namespace vedette::respond;
using base::severity;

namespace {

tenant_state::data counting_tenant() {
  tenant_state::data d;
  d.tenant = {"acme"};
  d.alerts.left = {{7, {2, pack(trend_place{20'000, severity::high, resource_class::key})}},
                   {9, {1, 0}}};
  d.alerts.left_order = {9, 7};
  trend_counts c;
  c.add({"theft"}, {20'000, severity::high, resource_class::key});
  c.add({"theft"}, {20'001, severity::high, resource_class::key});
  c.add({"theft"}, {20'001, severity::critical, resource_class::audit_trail});
  c.add({std::string(limits::trend_rule_bytes + 1, 'x')},
        {20'001, severity::info, resource_class::other});
  c.set_exact_from(20'001);
  d.trends = c.all();
  return d;
}

} // namespace

TEST_CASE("tenants: counts come back as they were, of forgotten alerts too", "[actors][tenant]") {
  const auto d = counting_tenant();
  const auto bytes = actors::encode(d);
  const auto back = actors::decode_tenant(bytes);
  REQUIRE(back);
  CHECK(*back == d);
  CHECK(actors::encode(*back) == bytes);
}

TEST_CASE("tenants: a tenant that counted nothing yet differs from one that could not count",
          "[actors][tenant]") {
  tenant_state::data d;
  d.tenant = {"acme"};
  CHECK_FALSE(actors::decode_tenant(actors::encode(d))->trends);
  d.trends.emplace();
  CHECK(actors::decode_tenant(actors::encode(d))->trends);
}

TEST_CASE("tenants: counts that contradict themselves are refused", "[actors][tenant]") {
  struct row {
    const char* why;
    void (*spoil)(tenant_state::data&);
  };
  for (const auto& r :
       {row{"a rule without a name", [](auto& d) { d.trends->rules.clear(); }},
        row{"a day after the newest", [](auto& d) { d.trends->newest = 20'000; }},
        row{"cells in no order",
            [](auto& d) {
              std::swap(d.trends->days[20'001].front(), d.trends->days[20'001].back());
            }},
        row{"a class of a later build", [](auto& d) {
              d.trends->days[20'000].front().what = static_cast<resource_class>(resource_classes);
            }}}) {
    INFO(r.why);
    auto d = counting_tenant();
    r.spoil(d);
    CHECK_FALSE(actors::decode_tenant(actors::encode(d)));
  }
}

TEST_CASE("tenants: at every bound of theirs counts are stored in under 4 MB", "[actors][tenant]") {
  tenant_state::data d;
  d.trends.emplace();
  for (std::size_t n = 0; n < limits::trend_rules; ++n)
    d.trends->rules.push_back("a-rule-with-a-name-of-forty-characters-" + std::to_string(n));
  d.trends->newest = 20'000;
  for (std::int32_t day = 0; day < limits::trend_days; ++day)
    for (std::size_t n = 0; n < limits::trend_cells; ++n)
      d.trends->days[20'000 - day].push_back({static_cast<std::uint16_t>(n * 7), severity::high,
                                              resource_class::bucket,
                                              static_cast<std::uint32_t>(1 + n * 31 % 900)});
  const auto bytes = actors::encode(d);
  INFO(bytes.size());
  CHECK(bytes.size() < std::size_t{4} << 20);
  CHECK(*actors::decode_tenant(bytes) == d);
}
