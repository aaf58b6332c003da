// What a tenant tells us about itself: its own accounts, networks, pipelines, and what is allowed.
// Part of the configuration in force; `nodes` reads it from YAML (docs/operating.md), pure code
// gets it.
#pragma once

#include "base/ip_address.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vedette::base {

/// As whom response calls AWS for a tenant.
struct aws_access {
  std::string role;              ///< an ARN, or a name in every account; empty: the node's own
  std::string external_id;       ///< that the role's trust asks for
  std::string organization_role; ///< ARN in the management account, for lock_region

  friend bool operator==(const aws_access&, const aws_access&) = default;
};

/// How far response may go for a tenant, and as whom. Starts at its safest: dry runs.
struct tenant_response {
  std::string mode = "dry_run";                 ///< or approve, auto
  std::map<std::string, std::string> playbooks; ///< modes by name, instead of `mode`
  std::map<std::string, std::string> kinds;     ///< modes by step kind, instead of both
  std::uint32_t actions_per_hour = 20;          ///< of one kind of step
  aws_access aws;

  friend bool operator==(const tenant_response&, const tenant_response&) = default;
};

struct tenant_settings {
  std::vector<std::string> accounts; ///< accounts, projects, subscriptions that are its own
  std::vector<ip_network>
      own_networks; ///< egress of its workloads: NAT gateways, elastic addresses
  std::vector<ip_network> corporate_networks;   ///< offices and company VPNs
  std::vector<std::string> ci_roles;            ///< identities (ARN or name) of pipelines and IaC
  std::vector<std::string> backup_roles;        ///< identities that read and copy in bulk by design
  std::vector<std::string> break_glass;         ///< identities no action may ever touch
  std::vector<std::string> allowed_regions;     ///< empty: not restricted
  std::vector<std::string> sensitive_resources; ///< names or ARNs, exact
  tenant_response response;

  friend bool operator==(const tenant_settings&, const tenant_settings&) = default;
};

} // namespace vedette::base
