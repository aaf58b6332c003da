// AWS CloudTrail: records of eventVersion 1.x (docs/sources/aws-cloudtrail.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 2> cloudtrail_marks{
    {{"eventVersion", {}}, {"userIdentity", {}}}};

[[nodiscard]] std::unique_ptr<record_reader> make_cloudtrail_reader();

} // namespace vedette::ingest
