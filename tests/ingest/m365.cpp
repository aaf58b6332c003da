#include "tests/ingest/microsoft_records.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

TEST_CASE("a record of Microsoft 365 says who did what, where", "[ingest][m365]") {
  const auto run = run_text(m365_with(""));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == "azure");
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05Z");
  CHECK(e.id == "365a0000-0000-4000-8000-000000000001");
  CHECK(e.account == "7e57ab1e-0000-4000-8000-00000000c0de");
  CHECK(e.service == "OneDrive");
  CHECK(e.action == "AddedToSecureLink");
  CHECK(e.activity == "storage.object.acl.change");
  CHECK(e.identity == "ana@contoso.example");
  CHECK(to_string(e.actor) == "user");
  CHECK(to_string(e.holder) == "human");
  CHECK(e.session == "5e551000-0000-4000-8000-000000000001");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(to_string(e.client) == "browser");
  CHECK(to_string(e.result) == "ok");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() ==
        "https://contoso-my.sharepoint.example/personal/ana/Documents/plan.docx");
  CHECK(to_string(e.target) == "foreign");
  REQUIRE(e.targets.size() == 1);
  CHECK(e.targets.front() == "EVIL.EXAMPLE");
}

TEST_CASE("an address of Microsoft 365 comes without port and brackets", "[ingest][m365]") {
  struct row {
    const char* text;
    const char* address;
  };
  const auto r = GENERATE(values<row>({{"203.0.113.9:49152", "203.0.113.9"},
                                       {"[2001:db8::9]:49152", "2001:db8::9"},
                                       {"[2001:db8::9]", "2001:db8::9"},
                                       {"2001:db8::9", "2001:db8::9"},
                                       {"<null>", ""}}));
  INFO(r.text);
  const auto run = run_text(m365_with("\"ClientIP\":\"" + std::string{r.text} + "\""));
  CHECK(run->only().source_text == r.address);
  CHECK(run->only().has_source == (*r.address != '\0'));
}

TEST_CASE("a user of Microsoft 365 is known for what it is", "[ingest][m365]") {
  struct row {
    const char* why;
    const char* members;
    identity_type actor;
    session_class holder;
  };
  const auto r = GENERATE(values<row>({
      {"an administrator", R"("UserType":2)", identity_type::user, session_class::human},
      {"a person, as Log Analytics says it", R"("UserType":"Regular")", identity_type::user,
       session_class::human},
      {"an application", R"("UserType":5,"UserId":"app@sharepoint")", identity_type::application,
       session_class::unknown},
      {"a service principal", R"("UserType":6,"UserId":"5e41ce00-0000-4000-8000-000000000002")",
       identity_type::application, session_class::unknown},
      {"the system", R"("UserType":4,"UserId":"system")", identity_type::service,
       session_class::service},
      {"a server of Exchange",
       R"j("UserType":2,"UserId":"NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Servicehost)")j",
       identity_type::service, session_class::service},
      {"a guest", R"("UserId":"eve_evil.example#EXT#@contoso.example")", identity_type::federated,
       session_class::human},
      {"somebody with a link", R"("UserId":"urn:spo:anon#a1b2c3")", identity_type::anonymous,
       session_class::unknown},
      {"a technician of a partner", R"("UserType":9)", identity_type::account,
       session_class::human},
  }));
  INFO(r.why);
  const auto run = run_text(m365_with(r.members));
  CHECK(to_string(run->only().actor) == to_string(r.actor));
  CHECK(to_string(run->only().holder) == to_string(r.holder));
}

TEST_CASE("an operation of Microsoft 365 is known in any case and workload", "[ingest][m365]") {
  struct row {
    const char* workload;
    const char* operation;
    const char* activity;
    bool reads;
  };
  const auto r = GENERATE(values<row>({
      {"SharePoint", "FileDownloaded", "storage.object.read", true},
      {"OneDrive", "FILEDOWNLOADED", "storage.object.read", true},
      {"MicrosoftTeams", "MemberAdded", "identity.group.join", false},
      {"Exchange", "New-InboxRule", "mail.rule.change", false},
      {"Exchange", "MailItemsAccessed", "mail.read", true},
      {"Exchange", "Set-AdminAuditLogConfig", "audit.log.change", false},
      {"AzureActiveDirectory", "Add user.", "identity.create", false},
      {"AzureActiveDirectory", "UserLoggedIn", "identity.login", false},
      {"AzureActiveDirectory", "Add member to role.", "iam.policy.attach", false},
      {"SecurityComplianceCenter", "SearchExported", "mail.export", false},
      {"SharePoint", "PageViewed", "", true},
      {"SharePoint", "Brand new", "", false},
  }));
  INFO(r.operation);
  const auto run = run_text(m365_with("\"Workload\":\"" + std::string{r.workload} +
                                      "\",\"Operation\":\"" + r.operation + "\""));
  CHECK(run->only().activity == r.activity);
  CHECK(run->only().read_only == r.reads);
}

TEST_CASE("a result of Microsoft 365 says whether it worked", "[ingest][m365]") {
  struct row {
    const char* members;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {R"("ResultStatus":"Succeeded")", outcome::ok, ""},
      {R"("ResultStatus":"True")", outcome::ok, ""},
      {R"("ResultStatus":"PartiallySucceeded")", outcome::ok, ""},
      {R"("ResultStatus":"Failed")", outcome::failed, "Failed"},
      {R"("ResultStatus":"False")", outcome::failed, "False"},
      {R"("ResultStatus":"AccessDenied")", outcome::denied, "AccessDenied"},
      {R"("Operation":"UserLoginFailed","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword")",
       outcome::denied, "50126"},
      {R"("Operation":"UserLoginFailed","LogonError":"InvalidUserNameOrPassword")", outcome::denied,
       "InvalidUserNameOrPassword"},
      {R"("Operation":"UserLoginFailed","ErrorNumber":"50076")", outcome::failed, "50076"},
  }));
  INFO(r.members);
  const auto run = run_text(m365_with(r.members));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
}

TEST_CASE("whom a share or a forwarding rule reaches is judged", "[ingest][m365]") {
  struct row {
    const char* why;
    const char* members;
    const char* target;
  };
  const auto r = GENERATE(values<row>({
      {"a colleague", R"("TargetUserOrGroupName":"bo@Contoso.Example")", "own"},
      {"a guest account of somebody from elsewhere",
       R"("TargetUserOrGroupName":"eve_evil.example#EXT#@contoso.example")", "foreign"},
      {"anybody with the link", R"("Operation":"AnonymousLinkCreated")", "everyone"},
      {"mail sent on to somebody outside",
       R"("Workload":"Exchange","Operation":"New-InboxRule","Parameters":[{"Name":"Name","Value":"."},{"Name":"ForwardTo","Value":"eve@evil.example"}])",
       "foreign"},
      {"a whole mailbox sent on",
       R"("Workload":"Exchange","Operation":"Set-Mailbox","Parameters":[{"Name":"ForwardingSmtpAddress","Value":"smtp:eve@evil.example"}])",
       "foreign"},
      {"a rule that only moves",
       R"("Workload":"Exchange","Operation":"New-InboxRule","Parameters":[{"Name":"MoveToFolder","Value":"x"}])",
       "none"},
  }));
  INFO(r.why);
  CHECK(to_string(run_text(m365_with(r.members))->only().target) == r.target);
}

TEST_CASE("mail that was read is counted, also in a row of Log Analytics", "[ingest][m365]") {
  const auto run = run_text(
      R"({"TenantId":"0","RecordType":"50","TimeGenerated":"2026-01-02T03:04:05Z","Operation":"MailItemsAccessed","OrganizationId":"7e57ab1e-0000-4000-8000-00000000c0de",)"
      R"("UserType":"Regular","OfficeWorkload":"Exchange","ResultStatus":"Succeeded","UserId":"ana@contoso.example","Client_IPAddress":"203.0.113.9",)"
      R"("MailboxOwnerUPN":"bo@contoso.example","OfficeId":"365a","Folders":"[{\"FolderItems\":[{\"a\":1},{\"a\":2}]},{\"FolderItems\":[{\"a\":3}]}]","Type":"OfficeActivity"})");
  const auto& e = run->only();
  CHECK(e.service == "Exchange");
  CHECK(e.activity == "mail.read");
  CHECK(e.count == 3);
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.id == "365a");
  CHECK(e.resources.front() == "bo@contoso.example");
}

TEST_CASE("what a search of the unified log gives is read from its wrapper", "[ingest][m365]") {
  std::string record;
  for (char c : m365_with("")) {
    if (c == '"')
      record += '\\';
    record += c;
  }
  node_settings node;
  node.unwrap = {"/AuditData"};
  const auto run = run_text(
      R"({"RecordType":"SharePointSharingOperation","CreationDate":"x","UserIds":"ana","Operations":"AddedToSecureLink","AuditData":")" +
          record + "\"}",
      node);
  CHECK(run->only().action == "AddedToSecureLink");
}
