// One normalised record of one thing that happened in a cloud, SaaS or runtime.
//
// Every string is a view: into the arena of the `event_batch` that owns the event, or into the
// buffer of raw records while `ingest` is still at work. An event never outlives its batch.
#pragma once

#include "base/arena.hpp"
#include "base/geo.hpp"
#include "base/ids.hpp"
#include "base/ip_address.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace vedette::base {

enum class cloud : std::uint8_t { unknown, aws, azure, gcp, kubernetes, okta, github, other };

enum class outcome : std::uint8_t {
  ok,
  denied,    ///< refused for want of permission; counts for denied-action rules
  throttled, ///< refused for load: never suspicious by itself
  limited,   ///< refused by a quota or capacity limit
  failed,    ///< any other error
};

enum class identity_type : std::uint8_t {
  unknown,
  root,      ///< the account's owner
  user,      ///< a person's or program's long-lived identity
  role,      ///< an assumed role
  federated, ///< came through SAML, OIDC, GetFederationToken or Identity Center
  service,   ///< the cloud itself acting
  account,   ///< another account, seen from outside
  service_account,
  application,
  node,
  anonymous,
};

/// What kind of thing holds the session's credentials (detections §2.3).
enum class session_class : std::uint8_t {
  unknown,
  lambda,    ///< a serverless function of any cloud
  instance,  ///< a virtual machine
  container, ///< ECS task or the like
  pod,       ///< Kubernetes workload identity
  ci,        ///< a build pipeline
  service,   ///< the cloud itself, or a call made on its behalf
  human,     ///< a console or single sign-on session
  long_term, ///< a static key
};

/// Where a call came from (detections §2.4).
enum class origin_class : std::uint8_t {
  unknown,     ///< no list could tell, or the address is unreadable
  internal,    ///< private range
  service,     ///< a service host name, no address
  own,         ///< the tenant's listed egress
  cloud_same,  ///< the range of the cloud that was called
  cloud_other, ///< the range of another cloud
  corporate,   ///< the tenant's listed offices and VPNs
  tor,
  vpn,
  hosting,
  other, ///< on no list although lists are loaded: residential, mobile …
};

/// What kind of program called (detections §2.6); forgeable, so it only ever raises severity.
enum class client_class : std::uint8_t {
  unknown,
  console,
  cli,
  tool,
  sdk,
  runtime,
  managed,
  service,
  browser
};

/// Who a share, grant or copy reaches.
enum class target_class : std::uint8_t { none, own, foreign, everyone };

/// What a policy or trust statement in the call gives away, the widest first found.
enum class grant_class : std::uint8_t { none, limited, admin, foreign_trust, public_trust };

[[nodiscard]] std::string_view to_string(cloud v) noexcept;
[[nodiscard]] std::string_view to_string(outcome v) noexcept;
[[nodiscard]] std::string_view to_string(identity_type v) noexcept;
[[nodiscard]] std::string_view to_string(session_class v) noexcept;
[[nodiscard]] std::string_view to_string(origin_class v) noexcept;
[[nodiscard]] std::string_view to_string(client_class v) noexcept;
[[nodiscard]] std::string_view to_string(target_class v) noexcept;
[[nodiscard]] std::string_view to_string(grant_class v) noexcept;

/// That one rule's selection held for the event, with what its operator needs later.
struct match {
  rule_index rule;
  std::uint32_t marks = 0; ///< bit i: the rule's i-th named selection held too
  /// One text per slot the compiled rule asks for (group key first if it has one, then one per
  /// measure that counts values); empty when the record lacks the field.
  std::span<const std::string_view> values;
};

struct event {
  // When and what
  std::string_view id; ///< the vendor's id: CloudTrail eventID, audit.k8s.io auditID …
  event_time time;
  cloud provider = cloud::unknown;
  std::string_view account; ///< the account, project or subscription acted in
  std::string_view region;
  std::string_view service;  ///< "ec2.amazonaws.com"
  std::string_view action;   ///< "RunInstances"
  std::string_view activity; ///< cross-cloud name, "compute.instance.create"; empty when unmapped
  outcome result = outcome::ok;
  std::string_view error; ///< the vendor's error code
  bool read_only = false;

  // Who
  std::string_view identity; ///< long-lived key (detections §2.2); never empty in a valid event
  std::string_view identity_name; ///< for people
  identity_type actor = identity_type::unknown;
  std::string_view session; ///< the thing that gets stolen: access key id, token id; may be empty
  session_class holder = session_class::unknown;
  std::string_view workload; ///< function ARN, instance id, pod: where the session was minted for

  // From where, with what
  std::string_view source_text; ///< as the record has it: an address, or a service host name
  ip_address source;
  bool has_source = false;
  origin_class origin = origin_class::unknown;
  std::uint32_t asn = 0; ///< 0: unknown
  std::string_view as_name;
  std::string_view country; ///< ISO 3166-1 alpha-2; empty: unknown
  geo_point place;
  bool has_place = false;
  std::string_view user_agent;
  client_class client = client_class::unknown;

  // On what
  std::span<const std::string_view> resources; ///< ARNs or names; the first is the main one
  std::span<const std::string_view> targets;   ///< accounts a share or grant reaches
  target_class target = target_class::none;
  grant_class grant = grant_class::none;
  std::uint64_t bytes = 0; ///< moved out by this call
  std::uint32_t count = 1; ///< units: instances launched, objects deleted

  /// Set on the copy that goes to another entity than the identity (an address, a bucket, a
  /// tenant): there only its matches count. Empty on the original.
  std::string_view routed_to;
  std::uint8_t routed_kind = 0; ///< an entity_kind; means nothing when `routed_to` is empty

  // What the stateless stage found
  std::span<const match> matches;
  std::string_view
      evidence; ///< redacted record, at most limits::evidence_bytes, if a matched rule shows it
};

/// Events of one tenant and source with the memory they live in. Immutable once it leaves ingest.
struct event_batch {
  tenant_id tenant;
  std::string source; ///< collector and stream
  base::generation generation;
  arena memory;
  std::shared_ptr<const void> borrowed; ///< owns what the events view outside `memory`, if anything
  std::vector<event> events;
};

} // namespace vedette::base
