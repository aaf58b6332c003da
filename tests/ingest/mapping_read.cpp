// What a mapping makes of a record, key by key.
#include "ingest/mapping/mapped_time.hpp"
#include "tests/ingest/records.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::ingest;

namespace {

/// A source that is all defaults, but for these lines below `event:` and these below everything.
node_settings with(const std::string& event, const std::string& rest = {}) {
  node_settings node;
  const auto set = mapping_set::load(
      {{"f.yaml", "source: f\nrecognise: {/x: \"*\"}\nevent:\n  time: /at\n  service: s\n  action: "
                  "/do\n  identity: /who\n" +
                      event + "\n" + rest}});
  INFO((set ? std::string{} : set.err().context));
  REQUIRE(set);
  node.mappings = *set;
  return node;
}

std::string record(const std::string& members = {}) {
  return R"({"x":1,"at":"2026-01-02T03:04:05Z","do":"read","who":"ana@example.com")" +
         (members.empty() ? "" : "," + members) + "}";
}

} // namespace

TEST_CASE("a value is the first alternative all of whose parts are there", "[ingest][mapping]") {
  struct row {
    const char* why;
    const char* value;
    const char* members;
    const char* account;
  };
  const auto r = GENERATE(values<row>({
      {"a pointer", "/a", R"("a":"v")", "v"},
      {"a number", "/a", R"("a":7)", "7"},
      {"nothing there", "/a", R"("b":"v")", ""},
      {"null is nothing", "[/a, /b]", R"("a":null,"b":"v")", "v"},
      {"an empty text is nothing", "[/a, /b]", R"("a":"","b":"v")", "v"},
      {"what stands for nothing is nothing", "[/a, /b]", R"("a":"-","b":"v")", "v"},
      {"an object is nothing", "[/a, /b]", R"("a":{"c":1},"b":"v")", "v"},
      {"deeper", "/a/b/c", R"("a":{"b":{"c":"v"}})", "v"},
      {"an object and what is in it", "[/a, /a/b]", R"("a":{"b":"v"})", "v"},
      {"a text where an object was thought", "/a/b", R"("a":"v")", ""},
      {"an array stands for its elements", "/a/b", R"("a":[{"c":1},{"b":"v"},{"b":"w"}])", "v"},
      {"an element by its place", "/a/1/b", R"("a":[{"b":"u"},{"b":"v"}])", "v"},
      {"an element by what it says", "\"/a/[k=two]/b\"",
       R"("a":[{"k":"one","b":"u"},{"k":"two","b":"v"}])", "v"},
      {"no element says so", "\"/a/[k=two]/b\"", R"("a":[{"k":"one","b":"u"}])", ""},
      {"put together", "\"{/a}/{/b}\"", R"("a":"o","b":"r")", "o/r"},
      {"not put together when a part is missing", "[\"{/a}/{/b}\", /a]", R"("a":"o")", "o"},
      {"one whose condition holds", "[{value: /a, when: {/k: one}}, {value: /b, when: {/k: two}}]",
       R"("a":"u","b":"v","k":"two")", "v"},
      {"none whose condition holds", "{value: /a, when: {/k: one}}", R"("a":"u","k":"two")", ""},
      {"a condition on what is not there", "[{value: \"{/a}!\", when: {/k: \"\"}}, other]",
       R"("a":"u")", "u!"},
      {"text as it is", "example", R"("a":"o")", "example"},
      {"escapes are resolved", "/a", R"("a":"o\u00e9\"")", "oé\""},
      {"a name with a slash", "/a~1b", R"("a/b":"v")", "v"},
      {"the first of two", "/a", R"("a":"v","a":"w")", "v"},
  }));
  INFO(r.why);
  const auto run =
      run_text(record(r.members), with("  account: " + std::string{r.value}, "empty: \"-\"\n"));
  CHECK(run->only().account == r.account);
}

TEST_CASE("a condition compares with texts that may be open at their ends", "[ingest][mapping]") {
  struct row {
    const char* test;
    const char* members;
    bool holds;
  };
  const auto r = GENERATE(values<row>({
      {"{/a: no}", R"("a":"no")", true},
      {"{/a: no}", R"("a":"not")", false},
      {"{/a: [no, never]}", R"("a":"never")", true},
      {"{/a: no*}", R"("a":"not")", true},
      {"{/a: \"*no\"}", R"("a":"oh no")", true},
      {"{/a: \"*no*\"}", R"("a":"a no b")", true},
      {"{/a: \"*no\"}", R"("a":"not")", false},
      {"{/a: \"*\"}", R"("a":{"b":1})", true},
      {"{/a: \"*\"}", R"("a":"")", false},
      {"{/a: \"*\"}", R"("b":1)", false},
      {"{/a: \"\"}", R"("b":1)", true},
      {"{/a: \"\"}", R"("a":null)", true},
      {"{/a: \"\"}", R"("a":"v")", false},
      {"{/a: [\"\", no]}", R"("a":"no")", true},
      {"{/a: \"false\"}", R"("a":false)", true},
      {"{/a: \"403\"}", R"("a":403)", true},
      {"{/a: no, /b: no}", R"("a":"no","b":"yes")", false},
      {"[{/a: no}, {/b: no}]", R"("a":"yes","b":"no")", true},
      {"{/a/b: no}", R"("a":[{"b":"yes"},{"b":"no"}])", true},
  }));
  INFO(r.test << " of " << r.members);
  const auto run = run_text(record(r.members), with("  outcome: {denied: " + std::string{r.test} +
                                                    ", otherwise: failed}"));
  CHECK(to_string(run->only().result) == (r.holds ? "denied" : "failed"));
}

TEST_CASE("times are read as vendors write them", "[ingest][mapping]") {
  using u = time_unit;
  struct row {
    const char* text;
    u unit;
    const char* time;
  };
  const auto r = GENERATE(values<row>({
      {"2026-01-02T03:04:05Z", u::none, "2026-01-02T03:04:05Z"},
      {"2026-01-02T03:04:05.123456789+01:00", u::none, "2026-01-02T02:04:05.123456789Z"},
      {"2026-01-02 03:04:05", u::none, "2026-01-02T03:04:05Z"},
      {"2026-01-02 03:04:05.5", u::milliseconds, "2026-01-02T03:04:05.500Z"},
      {"2026-01-02 03:04:05 UTC", u::none, "2026-01-02T03:04:05Z"},
      {"2026-01-02 03:04:05.061 -0700", u::none, "2026-01-02T10:04:05.061Z"},
      {"2026-01-02T03:04:05.967+0000", u::none, "2026-01-02T03:04:05.967Z"},
      {"1767323045", u::seconds, "2026-01-02T03:04:05Z"},
      {"1767323045.25", u::seconds, "2026-01-02T03:04:05.250Z"},
      {"1767323045123", u::milliseconds, "2026-01-02T03:04:05.123Z"},
      {"1767323045123456", u::microseconds, "2026-01-02T03:04:05.123456Z"},
      {"1767323045123456789", u::nanoseconds, "2026-01-02T03:04:05.123456789Z"},
      {"1767323045", u::none, ""},
      {"99999999999", u::seconds, ""},
      {"99999999999999999999999", u::nanoseconds, ""},
      {"1767323045.", u::seconds, ""},
      {"1.7.6", u::seconds, ""},
      {"-5", u::seconds, ""},
      {".5", u::seconds, ""},
      {"2026-01-02", u::none, ""},
      {"2026-13-02T03:04:05Z", u::none, ""},
      {"yesterday", u::none, ""},
      {"", u::none, ""},
      {"2026-01-02T03:04:05.123456789123456789123456789", u::none, ""},
  }));
  INFO(r.text);
  const auto time = parse_mapped_time(r.text, r.unit);
  CHECK((time ? base::format_rfc3339(*time) : "") == r.time);
}

TEST_CASE("an action that nobody has mapped has the general activity", "[ingest][mapping]") {
  const auto node =
      with("  activity: saas.event\n  read_only: {/do: \"get*\"}",
           "services:\n  s:\n    read: {activity: a.read, read_only: true}\n    write: a.write\n");
  struct row {
    const char* action;
    const char* activity;
    bool reads;
  };
  for (const auto& r : {row{"read", "a.read", true}, row{"write", "a.write", false},
                        row{"get all", "saas.event", true}, row{"else", "saas.event", false}}) {
    INFO(r.action);
    auto text = record();
    text.replace(text.find("\"read\""), 6, fmt::format("\"{}\"", r.action));
    const auto run = run_text(text, node);
    CHECK(run->only().activity == r.activity);
    CHECK(run->only().read_only == r.reads);
  }
}

TEST_CASE("a record that cannot be an event says what it lacks", "[ingest][mapping]") {
  const auto node = with("  id: /id", "skip: [{when: {/do: heartbeat}, why: a sign of life}]\n");
  struct row {
    const char* record;
    const char* reason;
  };
  for (const auto& r :
       {row{R"({"x":1,"do":"read","who":"ana"})", "f: no time"},
        row{R"({"x":1,"at":true,"do":"read","who":"ana"})", "f: 'true' is not a time"},
        row{R"({"x":1,"at":"2026-01-02T03:04:05Z","who":"ana"})", "f: no action"},
        row{R"({"x":1,"at":"2026-01-02T03:04:05Z","do":"read"})", "f: no actor"},
        row{R"({"x":1,"at":"2026-01-02T03:04:05Z","do":"read","who":{"n":1}})", "f: no actor"}}) {
    INFO(r.record);
    CHECK(run_text(r.record, node)->quarantined == std::vector<std::string>{r.reason});
  }
  CHECK(run_text(R"({"x":1,"do":"heartbeat"})", node)->skipped ==
        std::vector<std::string>{"f: a sign of life"});
}

TEST_CASE("records without an id of their own are told apart by what they say",
          "[ingest][mapping]") {
  const auto run =
      run_text(record(R"("n":1)") + record(R"("n":1)") + record(R"("n":2)"), with("  id: /id"));
  REQUIRE(run->batch.events.size() == 3);
  CHECK(run->batch.events[0].id.size() == 32);
  CHECK(run->batch.events[0].id == run->batch.events[1].id);
  CHECK(run->batch.events[0].id != run->batch.events[2].id);
}

TEST_CASE("whom a share reaches is told by domain, own names and names for everyone",
          "[ingest][mapping]") {
  struct row {
    const char* to;
    base::target_class what;
    const char* whom;
  };
  const auto r = GENERATE(values<row>({
      {"public", base::target_class::everyone, "*"},
      {"bob@example.com", base::target_class::own, "example.com"},
      {"bob@example.org", base::target_class::foreign, "example.org"},
      {"bob@example.net", base::target_class::own, "example.net"},
      {"private", base::target_class::own, "private"},
      {"other-org", base::target_class::foreign, "other-org"},
      {"home-org", base::target_class::own, "home-org"},
      {"-", base::target_class::none, ""},
  }));
  INFO(r.to);
  auto node = with("  target.accounts: /to/mail\n  account: home-org",
                   "everyone: public\nown: private\nempty: \"-\"\n");
  node.tenant.accounts = {"example.net"};
  const auto run = run_text(record(fmt::format(R"("to":[{{"mail":"{}"}}])", r.to)), node);
  const auto& e = run->only();
  CHECK(to_string(e.target) == to_string(r.what));
  CHECK(e.targets.size() == (*r.whom == '\0' ? 0U : 1U));
  if (!e.targets.empty())
    CHECK(e.targets.front() == r.whom);
}

TEST_CASE("an activity may say where its own resources, targets, grants and counts stand",
          "[ingest][mapping]") {
  const auto node =
      with("  resources: /main\n  bytes: [/size, /length]\n  count: [/n, /m]",
           "admin: [Owner*]\nservices:\n  s:\n    read:\n      activity: a.share\n      resources: "
           "[\"doc:{/docs/id}\"]\n      targets: /to\n      policies: [/roles/name]\n");
  const auto run = run_text(
      record(
          R"("main":"m","docs":[{"id":1},{"id":2}],"to":"eve@example.org","roles":[{"name":"Reader"},{"name":"Owner of all"}],"length":"4096","m":3)"),
      node);
  const auto& e = run->only();
  REQUIRE(e.resources.size() == 3);
  CHECK(e.resources[0] == "doc:1");
  CHECK(e.resources[1] == "doc:2");
  CHECK(e.resources[2] == "m");
  CHECK(to_string(e.target) == "foreign");
  CHECK(to_string(e.grant) == "admin");
  CHECK(e.bytes == 4096);
  CHECK(e.count == 3);
}

TEST_CASE("a mapping without conditions still names cloud, type, class and workload",
          "[ingest][mapping]") {
  const auto run = run_text(
      record(R"("host":"h-1","sid":"s-1","ip":"203.0.113.9","ua":"curl/8.0","zone":"eu")"),
      with("  identity.type: service_account\n  session.class: instance\n  session: /sid\n  "
           "session.workload: /host\n  source: /ip\n  user_agent: /ua\n  region: /zone\n  error: "
           "none",
           "cloud: azure\n"));
  const auto& e = run->only();
  CHECK(to_string(e.provider) == "azure");
  CHECK(to_string(e.actor) == "service_account");
  CHECK(to_string(e.holder) == "instance");
  CHECK(e.session == "s-1");
  CHECK(e.workload == "h-1");
  CHECK(e.source_text == "203.0.113.9");
  CHECK(e.has_source);
  CHECK(e.user_agent == "curl/8.0");
  CHECK(to_string(e.client) == "cli");
  CHECK(e.region == "eu");
  CHECK(e.error == "none");
}

TEST_CASE("of two sources whose marks a record bears the one with more marks is meant",
          "[ingest][mapping]") {
  const auto source = [](const char* name, const char* marks) {
    return mapping_file{std::string{name} + ".yaml",
                        fmt::format("source: {}\nrecognise: [{}]\nevent: {{time: /at, service: {}, "
                                    "action: /do, identity: /who}}\n",
                                    name, marks, name)};
  };
  const auto set = mapping_set::load({source("b", "{/x: \"*\"}"), source("a", "{/x: \"*\"}"),
                                      source("c", "{/x: \"*\", /kind/name: \"c*\"}"),
                                      source("d", "{/x: \"*\", /kind: \"*\", /gone: \"\"}")});
  REQUIRE(set);
  node_settings node;
  node.mappings = *set;
  const auto service = [&](const std::string& text) {
    return std::string{run_text(text, node)->only().service};
  };
  CHECK(service(record()) == "a");
  CHECK(service(record(R"("kind":{"name":"cat"})")) == "d");
  CHECK(service(record(R"("kind":{"name":"cat"},"gone":1)")) == "c");
  CHECK(service(record(R"("kind":{"name":"dog"},"gone":1)")) == "a");
}

TEST_CASE("any cut of a mapped record is quarantined, never more", "[ingest][mapping][bad]") {
  const auto text = record(R"("a":{"b":[{"c":"d"}]})");
  const auto node = with("  account: /a/b/c");
  for (std::size_t size = 1; size < text.size(); ++size) {
    INFO("first " << size << " bytes");
    const auto run = run_text(text.substr(0, size), node);
    CHECK(run->batch.events.empty());
    CHECK(run->quarantined.size() == 1);
  }
}

TEST_CASE("lists and wrappers of vendors open, some with a pointer", "[ingest][mapping]") {
  const std::string okta =
      R"({"uuid":"u","published":"2026-01-02T03:04:05Z","eventType":"user.session.end","actor":{"id":"00u1"}})";
  const std::string box =
      R"({"type":"event","event_type":"LOGIN","created_at":"2026-01-02T03:04:05Z","created_by":{"id":"7"}})";
  const std::string workspace =
      R"({"kind":"admin#reports#activity","id":{"time":"2026-01-02T03:04:05Z","applicationName":"login"},"actor":{"email":"ana@example.com"},"events":[{"name":"logout"}]})";
  struct row {
    const char* why;
    std::string text;
    const char* unwrap;
    const char* service;
    std::size_t events;
  };
  const auto r = GENERATE_COPY(values<row>({
      {"one a line", okta + "\n" + okta, "", "okta", 2},
      {"an array, as the API answers", "[" + okta + "," + okta + "]", "", "okta", 2},
      {"an event hook",
       R"({"eventType":"com.okta.event_hook","data":{"events":[)" + okta + "," + okta + "]}}",
       "/data/events", "okta", 2},
      {"EventBridge",
       R"({"version":"0","id":"e","detail-type":"SystemLog","source":"aws.partner/okta.com/example","detail":)" +
           okta + "}",
       "/detail", "okta", 1},
      {"Box's entries", R"({"chunk_size":1,"entries":[)" + box + "]}", "", "box", 1},
      {"Workspace's items", R"({"kind":"admin#reports#activities","items":[)" + workspace + "]}",
       "", "login", 1},
      {"JSON in a text", R"({"line":")" + std::string{R"({\"x\":1})"} + "\"}", "/line", "", 0},
  }));
  INFO(r.why);
  node_settings node;
  if (*r.unwrap != '\0')
    node.unwrap = {r.unwrap};
  const auto run = run_text(r.text, node);
  REQUIRE(run->batch.events.size() == r.events);
  for (const auto& e : run->batch.events)
    CHECK(e.service == r.service);
}

TEST_CASE("a record may say of which cloud it tells", "[ingest][mapping]") {
  const auto node =
      with("  cloud: {aws: {/c: [AWS, \"Amazon*\"]}, gcp: {/c: GCP}}", "cloud: github\n");
  CHECK(to_string(run_text(record(R"("c":"Amazon EC2")"), node)->only().provider) == "aws");
  CHECK(to_string(run_text(record(R"("c":"GCP")"), node)->only().provider) == "gcp");
  CHECK(to_string(run_text(record(), node)->only().provider) == "github");
}

TEST_CASE("a service that has activities of its own has them whoever tells of it",
          "[ingest][mapping]") {
  node_settings node;
  const auto set = mapping_set::load(
      {{"f.yaml", "source: f\nrecognise: {/x: \"*\"}\nevent:\n  time: /at\n  service: /svc\n"
                  "  action: /call\n  identity: /who\n  activity: saas.event\n"
                  "services:\n  iam.amazonaws.com:\n    DeleteUser: {activity: one.of.ours}\n"}});
  REQUIRE(set);
  node.mappings = *set;
  struct row {
    const char* service;
    const char* action;
    const char* activity;
  };
  const auto r = GENERATE(values<row>({
      {"iam.amazonaws.com", "CreateUser", "identity.create"},
      {"iam.amazonaws.com", "DeleteUser", "one.of.ours"},
      {"iam.amazonaws.com", "InventUser", "saas.event"},
      {"iam.example.com", "CreateUser", "saas.event"},
  }));
  INFO(r.service << " " << r.action);
  const auto run = run_text(
      record(std::string{R"("svc":")"} + r.service + R"(","call":")" + r.action + "\""), node);
  CHECK(run->only().activity == r.activity);
}

TEST_CASE("an access key of AWS is a session as CloudTrail tells it", "[ingest][mapping]") {
  const auto node = with("  session: /key");
  CHECK(run_text(record(R"("key":"AKIAIOSFODNN7EXAMPLE")"), node)->only().session ==
        run_text(record_with(""))->only().session);
  CHECK(run_text(record(R"("key":"AKIA")"), node)->only().session == "AKIA");
}
