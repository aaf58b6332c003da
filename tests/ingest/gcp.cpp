#include "tests/ingest/new_records.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

TEST_CASE("an audit log entry says who did what, where", "[ingest][gcp]") {
  const auto run = run_text(gcp_with(""));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == to_string(base::cloud::gcp));
  CHECK(e.id == "abc123");
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.500Z");
  CHECK(e.account == "shop-prod");
  CHECK(e.region == "europe-west1");
  CHECK(e.service == "compute.googleapis.com");
  CHECK(e.action == "v1.compute.instances.insert");
  CHECK(e.activity == "compute.instance.create");
  CHECK_FALSE(e.read_only);
  CHECK(e.identity == "ana@example.com");
  CHECK(to_string(e.actor) == "user");
  CHECK(to_string(e.holder) == "human");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.has_source);
  CHECK(to_string(e.client) == "cli");
  CHECK(to_string(e.result) == "ok");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "projects/shop-prod/zones/europe-west1-b/instances/m-1");
}

TEST_CASE("a principal is known for what it is", "[ingest][gcp]") {
  struct row {
    const char* why;
    const char* who;
    const char* identity;
    identity_type actor;
    session_class holder;
    const char* session;
    const char* name;
    const char* workload;
  };
  const auto r = GENERATE(values<row>({
      {"a key of a service account",
       R"({"principalEmail":"app@shop-prod.iam.gserviceaccount.com","serviceAccountKeyName":"//iam.googleapis.com/projects/shop-prod/serviceAccounts/app@shop-prod.iam.gserviceaccount.com/keys/0a1b2c"})",
       "app@shop-prod.iam.gserviceaccount.com", identity_type::service_account,
       session_class::long_term, "0a1b2c", "", ""},
      {"somebody who impersonates one",
       R"({"principalEmail":"app@shop-prod.iam.gserviceaccount.com","serviceAccountDelegationInfo":[{"firstPartyPrincipal":{"principalEmail":"ana@example.com"}}]})",
       "app@shop-prod.iam.gserviceaccount.com", identity_type::service_account,
       session_class::unknown, "", "ana@example.com", ""},
      {"a pod that does",
       R"({"principalEmail":"app@shop-prod.iam.gserviceaccount.com","serviceAccountDelegationInfo":[{"principalSubject":"serviceAccount:shop-prod.svc.id.goog[shop/web]"}]})",
       "app@shop-prod.iam.gserviceaccount.com", identity_type::service_account, session_class::pod,
       "", "serviceAccount:shop-prod.svc.id.goog[shop/web]", "shop/web"},
      {"functions of the first generation",
       R"({"principalEmail":"shop-prod@appspot.gserviceaccount.com"})",
       "shop-prod@appspot.gserviceaccount.com", identity_type::service_account,
       session_class::lambda, "", "", ""},
      {"machines", R"({"principalEmail":"123456789012-compute@developer.gserviceaccount.com"})",
       "123456789012-compute@developer.gserviceaccount.com", identity_type::service_account,
       session_class::instance, "", "", ""},
      {"builds", R"({"principalEmail":"123456789012@cloudbuild.gserviceaccount.com"})",
       "123456789012@cloudbuild.gserviceaccount.com", identity_type::service_account,
       session_class::ci, "", "", ""},
      {"Google itself",
       R"({"principalEmail":"service-123456789012@compute-system.iam.gserviceaccount.com"})",
       "service-123456789012@compute-system.iam.gserviceaccount.com", identity_type::service,
       session_class::service, "", "", ""},
      {"a pipeline from outside",
       R"({"principalSubject":"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/subject/repo:acme/app:ref:refs/heads/main"})",
       "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/"
       "subject/repo:acme/app:ref:refs/heads/main",
       identity_type::federated, session_class::ci, "", "", ""},
      {"a person without principalEmail", R"({"principalSubject":"user:ana@example.com"})",
       "ana@example.com", identity_type::user, session_class::human, "", "", ""},
      {"nobody, or somebody who may not be shown", "{}", "anonymous", identity_type::anonymous,
       session_class::unknown, "", "", ""},
  }));
  INFO(r.why);
  const auto run = run_text(gcp_with("\"authenticationInfo\":" + std::string{r.who}));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(to_string(e.actor) == to_string(r.actor));
  CHECK(to_string(e.holder) == to_string(r.holder));
  CHECK(e.session == r.session);
  CHECK(e.identity_name == r.name);
  CHECK(e.workload == r.workload);
}

TEST_CASE("a system event without a principal is the service's own", "[ingest][gcp]") {
  const auto run = run_text(
      gcp_with(R"("authenticationInfo":null,"methodName":"compute.instances.preempted")",
               R"("logName":"projects/shop-prod/logs/cloudaudit.googleapis.com%2Fsystem_event")"));
  CHECK(run->only().identity == "compute.googleapis.com");
  CHECK(to_string(run->only().actor) == "service");
}

TEST_CASE("a status says which kind of no it was", "[ingest][gcp]") {
  struct row {
    const char* why;
    const char* payload;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {"an empty status", R"("status":{})", outcome::ok, ""},
      {"denied", R"("status":{"code":7,"message":"PERMISSION_DENIED"})", outcome::denied,
       "PERMISSION_DENIED"},
      {"not known", R"("status":{"code":16})", outcome::denied, "UNAUTHENTICATED"},
      {"load", R"("status":{"code":8,"message":"Too many requests"})", outcome::throttled,
       "RESOURCE_EXHAUSTED"},
      {"load, in the words of quotas",
       R"("status":{"code":8,"message":"Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'"})",
       outcome::throttled, "RESOURCE_EXHAUSTED"},
      {"a quota of machines",
       R"("status":{"code":8,"message":"Quota 'CPUS' exceeded. Limit: 24.0 in region us-central1."})",
       outcome::limited, "RESOURCE_EXHAUSTED"},
      {"not found", R"("status":{"code":5,"message":"x"})", outcome::failed, "NOT_FOUND"},
      {"an HTTP code", R"("status":{"code":403})", outcome::denied, "403"},
      {"the code as text", R"("status":{"code":"7"})", outcome::denied, "PERMISSION_DENIED"},
      {"nothing was granted, and the status is silent",
       R"("authorizationInfo":[{"permission":"a"},{"permission":"b","granted":false}])",
       outcome::denied, "PERMISSION_DENIED"},
      {"one of two was granted",
       R"("authorizationInfo":[{"permission":"a"},{"permission":"b","granted":true}])", outcome::ok,
       ""},
      {"nothing was asked for", R"("authorizationInfo":[])", outcome::ok, ""},
  }));
  INFO(r.why);
  const auto run = run_text(gcp_with(r.payload));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
}

TEST_CASE("what a method is called does not depend on its interface", "[ingest][gcp]") {
  struct row {
    const char* service;
    const char* method;
    const char* activity;
    bool reads;
  };
  const auto r = GENERATE(values<row>({
      {"compute", "v1.compute.instances.insert", "compute.instance.create", false},
      {"compute", "beta.compute.instances.insert", "compute.instance.create", false},
      {"compute", "compute.instances.insert", "compute.instance.create", false},
      {"compute", "v1.compute.instances.aggregatedList", "compute.instance.list", true},
      {"compute", "v1.compute.addresses.get", "", true},
      {"compute", "v1.compute.addresses.insert", "", false},
      {"iam", "google.iam.admin.v1.CreateServiceAccount", "identity.create", false},
      {"iam", "google.iam.admin.v1.SetIAMPolicy", "iam.policy.attach", false},
      {"iam", "google.iam.admin.v1.GetRole", "", true},
      {"storage", "storage.objects.get", "storage.object.read", true},
      {"storage", "google.storage.objects.get", "storage.object.read", true},
      {"logging", "google.logging.v2.ConfigServiceV2.DeleteSink", "audit.log.delete", false},
      {"iamcredentials", "GenerateAccessToken", "identity.session.create", false},
      {"cloudkms", "GetaroundKey", "", false},
  }));
  INFO(r.method);
  const auto run = run_text(gcp_with("\"serviceName\":\"" + std::string{r.service} +
                                     ".googleapis.com\",\"methodName\":\"" + r.method + "\""));
  CHECK(run->only().action == r.method);
  CHECK(run->only().activity == r.activity);
  CHECK(run->only().read_only == r.reads);
}

TEST_CASE("the account and the region are found wherever the entry has them", "[ingest][gcp]") {
  struct row {
    const char* why;
    const char* payload;
    const char* members;
    const char* account;
    const char* region;
  };
  const auto r = GENERATE(values<row>({
      {"a location", "", R"("resource":{"labels":{"project_id":"p","location":"europe-west1"}})",
       "p", "europe-west1"},
      {"a zone is part of a region", "",
       R"("resource":{"labels":{"project_id":"p","zone":"us-central1-f"}})", "p", "us-central1"},
      {"a region", "", R"("resource":{"labels":{"region":"asia-east1"}})", "shop-prod",
       "asia-east1"},
      {"only in the payload", R"("resourceLocation":{"currentLocations":["us-east1-c","x"]})",
       R"("resource":{"labels":{}})", "shop-prod", "us-east1"},
      {"a multi-region", R"("resourceLocation":{"currentLocations":["US"]})",
       R"("resource":{"type":"x"})", "shop-prod", "US"},
      {"an organisation's log", "",
       R"("resource":null,"logName":"organizations/123/logs/cloudaudit.googleapis.com%2Factivity")",
       "organizations/123", ""},
  }));
  INFO(r.why);
  const auto run = run_text(gcp_with(r.payload, r.members));
  CHECK(run->only().account == r.account);
  CHECK(run->only().region == r.region);
}

TEST_CASE("a caller of Google's own networks is internal, whatever stands there", "[ingest][gcp]") {
  for (const char* address : {"private", "gce-internal-ip", "10.128.0.7"}) {
    INFO(address);
    const auto run =
        run_text(gcp_with("\"requestMetadata\":{\"callerIp\":\"" + std::string{address} + "\"}"));
    CHECK(run->only().source_text == address);
    CHECK(to_string(run->only().origin) == "internal");
    CHECK(run->only().has_source == (address[0] == '1'));
  }
}

TEST_CASE("an operation counts once, and again only when it failed", "[ingest][gcp]") {
  const auto first = R"("operation":{"id":"o-1","first":true})";
  const auto last = R"("operation":{"id":"o-1","last":true})";
  const auto whole = R"("operation":{"id":"o-1","first":true,"last":true})";
  CHECK(run_text(gcp_with("", first))->batch.events.size() == 1);
  CHECK(run_text(gcp_with("", whole))->batch.events.size() == 1);
  CHECK(run_text(gcp_with("", last))->skipped ==
        std::vector<std::string>{"end of an operation: its beginning counts"});
  const auto failed = run_text(gcp_with(R"("status":{"code":8,"message":"Quota 'CPUS'"})", last));
  CHECK(to_string(failed->only().result) == "limited");
}

TEST_CASE("a policy change reaches whom its bindings name", "[ingest][gcp]") {
  struct row {
    const char* why;
    const char* delta;
    base::grant_class grant;
    base::target_class target;
    const char* whom;
  };
  using base::grant_class;
  using base::target_class;
  const auto r = GENERATE(values<row>({
      {"an owner", R"({"action":"ADD","role":"roles/owner","member":"user:bo@example.com"})",
       grant_class::admin, target_class::own, "example.com"},
      {"a reader", R"({"action":"ADD","role":"roles/viewer","member":"group:all@example.com"})",
       grant_class::limited, target_class::own, "example.com"},
      {"taken away", R"({"action":"REMOVE","role":"roles/owner","member":"user:x@gmail.com"})",
       grant_class::none, target_class::none, ""},
      {"a stranger", R"({"action":"ADD","role":"roles/viewer","member":"user:x@gmail.com"})",
       grant_class::foreign_trust, target_class::foreign, "gmail.com"},
      {"another project's account",
       R"({"action":"ADD","role":"roles/viewer","member":"serviceAccount:a@other.iam.gserviceaccount.com"})",
       grant_class::foreign_trust, target_class::foreign, "other"},
      {"the project's own account",
       R"({"action":"ADD","role":"roles/viewer","member":"serviceAccount:a@shop-prod.iam.gserviceaccount.com"})",
       grant_class::limited, target_class::own, "shop-prod"},
      {"everybody", R"({"action":"ADD","role":"roles/viewer","member":"allUsers"})",
       grant_class::public_trust, target_class::everyone, "*"},
  }));
  INFO(r.why);
  const auto run = run_text(
      gcp_with(R"("serviceName":"cloudresourcemanager.googleapis.com","methodName":"SetIamPolicy",)"
               R"("serviceData":{"policyDelta":{"bindingDeltas":[)" +
               std::string{r.delta} + "]}}"));
  const auto& e = run->only();
  CHECK(to_string(e.grant) == to_string(r.grant));
  CHECK(to_string(e.target) == to_string(r.target));
  CHECK((e.targets.empty() ? "" : e.targets.front()) == r.whom);
}

TEST_CASE("a snapshot opened to a stranger is shared", "[ingest][gcp]") {
  const auto run = run_text(gcp_with(
      R"("methodName":"v1.compute.snapshots.setIamPolicy","resourceName":"projects/shop-prod/global/snapshots/s",)"
      R"("request":{"policy":{"bindings":[{"role":"roles/compute.storageAdmin","members":["user:x@gmail.com"]}]}})"));
  const auto& e = run->only();
  CHECK(e.activity == "snapshot.share");
  CHECK(to_string(e.target) == "foreign");
}

TEST_CASE("a snapshot that another project copied was copied away", "[ingest][gcp]") {
  const auto run = run_text(gcp_with(
      R"("methodName":"v1.compute.snapshots.insert","authenticationInfo":{"principalEmail":"eve@evil.example"},)"
      R"("requestMetadata":{},"metadata":{"@type":"type.googleapis.com/google.cloud.audit.CrossEntityControlAuditMetadata"})"));
  const auto& e = run->only();
  CHECK(e.activity == "snapshot.copied_away");
  CHECK(to_string(e.target) == "foreign");
  REQUIRE(e.targets.size() == 1);
  CHECK(e.targets.front() == "evil.example");
  CHECK(e.source_text.empty());
  node_settings node;
  node.tenant.accounts = {"evil.example"};
  CHECK(
      to_string(
          run_text(
              gcp_with(
                  R"("methodName":"v1.compute.snapshots.insert","authenticationInfo":{"principalEmail":"eve@evil.example"},)"
                  R"("metadata":{"@type":"x/CrossEntityControlAuditMetadata"})"),
              node)
              ->only()
              .target) == "own");
}

TEST_CASE("a query moves the bytes it was billed for", "[ingest][gcp]") {
  const auto run = run_text(gcp_with(
      R"("serviceName":"bigquery.googleapis.com","methodName":"google.cloud.bigquery.v2.JobService.InsertJob",)"
      R"("metadata":{"jobChange":{"job":{"jobStats":{"queryStats":{"totalBilledBytes":"10485760"}}}}})"));
  CHECK(run->only().activity == "database.read");
  CHECK(run->only().bytes == 10'485'760);
}

TEST_CASE("a call stopped at a perimeter names what it was for", "[ingest][gcp]") {
  const auto run = run_text(gcp_with(
      R"("serviceName":"storage.googleapis.com","methodName":"google.storage.objects.get","resourceName":"projects/shop-prod",)"
      R"("authenticationInfo":{},"status":{"code":7},"metadata":{"violationReason":"NO_MATCHING_ACCESS_LEVEL",)"
      R"("resourceNames":["projects/1/buckets/b/objects/o"]})",
      R"("logName":"projects/shop-prod/logs/cloudaudit.googleapis.com%2Fpolicy")"));
  const auto& e = run->only();
  CHECK(to_string(e.result) == "denied");
  REQUIRE(e.resources.size() == 2);
  CHECK(e.resources[1] == "projects/1/buckets/b/objects/o");
}

TEST_CASE("GKE's entries are Kubernetes calls like any cluster's", "[ingest][gcp][kubernetes]") {
  const auto run = run_text(gcp_with(
      R"("serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.exec.create",)"
      R"("authenticationInfo":{"principalEmail":"system:node:gke-n-1"},)"
      R"("resourceName":"core/v1/namespaces/shop/pods/web-5d9/exec","status":{"code":7})",
      R"("resource":{"type":"k8s_cluster","labels":{"project_id":"shop-prod","location":"europe-west1","cluster_name":"main"}})"));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == to_string(base::cloud::kubernetes));
  CHECK(e.account == "projects/shop-prod/locations/europe-west1/clusters/main");
  CHECK(e.region == "europe-west1");
  CHECK(e.service == "core");
  CHECK(e.action == "create pods/exec");
  CHECK(e.activity == "pod.exec");
  CHECK(e.identity == "system:node:gke-n-1");
  CHECK(to_string(e.actor) == "node");
  CHECK(to_string(e.result) == "denied");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "shop/web-5d9");
}

TEST_CASE("an entry that cannot be an event is quarantined with the reason", "[ingest][gcp][bad]") {
  struct row {
    const char* why;
    std::string text;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {"no time", gcp_with("", R"("timestamp":null)"), "no timestamp"},
      {"wrong type of the time", gcp_with("", R"("timestamp":1767323045)"),
       "timestamp is not text"},
      {"a time that is none", gcp_with("", R"("timestamp":"yesterday")"),
       "timestamp 'yesterday' is not a time"},
      {"a payload of another shape", gcp_with("", R"("protoPayload":"x")"),
       "protoPayload is not an object"},
      {"no service", gcp_with(R"("serviceName":"")"), "no serviceName"},
      {"no method", gcp_with(R"("methodName":[])"), "no methodName"},
      {"no actor", gcp_with(R"("authenticationInfo":null)"), "no authenticationInfo"},
      {"an actor of another shape", gcp_with(R"("authenticationInfo":"ana")"),
       "authenticationInfo is not an object"},
      {"truncated", gcp_with("").substr(0, 400), "record is truncated or not valid JSON"},
      {"invalid UTF-8", gcp_with("\"resourceName\":\"\xff\xfe\""), "record is not UTF-8"},
      {"10,000 levels",
       gcp_with("\"request\":" + std::string(10'000, '[') + std::string(10'000, ']')),
       "record nests deeper than 128 levels"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->batch.events.empty());
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
}

TEST_CASE("oddities that leave an entry an event", "[ingest][gcp][bad]") {
  struct row {
    const char* why;
    std::string text;
  };
  const auto r = GENERATE(values<row>({
      {"no type of the payload", gcp_with(R"("@type":null)")},
      {"wrong types in the payload",
       gcp_with(
           R"("status":7,"requestMetadata":[],"authorizationInfo":{},"resourceLocation":1,"metadata":"x","resourceName":{})")},
      {"wrong types outside it", gcp_with("", R"("resource":[],"operation":7,"severity":{})")},
      {"no id", gcp_with("", R"("insertId":null)")},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->batch.events.size() == 1);
}

TEST_CASE("log entries of other kinds are skipped", "[ingest][gcp][bad]") {
  for (
      const char* text :
      {R"({"insertId":"i","logName":"projects/p/logs/requests","jsonPayload":{"a":1},"timestamp":"2026-01-02T03:04:05Z"})",
       R"({"textPayload":"hello","insertId":"i","timestamp":"2026-01-02T03:04:05Z"})",
       R"({"protoPayload":{"@type":"type.googleapis.com/google.appengine.logging.v1.RequestLog"},"timestamp":"2026-01-02T03:04:05Z"})"}) {
    INFO(text);
    CHECK(run_text(text)->skipped ==
          std::vector<std::string>{"Cloud Logging entry that is no audit log"});
  }
}
