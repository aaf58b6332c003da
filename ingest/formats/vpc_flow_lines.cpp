// The columns of flow logs, by the version that brought them. A log of any version begins with what
// its creator chose; without a choice with the first fourteen.
#include "ingest/formats/vpc_flow.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

using std::string_view;

constexpr std::array<line_column, 60> flow_columns{{
    // Version 2
    {"version", line_column::number},
    {"account-id"},
    {"interface-id"},
    {"srcaddr"},
    {"dstaddr"},
    {"srcport", line_column::number},
    {"dstport", line_column::number},
    {"protocol", line_column::number},
    {"packets", line_column::number},
    {"bytes", line_column::number},
    {"start", line_column::number},
    {"end", line_column::number},
    {"action"},
    {"log-status"},
    // Version 3
    {"vpc-id"},
    {"subnet-id"},
    {"instance-id"},
    {"tcp-flags", line_column::number},
    {"type"},
    {"pkt-srcaddr"},
    {"pkt-dstaddr"},
    // Version 4
    {"region"},
    {"az-id"},
    {"sublocation-type"},
    {"sublocation-id"},
    // Version 5
    {"pkt-src-aws-service"},
    {"pkt-dst-aws-service"},
    {"flow-direction"},
    {"traffic-path", line_column::number},
    // Version 6: transit gateways
    {"resource-type"},
    {"tgw-id"},
    {"tgw-attachment-id"},
    {"tgw-src-vpc-account-id"},
    {"tgw-dst-vpc-account-id"},
    {"tgw-src-vpc-id"},
    {"tgw-dst-vpc-id"},
    {"tgw-src-subnet-id"},
    {"tgw-dst-subnet-id"},
    {"tgw-src-eni"},
    {"tgw-dst-eni"},
    {"tgw-src-az-id"},
    {"tgw-dst-az-id"},
    {"tgw-pair-attachment-id"},
    {"packets-lost-no-route", line_column::number},
    {"packets-lost-blackhole", line_column::number},
    {"packets-lost-mtu-exceeded", line_column::number},
    {"packets-lost-ttl-expired", line_column::number},
    // Version 7: containers of ECS
    {"ecs-cluster-arn"},
    {"ecs-cluster-name"},
    {"ecs-container-instance-arn"},
    {"ecs-container-instance-id"},
    {"ecs-container-id"},
    {"ecs-second-container-id"},
    {"ecs-service-name"},
    {"ecs-task-definition-arn"},
    {"ecs-task-arn"},
    {"ecs-task-id"},
    // Later ones
    {"reject-reason"},
    {"resource-id"},
    {"encryption-status"},
}};
constexpr std::size_t version_2 = 14;

/// "2 111122223333 eni-…"; the account is "unknown" where AWS cannot tell it.
bool begins_in_default_order(string_view text) noexcept {
  constexpr string_view version = "2 ", interface = " eni-";
  constexpr std::size_t account_digits = 12;
  if (!text.starts_with(version))
    return false;
  text.remove_prefix(version.size());
  const auto account = text.substr(0, text.find(' '));
  if (!text.substr(account.size()).starts_with(interface))
    return false;
  return account == "unknown" ||
         (account.size() == account_digits &&
          std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; }));
}

} // namespace

constinit const line_format vpc_flow_lines{flow_columns, version_2, begins_in_default_order, true};

} // namespace vedette::ingest
