#include "tests/ingest/microsoft_records.hpp"

#include "ingest/formats/entra_effects.hpp"
#include "ingest/formats/entra_outcome.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

namespace {

constexpr const char* home = "7e57ab1e-0000-4000-8000-00000000c0de";

/// The record with its properties as JSON text, as some exports have them.
std::string with_text_properties(std::string record) {
  const auto at = record.find("\"properties\":{") + 13;
  std::string text = "\"";
  for (char c : record.substr(at, record.size() - at - 1)) {
    if (c == '"' || c == '\\')
      text += '\\';
    if (c != '\n')
      text += c;
  }
  return record.substr(0, at) + text + "\"}";
}

} // namespace

TEST_CASE("a sign-in says who came from where, when it happened", "[ingest][entra]") {
  const auto record = sign_in_with("");
  for (const auto& text :
       {record, with_text_properties(record), "{\"records\":[" + record + "]}"}) {
    INFO(text);
    const auto run = run_text(text);
    const auto& e = run->only();
    CHECK(to_string(e.provider) == "azure");
    INFO("when it happened, not when it was logged");
    CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.123456700Z");
    CHECK(e.id == "5161a000-0000-4000-8000-000000000001");
    CHECK(e.account == home);
    CHECK(e.service == "microsoft.aadiam");
    CHECK(e.action == "Sign-in activity");
    CHECK(e.activity == "identity.login");
    CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
    CHECK(e.identity_name == "ana@contoso.example");
    CHECK(to_string(e.actor) == "user");
    CHECK(to_string(e.holder) == "human");
    CHECK(e.session == "Zm9vYmFyYmF6cXV4AAAB");
    CHECK(e.source_text == "203.0.113.9");
    CHECK(to_string(e.client) == "console");
    CHECK(to_string(e.result) == "ok");
    CHECK(to_string(e.target) == "none");
    REQUIRE(e.resources.size() == 1);
    CHECK(e.resources.front() == "Windows Azure Service Management API");
  }
}

TEST_CASE("a sign-in is known for whose it is", "[ingest][entra]") {
  struct row {
    const char* why;
    const char* properties;
    const char* members;
    const char* identity;
    identity_type actor;
    session_class holder;
    const char* name;
  };
  const auto r = GENERATE(values<row>({
      {"a person without being asked", "", R"("category":"NonInteractiveUserSignInLogs")",
       "a11ce000-0000-4000-8000-000000000001", identity_type::user, session_class::human,
       "ana@contoso.example"},
      {"a guest", R"("userType":"Guest")", "", "a11ce000-0000-4000-8000-000000000001",
       identity_type::federated, session_class::human, "ana@contoso.example"},
      {"a person nobody knows",
       R"("userId":"00000000-0000-0000-0000-000000000000","userPrincipalName":"nobody@contoso.example")",
       "", "nobody@contoso.example", identity_type::user, session_class::human,
       "nobody@contoso.example"},
      {"an application with a secret",
       R"("userId":"","userPrincipalName":"","userDisplayName":"","servicePrincipalId":"5e41ce00-0000-4000-8000-000000000002","servicePrincipalName":"backup","clientCredentialType":"clientSecret")",
       R"("category":"ServicePrincipalSignInLogs")", "5e41ce00-0000-4000-8000-000000000002",
       identity_type::application, session_class::long_term, "backup"},
      {"an application that only its id is known of",
       R"("userId":"","servicePrincipalId":"","servicePrincipalName":"")",
       R"("category":"ServicePrincipalSignInLogs")", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
       identity_type::application, session_class::unknown, "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"},
      {"a managed identity",
       R"("servicePrincipalId":"5e41ce00-0000-4000-8000-000000000003","servicePrincipalName":"orders-fn","managedIdentityType":"systemAssigned")",
       R"("category":"ManagedIdentitySignInLogs")", "5e41ce00-0000-4000-8000-000000000003",
       identity_type::service_account, session_class::unknown, "orders-fn"},
  }));
  INFO(r.why);
  const auto run = run_text(sign_in_with(r.properties, r.members));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(to_string(e.actor) == to_string(r.actor));
  CHECK(to_string(e.holder) == to_string(r.holder));
  CHECK(e.identity_name == r.name);
  CHECK(e.session == "Zm9vYmFyYmF6cXV4AAAB");
}

TEST_CASE("whoever is at home in another tenant is told from one's own", "[ingest][entra]") {
  struct row {
    const char* why;
    std::string record;
    const char* target;
    const char* from;
  };
  const std::string other = "0ddba11a-0000-4000-8000-000000000000";
  const auto r = GENERATE_COPY(values<row>({
      {"at home", sign_in_with(""), "none", ""},
      {"a person of another tenant", sign_in_with("\"homeTenantId\":\"" + other + "\""), "foreign",
       "0ddba11a-0000-4000-8000-000000000000"},
      {"the same tenant in other letters",
       sign_in_with(R"("homeTenantId":"7E57AB1E-0000-4000-8000-00000000C0DE")"), "none", ""},
      {"an application that another tenant owns",
       sign_in_with("\"servicePrincipalId\":\"5e41ce00-0000-4000-8000-000000000002\","
                    "\"appOwnerTenantId\":\"" +
                        other + "\"",
                    R"("category":"ServicePrincipalSignInLogs")"),
       "foreign", "0ddba11a-0000-4000-8000-000000000000"},
      {"one of Microsoft's own applications",
       sign_in_with(
           R"("servicePrincipalId":"5e41ce00-0000-4000-8000-000000000002","appOwnerTenantId":"f8cdef31-a31e-4b4a-93e4-5f571e91255a")",
           R"("category":"ServicePrincipalSignInLogs")"),
       "none", ""},
      {"a call of Graph with a token of another tenant",
       graph_call_with("\"identityProvider\":\"https://sts.windows.net/" + other + "/\""),
       "foreign", "0ddba11a-0000-4000-8000-000000000000"},
      {"a call of Graph with a token of this one", graph_call_with(""), "none", ""},
  }));
  INFO(r.why);
  const auto run = run_text(r.record);
  CHECK(to_string(run->only().target) == r.target);
  CHECK((run->only().targets.empty() ? "" : run->only().targets.front()) == r.from);
  node_settings node;
  node.tenant.accounts = {other};
  if (*r.from != '\0')
    CHECK(to_string(run_text(r.record, node)->only().target) == "own");
}

TEST_CASE("a sign-in's code says whether somebody was refused", "[ingest][entra]") {
  struct row {
    const char* why;
    const char* code;
    outcome result;
  };
  const auto r = GENERATE(values<row>({
      {"it worked", "0", outcome::ok},
      {"wrong password", "50126", outcome::denied},
      {"the account is not in the tenant", "90072", outcome::denied},
      {"the account is not in the tenant, of a guest", "50020", outcome::denied},
      {"the application is not in the tenant", "700016", outcome::denied},
      {"the resource is not in the tenant", "500011", outcome::denied},
      {"a secret that is wrong", "7000215", outcome::denied},
      {"a policy that blocks", "53003", outcome::denied},
      {"locked after too many tries", "50053", outcome::failed},
      {"a second factor is asked for", "50076", outcome::failed},
      {"stay signed in?", "50140", outcome::failed},
      {"consent is asked for", "65001", outcome::failed},
  }));
  INFO(r.why);
  const auto run = run_text(sign_in_with("\"status\":{\"errorCode\":" + std::string{r.code} + "}"));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == (r.result == outcome::ok ? "" : r.code));
  const auto row =
      run_text(sign_in_with(R"("status":null)", "\"resultType\":\"" + std::string{r.code} + "\""));
  INFO("the same from resultType");
  CHECK(to_string(row->only().result) == to_string(r.result));
}

TEST_CASE("Graph's own objects are read like diagnostic records", "[ingest][entra]") {
  SECTION("a sign-in") {
    const auto run = run_text(
        R"({"@odata.context":"x","value":[{"id":"5161","createdDateTime":"2026-01-02T03:04:05Z","userDisplayName":"Ana","userPrincipalName":"ana@contoso.example",)"
        R"("userId":"a11ce000-0000-4000-8000-000000000001","appId":"a","ipAddress":"2001:db8::7","clientAppUsed":"Browser","conditionalAccessStatus":"notApplied",)"
        R"("status":{"errorCode":50126,"failureReason":"x"},"resourceTenantId":"7e57ab1e-0000-4000-8000-00000000c0de","homeTenantId":"7e57ab1e-0000-4000-8000-00000000c0de"}]})");
    const auto& e = run->only();
    CHECK(e.id == "5161");
    CHECK(e.account == home);
    CHECK(e.source_text == "2001:db8::7");
    CHECK(to_string(e.result) == "denied");
    CHECK(e.error == "50126");
  }
  SECTION("a sign-in of a managed identity, told by its type") {
    const auto run = run_text(
        R"({"id":"5162","createdDateTime":"2026-01-02T03:04:05Z","signInEventTypes":["managedIdentity"],"servicePrincipalId":"5e41ce00-0000-4000-8000-000000000003",)"
        R"("servicePrincipalName":"fn","status":{"errorCode":0}})");
    CHECK(to_string(run->only().actor) == "service_account");
  }
  SECTION("a change") {
    const auto run = run_text(
        R"({"id":"Directory_1","category":"Policy","correlationId":"c","result":"failure","resultReason":"Authorization_RequestDenied","activityDisplayName":"Delete policy",)"
        R"("activityDateTime":"2026-01-02T03:04:05Z","loggedByService":"Core Directory","initiatedBy":{"user":null,"app":{"appId":"a-1","displayName":"deploy","servicePrincipalId":"5e41ce00-0000-4000-8000-000000000002"}},)"
        R"("targetResources":[{"id":"p-1","displayName":"MFA","type":"Policy"}]})");
    const auto& e = run->only();
    CHECK(e.activity == "account.guardrail.delete");
    CHECK(e.identity == "5e41ce00-0000-4000-8000-000000000002");
    CHECK(e.identity_name == "deploy");
    CHECK(to_string(e.result) == "denied");
    CHECK(e.error == "Authorization_RequestDenied");
  }
}

TEST_CASE("a row of Log Analytics is read like a diagnostic record", "[ingest][entra]") {
  const auto run = run_text(
      R"({"TenantId":"0","SourceSystem":"Azure AD","TimeGenerated":"2026-01-02T03:09:00Z","OperationName":"Add member to role","Category":"RoleManagement","Result":"success",)"
      R"("AADTenantId":"7e57ab1e-0000-4000-8000-00000000c0de","ActivityDateTime":"2026-01-02T03:04:05Z","Id":"Directory_1","Type":"AuditLogs",)"
      R"("InitiatedBy":"{\"user\":{\"id\":\"a11ce000-0000-4000-8000-000000000001\",\"userPrincipalName\":\"ana@contoso.example\",\"ipAddress\":\"203.0.113.9\"}}",)"
      R"("TargetResources":"[{\"id\":\"t\",\"modifiedProperties\":[{\"displayName\":\"Role.DisplayName\",\"newValue\":\"\\\"Global Administrator\\\"\"}]}]"})");
  const auto& e = run->only();
  CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.activity == "iam.policy.attach");
  CHECK(to_string(e.grant) == "admin");
}

TEST_CASE("a change in the directory says who made it with what", "[ingest][entra]") {
  const auto run = run_text(directory_change_with(""));
  const auto& e = run->only();
  CHECK(e.id == "Directory_c0ffee00_ABCDE_1");
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.123456700Z");
  CHECK(e.action == "Add member to role");
  CHECK(e.activity == "iam.policy.attach");
  CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(to_string(e.client) == "tool");
  CHECK(to_string(e.grant) == "admin");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "a11ce000-0000-4000-8000-000000000002");
}

TEST_CASE("what a change in the directory gives away is judged", "[ingest][entra]") {
  struct row {
    const char* why;
    const char* operation;
    const char* name;
    const char* value;
    base::grant_class grant;
  };
  using base::grant_class;
  const auto r = GENERATE(values<row>({
      {"a role that may do all", "Add eligible member to role", "Role.TemplateId",
       "62e90394-69f5-4237-9190-012177145e10", grant_class::admin},
      {"a role that reads", "Add member to role", "Role.DisplayName", "Directory Readers",
       grant_class::limited},
      {"a permission to give oneself any other", "Add app role assignment to service principal",
       "AppRole.Value", "AppRoleAssignment.ReadWrite.All", grant_class::admin},
      {"a permission to read mail", "Add app role assignment to service principal", "AppRole.Value",
       "Mail.Read", grant_class::limited},
      {"a scope among others", "Add delegated permission grant", "DelegatedPermissionGrant.Scope",
       "User.Read Directory.ReadWrite.All", grant_class::admin},
      {"another property", "Add member to role", "Role.ObjectID", "x", grant_class::none},
  }));
  INFO(r.why);
  const auto run = run_text(directory_change_with(
      R"("targetResources":[{"id":"t","modifiedProperties":[{"displayName":")" +
          std::string{r.name} + R"(","newValue":"\")" + r.value + R"(\""}]}])",
      "\"operationName\":\"" + std::string{r.operation} + "\""));
  // The operation that counts is the one in the properties, when both have one.
  CHECK(to_string(run->only().grant) == to_string(r.grant));
}

TEST_CASE("a guest from elsewhere and another tenant are foreign", "[ingest][entra]") {
  const auto invited = [](const std::string& mail) {
    return run_text(directory_change_with(
        R"("activityDisplayName":"Invite external user","targetResources":[],"additionalDetails":[{"key":"InvitedUserEmailAddress","value":")" +
            mail + "\"}]",
        R"("operationName":"Invite external user")"));
  };
  CHECK(to_string(invited("eve@evil.example")->only().target) == "foreign");
  CHECK(invited("eve@evil.example")->only().targets.front() == "evil.example");
  CHECK(to_string(invited("bo@contoso.example")->only().target) == "own");
  const auto partner = run_text(directory_change_with(
      R"("targetResources":[{"id":"t","modifiedProperties":[{"displayName":"tenantId","newValue":"\"0ddba11a-0000-4000-8000-000000000000\""}]}])",
      R"("operationName":"Add a partner to cross-tenant access setting")"));
  CHECK(to_string(partner->only().target) == "foreign");
}

TEST_CASE("operations of the audit log are known in any case and with blanks at the end",
          "[ingest][entra]") {
  struct row {
    const char* operation;
    const char* activity;
  };
  const auto r = GENERATE(values<row>({
      {"Add user", "identity.create"},
      {"ADD SERVICE PRINCIPAL", "identity.create"},
      {"Add service principal credentials", "identity.key.create"},
      {"Update application \xE2\x80\x93 Certificates and secrets management ",
       "identity.key.create"},
      {"Invite external user", "identity.create"},
      {"Consent to application", "iam.policy.attach"},
      {"Add delegated permission grant", "iam.policy.attach"},
      {"Delete conditional access policy", "account.guardrail.delete"},
      {"Something new", ""},
  }));
  INFO(r.operation);
  const auto run =
      run_text(directory_change_with("", "\"operationName\":\"" + std::string{r.operation} + "\""));
  CHECK(run->only().activity == r.activity);
}

TEST_CASE("Microsoft's own agents in the directory are services", "[ingest][entra]") {
  const auto run = run_text(directory_change_with(
      R"("initiatedBy":{"app":{"displayName":"Managed Service Identity","servicePrincipalId":"5e41ce00-0000-4000-8000-000000000009"}})"));
  CHECK(to_string(run->only().actor) == "service");
  CHECK(to_string(run->only().holder) == "service");
}

TEST_CASE("a call of Graph says who asked for what and how much came back", "[ingest][entra]") {
  const auto run = run_text(graph_call_with(""));
  const auto& e = run->only();
  CHECK(e.id == "9ca11000-0000-4000-8000-000000000001");
  CHECK(e.service == "microsoft.graph");
  CHECK(e.action == "GET users/messages");
  CHECK(e.activity == "mail.read");
  CHECK(e.read_only);
  CHECK(e.bytes == 52'428);
  CHECK(e.identity == "5e41ce00-0000-4000-8000-000000000002");
  CHECK(to_string(e.actor) == "application");
  CHECK(to_string(e.holder) == "long_term");
  INFO("the same session as the sign-in that the token is from");
  CHECK(e.session == "Zm9vYmFyYmF6cXV4AAAB");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "/v1.0/users/a11ce000-0000-4000-8000-000000000002/messages");
  const auto person = run_text(
      graph_call_with(R"("userId":"a11ce000-0000-4000-8000-000000000001","clientAuthMethod":0)"));
  CHECK(person->only().identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(to_string(person->only().actor) == "user");
}

TEST_CASE("Graph's answer says which kind of no it was", "[ingest][entra]") {
  struct row {
    const char* code;
    outcome result;
  };
  const auto r = GENERATE(values<row>({{"200", outcome::ok},
                                       {"204", outcome::ok},
                                       {"401", outcome::denied},
                                       {"403", outcome::denied},
                                       {"404", outcome::failed},
                                       {"429", outcome::throttled},
                                       {"500", outcome::failed}}));
  const auto run = run_text(graph_call_with("\"responseStatusCode\":" + std::string{r.code}));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK((run->only().bytes > 0) == (r.result == outcome::ok));
}

TEST_CASE("all calls of one kind have one name", "[ingest][entra]") {
  struct row {
    const char* uri;
    const char* action;
  };
  const auto r = GENERATE(values<row>({
      {"https://graph.microsoft.com/v1.0/users", "GET users"},
      {"https://graph.microsoft.com/beta/users?$filter=x/y", "GET users"},
      {"https://graph.microsoft.com/v1.0/users/ana@contoso.example/messages", "GET users/messages"},
      {"https://graph.microsoft.com/v1.0/users('a11ce000')/memberOf", "GET users/memberOf"},
      {"https://graph.microsoft.com/v1.0//me", "GET me"},
      {"https://graph.microsoft.com/v1.0/groups/0ddba11a-0000-4000-8000-000000000000/members/$ref",
       "GET groups/members/$ref"},
      {"https://graph.microsoft.com", "GET"},
      {"", "GET"},
  }));
  base::arena memory;
  CHECK(graph_action("GET", r.uri, memory) == r.action);
}

TEST_CASE("other logs of Entra are skipped by name", "[ingest][entra]") {
  const auto run =
      run_text(sign_in_with(R"("createdDateTime":null)", R"("category":"ProvisioningLogs")"));
  CHECK(run->skipped == std::vector<std::string>{"Entra log 'ProvisioningLogs' is not read here"});
}
