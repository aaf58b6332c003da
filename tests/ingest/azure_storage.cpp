// Logs of Azure's resources themselves: storage accounts and vaults.
#include "tests/ingest/microsoft_records.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

TEST_CASE("a blob read says who read what and how much", "[ingest][azure]") {
  const auto run = run_text(storage_with(""));
  const auto& e = run->only();
  CHECK(e.service == "microsoft.storage");
  CHECK(e.action == "GetBlob");
  CHECK(e.activity == "storage.object.read");
  CHECK(e.read_only);
  CHECK(e.identity == "a11ce000-0000-4000-8000-000000000001");
  CHECK(e.identity_name == "ana@contoso.example");
  CHECK(e.session == "7F83B1657FF1FC53B92DC18148A1D65D");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.region == "westeurope");
  CHECK(e.bytes == 1'048'576);
  CHECK(to_string(e.client) == "tool");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "https://contosodata.blob.core.windows.net/exports/2026/a.csv");
}

TEST_CASE("storage is read with tokens, keys, signatures or nothing", "[ingest][azure]") {
  struct row {
    const char* why;
    const char* members;
    const char* identity;
    identity_type actor;
    session_class holder;
    const char* session;
  };
  const auto r = GENERATE(values<row>({
      {"a signature", R"j("identity":{"type":"SAS","tokenHash":"key1(AAAA),SasSignature(BBBB)"})j",
       "contosodata/sas", identity_type::unknown, session_class::long_term, "BBBB"},
      {"the key", R"j("identity":{"type":"AccountKey","tokenHash":"key1(AAAA)"})j",
       "contosodata/accountkey", identity_type::unknown, session_class::long_term, "AAAA"},
      {"nothing", R"("identity":{"type":"Anonymous"})", "anonymous", identity_type::anonymous,
       session_class::unknown, ""},
      {"a program's token",
       R"("identity":{"type":"OAuth","requester":{"appId":"app-1","objectId":"5e41ce00-0000-4000-8000-000000000002"}})",
       "5e41ce00-0000-4000-8000-000000000002", identity_type::application, session_class::unknown,
       ""},
      {"a service of Azure", R"("identity":{"type":"TrustedAccess"})", "trusted Microsoft service",
       identity_type::service, session_class::service, ""},
  }));
  INFO(r.why);
  const auto run = run_text(storage_with(r.members));
  CHECK(run->only().identity == r.identity);
  CHECK(to_string(run->only().actor) == to_string(r.actor));
  CHECK(to_string(run->only().holder) == to_string(r.holder));
  CHECK(run->only().session == r.session);
}

TEST_CASE("storage's code says which kind of no it was", "[ingest][azure]") {
  struct row {
    const char* members;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {R"("statusCode":403,"statusText":"AuthorizationPermissionMismatch")", outcome::denied,
       "AuthorizationPermissionMismatch"},
      {R"("statusCode":"403","statusText":"AuthorizationFailure")", outcome::denied,
       "AuthorizationFailure"},
      {R"("statusCode":401,"statusText":"NoAuthenticationInformation")", outcome::denied,
       "NoAuthenticationInformation"},
      {R"("statusCode":503,"statusText":"ServerBusy")", outcome::throttled, "ServerBusy"},
      {R"("statusCode":404,"statusText":"BlobNotFound")", outcome::failed, "BlobNotFound"},
      {R"("statusCode":206,"statusText":"Success")", outcome::ok, ""},
      {R"("statusCode":200,"statusText":"SASSuccess")", outcome::ok, ""},
      {R"("statusCode":200,"statusText":"SASNetworkError")", outcome::failed, "SASNetworkError"},
  }));
  INFO(r.members);
  const auto run = run_text(storage_with(r.members));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
  INFO("what was refused moved nothing");
  CHECK((run->only().bytes > 0) == (r.result == outcome::ok));
}

TEST_CASE("a secret read from a vault is known", "[ingest][azure]") {
  const auto with = [](const std::string& members) {
    return storage_with(
        members +
        R"(,"category":"AuditEvent","operationName":"SecretGet","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/SHOP-KV",)"
        R"("statusCode":null,"statusText":null,"uri":null,"callerIpAddress":"203.0.113.9","identity":{"claim":{"oid":"5e41ce00-0000-4000-8000-000000000002","appid":"app-1"}})");
  };
  const auto read = run_text(
      with(R"("resultType":"Success","resultSignature":"OK","properties":{"httpStatusCode":200})"));
  CHECK(read->only().service == "microsoft.keyvault");
  CHECK(read->only().activity == "secret.read");
  CHECK(read->only().identity == "5e41ce00-0000-4000-8000-000000000002");
  CHECK(to_string(read->only().result) == "ok");
  const auto refused = run_text(with(
      R"("resultType":"Success","resultSignature":"Forbidden","properties":{"httpStatusCode":403})"));
  CHECK(to_string(refused->only().result) == "denied");
  CHECK(refused->only().error == "Forbidden");
}
