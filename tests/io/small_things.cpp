#include "io/clock/manual_clock.hpp"
#include "io/http/credentials.hpp"
#include "io/http/message.hpp"
#include "io/http/problem.hpp"
#include "io/http/request_checks.hpp"
#include "io/http/router.hpp"
#include "io/metrics/metrics.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

TEST_CASE("clock: the real one moves forward and agrees with the system", "[io][clock]") {
  const real_clock clock;
  const auto before = std::chrono::system_clock::now();
  const auto now = clock.now();
  const auto first = clock.monotonic();
  CHECK(now >= before - 1s);
  CHECK(now <= std::chrono::system_clock::now() + 1s);
  CHECK(clock.monotonic() >= first);
}

TEST_CASE("clock: stepping a manual clock back leaves its monotonic scale alone", "[io][clock]") {
  manual_clock clock{base::receive_time{10s}};
  clock.advance(5s);
  clock.set(base::receive_time{1s});
  CHECK(clock.now() == base::receive_time{1s});
  CHECK(clock.monotonic() == 5s);
}

TEST_CASE("metrics: text names each metric once with its help, type and labels", "[io][metrics]") {
  metrics all;
  auto a = all.make_counter("vedette_events_total", "Events taken in.", {{"cloud", "aws"}});
  auto same = all.make_counter("vedette_events_total", "Events taken in.", {{"cloud", "aws"}});
  a.add();
  same.add(2);
  auto seconds = all.make_histogram("vedette_commit_seconds", "Time of a commit.", {0.01, 0.1});
  seconds.observe(0.05);
  all.make_gauge("vedette_queue_events", "Events waiting.").set(7);
  const auto text = all.text({{"vedette_log_bytes", "Bytes of the log.", false, {{{}, 4096}}},
                              {"vedette_alerts_total",
                               "Alerts.",
                               true,
                               {{{{"tenant", "a"}}, 2}, {{{"tenant", "b"}}, 3}}}});
  CHECK(says(text,
             "# HELP vedette_events_total Events taken in.\n# TYPE vedette_events_total counter\n"
             "vedette_events_total{cloud=\"aws\"} 3"));
  CHECK(says(text, "vedette_commit_seconds_bucket{le=\"0.1\"} 1"));
  CHECK(says(text, "vedette_queue_events 7"));
  CHECK(says(text, "# TYPE vedette_log_bytes gauge\nvedette_log_bytes 4096"));
  CHECK(says(text, "# TYPE vedette_alerts_total counter\nvedette_alerts_total{tenant=\"a\"} 2\n"
                   "vedette_alerts_total{tenant=\"b\"} 3"));
}

TEST_CASE("metrics: series beyond series_max share one, so tenants cannot fill memory",
          "[io][metrics]") {
  metrics all;
  for (std::size_t i = 0; i < metrics::series_max + 500; ++i)
    all.make_counter("vedette_alerts_total", "Alerts.", {{"tenant", "t" + std::to_string(i)}})
        .add();
  const auto text = all.text();
  std::size_t lines = 0;
  for (auto at = text.find("vedette_alerts_total{"); at != std::string::npos;
       at = text.find("vedette_alerts_total{", at + 1))
    ++lines;
  CHECK(lines == metrics::series_max);
  CHECK(says(text, "vedette_alerts_total{tenant=\"other\"} 501"));
  metric_reading many{"vedette_read_total", "Read elsewhere.", true, {}};
  for (std::size_t i = 0; i < metrics::series_max + 500; ++i)
    many.series.push_back({{{"tenant", "t" + std::to_string(i)}}, 1});
  CHECK(says(all.text({many}), "vedette_read_total{tenant=\"other\"} 501"));
}

TEST_CASE("http: percent decoding refuses what it cannot read", "[io][http]") {
  struct row {
    const char* why;
    std::string_view text;
    bool plus;
    std::optional<std::string> wanted;
  };
  const std::vector<row> rows{
      {"plain", "abc", false, "abc"},
      {"an ARN", "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", false, "arn:aws:iam::1:role/x"},
      {"plus in a query", "a+b", true, "a b"},
      {"plus in a path", "a+b", false, "a+b"},
      {"cut escape", "a%2", false, std::nullopt},
      {"no hex", "%zz", false, std::nullopt},
      {"a NUL ends C strings early", "a%00b", false, std::nullopt},
      {"and so does one that is not escaped", {"a\0b", 3}, false, std::nullopt},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(percent_decode(r.text, r.plus) == r.wanted);
  }
  CHECK(percent_decode(percent_encode("a/b c\xc3\xa4%"), false) == "a/b c\xc3\xa4%");
}

TEST_CASE("http: a query becomes decoded pairs, at most 64", "[io][http]") {
  const auto q = parse_query("tenant=acme&since=2026-01-02T03%3A04%3A05Z&flag&&x=1=2");
  REQUIRE(q);
  CHECK(find(*q, "tenant") == "acme");
  CHECK(find(*q, "since") == "2026-01-02T03:04:05Z");
  CHECK(find(*q, "flag") == "");
  CHECK(find(*q, "x") == "1=2");
  CHECK_FALSE(find(*q, "y"));
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "a=1&";
  CHECK_FALSE(parse_query(many));
}

TEST_CASE("router: the most literal route of the right method answers", "[io][http]") {
  http_router router;
  const auto nothing = [](http_call, http_responder) {};
  router.add(http_method::get, "/v1/alerts/{id}", {}, nothing);
  router.add(http_method::get, "/v1/alerts/stream", {}, nothing);
  router.add(http_method::post, "/v1/incidents/{id}/ack", {}, nothing);
  router.add(http_method::post, "/{index}/_bulk", {}, nothing);
  router.add(http_method::get, "/", {}, nothing);
  struct row {
    const char* why;
    http_method method;
    const char* path;
    const char* pattern; // empty: none
    std::string parameter;
    std::size_t allowed;
  };
  const std::vector<row> rows{
      {"literal before {id}", http_method::get, "/v1/alerts/stream", "/v1/alerts/stream", "", 2},
      {"a parameter", http_method::get, "/v1/alerts/ab12", "/v1/alerts/{id}", "ab12", 1},
      {"an encoded slash stays in its segment", http_method::get, "/v1/alerts/role%2Fx",
       "/v1/alerts/{id}", "role/x", 1},
      {"HEAD asks GET", http_method::head, "/v1/alerts/1", "/v1/alerts/{id}", "1", 1},
      {"in the middle", http_method::post, "/v1/incidents/7/ack", "/v1/incidents/{id}/ack", "7", 1},
      {"at the front", http_method::post, "/logs/_bulk", "/{index}/_bulk", "logs", 1},
      {"root", http_method::get, "/", "/", "", 1},
      {"wrong method", http_method::del, "/v1/alerts/1", "", "", 1},
      {"too short", http_method::get, "/v1/alerts", "", "", 0},
      {"an empty parameter is none", http_method::get, "/v1/alerts/", "", "", 0},
      {"too long", http_method::get, "/v1/alerts/1/2", "", "", 0},
      {"a broken escape", http_method::get, "/v1/alerts/%2", "", "", 0},
      {"not a path", http_method::get, "*", "", "", 0},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto m = router.match(r.method, r.path);
    CHECK((m.found == nullptr ? std::string{} : m.found->pattern) == r.pattern);
    CHECK((m.parameters.empty() ? std::string{} : m.parameters[0].second) == r.parameter);
    CHECK(m.allowed.size() == r.allowed);
  }
}

TEST_CASE("http: a page the operator has open cannot call the node", "[io][http]") {
  struct row {
    const char* why;
    std::vector<std::pair<const char*, const char*>> headers;
    bool refused;
  };
  const std::vector<row> rows{
      {"the CLI", {{"Host", "127.0.0.1:8470"}}, false},
      {"by name", {{"Host", "LOCALHOST:8470"}}, false},
      {"IPv6", {{"Host", "[::1]:8470"}}, false},
      {"a listed name", {{"Host", "cdr.example.net"}}, false},
      {"DNS rebinding", {{"Host", "evil.example:8470"}}, true},
      {"no Host", {}, true},
      {"two colons", {{"Host", "a:b:c"}}, true},
      {"our own console", {{"Host", "localhost:8470"}, {"Origin", "http://localhost:8470"}}, false},
      {"same host, other port",
       {{"Host", "localhost:8470"}, {"Origin", "http://localhost:3000"}},
       true},
      {"a listed console",
       {{"Host", "localhost"}, {"Origin", "https://console.example.net"}},
       false},
      {"a foreign page", {{"Host", "localhost:8470"}, {"Origin", "https://evil.example"}}, true},
      {"a sandboxed page", {{"Host", "localhost:8470"}, {"Origin", "null"}}, true},
      {"an empty Origin", {{"Host", "localhost:8470"}, {"Origin", ""}}, true},
      {"a read without Origin",
       {{"Host", "localhost:8470"}, {"Sec-Fetch-Site", "cross-site"}},
       true},
      {"typed into the address bar",
       {{"Host", "localhost:8470"}, {"Sec-Fetch-Site", "none"}},
       false},
  };
  const host_rules rules{{"cdr.example.net"}, {"https://console.example.net"}, true};
  for (const auto& r : rows) {
    INFO(r.why);
    http_headers headers;
    for (const auto& [name, value] : r.headers)
      headers.add(name, value);
    CHECK(refuse_origin(rules, headers, false).has_value() == r.refused);
  }
}

TEST_CASE("http: a bearer token is found whatever the scheme's case, and nothing else is",
          "[io][http]") {
  const auto token = [](const char* value) {
    http_headers h;
    h.add("authorization", value);
    const auto c = credentials_of(h);
    return (c.shipper && !c.token.empty() ? "shipper " : "") + c.token;
  };
  CHECK(token("Bearer abc") == "abc");
  CHECK(token("bearer  abc ") == "abc");
  CHECK(token("Digest abc") == "");
  CHECK(token("Bearer") == "");
  CHECK(token("Bearer   ") == "");
  CHECK(token("Bearerabc") == "");
}

TEST_CASE("http: a shipper's form of a token is found and told apart", "[io][http]") {
  const auto token = [](const char* name, const char* value) {
    http_headers h;
    h.add(name, value);
    const auto c = credentials_of(h);
    return (c.shipper && !c.token.empty() ? "shipper " : "") + c.token;
  };
  CHECK(token("Authorization", "Splunk abc") == "shipper abc");
  CHECK(token("Authorization", "Basic dXNlcjphYmM6ZA==") == "shipper abc:d"); // user:abc:d
  CHECK(token("Authorization", "ApiKey aWQ6YWJj") == "shipper abc");          // id:abc
  CHECK(token("X-Amz-Firehose-Access-Key", "abc") == "shipper abc");
  CHECK(token("Authorization", "Basic dXNlcg==") == ""); // no colon
  CHECK(token("Authorization", "Basic ?") == "");
}

TEST_CASE("problem: an internal failure says nothing of its inside, the rest say what to do",
          "[io][http]") {
  const auto inner =
      problem_response(base::error{base::ec::io, "writing secret/path: broken"}, "/v1/x");
  CHECK(inner.status == 500);
  CHECK(inner.body.find("secret") == std::string::npos);
  const auto outer =
      problem_response(base::error{base::ec::unavailable, "too busy, \"later\""}, "/v1/x");
  CHECK(outer.status == 503);
  CHECK(outer.headers.get("retry-after") == "1");
  CHECK(outer.headers.get("content-type") == "application/problem+json");
  CHECK(
      outer.body ==
      R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"too busy, \"later\"","instance":"/v1/x"})");
}

TEST_CASE("principal: roles imply no more than they should", "[io][http]") {
  const principal viewer{"v", {role::viewer}, {{"acme"}}, false};
  const principal collector{"c", {role::collector}, {{"acme"}}, false};
  const principal admin{"a", {role::admin}, {}, true};
  const principal approver{"p", {role::approver}, {{"acme"}}, false};
  CHECK(viewer.may(role::viewer));
  CHECK_FALSE(viewer.may(role::analyst));
  CHECK_FALSE(collector.may(role::viewer));
  CHECK(approver.may(role::viewer));
  CHECK_FALSE(approver.may(role::admin));
  CHECK(admin.may(role::approver));
  CHECK(viewer.sees({"acme"}));
  CHECK_FALSE(viewer.sees({"other"}));
  CHECK(admin.sees({"other"}));
}
