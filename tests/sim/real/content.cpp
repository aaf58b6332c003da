#include "tests/sim/real/content.hpp"

#include "base/assert.hpp"
#include "respond/playbooks/loader.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace vedette::sim::real {
namespace {

constexpr const char* deletion = R"(
title: A trail was deleted
name: deletion
level: medium
logsource: {product: aws, service: cloudtrail}
detection: {gone: {eventName: DeleteTrail}, condition: gone}
)";

constexpr const char* refusals = R"(
title: Refusals
name: refusals
level: medium
logsource: {product: vedette}
detection: {denied: {outcome: denied}, condition: denied}
vedette:
  window: 10m
  measures: {denials: {count: denied}}
  levels:
    - {severity: medium, when: {denials: {gte: 3}}, why: "{denials} refusals"}
    - {severity: high, when: {denials: {gte: 6}}, why: "{denials} refusals"}
)";

constexpr const char* regions = R"(
title: New regions
name: regions
level: low
logsource: {product: vedette}
detection: {listed: {eventName: DescribeInstances}, condition: listed}
vedette:
  window: 10m
  measures: {regions: {novel: region, ttl: 30d}}
  levels: [{severity: low, when: {regions: {gte: 1}}, why: "{regions} new regions"}]
)";

constexpr const char* readers = R"(
title: Many readers of one bucket
name: readers
level: medium
logsource: {product: vedette}
detection: {read: {eventName: GetObject}, condition: read}
vedette:
  by: {field: requestParameters.bucketName}
  window: 10m
  measures: {people: {distinct: userIdentity.arn}}
  levels: [{severity: medium, when: {people: {gte: 2}}, why: "{people} readers"}]
)";

constexpr const char* keys = R"(
title: A user was made and got a key
name: keys
level: high
logsource: {product: vedette}
detection:
  made: {eventName: CreateUser}
  armed: {eventName: CreateAccessKey}
  condition: made or armed
vedette:
  sequence: {steps: [made, armed], within: 30m, why: "{identity} made a user and a key"}
)";

constexpr const char* trips = R"(
title: Two places at once
name: trips
level: medium
logsource: {product: vedette}
detection: {login: {eventName: ConsoleLogin}, condition: login}
vedette:
  travel: {within: 60m, km: 500, kmh: 900, why: "{km} km at {kmh} km/h"}
)";

constexpr const char* listing = R"(
title: A listing
name: listing
level: low
logsource: {product: aws, service: cloudtrail}
detection: {seen: {eventName: ListBuckets}, condition: seen}
)";

constexpr const char* mend = R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000001
name: mend
title: Mend
mode: auto
trigger: {rules: [deletion], min_severity: low}
limits: {targets_max: 200, actions_per_hour: 1000}
workflow:
  - name: restart
    kind: restore_audit
    class: idempotent
    approval: none
    target: "${identity.id}"
    calls: [{api: "cloudtrail:StartLogging", with: {Name: "${identity.id}"}}]
  - name: lock
    kind: deactivate_key
    class: at-most-once
    approval: none
    target: "${identity.id}"
    calls: [{api: "iam:UpdateAccessKey", with: {UserName: "${identity.id}"}}]
)";

constexpr const char* tell = R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000002
name: tell
title: Tell
mode: auto
trigger: {rules: [listing, refusals], min_severity: low}
limits: {targets_max: 200, actions_per_hour: 1000}
workflow:
  - name: speak
    kind: notify
    class: may-repeat
    approval: none
    target: "people"
    calls: [{api: "vedette:Notify", with: {text: "${alert.title}"}}]
)";

actors::content_ptr generation_of(std::uint64_t number, const std::vector<const char*>& rules,
                                  const std::vector<const char*>& playbooks) {
  auto c = std::make_shared<actors::content_generation>();
  c->number = {number};
  c->hash = std::string(63, '0') + std::to_string(number);
  std::vector<detect::rule_source> sources;
  for (const auto* text : rules)
    sources.push_back({fmt::format("{}.yaml", sources.size()), text});
  auto set = detect::ruleset::load(sources);
  VEDETTE_ASSERT(set.has_value());
  c->rules = *set;
  std::vector<respond::playbook_source> steps;
  for (const auto* text : playbooks)
    steps.push_back({fmt::format("{}.yaml", steps.size()), text});
  auto books = respond::load_playbooks(steps);
  VEDETTE_ASSERT(books.has_value());
  c->playbooks = *books;
  c->activities = *ingest::taxonomy::load({});
  c->executors = {"restore_audit", "deactivate_key", "notify"};
  for (const auto tenant : content::tenants) {
    auto& settings = c->tenants[std::string{tenant}];
    settings.response.mode = "auto";
    settings.response.actions_per_hour = 1000;
  }
  return c;
}

} // namespace

content::content()
    : all_{generation_of(1, {deletion, refusals, regions, readers, keys, trips}, {mend}),
           generation_of(2, {listing, trips, keys, readers, refusals, deletion}, {mend, tell}),
           generation_of(3, {refusals, deletion, regions, listing, readers, keys}, {mend})} {}

const std::shared_ptr<content>& content::shared() {
  static const std::shared_ptr<content> all{new content};
  return all;
}

base::result<actors::content_ptr> content::find(base::generation number) {
  if (number.value < 1 || number.value > generations)
    return base::error{base::ec::not_found, "no such generation"};
  return at(number.value);
}

} // namespace vedette::sim::real
