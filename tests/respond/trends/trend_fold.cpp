// What a tenant's fold counts: every alert once, where its last revision says, through restarts,
// repeats and any order of arrival.
#include "respond/limits.hpp"
#include "respond/tenant_state.hpp"
#include "tests/respond/samples.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using base::severity;
using samples::at;

namespace {

using counted_alerts =
    std::map<std::tuple<base::day_number, std::string, severity, resource_class>, std::uint64_t>;

counted_alerts all_of(const tenant_state& s) {
  counted_alerts out;
  for_each(s.trends(), 0, 1 << 20,
           [&](base::day_number day, std::string_view rule, severity sev, resource_class what,
               std::uint32_t alerts) {
             out[{day, std::string{rule}, sev, what}] = alerts;
           });
  return out;
}

/// What counting from nothing would give for the highest revisions.
counted_alerts expected(const std::map<std::string, base::alert>& last) {
  counted_alerts out;
  for (const auto& [id, a] : last)
    if (a.state != base::alert_state::withdrawn)
      ++out[{base::day_of(a.first_event), a.rule.value, a.severity, class_of(a)}];
  return out;
}

/// Revisions of `ids` alerts: days move, resources come, severity rises, some are withdrawn, and
/// some of those come back.
std::vector<base::alert> story(std::uint64_t seed, int ids) {
  samples::dice dice{seed};
  std::vector<base::alert> out;
  for (int id = 0; id < ids; ++id) {
    auto a = samples::alert(std::to_string(id), dice.below(2) ? "theft" : "travel", severity::info,
                            -24h * static_cast<int>(dice.below(60)));
    const auto revisions = 1 + dice.below(5);
    for (std::size_t n = 1; n <= revisions; ++n) {
      a.revision = static_cast<std::uint32_t>(n);
      a.state = dice.below(5) ? base::alert_state::final : base::alert_state::withdrawn;
      a.severity = base::raised(a.severity, static_cast<int>(dice.below(2)));
      if (dice.below(3) == 0)
        a.first_event -= 12h;
      if (dice.below(3) == 0)
        a.resources.push_back("arn:aws:s3:::b/" + std::to_string(n));
      out.push_back(a);
    }
  }
  return out;
}

std::map<std::string, base::alert> last_of(const std::vector<base::alert>& all) {
  std::map<std::string, base::alert> out;
  for (const auto& a : all)
    if (auto& to = out[a.id]; to.revision < a.revision || to.id.empty())
      to = a;
  return out;
}

} // namespace

TEST_CASE(
    "trends: counts are of the set of alerts, whatever the order and however often they come") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    const auto told = story(seed, 40);
    const auto wanted = expected(last_of(told));
    samples::dice dice{seed + 1000};
    for (int round = 0; round < 3; ++round) {
      auto order = told;
      order.insert(order.end(), told.begin(),
                   told.begin() + static_cast<std::ptrdiff_t>(told.size() / 3));
      for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[dice.below(i)]);
      tenant_state s{samples::acme, nullptr, {}};
      for (const auto& a : order)
        s.fold(alert_arrived{a, at()});
      REQUIRE(all_of(s) == wanted);
    }
  }
}

TEST_CASE("trends: counts go on from a checkpoint as if there had been no restart") {
  const auto told = story(5, 60);
  tenant_state whole{samples::acme, nullptr, {}}, restarted{samples::acme, nullptr, {}};
  for (std::size_t i = 0; i < told.size(); ++i) {
    whole.fold(alert_arrived{told[i], at()});
    restarted.fold(alert_arrived{told[i], at()});
    if (i % 7 == 0)
      restarted = tenant_state{restarted.checkpoint(), nullptr, {}};
  }
  CHECK(restarted.checkpoint() == whole.checkpoint());
  CHECK(all_of(restarted) == expected(last_of(told)));
}

TEST_CASE("trends: an alert that was forgotten still moves its count, and is withdrawn from it") {
  tenant_state s{samples::acme, nullptr, {}};
  auto first = samples::alert("first", "theft", severity::medium);
  auto second = samples::alert("second", "travel", severity::medium);
  s.fold(alert_arrived{first, at()});
  s.fold(alert_arrived{second, at()});
  for (std::size_t n = 0; n < limits::alerts_kept; ++n)
    s.fold(alert_arrived{samples::alert("n" + std::to_string(n), "noise", severity::low), at()});
  REQUIRE(s.find_alert("first") == nullptr);
  s = tenant_state{s.checkpoint(), nullptr, {}};
  const auto day_of_alerts = base::day_of(at());
  CHECK(all_of(s).at({day_of_alerts, "theft", severity::medium, resource_class::user}) == 1);
  first.revision = second.revision = 2;
  first.severity = severity::high;
  second.state = base::alert_state::withdrawn;
  s.fold(alert_arrived{first, at()});
  s.fold(alert_arrived{second, at()});
  CHECK(all_of(s) ==
        counted_alerts{
            {{day_of_alerts, "theft", severity::high, resource_class::user}, 1},
            {{day_of_alerts, "noise", severity::low, resource_class::user}, limits::alerts_kept}});
  CHECK(s.trends().all().exact_from == 0);
}

TEST_CASE("trends: a checkpoint that does not count is counted from the alerts it holds") {
  const auto told = story(9, 30);
  tenant_state s{samples::acme, nullptr, {}};
  for (const auto& a : told)
    s.fold(alert_arrived{a, at()});
  auto before = s.checkpoint();
  before.trends.reset();
  tenant_state after{before, nullptr, {}};
  CHECK(all_of(after) == all_of(s));
  CHECK(after.trends().all().exact_from == 0);

  // What had been forgotten is missing, and that is said.
  before.alerts.left[7] = {1, 0};
  before.alerts.left_order.push_back(7);
  tenant_state lossy{before, nullptr, {}};
  CHECK(lossy.trends().all().exact_from == base::day_of(at()) + 1);
}
