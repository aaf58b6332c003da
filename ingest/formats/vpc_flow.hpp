// AWS VPC and transit gateway flow logs, as lines in the default or any other order of columns, and
// as JSON (docs/sources/aws-vpc-flow.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

/// Lines spell their columns with '-', tables that hold them with '_', as other products do too.
inline constexpr std::array<record_mark, 14> vpc_flow_marks{{
    {"interface-id", {}},
    {"interface_id", {}, record_mark::weak},
    {"log-status", {}},
    {"log_status", {}, record_mark::weak},
    {"flow-direction", {}},
    {"flow_direction", {}, record_mark::weak},
    {"pkt-srcaddr", {}},
    {"pkt_srcaddr", {}, record_mark::weak},
    {"pkt-dstaddr", {}},
    {"pkt_dstaddr", {}, record_mark::weak},
    {"tgw-attachment-id", {}},
    {"tgw_attachment_id", {}, record_mark::weak},
    {"srcaddr", {}, record_mark::weak},
    {"dstaddr", {}, record_mark::weak},
}};

extern const line_format vpc_flow_lines;

[[nodiscard]] std::unique_ptr<record_reader> make_vpc_flow_reader();

} // namespace vedette::ingest
