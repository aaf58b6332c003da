// Azure: the Activity log in every shape it is exported in, the resource logs of storage accounts
// and Key Vault's audit (docs/sources/azure.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 27> azure_marks{{
    {"category", "\"Administrative\""},
    {"category", "\"StorageRead\""},
    {"category", "\"StorageWrite\""},
    {"category", "\"StorageDelete\""},
    {"category", "\"AuditEvent\""},
    {"category", "\"ServiceHealth\""},
    {"category", "\"ResourceHealth\""},
    {"category", "\"Autoscale\""},
    {"category", "\"Recommendation\""},
    // The REST API and the SDKs
    {"eventDataId", {}},
    {"EventDataId", {}},
    {"event_data_id", {}},
    {"submissionTimestamp", {}},
    {"SubmissionTimestamp", {}},
    {"submission_timestamp", {}},
    // Rows of Log Analytics
    {"Type", "\"AzureActivity\""},
    {"Type", "\"StorageBlobLogs\""},
    {"Type", "\"StorageFileLogs\""},
    {"OperationNameValue", {}},
    {"ActivityStatusValue", {}},
    {"Category", "\"StorageRead\""},
    {"Category", "\"StorageWrite\""},
    {"Category", "\"StorageDelete\""},
    // Wrappers and Entra's records may have these too
    {"resourceId", "\"/", record_mark::weak},
    {"ResourceId", "\"/", record_mark::weak},
    {"resourceid", "\"/", record_mark::weak},
    {"_ResourceId", "\"/", record_mark::weak},
}};

[[nodiscard]] std::unique_ptr<record_reader> make_azure_reader();

} // namespace vedette::ingest
