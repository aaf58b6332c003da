// Microsoft 365 unified audit: records of the Office 365 Management Activity API, also as rows of
// Log Analytics (docs/sources/m365.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 10> m365_marks{{
    {"CreationTime", {}},
    {"Workload", {}},
    {"UserKey", {}},
    {"OfficeWorkload", {}},
    {"OfficeId", {}},
    {"Type", "\"OfficeActivity\""},
    // Wrappers around the record have these too
    {"RecordType", {}, record_mark::weak},
    {"Operation", {}, record_mark::weak},
    {"OrganizationId", {}, record_mark::weak},
    {"UserId", {}, record_mark::weak},
}};

[[nodiscard]] std::unique_ptr<record_reader> make_m365_reader();

} // namespace vedette::ingest
