// What a tenant tells us about itself: its own accounts, networks, pipelines, and what is allowed.
// Part of the configuration in force; `nodes` reads it from YAML (docs/operating.md), pure code
// gets it.
#pragma once

#include "base/ip_address.hpp"

#include <string>
#include <vector>

namespace vedette::base {

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

  friend bool operator==(const tenant_settings&, const tenant_settings&) = default;
};

} // namespace vedette::base
