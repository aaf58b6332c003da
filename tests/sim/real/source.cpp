#include "tests/sim/real/source.hpp"

#include "base/assert.hpp"
#include "detect/engine.hpp"
#include "ingest/normaliser.hpp"
#include "tests/sim/real/content.hpp"
#include "tests/support/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace vedette::sim::real {
namespace {

const base::event_time first_day{std::chrono::days{20'000}};
/// Of event time, from one batch of a source to its next; and how far its events may lie apart.
/// Forty batches of a source can overtake one that waits: 13 minutes of the lateness's 20.
constexpr std::chrono::seconds between_batches{20};
constexpr std::uint64_t spread_seconds = 60;

constexpr base::geo_point cities[] = {{52.5f, 13.4f}, {-33.9f, 151.2f}};
constexpr const char* regions_of[] = {"eu-west-1", "us-east-1", "ap-south-1"};

ingest::normaliser& normaliser_of(const base::tenant_id& tenant, base::generation generation) {
  static std::map<std::pair<std::string, std::uint64_t>, ingest::normaliser> all;
  const std::pair key{tenant.value, generation.value};
  auto at = all.find(key);
  if (at == all.end()) {
    const auto& c = *content::shared()->at(generation.value);
    at = all.emplace(key, ingest::normaliser{c.activities, nullptr, c.rules,
                                             std::make_shared<const base::tenant_settings>(
                                                 c.tenant(tenant))})
             .first;
  }
  return at->second;
}

} // namespace

base::receive_time wall_time(instant at) {
  return first_day + std::chrono::days{1} + at;
}

source::source(std::uint64_t seed, std::uint64_t number, std::uint32_t detectors)
    : seed_{seed}, detectors_{detectors}, tenant_{std::string{content::tenants[number % 2]}},
      name_{fmt::format("collector-{}", number)}, newest_{first_day} {}

std::string source::record_of(const event& e, std::uint64_t sequence) const {
  test::random apart{base::mix(seed_, e.id)};
  const auto at =
      first_day + between_batches * sequence + std::chrono::seconds{apart.below(spread_seconds)};
  // A bucket lives where those who read it do: their batches go to one partition.
  const auto bucket = e.identity % detectors_ + detectors_ * apart.below(3);
  const char* name = "GetObject";
  std::string more;
  switch (apart.below(12)) {
  case 0:
    name = "DeleteTrail";
    break;
  case 1:
    name = "DescribeInstances";
    break;
  case 2:
    name = apart.chance(0.5) ? "CreateUser" : "CreateAccessKey";
    break;
  case 3:
    name = "ConsoleLogin";
    break;
  case 4:
    name = "ListBuckets";
    break;
  case 5:
  case 6:
  case 7:
  case 8:
    name = "PutObject";
    more = R"("errorCode":"AccessDenied",)";
    break;
  default:
    more = fmt::format(R"("requestParameters":{{"bucketName":"bucket-{}","key":"k"}},)", bucket);
    break;
  }
  return fmt::format(
      R"({{"eventVersion":"1.08","eventTime":"{}","eventID":"event-{}",{}"eventSource":"{}",)"
      R"("awsRegion":"{}","eventName":"{}","userIdentity":{{"type":"IAMUser",)"
      R"("accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/u{}","userName":"u{}"}},)"
      R"("sourceIPAddress":"198.51.100.{}"}})",
      base::format_rfc3339(at), e.id, more,
      name == std::string_view{"GetObject"} || name == std::string_view{"PutObject"}
          ? "s3.amazonaws.com"
          : "cloudtrail.amazonaws.com",
      regions_of[apart.below(std::size(regions_of))], name, e.identity, e.identity, e.identity);
}

std::shared_ptr<const schemas::batch_entry> source::make(const batch& b,
                                                         base::generation generation, instant now) {
  auto events = std::make_shared<base::event_batch>();
  events->tenant = tenant_;
  events->source = name_;
  events->generation = generation;
  auto& normaliser = normaliser_of(tenant_, generation);
  for (const auto& e : b.events) {
    auto text = record_of(e, b.key.sequence);
    const auto size = text.size();
    text.append(64, '\0');
    const auto verdict = normaliser.run(std::string_view{text}.substr(0, size), *events);
    VEDETTE_ASSERT(verdict.what == ingest::disposition::event);
    auto& made = events->events.back();
    made.has_place = true;
    made.place = cities[base::mix(seed_, e.id) % std::size(cities)];
  }
  std::vector<detect::route> routes;
  const auto own = events->events.size();
  const auto told = newest_;
  for (std::size_t i = 0; i < own; ++i) {
    newest_ = std::max(newest_, events->events[i].time);
    routes.clear();
    detect::routes_of(*content::shared()->at(generation.value)->rules, tenant_, events->events[i],
                      events->memory, routes);
    for (const auto& r : routes) {
      auto copy = events->events[i];
      copy.routed_to = r.key;
      copy.routed_kind = static_cast<std::uint8_t>(r.kind);
      copy.matches = events->memory.copy(std::span<const base::match>{&r.match, 1});
      events->events.push_back(copy);
    }
  }
  auto out = std::make_shared<schemas::batch_entry>();
  out->tenant = tenant_;
  out->source = name_;
  out->session = b.key.session;
  out->sequence = b.key.sequence;
  out->received = wall_time(now);
  out->source_watermark = told;
  out->events = std::move(events);
  return out;
}

} // namespace vedette::sim::real
