#include "nodes/simulate/world.hpp"

#include "base/assert.hpp"
#include "nodes/simulate/names.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

#include <algorithm>

namespace vedette::simulate {

namespace {

struct share {
  simulate::kind kind;
  std::uint32_t percent; ///< 0: exactly one
};

// Machines outnumber people in every real account; the rest of the hundred goes to people.
constexpr share shares[] = {{kind::employee, 14}, {kind::program, 4},   {kind::pipeline, 4},
                            {kind::function, 26}, {kind::instance, 13}, {kind::task, 8},
                            {kind::pod, 6},       {kind::scaler, 2},    {kind::backup, 0},
                            {kind::copier, 0},    {kind::drift, 0},     {kind::stackset, 0},
                            {kind::lake, 0}};

struct home_base {
  std::uint8_t region, second;
  int utc_offset;
};
// By city of the office, in the order of the address plan.
constexpr home_base bases[cities] = {{9, 6, 1},   {0, 1, -5}, {7, 6, 0},  {15, 16, 8},
                                     {12, 14, 9}, {5, 0, -3}, {3, 2, -8}, {16, 15, 11}};

std::string digits(prng& random, int n) {
  std::string out;
  for (int i = 0; i < n; ++i)
    out += static_cast<char>('0' + (i == 0 ? random.between(1, 9) : random.below(10)));
  return out;
}

std::string prefixed(std::string_view prefix, prng& random, int n) {
  std::string out{prefix};
  put_upper(out, random, n);
  return out;
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts)
    out += part;
  return out;
}

void name_person(const tenant& t, identity& who, std::uint32_t nth) {
  const auto given = given_names[nth % std::size(given_names)];
  const auto family =
      family_names[(nth / std::size(given_names) + nth * 7) % std::size(family_names)];
  std::string number = nth < 480 ? std::string{} : std::to_string(nth);
  if (who.kind == kind::person) {
    who.name = join({given, ".", family, number});
    return;
  }
  constexpr std::string_view sets[] = {"Developer", "DataScientist", "Support"};
  // The permission-set role is one per account: everybody who holds it shares the identity.
  const std::uint64_t suffix = splitmix(t.index * 3 + nth % 3);
  prng of_role{suffix, 1};
  who.name = join({"AWSReservedSSO_", sets[nth % 3], "_"});
  put_hex(who.name, of_role, 16);
  who.principal = prefixed("AROA", of_role, 17);
  who.account = 0;
  who.session_name = join({given, ".", family, number, "@", t.name, ".example"});
}

void name_workload(const tenant& t, identity& who, std::uint32_t nth, prng& random) {
  const std::string app{app_names[who.app]};
  const std::string tail = nth < apps ? std::string{} : "-" + std::to_string(nth / apps);
  switch (who.kind) {
  case kind::program:
    who.name = app + "-partner" + tail;
    break;
  case kind::pipeline:
    who.name = nth % 2 == 0 ? "github-deploy-" + app + tail : "codebuild-" + app + tail;
    who.session_name = nth % 2 == 0 ? "GitHubActions" : "AWSCodeBuild-";
    if (nth % 2 == 1)
      put_uuid(who.session_name, random);
    break;
  case kind::function:
    who.session_name =
        app + "-" + std::string{function_jobs[nth % std::size(function_jobs)]} + tail;
    who.name = who.session_name + "-fn-role";
    break;
  case kind::instance:
    who.name = app + "-host" + tail;
    who.session_name = "i-0";
    put_hex(who.session_name, random, 16);
    break;
  case kind::task:
    who.name = app + "-task" + tail;
    put_hex(who.session_name, random, 32);
    break;
  case kind::pod:
    who.name = app + "-irsa" + tail;
    who.session_name = "botocore-session-" + digits(random, 10);
    break;
  case kind::scaler:
    who.name = "AWSServiceRoleForAutoScaling" + (nth == 0 ? std::string{} : "_" + app + tail);
    who.session_name = "AutoScaling";
    break;
  case kind::backup:
    who.name = "nightly-archive";
    who.session_name = "nightly-archive-job";
    break;
  case kind::copier:
    who.name = "AWSBackupDefaultServiceRole";
    who.session_name = "AWSBackup-AWSBackupDefaultServiceRole";
    break;
  case kind::drift:
    who.name = "terraform-drift";
    who.session_name = "drift-detection";
    break;
  case kind::stackset:
    who.name = "AWSCloudFormationStackSetExecutionRole";
    who.session_name = "AWSCloudFormation";
    break;
  case kind::lake:
    who.name = "lake-query";
    who.session_name = "AthenaWorkgroup-" + t.name;
    break;
  case kind::person:
  case kind::employee:
    break;
  }
}

void add(tenant& t, kind k, std::uint32_t n, prng& random) {
  t.first_of[static_cast<std::size_t>(k)] = static_cast<std::uint32_t>(t.identities.size());
  for (std::uint32_t i = 0; i < n; ++i) {
    identity who;
    who.kind = k;
    who.number = static_cast<std::uint32_t>(t.identities.size());
    who.app = i % apps;
    who.account = static_cast<std::uint8_t>(i % 5 == 4 ? 1 : 0);
    who.region = i % 6 == 5 ? t.second_region : t.region;
    who.agent = static_cast<std::uint8_t>(random.below(4));
    who.principal = prefixed(is_role(k) ? "AROA" : "AIDA", random, 17);
    if (k == kind::person || k == kind::employee)
      name_person(t, who, i + (k == kind::employee ? 500 : 0));
    else
      name_workload(t, who, i, random);
    if (!is_role(k))
      who.sessions[0].key = prefixed("AKIA", random, 16);
    t.identities.push_back(std::move(who));
  }
  t.first_of[static_cast<std::size_t>(k) + 1] = static_cast<std::uint32_t>(t.identities.size());
}

void make_buckets(tenant& t, prng& random) {
  const std::string suffix = digits(random, 5);
  for (const auto* zone : {"raw", "clean", "curated", "events", "clicks", "exports"})
    t.buckets.push_back(join({t.name, "-lake-", zone, "-", suffix}));
  for (const auto* what : {"db-backup", "fileserver-archive"})
    t.buckets.push_back(join({t.name, "-", what, "-", suffix}));
  for (const auto app : app_names)
    t.buckets.push_back(join({t.name, "-", app, "-", suffix}));
}

std::string company(std::uint32_t i) {
  constexpr auto firsts = static_cast<std::uint32_t>(std::size(company_first));
  constexpr auto seconds = static_cast<std::uint32_t>(std::size(company_second));
  std::string out =
      join({company_first[i % firsts], "-", company_second[(i + i / firsts) % seconds]});
  if (i >= firsts * seconds)
    out += "-" + std::to_string(i);
  return out;
}

} // namespace

bool is_role(kind k) {
  return k != kind::person && k != kind::program;
}

std::uint32_t tenant::local_hour(base::event_time at) const {
  const auto hours =
      std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count() + utc_offset_hours;
  return static_cast<std::uint32_t>((hours % 24 + 24) % 24);
}

base::event_time tenant::day_start(base::event_time at) const {
  const std::chrono::hours shift{utc_offset_hours - 4};
  return std::chrono::floor<std::chrono::days>(at + shift) - shift;
}

world make_world(const options& o) {
  world all;
  all.tenants.resize(static_cast<std::size_t>(o.tenants));
  for (std::uint32_t i = 0; i < all.tenants.size(); ++i) {
    tenant& t = all.tenants[i];
    prng random{o.seed, 1000 + i};
    t.index = i;
    t.name = company(i);
    t.city = i % cities;
    t.region = bases[t.city].region;
    t.second_region = bases[t.city].second;
    t.utc_offset_hours = bases[t.city].utc_offset;
    for (auto& account : t.accounts)
      account = digits(random, 12);
    make_buckets(t, random);
    const auto total = static_cast<std::uint32_t>(o.identities_per_tenant);
    std::uint32_t others = 0;
    for (const share& s : shares)
      others += std::max(1U, total * s.percent / 100);
    t.identities.reserve(total);
    add(t, kind::person, total - others, random);
    for (const share& s : shares)
      add(t, s.kind, std::max(1U, total * s.percent / 100), random);
  }
  return all;
}

std::string_view role_path(kind k) {
  switch (k) {
  case kind::employee:
    return ":role/aws-reserved/sso.amazonaws.com/";
  case kind::scaler:
    return ":role/aws-service-role/autoscaling.amazonaws.com/";
  case kind::copier:
    return ":role/service-role/";
  default:
    return ":role/";
  }
}

std::string arn_of(const tenant& t, const identity& who) {
  return join({"arn:aws:iam::", t.accounts[who.account],
               is_role(who.kind) ? role_path(who.kind) : ":user/", who.name});
}

std::uint32_t person_address(const tenant& t, const identity& who, base::event_time now) {
  const auto day =
      static_cast<std::uint64_t>(base::day_of(t.day_start(now) + std::chrono::hours{12}));
  const std::uint64_t self = splitmix(t.index * 100'003ULL + who.number);
  // A trip lasts a calendar week, so a night lies between any two places.
  const std::uint64_t trip = splitmix(self ^ ((day + 3) / 7));
  const auto host = static_cast<std::uint32_t>(self >> 40);
  if (trip % 61 == 0)
    return address_in(home(t.city + 1 + static_cast<std::uint32_t>(trip >> 32) % (cities - 1)),
                      host);
  if (splitmix(self + day) % 5 < 2)
    return address_in(home(t.city), host);
  return address_in(office(t.city), host % 6); // an office has few egress addresses
}

identity& take_victim(tenant& t, kind k, prng& random) {
  identity* who = &t.any(k, random);
  const auto first = t.first_of[static_cast<std::size_t>(k)];
  for (std::uint32_t i = 0; who->abused && i < t.count(k); ++i)
    who = &t.identities[first + i];
  who->abused = true;
  return *who;
}

} // namespace vedette::simulate
