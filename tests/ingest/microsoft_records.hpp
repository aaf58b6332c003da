// Records of Microsoft's clouds for the tests, whole but for what a test changes.
#pragma once

#include "tests/ingest/new_records.hpp"

#include <string>

namespace vedette::ingest {

/// The end of a disk's deletion by a person, as a diagnostic setting sends it; members given
/// replace its own.
inline std::string azure_with(const std::string& members) {
  return detail::object_with(
      members,
      {{"RoleLocation", R"("West Europe")"},
       {"time", R"("2026-01-02T03:04:05.1234567Z")"},
       {"resourceId",
        R"("/SUBSCRIPTIONS/0B1F6471-1BF0-4DDA-AEC3-111122223333/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.COMPUTE/DISKS/DATA-1")"},
       {"operationName", R"("MICROSOFT.COMPUTE/DISKS/DELETE")"},
       {"category", R"("Administrative")"},
       {"resultType", R"("Success")"},
       {"resultSignature", R"("Succeeded.")"},
       {"durationMs", R"("12")"},
       {"callerIpAddress", R"("203.0.113.9")"},
       {"correlationId", R"("c0ffee00-0000-4000-8000-000000000001")"},
       {"identity",
        R"({"authorization":{"scope":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/shop","action":"Microsoft.Compute/disks/delete",
          "evidence":{"role":"Contributor","principalId":"5a0c1f2e00004000800000000000aa01","principalType":"User"}},
          "claims":{"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/7e57ab1e-0000-4000-8000-00000000c0de/",
          "appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","appidacr":"0","http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-0000-4000-8000-000000000001",
          "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"ana@contoso.example","name":"Ana","idtyp":"user",
          "http://schemas.microsoft.com/identity/claims/tenantid":"7e57ab1e-0000-4000-8000-00000000c0de","uti":"Zm9vYmFyYmF6cXV4AAAB"}})"},
       {"level", R"("Information")"},
       {"properties",
        R"({"eventCategory":"Administrative","statusCode":"OK","message":"Microsoft.Compute/disks/delete"})"},
       {"tenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"}});
}

/// A blob read with a person's token, as a diagnostic setting of the account sends it.
inline std::string storage_with(const std::string& members) {
  return detail::object_with(
      members,
      {{"time", R"("2026-01-02T03:04:05.1234567Z")"},
       {"resourceId",
        R"("/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/contosodata/blobServices/default")"},
       {"category", R"("StorageRead")"},
       {"operationName", R"("GetBlob")"},
       {"operationVersion", R"("2023-11-03")"},
       {"statusCode", "200"},
       {"statusText", R"("Success")"},
       {"callerIpAddress", R"("203.0.113.9:51234")"},
       {"correlationId", R"("c0ffee00-0000-4000-8000-000000000002")"},
       {"identity",
        R"({"type":"OAuth","tokenHash":"7F83B1657FF1FC53B92DC18148A1D65DFC2D4B1FA3D677284ADDD200126D9069",
          "requester":{"appId":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","objectId":"a11ce000-0000-4000-8000-000000000001","upn":"ana@contoso.example","tenantId":"7e57ab1e-0000-4000-8000-00000000c0de"}})"},
       {"location", R"("West Europe")"},
       {"properties",
        R"({"accountName":"contosodata","userAgentHeader":"AzCopy/10.22.0 Azure-Storage/0.15","serviceType":"blob","objectKey":"/contosodata/exports/2026/a.csv","responseBodySize":1048576,"requestBodySize":0})"},
       {"uri",
        R"("https://contosodata.blob.core.windows.net:443/exports/2026/a.csv?sv=2023-11-03&sig=XXXXX")"},
       {"protocol", R"("HTTPS")"}});
}

/// A sign-in of a person of this tenant; `properties` members replace those of its own, `members`
/// those of the record around them.
inline std::string sign_in_with(const std::string& properties, const std::string& members = {}) {
  const auto inner = detail::object_with(
      properties,
      {{"id", R"("5161a000-0000-4000-8000-000000000001")"},
       {"createdDateTime", R"("2026-01-02T03:04:05.1234567+00:00")"},
       {"userDisplayName", R"("Ana")"},
       {"userPrincipalName", R"("ana@contoso.example")"},
       {"userId", R"("a11ce000-0000-4000-8000-000000000001")"},
       {"userType", R"("Member")"},
       {"appId", R"("c44b4083-3bb0-49c1-b47d-974e53cbdf3c")"},
       {"appDisplayName", R"("Azure Portal")"},
       {"resourceDisplayName", R"("Windows Azure Service Management API")"},
       {"ipAddress", R"("203.0.113.9")"},
       {"status",
        R"({"errorCode":0,"additionalDetails":"MFA requirement satisfied by claim in the token"})"},
       {"location",
        R"({"city":"Tallinn","countryOrRegion":"EE","geoCoordinates":{"latitude":59.4,"longitude":24.7}})"},
       {"isInteractive", "true"},
       {"conditionalAccessStatus", R"("success")"},
       {"crossTenantAccessType", R"("none")"},
       {"homeTenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"},
       {"resourceTenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"},
       {"uniqueTokenIdentifier", R"("Zm9vYmFyYmF6cXV4AAAB")"}});
  auto record = detail::object_with(
      members, {{"time", R"("2026-01-02T03:09:00.0000000Z")"},
                {"resourceId",
                 R"("/tenants/7e57ab1e-0000-4000-8000-00000000c0de/providers/Microsoft.aadiam")"},
                {"operationName", R"("Sign-in activity")"},
                {"category", R"("SignInLogs")"},
                {"tenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"},
                {"resultType", R"("0")"},
                {"callerIpAddress", R"("203.0.113.9")"},
                {"correlationId", R"("c0ffee00-0000-4000-8000-000000000003")"},
                {"location", R"("EE")"}});
  if (members.find("\"properties\":") == std::string::npos)
    record.insert(record.size() - 1, ",\"properties\":" + inner);
  return record;
}

/// A role given to somebody by a person, as sign_in_with.
inline std::string directory_change_with(const std::string& properties,
                                         const std::string& members = {}) {
  const auto inner = detail::object_with(
      properties,
      {{"id", R"("Directory_c0ffee00_ABCDE_1")"},
       {"category", R"("RoleManagement")"},
       {"result", R"("success")"},
       {"resultReason", R"("")"},
       {"activityDisplayName", R"("Add member to role")"},
       {"activityDateTime", R"("2026-01-02T03:04:05.1234567+00:00")"},
       {"loggedByService", R"("Core Directory")"},
       {"initiatedBy",
        R"({"user":{"id":"a11ce000-0000-4000-8000-000000000001","displayName":null,"userPrincipalName":"ana@contoso.example","ipAddress":"203.0.113.9","roles":[]}})"},
       {"targetResources",
        R"([{"id":"a11ce000-0000-4000-8000-000000000002","displayName":null,"type":"User","userPrincipalName":"bo@contoso.example",
           "modifiedProperties":[{"displayName":"Role.DisplayName","oldValue":null,"newValue":"\"Global Administrator\""}]}])"},
       {"additionalDetails", R"([{"key":"User-Agent","value":"python-requests/2.31"}])"}});
  auto record = detail::object_with(
      members, {{"time", R"("2026-01-02T03:09:00.0000000Z")"},
                {"resourceId",
                 R"("/tenants/7e57ab1e-0000-4000-8000-00000000c0de/providers/Microsoft.aadiam")"},
                {"operationName", R"("Add member to role")"},
                {"category", R"("AuditLogs")"},
                {"tenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"}});
  if (members.find("\"properties\":") == std::string::npos)
    record.insert(record.size() - 1, ",\"properties\":" + inner);
  return record;
}

/// An application that lists mail through Graph, as sign_in_with.
inline std::string graph_call_with(const std::string& properties, const std::string& members = {}) {
  const auto inner = detail::object_with(
      properties,
      {{"requestId", R"("9ca11000-0000-4000-8000-000000000001")"},
       {"requestMethod", R"("GET")"},
       {"requestUri",
        R"("https://graph.microsoft.com/v1.0/users/a11ce000-0000-4000-8000-000000000002/messages?$top=50")"},
       {"responseStatusCode", "200"},
       {"responseSizeBytes", "52428"},
       {"ipAddress", R"("203.0.113.9")"},
       {"userAgent", R"("python-requests/2.31")"},
       {"appId", R"("a9900000-0000-4000-8000-000000000001")"},
       {"servicePrincipalId", R"("5e41ce00-0000-4000-8000-000000000002")"},
       {"userId", R"("")"},
       {"clientAuthMethod", "1"},
       {"identityProvider", R"("https://sts.windows.net/7e57ab1e-0000-4000-8000-00000000c0de/")"},
       {"signInActivityId", R"("Zm9vYmFyYmF6cXV4AAAB")"},
       {"tokenIssuedAt", R"("2026-01-02T03:00:00Z")"},
       {"roles", R"("Mail.Read")"}});
  auto record = detail::object_with(
      members, {{"time", R"("2026-01-02T03:04:05.1234567Z")"},
                {"resourceId",
                 R"("/TENANTS/7E57AB1E-0000-4000-8000-00000000C0DE/PROVIDERS/MICROSOFT.AADIAM")"},
                {"operationName", R"("Microsoft Graph Activity")"},
                {"category", R"("MicrosoftGraphActivityLogs")"},
                {"resultSignature", R"("200")"},
                {"tenantId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"}});
  if (members.find("\"properties\":") == std::string::npos)
    record.insert(record.size() - 1, ",\"properties\":" + inner);
  return record;
}

/// A file shared with somebody outside, as the Management Activity API gives it.
inline std::string m365_with(const std::string& members) {
  return detail::object_with(
      members,
      {{"CreationTime", R"("2026-01-02T03:04:05")"},
       {"Id", R"("365a0000-0000-4000-8000-000000000001")"},
       {"Operation", R"("AddedToSecureLink")"},
       {"OrganizationId", R"("7e57ab1e-0000-4000-8000-00000000c0de")"},
       {"RecordType", "14"},
       {"UserKey", R"("i:0h.f|membership|1003200000000001@live.com")"},
       {"UserType", "0"},
       {"Version", "1"},
       {"Workload", R"("OneDrive")"},
       {"ClientIP", R"("203.0.113.9")"},
       {"ObjectId", R"("https://contoso-my.sharepoint.example/personal/ana/Documents/plan.docx")"},
       {"UserId", R"("ana@contoso.example")"},
       {"AppAccessContext",
        R"({"AADSessionId":"5e551000-0000-4000-8000-000000000001","CorrelationId":"c"})"},
       {"EventSource", R"("SharePoint")"},
       {"ItemType", R"("File")"},
       {"TargetUserOrGroupName", R"("EVE@EVIL.EXAMPLE")"},
       {"TargetUserOrGroupType", R"("Guest")"},
       {"UserAgent",
        R"("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0")"}});
}

} // namespace vedette::ingest
