// Microsoft Entra: sign-ins of people, applications and managed identities, the audit log, and
// calls of Microsoft Graph; as diagnostic records, as Graph's objects and as rows of Log Analytics
// (docs/sources/entra.md).
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 29> entra_marks{{
    {"category", "\"SignInLogs\""},
    {"category", "\"NonInteractiveUserSignInLogs\""},
    {"category", "\"ServicePrincipalSignInLogs\""},
    {"category", "\"ManagedIdentitySignInLogs\""},
    {"category", "\"ADFSSignInLogs\""},
    {"category", "\"AuditLogs\""},
    {"category", "\"MicrosoftGraphActivityLogs\""},
    // Graph's own objects
    {"activityDisplayName", {}},
    {"initiatedBy", {}},
    {"loggedByService", {}},
    {"conditionalAccessStatus", {}},
    {"signInEventTypes", {}},
    {"riskLevelDuringSignIn", {}},
    {"uniqueTokenIdentifier", {}},
    // Rows of Log Analytics
    {"ActivityDisplayName", {}},
    {"AADTenantId", {}},
    {"AadTenantId", {}},
    {"AADOperationType", {}},
    {"InitiatedBy", {}},
    {"LoggedByService", {}},
    {"ConditionalAccessStatus", {}},
    {"UniqueTokenIdentifier", {}},
    {"SignInActivityId", {}},
    {"Type", "\"SigninLogs\""},
    {"Type", "\"AAD"},
    {"Type", "\"MicrosoftGraphActivityLogs\""},
    // Entra's other logs; the line of azure has any resource
    {"resourceId", "\"/tenants/", record_mark::weak},
    {"resourceId", "\"/TENANTS/", record_mark::weak},
    {"resourceid", "\"/tenants/", record_mark::weak},
}};

[[nodiscard]] std::unique_ptr<record_reader> make_entra_reader();

} // namespace vedette::ingest
