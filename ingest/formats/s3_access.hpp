// Amazon S3 server access logs: lines of text as S3 writes them, and as JSON under the names that
// tables give their columns (docs/sources/aws-s3-access.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 3> s3_access_marks{
    {{"bucketowner", {}}, {"requestdatetime", {}}, {"turnaroundtime", {}}}};

extern const line_format s3_access_lines;

[[nodiscard]] std::unique_ptr<record_reader> make_s3_access_reader();

} // namespace vedette::ingest
