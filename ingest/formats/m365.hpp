// Microsoft 365 unified audit: records of the Office 365 Management Activity API, also as rows of
// Log Analytics (docs/sources/m365.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 6> m365_marks{{
    {"CreationTime", {}},
    {"Workload", {}},
    {"UserKey", {}},
    {"OfficeWorkload", {}},
    {"OfficeId", {}},
    {"Type", "\"OfficeActivity\""},
}};

[[nodiscard]] std::unique_ptr<record_reader> make_m365_reader();

} // namespace vedette::ingest
