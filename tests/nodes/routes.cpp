#include "tests/nodes/support.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;
using io::http_method;
using io::role;

namespace {

std::string alert(int number, const std::string& tenant) {
  return "{\"number\":" + std::to_string(number) + ",\"alert\":{\"alert_id\":\"" + tenant +
         std::to_string(number) + "\",\"tenant\":\"" + tenant + "\"}}";
}

std::vector<std::string> ids_of(const io::http_response& r) {
  const auto doc = json_of(r);
  std::vector<std::string> out;
  for (const auto v : list_at(doc.root(), "items"))
    out.push_back(text_at(v, "alert.alert_id"));
  return out;
}

struct two_tenants : scripted_node {
  two_tenants() {
    settings.tenants["acme"];
    settings.tenants["globex"];
    for (int i = 1; i <= 3; ++i) {
      tenants["acme"].alerts.push_back(alert(i, "acme"));
      tenants["globex"].alerts.push_back(alert(i, "globex"));
    }
    tenants["acme"].by_id["a1"] = "{\"action_id\":\"a1\",\"tenant\":\"acme\"}";
    tenants["globex"].by_id["g1"] = "{\"action_id\":\"g1\",\"tenant\":\"globex\"}";
  }
};

} // namespace

TEST_CASE_METHOD(two_tenants, "scope: a token never hears of another tenant, whatever it asks",
                 "[nodes]") {
  const auto who = someone({role::analyst, role::responder, role::approver}, {"acme"});
  for (const auto& pattern :
       {"/v1/alerts", "/v1/incidents", "/v1/actions", "/v1/tenants", "/v1/sources", "/v1/gaps",
        "/v1/status", "/v1/quarantine", "/v1/trends"}) {
    INFO(pattern);
    const auto own = get(who, pattern);
    CHECK(own.status == 200);
    CHECK(own.body.find("globex") == std::string::npos);
    CHECK(get(who, std::string{pattern} + "?tenant=globex").status == 403);
  }
  CHECK(get(who, "/v1/actions/g1").status == 404);
  CHECK(get(who, "/v1/identities/g1").status == 404);
  CHECK(call(who, http_method::post, "/v1/actions/g1/reject").status == 404);
  const auto asked = told().tenants_asked;
  CHECK(std::find(asked.begin(), asked.end(), "globex") == asked.end());
  CHECK(std::find(asked.begin(), asked.end(), "acme") != asked.end());
}

TEST_CASE_METHOD(two_tenants,
                 "scope: figures of all tenants together are only for who sees all of them",
                 "[nodes]") {
  const auto scoped = someone({role::admin}, {"acme", "globex"});
  for (const auto* path : {"/v1/partitions", "/v1/nodes", "/metrics"}) {
    INFO(path);
    CHECK(get(scoped, path).status == 403);
    CHECK(get(everyone({role::viewer}), path).status == 200);
  }
  CHECK_FALSE(at(json_of(get(scoped, "/v1/status")).root(), "partitions").has_value());
  CHECK(list_at(json_of(get(everyone({role::viewer}), "/v1/status")).root(), "partitions").size() ==
        2);
}

TEST_CASE_METHOD(two_tenants, "roles: each decision wants its own", "[nodes]") {
  struct row {
    const char* why;
    role held;
    http_method method;
    const char* path;
    bool allowed;
  };
  for (const auto& r :
       {row{"viewers look", role::viewer, http_method::get, "/v1/alerts", true},
        row{"collectors only send", role::collector, http_method::get, "/v1/alerts", false},
        row{"viewers do not send", role::viewer, http_method::post, "/v1/ingest/aws", false},
        row{"collectors send", role::collector, http_method::post, "/v1/ingest/aws", true},
        row{"analysts do not approve", role::analyst, http_method::post, "/v1/actions/a1/approve",
            false},
        row{"responders do not approve", role::responder, http_method::post,
            "/v1/actions/a1/approve", false},
        row{"approvers do not make tokens", role::approver, http_method::post, "/v1/tokens", false},
        row{"viewers see no raw records", role::viewer, http_method::get, "/v1/quarantine", false},
        row{"responders freeze", role::responder, http_method::post, "/v1/freeze", true},
        row{"responders do not lift a freeze", role::responder, http_method::del, "/v1/freeze",
            false}}) {
    INFO(r.why);
    const auto got = call(someone({r.held}, {"acme"}), r.method, r.path,
                          r.method == http_method::get ? "" : "{}");
    CHECK((got.status != 403) == r.allowed);
  }
}

TEST_CASE_METHOD(two_tenants, "alerts: pages over several tenants show each alert once and end",
                 "[nodes]") {
  const auto who = everyone({role::viewer});
  for (const auto* limit : {"1", "2", "3", "4", "100"}) {
    INFO("limit " << limit);
    std::vector<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
      const auto page = get(who, "/v1/alerts?limit=" + std::string{limit} +
                                     (cursor.empty() ? "" : "&cursor=" + cursor));
      REQUIRE(page.status == 200);
      for (auto& id : ids_of(page))
        seen.push_back(std::move(id));
      cursor = text_at(json_of(page).root(), "next");
      REQUIRE(++pages < 20);
    } while (!cursor.empty());
    CHECK(seen ==
          std::vector<std::string>{"acme1", "acme2", "acme3", "globex1", "globex2", "globex3"});
  }
}

TEST_CASE_METHOD(two_tenants,
                 "alerts: after counts within one tenant and is refused across several",
                 "[nodes]") {
  CHECK(ids_of(get(someone({role::viewer}, {"acme"}), "/v1/alerts?after=2")) ==
        std::vector<std::string>{"acme3"});
  CHECK(ids_of(get(everyone({role::viewer}), "/v1/alerts?tenant=globex&after=1")) ==
        std::vector<std::string>{"globex2", "globex3"});
  CHECK(get(everyone({role::viewer}), "/v1/alerts?after=1").status == 400);
}

TEST_CASE_METHOD(two_tenants,
                 "lists: a parameter that nobody would look at is an error, not ignored",
                 "[nodes]") {
  for (const auto* query :
       {"severtiy=high", "severity=huge", "limit=0", "limit=1001", "limit=x", "cursor=nonsense",
        "since=yesterday", "status=odd", "tenant=Not%20One", "after=-1"}) {
    INFO(query);
    const auto r = get(everyone({role::viewer}), std::string{"/v1/alerts?"} + query);
    CHECK(r.status == 400);
    CHECK(r.headers.get("Content-Type") == "application/problem+json");
  }
}

TEST_CASE_METHOD(two_tenants, "lists: who does not answer in time is named, the rest is there",
                 "[nodes]") {
  tenants["globex"].silent = true;
  const auto r = get(everyone({role::viewer}), "/v1/alerts");
  CHECK(r.status == 200);
  CHECK(ids_of(r) == std::vector<std::string>{"acme1", "acme2", "acme3"});
  CHECK(texts_at(json_of(r).root(), "unreachable") == std::vector<std::string>{"globex"});
  // An id cannot be called unknown while somebody who may know it is silent.
  CHECK(get(everyone({role::viewer}), "/v1/actions/nowhere").status == 503);
}

TEST_CASE_METHOD(scripted_node, "incidents: rule and time are judged on what the tenant answers",
                 "[nodes]") {
  settings.tenants["acme"];
  auto& list = tenants["acme"].incidents;
  list = {
      R"({"number":2,"last_event":"2026-01-02T00:00:00Z","alerts":[{"rule":"a"}]})",
      R"({"number":1,"last_event":"2026-01-01T00:00:00Z","alerts":[{"rule":"a"},{"rule":"b"}]})"};
  const auto who = someone({role::viewer}, {"acme"});
  const auto count = [&](const std::string& query) {
    return list_at(json_of(get(who, "/v1/incidents?" + query)).root(), "items").size();
  };
  CHECK(count("") == 2);
  CHECK(count("rule=b") == 1);
  CHECK(count("rule=c") == 0);
  CHECK(count("since=2026-01-01T12:00:00Z") == 1);
  CHECK(count("until=2026-01-02T00:00:00Z") == 1);
}

TEST_CASE_METHOD(two_tenants,
                 "decisions: carry who, why and which plan to the tenant that has the action",
                 "[nodes]") {
  const auto who = everyone({role::approver});
  CHECK(call(who, http_method::post, "/v1/actions/g1/approve", "{}").status == 400);
  const auto r = call(who, http_method::post, "/v1/actions/g1/approve",
                      R"({"plan_hash":"p","reason":"seen"})");
  CHECK(r.status == 200);
  const auto commands = told().commands;
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].what == respond::verb::approve);
  CHECK(commands[0].id == "g1");
  CHECK(commands[0].who == "everyone");
  CHECK(commands[0].plan_hash == "p");
  CHECK(commands[0].reason == "seen");
  CHECK(commands[0].at == clock.now());
  CHECK(call(who, http_method::post, "/v1/actions/g1/reject", "[1").status == 400);
}

TEST_CASE_METHOD(two_tenants, "freeze: reaches every tenant the token sees and no other",
                 "[nodes]") {
  const auto r = call(someone({role::responder}, {"acme"}), http_method::post, "/v1/freeze", "");
  CHECK(r.status == 200);
  CHECK(told().tenants_asked == std::vector<std::string>{"acme"});
  REQUIRE(told().commands.size() == 1);
  CHECK(told().commands[0].what == respond::verb::freeze);
}

TEST_CASE_METHOD(two_tenants,
                 "tokens: an admin of one tenant cannot reach beyond it through a new token",
                 "[nodes]") {
  const auto who = someone({role::admin}, {"acme"});
  struct row {
    const char* why;
    const char* body;
    int status;
  };
  for (const auto& r :
       {row{"its own tenant", R"({"name":"a","roles":["viewer"],"tenants":["acme"]})", 201},
        row{"another tenant", R"({"name":"b","roles":["viewer"],"tenants":["acme","globex"]})",
            403},
        row{"all tenants", R"({"name":"c","roles":["viewer"],"all_tenants":true})", 403},
        row{"the admin's own secret", R"({"rotate":"admin"})", 404},
        row{"no such role", R"({"name":"d","roles":["king"],"tenants":["acme"]})", 400},
        row{"no JSON", "name=a", 400}}) {
    INFO(r.why);
    CHECK(call(who, http_method::post, "/v1/tokens", r.body).status == r.status);
  }
  CHECK(call(who, http_method::del, "/v1/tokens?name=admin").status == 404);
  CHECK(json_of(get(who, "/v1/tokens")).root().is_object());
  CHECK(get(who, "/v1/tokens").body.find("\"admin\"") == std::string::npos);
  CHECK(call(who, http_method::del, "/v1/tokens?name=a").status == 200);
}

TEST_CASE_METHOD(two_tenants,
                 "keys: the secret half is in the one answer that made it and nowhere else",
                 "[nodes]") {
  const auto who = someone({role::admin}, {"acme"});
  const auto made = call(who, http_method::post, "/v1/keys", R"({"tenant":"acme","source":"eu"})");
  REQUIRE(made.status == 201);
  const auto doc = json_of(made);
  const auto secret = text_at(doc.root(), "secret_key");
  CHECK(secret.size() == 40);
  CHECK(text_at(doc.root(), "server_key") == "server");
  const auto listed = get(who, "/v1/keys");
  CHECK(listed.body.find(secret) == std::string::npos);
  CHECK(list_at(json_of(listed).root(), "items").size() == 1);
  CHECK(list_at(json_of(get(someone({role::admin}, {"globex"}), "/v1/keys")).root(), "items")
            .empty());
  CHECK(call(who, http_method::post, "/v1/keys", R"({"tenant":"globex"})").status == 403);
  const auto path = "/v1/keys?public_key=" + io::percent_encode(text_at(doc.root(), "public_key"));
  CHECK(call(someone({role::admin}, {"globex"}), http_method::del, path).status == 404);
  CHECK(call(who, http_method::del, path).status == 200);
  CHECK(call(who, http_method::del, path).status == 404);
}

TEST_CASE_METHOD(scripted_node, "status: names each list that is missing and what that means",
                 "[nodes]") {
  const auto doc = json_of(get(everyone({role::viewer}), "/v1/status"));
  const auto lists = list_at(doc.root(), "lists");
  REQUIRE(lists.size() == 5);
  for (const auto l : lists) {
    CHECK_FALSE(flag_at(l, "loaded"));
    CHECK_FALSE(text_at(l, "without").empty());
  }
  CHECK(text_at(doc.root(), "store.sync") == "commit");
  CHECK(flag_at(doc.root(), "node.ready"));
}

TEST_CASE_METHOD(scripted_node, "health: alive says nothing about ready", "[nodes]") {
  ready = false;
  CHECK(get({}, "/healthz").status == 200);
  CHECK(get({}, "/readyz").status == 503);
  ready = true;
  CHECK(get({}, "/readyz").status == 200);
}

TEST_CASE_METHOD(scripted_node, "openapi: describes every route, each with a summary", "[nodes]") {
  const auto doc = json_of(get({}, "/openapi.json"));
  CHECK(router.routes().size() > 50);
  for (const auto& r : router.routes()) {
    INFO(to_string(r.method) << " " << r.pattern);
    simdjson::dom::element found;
    const auto method = r.method == http_method::get    ? "get"
                        : r.method == http_method::post ? "post"
                        : r.method == http_method::put  ? "put"
                                                        : "delete";
    REQUIRE(doc.root()["paths"][r.pattern][method].get(found) == simdjson::SUCCESS);
    CHECK_FALSE(text_at(found, "summary").empty());
    CHECK(at(found, "security").has_value() == r.options.roles.empty());
  }
}

TEST_CASE_METHOD(scripted_node, "later: what is not there yet says so and what brings it",
                 "[nodes]") {
  for (const auto& [method, path] : {std::pair{http_method::get, "/v1/audit"},
                                     std::pair{http_method::post, "/v1/hooks/github"}}) {
    INFO(path);
    const auto r = call(everyone({role::admin}), method, path);
    CHECK(r.status == 501);
    CHECK(r.body.find("comes with the work on") != std::string::npos);
  }
}
