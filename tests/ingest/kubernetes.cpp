#include "tests/ingest/new_records.hpp"

#include "base/limits.hpp"
#include "ingest/secrets.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::outcome;
using base::session_class;

TEST_CASE("an audit event says who did what to which object", "[ingest][kubernetes]") {
  const auto run = run_text(kubernetes_with(""));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == to_string(base::cloud::kubernetes));
  CHECK(e.id == "0b1ce1d6-1f9a-4c0e-9d3e-6a4f7a1f2c33");
  CHECK(base::format_rfc3339(e.time) == "2026-01-02T03:04:05.123456Z");
  CHECK(e.service == "core");
  CHECK(e.action == "get secrets");
  CHECK(e.activity == "secret.read");
  CHECK(e.read_only);
  CHECK(e.identity == "system:serviceaccount:shop:web");
  CHECK(to_string(e.actor) == "service_account");
  CHECK(e.session == "JTI=7c6e0e10");
  CHECK(to_string(e.holder) == "pod");
  CHECK(e.workload == "shop/web-5d9");
  CHECK(e.source_text == "10.4.0.17");
  CHECK(to_string(e.origin) == "internal");
  CHECK(to_string(e.client) == "sdk");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "shop/db");
  CHECK(e.account.empty());
}

TEST_CASE("one request is one event, whatever stages are logged", "[ingest][kubernetes]") {
  struct row {
    const char* why;
    const char* verb;
    const char* object;
    std::vector<const char*> stages;
  };
  const auto r = GENERATE(values<row>({
      {"all stages of a read",
       "get",
       R"({"resource":"secrets","name":"db"})",
       {"RequestReceived", "ResponseComplete"}},
      {"a policy that omits the first",
       "get",
       R"({"resource":"secrets","name":"db"})",
       {"ResponseComplete"}},
      {"a shell",
       "create",
       R"({"resource":"pods","subresource":"exec","name":"p"})",
       {"RequestReceived", "ResponseStarted", "ResponseComplete"}},
      {"a shell that is still open",
       "get",
       R"({"resource":"pods","subresource":"exec"})",
       {"RequestReceived", "ResponseStarted"}},
      {"a tunnel",
       "create",
       R"({"resource":"pods","subresource":"portforward"})",
       {"ResponseStarted", "ResponseComplete"}},
      {"a watch",
       "watch",
       R"({"resource":"pods"})",
       {"RequestReceived", "ResponseStarted", "ResponseComplete"}},
      {"a log that is followed",
       "get",
       R"({"resource":"pods","subresource":"log"})",
       {"ResponseStarted", "ResponseComplete"}},
      {"a server that panicked", "get", R"({"resource":"pods"})", {"RequestReceived", "Panic"}},
  }));
  INFO(r.why);
  std::string text;
  for (const auto* stage : r.stages)
    text += kubernetes_with("\"verb\":\"" + std::string{r.verb} + "\",\"objectRef\":" + r.object +
                            ",\"stage\":\"" + stage + "\"") +
            "\n";
  const auto run = run_text(text);
  CHECK(run->only().id == "0b1ce1d6-1f9a-4c0e-9d3e-6a4f7a1f2c33");
  CHECK(run->skipped.size() == r.stages.size() - 1);
  CHECK(run->quarantined.empty());
}

TEST_CASE("a caller of the API server is known for what it is", "[ingest][kubernetes]") {
  struct row {
    const char* why;
    const char* members;
    const char* identity;
    identity_type actor;
    session_class holder;
    const char* workload;
    const char* session;
    const char* name;
  };
  const auto r = GENERATE(values<row>({
      {"a token asked for by hand names no pod",
       R"("user":{"username":"system:serviceaccount:shop:web","extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}})",
       "system:serviceaccount:shop:web", identity_type::service_account, session_class::unknown, "",
       "JTI=1", ""},
      {"a kubelet",
       R"("user":{"username":"system:node:ip-10-0-3-7","groups":["system:nodes"],"extra":{"authentication.kubernetes.io/credential-id":["X509SHA256=ab"]}})",
       "system:node:ip-10-0-3-7", identity_type::node, session_class::instance, "ip-10-0-3-7",
       "X509SHA256=ab", ""},
      {"a node by its group alone", R"("user":{"username":"worker-3","groups":["system:nodes"]})",
       "worker-3", identity_type::node, session_class::instance, "", "", ""},
      {"nobody", R"("user":{"username":"system:anonymous","groups":["system:unauthenticated"]})",
       "system:anonymous", identity_type::anonymous, session_class::unknown, "", "", ""},
      {"the control plane", R"("user":{"username":"system:kube-controller-manager"})",
       "system:kube-controller-manager", identity_type::service, session_class::service, "", "",
       ""},
      {"what the provider runs", R"("user":{"username":"eks:node-manager"})", "eks:node-manager",
       identity_type::service, session_class::service, "", "", ""},
      {"a person who came through single sign-on of AWS",
       R"("user":{"username":"dev","extra":{"accessKeyId":["ASIAIOSFODNN7EXAMPLE"],"arn":["arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_1/ana"],"sessionName":["ana"]}})",
       "dev", identity_type::user, session_class::human, "", "ASIAIOSFODNN7~219c4e63", "ana"},
      {"a client certificate",
       R"("user":{"username":"ana","groups":["dev"],"extra":{"authentication.kubernetes.io/credential-id":["X509SHA256=cd"]}})",
       "ana", identity_type::user, session_class::long_term, "", "X509SHA256=cd", ""},
      {"somebody who acts as another keeps the blame",
       R"("user":{"username":"ana","groups":["dev"]},"impersonatedUser":{"username":"system:admin","groups":["system:masters"]})",
       "ana", identity_type::user, session_class::unknown, "", "", "system:admin"},
  }));
  INFO(r.why);
  const auto run = run_text(kubernetes_with(r.members));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(to_string(e.actor) == to_string(r.actor));
  CHECK(to_string(e.holder) == to_string(r.holder));
  CHECK(e.workload == r.workload);
  CHECK(e.session == r.session);
  CHECK(e.identity_name == r.name);
}

TEST_CASE("of several addresses the one the caller cannot write counts", "[ingest][kubernetes]") {
  struct row {
    const char* why;
    const char* json;
    const char* address;
  };
  const auto r = GENERATE(values<row>({
      {"none", "[]", ""},
      {"no list", R"("203.0.113.9")", ""},
      {"one", R"(["203.0.113.9"])", "203.0.113.9"},
      {"inside", R"(["10.0.0.9"])", "10.0.0.9"},
      {"behind our proxy", R"(["203.0.113.9","10.0.0.1"])", "203.0.113.9"},
      {"a forged private address in front", R"(["10.0.0.1","203.0.113.9"])", "203.0.113.9"},
      {"a forged public address in front", R"(["8.8.8.8","203.0.113.9","10.0.0.1"])",
       "203.0.113.9"},
      {"all private", R"(["10.0.0.9","10.0.0.1"])", "10.0.0.1"},
      {"no addresses", R"(["x","y"])", "y"},
      {"other types", R"([7,null,"203.0.113.9",{}])", "203.0.113.9"},
  }));
  INFO(r.why);
  const auto run = run_text(kubernetes_with("\"sourceIPs\":" + std::string{r.json}));
  CHECK(run->only().source_text == r.address);
}

TEST_CASE("a refusal of the API server says which kind of no it was", "[ingest][kubernetes]") {
  struct row {
    const char* why;
    const char* members;
    outcome result;
    const char* error;
  };
  const auto r = GENERATE(values<row>({
      {"worked", R"("responseStatus":{"code":201})", outcome::ok, ""},
      {"a shell began", R"("responseStatus":{"code":101})", outcome::ok, ""},
      {"no status", R"("responseStatus":null)", outcome::ok, ""},
      {"forbidden", R"("responseStatus":{"code":403,"reason":"Forbidden","status":"Failure"})",
       outcome::denied, "Forbidden"},
      {"not known", R"("responseStatus":{"code":401})", outcome::denied, "401"},
      {"forbidden by the authoriser alone",
       R"("responseStatus":null,"annotations":{"authorization.k8s.io/decision":"forbid"})",
       outcome::denied, "Forbidden"},
      {"over quota, which is answered with 403",
       R"("responseStatus":{"code":403,"reason":"Forbidden","message":"pods \"x\" is forbidden: exceeded quota: q"})",
       outcome::limited, "Forbidden"},
      {"too many requests", R"("responseStatus":{"code":429,"reason":"TooManyRequests"})",
       outcome::throttled, "TooManyRequests"},
      {"not found", R"("responseStatus":{"code":404,"reason":"NotFound"})", outcome::failed,
       "NotFound"},
      {"the code as text", R"("responseStatus":{"code":"403"})", outcome::denied, "403"},
      {"a failure without a code", R"("responseStatus":{"status":"Failure","reason":"Expired"})",
       outcome::failed, "Expired"},
  }));
  INFO(r.why);
  const auto run = run_text(kubernetes_with(r.members));
  CHECK(to_string(run->only().result) == to_string(r.result));
  CHECK(run->only().error == r.error);
}

TEST_CASE("a call is named by verb, resource and subresource", "[ingest][kubernetes]") {
  struct row {
    const char* members;
    const char* service;
    const char* action;
    const char* activity;
    const char* resource;
    bool reads;
  };
  const auto r = GENERATE(values<row>({
      {R"("verb":"get","stage":"ResponseStarted","objectRef":{"resource":"pods","subresource":"exec","namespace":"shop","name":"web"})",
       "core", "get pods/exec", "pod.exec", "shop/web", false},
      {R"("verb":"list","objectRef":{"resource":"secrets","namespace":"shop"})", "core",
       "list secrets", "secret.read", "shop/*", true},
      {R"("verb":"list","objectRef":{"resource":"secrets"})", "core", "list secrets", "secret.read",
       "*", true},
      {R"("verb":"create","objectRef":{"resource":"serviceaccounts","subresource":"token","namespace":"kube-system","name":"admin"})",
       "core", "create serviceaccounts/token", "identity.session.create", "kube-system/admin",
       false},
      {R"("verb":"create","objectRef":{"resource":"selfsubjectaccessreviews","apiGroup":"authorization.k8s.io"})",
       "authorization.k8s.io", "create selfsubjectaccessreviews", "identity.permission.check", "",
       true},
      {R"("verb":"create","objectRef":{"resource":"daemonsets","apiGroup":"apps","namespace":"shop","name":"d"})",
       "apps", "create daemonsets", "workload.create", "shop/d", false},
      {R"("verb":"delete","objectRef":{"resource":"nodes","name":"n-1"})", "core", "delete nodes",
       "cluster.node.delete", "n-1", false},
      {R"("verb":"patch","objectRef":{"resource":"widgets","apiGroup":"example.com","name":"w"})",
       "example.com", "patch widgets", "", "w", false},
      {R"("verb":"get","objectRef":null,"requestURI":"/version?timeout=32s")", "core",
       "get nonresource", "cluster.describe", "/version", true},
  }));
  INFO(r.action);
  const auto run = run_text(kubernetes_with(r.members));
  const auto& e = run->only();
  CHECK(e.service == r.service);
  CHECK(e.action == r.action);
  CHECK(e.activity == r.activity);
  CHECK((e.resources.empty() ? "" : e.resources.front()) == r.resource);
  CHECK(e.read_only == r.reads);
}

TEST_CASE("roles and bindings are judged by what they give away", "[ingest][kubernetes]") {
  struct row {
    const char* why;
    const char* resource;
    const char* request;
    base::grant_class grant;
    base::target_class target;
  };
  using base::grant_class;
  using base::target_class;
  const auto r = GENERATE(values<row>({
      {"cluster-admin", "clusterrolebindings",
       R"({"roleRef":{"name":"cluster-admin"},"subjects":[{"kind":"User","name":"ana"}]})",
       grant_class::admin, target_class::own},
      {"some other role", "clusterrolebindings",
       R"({"roleRef":{"name":"view"},"subjects":[{"kind":"User","name":"ana"}]})",
       grant_class::limited, target_class::own},
      {"everybody", "clusterrolebindings",
       R"({"roleRef":{"name":"view"},"subjects":[{"kind":"Group","name":"system:unauthenticated"}]})",
       grant_class::public_trust, target_class::everyone},
      {"everything", "clusterroles",
       R"({"rules":[{"verbs":["get"],"resources":["pods"]},{"verbs":["*"],"resources":["*"]}]})",
       grant_class::admin, target_class::none},
      {"the right to take rights", "clusterroles",
       R"({"rules":[{"verbs":["escalate"],"resources":["clusterroles"]}]})", grant_class::admin,
       target_class::none},
      {"reading everything", "clusterroles",
       R"({"rules":[{"verbs":["get","list"],"resources":["*"]}]})", grant_class::limited,
       target_class::none},
      {"no body at level Metadata", "clusterroles", "null", grant_class::none, target_class::none},
  }));
  INFO(r.why);
  const auto run =
      run_text(kubernetes_with("\"verb\":\"create\",\"objectRef\":{\"apiGroup\":\"rbac."
                               "authorization.k8s.io\",\"name\":\"x\","
                               "\"resource\":\"" +
                               std::string{r.resource} + "\"},\"requestObject\":" + r.request));
  const auto& e = run->only();
  CHECK(to_string(e.grant) == to_string(r.grant));
  CHECK(to_string(e.target) == to_string(r.target));
}

TEST_CASE("an audit event that cannot be one is quarantined with the reason",
          "[ingest][kubernetes][bad]") {
  struct row {
    const char* why;
    std::string text;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {"a version of the future", kubernetes_with(R"("apiVersion":"audit.k8s.io/v2")"),
       "apiVersion 'audit.k8s.io/v2' is not supported: this build reads audit.k8s.io/v1 and "
       "v1beta1"},
      {"another kind", kubernetes_with(R"("kind":"Policy")"), "kind 'Policy' is no audit event"},
      {"no time at all",
       kubernetes_with(R"("requestReceivedTimestamp":null,"stageTimestamp":null)"),
       "no requestReceivedTimestamp"},
      {"wrong type of the time", kubernetes_with(R"("requestReceivedTimestamp":1767323045)"),
       "requestReceivedTimestamp is not text"},
      {"a time that is none", kubernetes_with(R"("requestReceivedTimestamp":"yesterday")"),
       "audit time 'yesterday' is not a time"},
      {"no verb", kubernetes_with(R"("verb":"")"), "no verb"},
      {"no user", kubernetes_with(R"("user":null)"), "no user"},
      {"a user of another shape", kubernetes_with(R"("user":"ana")"), "user is not an object"},
      {"a user that names nobody", kubernetes_with(R"("user":{"groups":["a"]})"),
       "user names nobody"},
      {"truncated", kubernetes_with("").substr(0, 300), "record is truncated or not valid JSON"},
      {"invalid UTF-8", kubernetes_with("\"userAgent\":\"\xff\xfe\""), "record is not UTF-8"},
      {"10,000 levels",
       kubernetes_with("\"requestObject\":" + std::string(10'000, '[') + std::string(10'000, ']')),
       "record nests deeper than 128 levels"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->batch.events.empty());
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
}

TEST_CASE("oddities that leave an audit event an event", "[ingest][kubernetes][bad]") {
  struct row {
    const char* why;
    std::string text;
  };
  const auto r = GENERATE(values<row>({
      {"the first beta", kubernetes_with(R"("apiVersion":"audit.k8s.io/v1beta1")")},
      {"no version, as tools hand it on", kubernetes_with(R"("apiVersion":null)")},
      {"only the old time",
       kubernetes_with(
           R"("requestReceivedTimestamp":null,"timestamp":"2018-10-26T13:38:34Z","stageTimestamp":null)")},
      {"wrong types everywhere",
       kubernetes_with(
           R"("objectRef":7,"responseStatus":"x","annotations":[1],"sourceIPs":{},"userAgent":[],"requestObject":1)")},
      {"users' lists of other types",
       kubernetes_with(R"("user":{"username":"ana","groups":"a","extra":[1],"uid":{}})")},
      {"an object of other types",
       kubernetes_with(R"("objectRef":{"resource":["pods"],"name":{"a":1},"namespace":null})")},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->batch.events.size() == 1);
}

TEST_CASE("what a secret or a token holds never leaves its record", "[ingest][kubernetes]") {
  const auto text = kubernetes_with(
      R"("requestObject":{"kind":"Secret","metadata":{"name":"db","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Secret\",\"data\":{\"k\":\"aHVudGVyMg==\"}}"}},)"
      R"("data":{"k":"aHVudGVyMg=="},"stringData":{"k":"aHVudGVyMg=="}},)"
      R"("responseObject":{"kind":"TokenRequest","status":{"token":"aHVudGVyMg=="}})");
  base::arena memory;
  const auto shown = redacted(text, base::limits::evidence_bytes, memory);
  CHECK(shown.find("aHVudGVyMg") == std::string_view::npos);
  CHECK(shown.find("TokenRequest") != std::string_view::npos);
}
