#include "nodes/simulate/schedule.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <string>

namespace vedette::simulate {

namespace {

struct appointment {
  const attack_kind* what;
  std::uint32_t tenant;
  base::event_time start;
};

const attack_kind* kind_named(std::string_view name) {
  for (const attack_kind& k : attack_kinds())
    if (k.name == name)
      return &k;
  return nullptr;
}

struct scene {
  std::string_view attack;
  std::uint32_t tenant;
  int hour, minute; ///< UTC, of a day of 24 hours
};

// Three intrusions in one day. A shop: a leaked key is tried, then used, then the shop is held to
// ransom. A hospital: a hole in a function, then somebody's laptop, then its bill. A bank: a
// phished password, and every step until the cameras are off.
constexpr scene story[] = {{"permission-recon", 0, 7, 40},      {"mass-download", 0, 8, 20},
                           {"stolen-lambda-token", 2, 9, 15},   {"protection-disabled", 0, 10, 5},
                           {"multi-bucket-download", 2, 11, 0}, {"unusual-compute", 2, 12, 30},
                           {"impossible-travel", 1, 13, 10},    {"new-admin", 1, 13, 55},
                           {"snapshots-shared", 1, 14, 30},     {"audit-tampering", 1, 15, 20},
                           {"mining-many-regions", 2, 16, 5}};

std::vector<appointment> appointments(const world& all, const options& o) {
  std::vector<appointment> out;
  const auto tenants = static_cast<std::uint32_t>(all.tenants.size());
  if (o.scenario == "benign")
    return out;
  if (o.scenario == "demo") {
    for (const scene& s : story)
      out.push_back({kind_named(s.attack), s.tenant % tenants,
                     o.start + o.span / (24 * 60) * (s.hour * 60 + s.minute)});
    return out;
  }
  const auto kinds_used = attack_kinds();
  const auto total = static_cast<std::uint32_t>(o.attacks_per_tenant * o.tenants + 0.5);
  prng random{o.seed, 2};
  for (std::uint32_t i = 0; i < total; ++i) {
    const attack_kind* only = kind_named(o.scenario);
    const attack_kind& what =
        only != nullptr ? *only
                        : kinds_used[(i + i / tenants / kinds_used.size()) % kinds_used.size()];
    // Between 5 % and 85 % of the run, so that there is a before, and time to finish.
    const std::uint64_t permille = 50 + (800ULL * i + random.below(800)) / total;
    out.push_back({&what, (i + i / tenants % tenants) % tenants,
                   o.start + o.span / 1000 * static_cast<std::int64_t>(permille)});
  }
  return out;
}

} // namespace

std::vector<std::unique_ptr<attack>> plan_attacks(world& all, const options& o) {
  std::vector<std::unique_ptr<attack>> out;
  std::vector<identity*> last_victim(all.tenants.size());
  for (const appointment& a : appointments(all, o)) {
    VEDETTE_ASSERT(a.what != nullptr);
    const auto nth = out.size() + 1;
    // In the story an intruder goes on with the key that worked.
    identity* again = o.scenario == "demo" ? last_victim[a.tenant] : nullptr;
    out.push_back(
        a.what->make({&all.tenants[a.tenant], prng{o.seed, 50'000 + nth}, a.start, again}));
    last_victim[a.tenant] = out.back()->victim();
    label& l = *out.back()->about();
    std::string digits = std::to_string(nth);
    l.id = "attack-" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
    l.attack = a.what->name;
    l.tenant = all.tenants[a.tenant].name;
  }
  return out;
}

} // namespace vedette::simulate
