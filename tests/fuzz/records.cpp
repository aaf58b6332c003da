// A log's bytes, in chunks that break anywhere: splitter, normaliser and the rules' selections
// answer for every record, and what comes out does not depend on where the chunks broke.
//
// The first byte says how the rest is cut.
#include "base/assert.hpp"
#include "base/limits.hpp"
#include "detect/ruleset.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/record_splitter.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace vedette;

namespace {

constexpr const char* activities_text = R"(
cloud: aws
services:
  s3.amazonaws.com:
    GetObject: {activity: storage.object.read, read_only: true, resources: "arn:aws:s3:::{requestParameters.bucketName}/{requestParameters.key}", bytes: additionalEventData.bytesTransferredOut}
    REST.GET.OBJECT: {activity: storage.object.read, bytes: bytessent}
    PutBucketPolicy: {activity: storage.bucket.policy.change, resources: "arn:aws:s3:::{requestParameters.bucketName}", policies: [requestParameters.bucketPolicy]}
  vpc-flow-logs.amazonaws.com:
    ACCEPT: {activity: network.flow.accept}
  ec2.amazonaws.com:
    RunInstances: {activity: compute.instance.create, count: ["#responseElements.instancesSet.items", requestParameters.minCount]}
    ModifySnapshotAttribute: {activity: snapshot.share, targets: [requestParameters.createVolumePermission.add.items.userId]}
  iam.amazonaws.com:
    CreateUser: {activity: identity.create, resources: "{requestParameters.userName}"}
  core:
    get secrets: {activity: secret.read, read_only: true}
    create pods/exec: {activity: pod.exec, resources: "{objectRef.namespace}:{objectRef.name}"}
  rbac.authorization.k8s.io:
    create clusterrolebindings: {activity: iam.policy.attach, policies: [requestObject, responseObject, protoPayload.request]}
  microsoft.storage:
    getblob: {activity: storage.object.read, read_only: true}
  microsoft.authorization:
    roleassignments/write: {activity: iam.policy.attach, policies: [requestbody, responsebody], targets: requestbody.properties.principalId}
  microsoft.aadiam:
    sign-in activity: {activity: identity.login}
    invite external user: {activity: identity.create, policies: modifiedProperties}
  microsoft.graph:
    get users/messages: {activity: mail.read}
  microsoft365:
    new-inboxrule: {activity: mail.rule.change, policies: Parameters}
    mailitemsaccessed: {activity: mail.read, count: "#Folders.FolderItems"}
    addedtosecurelink: {activity: storage.object.acl.change, targets: TargetUserOrGroupName}
  cloudresourcemanager.googleapis.com:
    SetIamPolicy: {activity: iam.policy.attach, policies: [protoPayload.serviceData.policyDelta.bindingDeltas], targets: protoPayload.serviceData.policyDelta.bindingDeltas.member, count: "#protoPayload.authorizationInfo"}
)";

constexpr const char* mapping_text = R"(
source: mapped
cloud: okta
recognise:
  - {/kind: "map*", /id: "*"}
  - {/mapped/by: "*", /gone: ""}
empty: ["-"]
skip: [{when: {/do: heartbeat}, why: a sign of life}]
event:
  time: [/at, /mapped/at]
  time.unit: ms
  id: "{/kind}/{/id}"
  account: ["/groups/[kind=home]/name", /groups/1/name]
  cloud: {aws: {/service: "*.amazonaws.com"}}
  service: [{value: /service, when: [{/do: "*"}, {/gone: ""}]}, mapped]
  action: [/do, "{/mapped/verb} {/mapped/noun}"]
  activity: saas.event
  outcome: {denied: [{/result: ["NO", "*fail*"]}, {/mapped/code: "403"}], otherwise: ok}
  error: /reason
  identity: [/who/id, /who]
  identity.name: /who/name
  identity.type: {service: {/who/kind: "*system"}, otherwise: user}
  session: /session
  source: [/from, /chain/ip]
  user_agent: /agent
  read_only: {/do: "get*"}
  resources: [/things/id, "thing:{/things/name}"]
  target.accounts: /to
  bytes: [/size, /things/size]
  count: [/n, /things/n]
everyone: [public]
own: [private]
admin: ["*admin*"]
services:
  mapped:
    share: {activity: file.share, resources: "doc:{/things/id}", targets: [/to, "/grants/[kind=user]/mail"], policies: /grants/role, count: "#/things", bytes: /size}
)";

constexpr const char* rules_text = R"(
title: Everything a selection can ask
name: everything
logsource: {product: aws}
detection:
  a: {service: s3.amazonaws.com, requestParameters.bucketName|contains: b}
  b: {action|re: '^(Get|Put)[A-Z]'}
  c: {sourceIPAddress|cidr: 203.0.113.0/24}
  d: {requestParameters.items.x|gte: 3}
  e: {userIdentity.sessionContext|exists: true}
  f: {cloud: [k8s, gcp, azure], objectRef.resource|contains: s, protoPayload.status.code|gte: 3}
  words: [AKIA, root]
  condition: a or b or c or d or e or f or words
level: low
vedette:
  by: session
  window: 30m
  measures: {v: {distinct: requestParameters.key}}
  levels: [{severity: low, when: {v: {gte: 2}}}]
)";

struct what_came_out {
  std::vector<std::string> texts;
  std::size_t events = 0;

  friend bool operator==(const what_came_out&, const what_came_out&) = default;
};

what_came_out run(std::string_view input, std::size_t chunk, ingest::normaliser& normaliser) {
  what_came_out out;
  base::event_batch batch;
  ingest::record_splitter splitter{{"/data", "/log/0"}};
  const ingest::record_splitter::sink sink = [&](const ingest::split_record& r) {
    out.texts.emplace_back(r.text);
    if (!r.problem.empty())
      return;
    VEDETTE_ASSERT(r.text.size() <= base::limits::record_bytes);
    const auto before = batch.events.size();
    const auto verdict = normaliser.run(r.text, batch);
    const bool event = verdict.what == ingest::disposition::event;
    VEDETTE_ASSERT(batch.events.size() == before + (event ? 1U : 0U));
    VEDETTE_ASSERT(event || !verdict.reason.empty());
    VEDETTE_ASSERT(!event || !batch.events.back().identity.empty());
  };
  for (std::size_t at = 0; at < input.size(); at += chunk) {
    // A copy of its own size, so that the sanitizer sees a read past the chunk.
    const std::string piece{input.substr(at, chunk)};
    splitter.push(piece, sink);
  }
  splitter.finish(sink);
  out.events = batch.events.size();
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto activities = ingest::taxonomy::load({activities_text});
  static const detect::rule_source source{"rules.yaml", rules_text};
  static const auto rules = detect::ruleset::load({&source, 1});
  static const auto mappings = ingest::mapping_set::load({{"mapped.yaml", mapping_text}});
  VEDETTE_ASSERT(activities.has_value() && rules.has_value() && mappings.has_value());
  static ingest::normaliser normaliser{*activities, nullptr, *rules,
                                       std::make_shared<base::tenant_settings>(), *mappings};
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  const auto whole = run(input, input.size() + 1, normaliser);
  const auto cut = run(input, std::size_t{bytes[0]} % 67 + 1, normaliser);
  VEDETTE_ASSERT(whole == cut);
  return 0;
}
