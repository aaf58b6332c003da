#include "tests/ingest/microsoft_records.hpp"

#include "ingest/formats/azure_outcome.hpp"
#include "ingest/formats/microsoft.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

TEST_CASE("an Activity log record says who did what, where", "[ingest][azure]") {
  const auto run = run_text(azure_with(""));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == "azure");
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.123456700Z");
  CHECK(e.id.starts_with("c0ffee00-0000-4000-8000-000000000001/"));
  CHECK(e.account == "0b1f6471-1bf0-4dda-aec3-111122223333");
  CHECK(e.service == "microsoft.compute");
  CHECK(e.action == "MICROSOFT.COMPUTE/DISKS/DELETE");
  CHECK(e.activity == "volume.delete");
  CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(e.identity_name == "ana@contoso.example");
  CHECK(to_string(e.actor) == "user");
  CHECK(to_string(e.holder) == "human");
  CHECK(e.session == "Zm9vYmFyYmF6cXV4AAAB");
  CHECK(to_string(e.client) == "cli");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.has_source);
  CHECK(to_string(e.result) == "ok");
  CHECK_FALSE(e.read_only);
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front().ends_with("/MICROSOFT.COMPUTE/DISKS/DATA-1"));
}

TEST_CASE("one operation is one event in every shape it is exported in", "[ingest][azure]") {
  struct row {
    const char* why;
    std::string text;
  };
  // One deletion of one disk by one person.
  const auto r = GENERATE(values<row>({
      {"Event Hub: in records", R"({"records":[)" + azure_with("") + "]}"},
      {"the REST API: camelCase, values with localised ones",
       R"({"value":[{"authorization":{"action":"Microsoft.Compute/disks/delete"},"caller":"ana@contoso.example",)"
       R"("claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-0000-4000-8000-000000000001","uti":"Zm9vYmFyYmF6cXV4AAAB"},)"
       R"("correlationId":"c0ffee00","eventDataId":"d1","eventName":{"value":"EndRequest","localizedValue":"End request"},)"
       R"("category":{"value":"Administrative","localizedValue":"Administrative"},"httpRequest":{"clientIpAddress":"203.0.113.9","method":"DELETE"},)"
       R"("operationName":{"value":"Microsoft.Compute/disks/delete","localizedValue":"Delete Disk"},"resourceId":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/x",)"
       R"("status":{"value":"Succeeded","localizedValue":"Succeeded"},"subStatus":{"value":"OK"},"eventTimestamp":"2026-01-02T03:04:05.1234567Z"}]})"},
      {"PowerShell: PascalCase, properties in Content",
       R"([{"Authorization":{"Action":"Microsoft.Compute/disks/delete"},"Caller":"ana@contoso.example",)"
       R"("Claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-0000-4000-8000-000000000001","uti":"Zm9vYmFyYmF6cXV4AAAB"},)"
       R"("EventDataId":"d1","Category":{"Value":"Administrative"},"HttpRequest":{"ClientIpAddress":"203.0.113.9"},"OperationName":{"Value":"Microsoft.Compute/disks/delete"},)"
       R"("ResourceId":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/x","Status":{"Value":"Succeeded"},"EventTimestamp":"2026-01-02T03:04:05.1234567Z","Properties":{"Content":{"statusCode":"OK"}}}])"},
      {"the Python SDK: snake_case",
       R"({"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-0000-4000-8000-000000000001","uti":"Zm9vYmFyYmF6cXV4AAAB"},)"
       R"("caller":"ana@contoso.example","event_data_id":"d1","category":{"value":"Administrative","localized_value":"Administrative"},)"
       R"("http_request":{"client_ip_address":"203.0.113.9"},"operation_name":{"value":"Microsoft.Compute/disks/delete"},)"
       R"("resource_id":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/x","status":{"value":"Succeeded"},"event_timestamp":"2026-01-02T03:04:05.123456700Z"})"},
      {"Log Analytics: a row, objects as text",
       R"({"TenantId":"0","SourceSystem":"Azure","TimeGenerated":"2026-01-02T03:04:05.1234567Z","Caller":"ana@contoso.example","CallerIpAddress":"203.0.113.9",)"
       R"("CategoryValue":"Administrative","OperationName":"Delete Disk","OperationNameValue":"MICROSOFT.COMPUTE/DISKS/DELETE","ActivityStatusValue":"Success",)"
       R"("Claims":"{\"http://schemas.microsoft.com/identity/claims/objectidentifier\":\"a11ce000-0000-4000-8000-000000000001\",\"uti\":\"Zm9vYmFyYmF6cXV4AAAB\"}",)"
       R"("SubscriptionId":"0b1f6471-1bf0-4dda-aec3-111122223333","EventDataId":"d1","Type":"AzureActivity"})"},
      {"all in lower case",
       R"({"time":"2026-01-02T03:04:05.1234567Z","resourceid":"/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/x",)"
       R"("operationname":"microsoft.compute/disks/delete","category":"Administrative","resulttype":"Succeeded","calleripaddress":"203.0.113.9",)"
       R"("identity":"{\"claims\":{\"oid\":\"a11ce000-0000-4000-8000-000000000001\",\"upn\":\"ana@contoso.example\",\"uti\":\"Zm9vYmFyYmF6cXV4AAAB\"}}"})"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  const auto& e = run->only();
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.123456700Z");
  CHECK(e.account == "0b1f6471-1bf0-4dda-aec3-111122223333");
  CHECK(e.service == "microsoft.compute");
  CHECK(e.activity == "volume.delete");
  CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(e.identity_name == "ana@contoso.example");
  CHECK(to_string(e.actor) == "user");
  CHECK(e.session == "Zm9vYmFyYmF6cXV4AAAB");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(to_string(e.result) == "ok");
}

TEST_CASE("an operation counts once: when it is over", "[ingest][azure]") {
  struct row {
    const char* status;
    const char* skipped; ///< empty: an event
    outcome result;
  };
  const auto r = GENERATE(values<row>({
      {"Start", "beginning of an Azure operation: its end counts", {}},
      {"Started", "beginning of an Azure operation: its end counts", {}},
      {"Accept", "Azure operation under way: its end counts", {}},
      {"Accepted", "Azure operation under way: its end counts", {}},
      {"InProgress", "Azure operation under way: its end counts", {}},
      {"Success", "", outcome::ok},
      {"Succeeded", "", outcome::ok},
      {"Failure", "", outcome::failed},
      {"Failed", "", outcome::failed},
      {"Canceled", "", outcome::failed},
  }));
  INFO(r.status);
  const auto run = run_text(
      azure_with("\"resultType\":\"" + std::string{r.status} + R"(","resultSignature":"")"));
  if (*r.skipped != '\0') {
    CHECK(run->skipped == std::vector<std::string>{r.skipped});
    CHECK(run->batch.events.empty());
  } else {
    CHECK(to_string(run->only().result) == to_string(r.result));
  }
}

TEST_CASE("a refused Azure operation says which kind of no it was", "[ingest][azure]") {
  struct row {
    const char* why;
    const char* members;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {"the code in the status message, which is JSON in text",
       R"("properties":{"statusCode":"Forbidden","statusMessage":"{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}"})",
       outcome::denied, "AuthorizationFailed"},
      {"a lock", R"("properties":{"statusMessage":"{\"error\":{\"code\":\"ScopeLocked\"}}"})",
       outcome::denied, "ScopeLocked"},
      {"a policy",
       R"("properties":{"statusMessage":{"error":{"code":"RequestDisallowedByPolicy"}}})",
       outcome::denied, "RequestDisallowedByPolicy"},
      {"only the substatus", R"("resultSignature":"Failed.Forbidden","properties":{})",
       outcome::denied, "Forbidden"},
      {"a code that says little, and a substatus that says more",
       R"("resultSignature":"Failed.Forbidden","properties":{"statusMessage":"{\"code\":\"Whatever\"}"})",
       outcome::denied, "Whatever"},
      {"a quota", R"("properties":{"statusMessage":"{\"error\":{\"code\":\"QuotaExceeded\"}}"})",
       outcome::limited, "QuotaExceeded"},
      {"a quota of cores, under compute's common code",
       R"("properties":{"statusMessage":"{\"error\":{\"code\":\"OperationNotAllowed\",\"message\":\"exceeding approved Total Regional Cores quota\"}}"})",
       outcome::limited, "OperationNotAllowed"},
      {"no machines of that size",
       R"("properties":{"statusMessage":"{\"error\":{\"code\":\"SkuNotAvailable\"}}"})",
       outcome::limited, "SkuNotAvailable"},
      {"load", R"("resultSignature":"Failed.TooManyRequests")", outcome::throttled,
       "TooManyRequests"},
      {"a conflict", R"("resultSignature":"Failed.Conflict")", outcome::failed, "Conflict"},
      {"a message that is no JSON",
       R"("resultSignature":"","properties":{"statusMessage":"oh no"})", outcome::failed,
       "Failure"},
  }));
  INFO(r.why);
  const auto run = run_text(azure_with(R"("resultType":"Failure",)" + std::string{r.members}));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
}

TEST_CASE("a caller of Azure is known for what it is", "[ingest][azure]") {
  struct row {
    const char* why;
    const char* members;
    const char* identity;
    identity_type actor;
    session_class holder;
    const char* name;
    const char* workload;
  };
  constexpr const char* function =
      "/subscriptions/s/resourcegroups/shop/providers/Microsoft.Web/sites/orders";
  const auto r = GENERATE_COPY(values<row>({
      {"an application with a secret",
       R"("identity":{"claims":{"oid":"5e41ce00-0000-4000-8000-000000000002","appid":"app-1","idtyp":"app","appidacr":"1"}})",
       "5e41ce00-0000-4000-8000-000000000002", identity_type::application, session_class::long_term,
       "app-1", ""},
      {"the managed identity of a function",
       R"("identity":{"claims":{"oid":"5e41ce00-0000-4000-8000-000000000003","appid":"app-2","idtyp":"app","appidacr":"2","xms_mirid":"/subscriptions/s/resourcegroups/shop/providers/Microsoft.Web/sites/orders"}})",
       "5e41ce00-0000-4000-8000-000000000003", identity_type::service_account,
       session_class::lambda, "app-2", function},
      {"an identity assigned to a machine, by where it runs",
       R"("identity":{"claims":{"oid":"5e41ce00-0000-4000-8000-000000000004","appid":"app-3","idtyp":"app","xms_mirid":"/subscriptions/s/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i","xms_az_rid":"/subscriptions/s/providers/Microsoft.Compute/virtualMachines/vm-1"}})",
       "5e41ce00-0000-4000-8000-000000000004", identity_type::service_account,
       session_class::instance, "app-3",
       "/subscriptions/s/providers/Microsoft.Compute/virtualMachines/vm-1"},
      {"a guest, whose home tenant is another",
       R"("identity":{"claims":{"oid":"a11ce000-0000-4000-8000-000000000005","name":"Bo","http://schemas.microsoft.com/identity/claims/identityprovider":"https://sts.windows.net/0ddba11a-0000-4000-8000-000000000000/","http://schemas.microsoft.com/identity/claims/tenantid":"7e57ab1e-0000-4000-8000-00000000c0de"}})",
       "a11ce000-0000-4000-8000-000000000005", identity_type::federated, session_class::human, "Bo",
       ""},
      {"a guest, known by the address",
       R"("identity":{"claims":{"oid":"a11ce000-0000-4000-8000-000000000006"}},"caller":"eve_evil.example#EXT#@contoso.example")",
       "a11ce000-0000-4000-8000-000000000006", identity_type::federated, session_class::human,
       "eve_evil.example#EXT#@contoso.example", ""},
      {"a person by the address alone", R"("identity":{},"caller":"ana@contoso.example")",
       "ana@contoso.example", identity_type::user, session_class::human, "ana@contoso.example", ""},
      {"a program by its object alone",
       R"("identity":null,"caller":"5e41ce00-0000-4000-8000-000000000002")",
       "5e41ce00-0000-4000-8000-000000000002", identity_type::application, session_class::unknown,
       "", ""},
      {"a service of Azure", R"("identity":null,"caller":"Microsoft.RecoveryServices")",
       "Microsoft.RecoveryServices", identity_type::service, session_class::service, "", ""},
      {"identity as text", R"("identity":"Ana Example")", "Ana Example", identity_type::user,
       session_class::human, "", ""},
      {"only the principal of the role assignment",
       R"("identity":{"authorization":{"evidence":{"principalId":"5a0c1f2e","principalType":"ServicePrincipal"}}})",
       "5a0c1f2e", identity_type::application, session_class::unknown, "", ""},
      {"nobody but an address", R"("identity":null)", "anonymous", identity_type::anonymous,
       session_class::unknown, "", ""},
  }));
  INFO(r.why);
  const auto run = run_text(azure_with(r.members));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(to_string(e.actor) == to_string(r.actor));
  CHECK(to_string(e.holder) == to_string(r.holder));
  CHECK(e.identity_name == r.name);
  CHECK(e.workload == r.workload);
}

TEST_CASE("operations are known in any case", "[ingest][azure]") {
  struct row {
    const char* operation;
    const char* activity;
    bool reads;
  };
  const auto r = GENERATE(values<row>({
      {"Microsoft.Compute/virtualMachines/write", "compute.instance.create", false},
      {"MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE", "compute.instance.create", false},
      {"microsoft.compute/virtualmachines/write", "compute.instance.create", false},
      {"Microsoft.Compute/snapshots/beginGetAccess/action", "snapshot.export", false},
      {"Microsoft.Storage/storageAccounts/listKeys/action", "identity.key.read", true},
      {"MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE", "audit.log.delete", false},
      {"Microsoft.Authorization/locks/delete", "storage.protection.delete", false},
      {"Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/delete",
       "backup.delete", false},
      {"Microsoft.Web/sites/hostruntime/host/action", "function.invoke", false},
      {"Microsoft.Sql/servers/databases/export/action", "database.export", false},
      {"Microsoft.Cache/redis/read", "", true},
      {"Microsoft.Cache/redis/write", "", false},
  }));
  INFO(r.operation);
  const auto run = run_text(azure_with("\"operationName\":\"" + std::string{r.operation} + "\""));
  CHECK(run->only().action == r.operation);
  CHECK(run->only().activity == r.activity);
  CHECK(run->only().read_only == r.reads);
}

TEST_CASE("every operation of Azure that a detection asks for has an activity", "[ingest][azure]") {
  for (const char* operation :
       {"Microsoft.Compute/snapshots/endGetAccess/action",
        "Microsoft.Compute/disks/endGetAccess/action",
        "Microsoft.Compute/disks/beginGetAccess/action",
        "Microsoft.Compute/snapshots/write",
        "Microsoft.Compute/snapshots/delete",
        "Microsoft.Compute/virtualMachines/deallocate/action",
        "Microsoft.Compute/virtualMachineScaleSets/write",
        "Microsoft.Compute/galleries/share/action",
        "Microsoft.Compute/restorePointCollections/restorePoints/retrieveSasUris/action",
        "Microsoft.Compute/restorePointCollections/delete",
        "Microsoft.Resources/deployments/write",
        "Microsoft.ContainerService/managedClusters/write",
        "Microsoft.ContainerService/managedClusters/agentPools/write",
        "Microsoft.ContainerInstance/containerGroups/write",
        "Microsoft.Batch/batchAccounts/pools/write",
        "Microsoft.MachineLearningServices/workspaces/computes/write",
        "Microsoft.Quota/quotas/write",
        "Microsoft.Storage/storageAccounts/delete",
        "Microsoft.Storage/storageAccounts/listAccountSas/action",
        "Microsoft.Storage/storageAccounts/regenerateKey/action",
        "Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action",
        "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        "Microsoft.Storage/storageAccounts/blobServices/write",
        "Microsoft.Storage/storageAccounts/fileServices/write",
        "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete",
        "Microsoft.Storage/storageAccounts/blobServices/containers/clearLegalHold/action",
        "Microsoft.RecoveryServices/vaults/backupPolicies/delete",
        "Microsoft.RecoveryServices/vaults/backupconfig/write",
        "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/"
        "delete",
        "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write",
        "Microsoft.DataProtection/backupVaults/write",
        "Microsoft.DataProtection/backupVaults/delete",
        "Microsoft.KeyVault/vaults/write",
        "Microsoft.Authorization/locks/write",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/elevateAccess/action",
        "Microsoft.Authorization/policyAssignments/write",
        "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies/write",
        "Microsoft.Automation/automationAccounts/jobs/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"}) {
    INFO(operation);
    const auto run = run_text(azure_with("\"operationName\":\"" + std::string{operation} + "\""));
    CHECK_FALSE(run->only().activity.empty());
  }
  for (const char* operation :
       {"GetBlob", "DeleteBlob", "CopyBlob", "PutBlobFromURL", "ListContainers", "ListBlobs"}) {
    INFO(operation);
    const auto run = run_text(storage_with("\"operationName\":\"" + std::string{operation} + "\""));
    CHECK_FALSE(run->only().activity.empty());
  }
}

TEST_CASE("a role assignment gives what its role allows", "[ingest][azure]") {
  struct row {
    const char* why;
    const char* members;
    base::grant_class grant;
  };
  using base::grant_class;
  const auto r = GENERATE(values<row>({
      {"Owner, in the answer",
       R"("properties":{"responseBody":"{\"properties\":{\"roleDefinitionId\":\"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635\"}}"})",
       grant_class::admin},
      {"Owner, in the request, as Azure's portal writes it",
       R"("properties":{"requestbody":"{\"Id\":\"x\",\"Properties\":{\"PrincipalId\":\"p\",\"RoleDefinitionId\":\"/x/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635\"}}"})",
       grant_class::admin},
      {"Reader",
       R"("properties":{"requestbody":{"properties":{"roleDefinitionId":"acdd72a7-3385-48ef-bd42-f606fba81ae7"}}})",
       grant_class::limited},
      {"a group of another tenant",
       R"("properties":{"requestbody":{"properties":{"roleDefinitionId":"acdd72a7","principalType":"ForeignGroup"}}})",
       grant_class::foreign_trust},
      {"a role of one's own that may do all",
       R"("operationName":"Microsoft.Authorization/roleDefinitions/write","properties":{"requestbody":{"properties":{"permissions":[{"actions":["*"]}]}}})",
       grant_class::admin},
      {"elevation to the root of the tenant",
       R"("operationName":"Microsoft.Authorization/elevateAccess/action","identity":{"authorization":{"action":"Microsoft.Authorization/elevateAccess/action"},"claims":{"oid":"x"}})",
       grant_class::admin},
      {"an account whose containers may be public",
       R"("operationName":"Microsoft.Storage/storageAccounts/write","properties":{"responseBody":"{\"properties\":{\"allowBlobPublicAccess\":true}}"})",
       grant_class::public_trust},
      {"nothing said", R"("properties":{})", grant_class::none},
  }));
  INFO(r.why);
  std::string members = r.members;
  if (members.find("operationName") == std::string::npos)
    members += R"(,"operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE")";
  CHECK(to_string(run_text(azure_with(members))->only().grant) == to_string(r.grant));
}

TEST_CASE("an Azure region is where the resource is, in one spelling", "[ingest][azure]") {
  struct row {
    const char* why;
    const char* members;
    const char* region;
  };
  const auto r = GENERATE(values<row>({
      {"in the record", R"("location":"westeurope")", "westeurope"},
      {"as shown to people", R"("location":"West Europe")", "westeurope"},
      {"of what was made", R"("properties":{"responseBody":"{\"location\":\"eastus2\"}"})",
       "eastus2"},
      {"everywhere", R"("location":"global")", ""},
      {"where Resource Manager ran is no region", "", ""},
  }));
  INFO(r.why);
  CHECK(run_text(azure_with(r.members))->only().region == r.region);
}

TEST_CASE("a scale set's machines are counted and a rule opened to all is seen",
          "[ingest][azure]") {
  const auto set = run_text(azure_with(
      R"("operationName":"Microsoft.Compute/virtualMachineScaleSets/write","properties":{"requestbody":"{\"sku\":{\"capacity\":40}}"})"));
  CHECK(set->only().count == 40);
  const auto rule = run_text(azure_with(
      R"("operationName":"Microsoft.Network/networkSecurityGroups/securityRules/write","properties":{"responseBody":"{\"properties\":{\"sourceAddressPrefix\":\"Internet\"}}"})"));
  CHECK(to_string(rule->only().target) == "everyone");
  const auto delegated = run_text(azure_with(
      R"("operationName":"Microsoft.ManagedServices/registrationDefinitions/write","properties":{"requestbody":{"properties":{"managedByTenantId":"0ddba11a-0000-4000-8000-000000000000"}}})"));
  CHECK(to_string(delegated->only().target) == "foreign");
}

TEST_CASE("a log of any resource that says who acted is an event", "[ingest][azure]") {
  const auto run = run_text(
      azure_with(R"("category":"Audit","operationName":"ListKey","identity":"Ana Example")"));
  CHECK(run->only().service == "microsoft.compute");
  CHECK(run->only().action == "ListKey");
  CHECK(run->only().identity == "Ana Example");
  CHECK(run->only().activity.empty());
  CHECK(run_text(azure_with(R"("category":"Audit","operationName":"ListKey","identity":null)"))
            ->skipped.size() == 1);
}

TEST_CASE("logs of Azure that tell of no call are skipped by name", "[ingest][azure]") {
  for (const char* category :
       {"ServiceHealth", "ResourceHealth", "Autoscale", "Recommendation", "Policy", "Security"}) {
    const auto run = run_text(azure_with("\"category\":\"" + std::string{category} + "\""));
    CHECK(run->skipped == std::vector<std::string>{"Azure log '" + std::string{category} +
                                                   "' is no audit log that is read here"});
  }
}

TEST_CASE("the id of a record is the same each time it arrives and another for its neighbours",
          "[ingest][azure]") {
  const auto id = [](const char* members) {
    return std::string{run_text(azure_with(members))->only().id};
  };
  const auto one = id("");
  CHECK(id("") == one);
  CHECK(id(R"("RoleLocation":"East US")") == one);
  CHECK(id(R"("resultType":"Failure")") != one);
  CHECK(id(R"("identity":"Bo")") != one);
  CHECK(id(R"("time":"2026-01-02T03:04:06Z")") != one);
  CHECK(id(R"("resourceId":"/subscriptions/s/x")") != one);
  CHECK(id(R"("eventDataId":"d1")") == "d1");
}

TEST_CASE("an address comes without port, brackets and zone", "[ingest][azure]") {
  struct row {
    const char* text;
    const char* address;
  };
  const auto r = GENERATE(values<row>({
      {"203.0.113.7", "203.0.113.7"},
      {"203.0.113.7:51234", "203.0.113.7"},
      {"[2001:db8::1]:443", "2001:db8::1"},
      {"[2001:db8::1]", "2001:db8::1"},
      {"2001:db8::1", "2001:db8::1"},
      {"::ffff:203.0.113.7", "::ffff:203.0.113.7"},
      {"fe80::1%4", "fe80::1"},
      {"[fe80::1%4]:443", "fe80::1"},
      {" 203.0.113.7 ", "203.0.113.7"},
      {"[", ""},
      {"", ""},
      {"<null>", "<null>"},
  }));
  INFO(r.text);
  CHECK(bare_address(r.text) == r.address);
}

TEST_CASE("a time without a zone is UTC", "[ingest][azure]") {
  CHECK(utc_time("2026-01-02T03:04:05.1234567") ==
        base::parse_rfc3339("2026-01-02T03:04:05.1234567Z"));
  CHECK(utc_time("2026-01-02 03:04:05.123456789") ==
        base::parse_rfc3339("2026-01-02T03:04:05.123456789Z"));
  CHECK(utc_time("2026-01-02T03:04:05.5+02:00") == base::parse_rfc3339("2026-01-02T01:04:05.5Z"));
  CHECK_FALSE(utc_time("1/2/2026 3:04:05 AM").has_value());
  CHECK_FALSE(utc_time("").has_value());
  CHECK_FALSE(utc_time(std::string(200, '1')).has_value());
}
