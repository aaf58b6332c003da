// The published shapes of alerts.
#include "respond/alert_json.hpp"
#include "respond/alert_ocsf.hpp"
#include "tests/respond/samples.hpp"

#include <rapidjson/document.h>

#include <set>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;

namespace {

base::alert full() {
  auto a = samples::alert("0123", "snapshots-export-multiple");
  a.title = "Multiple cloud snapshots export";
  a.last_event = samples::at(90s);
  a.revision = 3;
  a.count = 7;
  a.suppressed = 2;
  a.regions = {"us-east-1"};
  a.identity_name = "Anna \"the admin\" \xff";
  a.ips = {"203.0.113.7"};
  a.asns = {64496};
  a.countries = {"NL"};
  a.resources = {"snap-1"};
  a.events = {"e1", "e2"};
  a.attack = {{"exfiltration", "T1537"}, {"command-and-control", "T1090.003"}, {"stealth", ""}};
  a.evidence = {{"shares", "7"}, {"why_new", "\"tenant\""}};
  a.why = "7 snapshots";
  return a;
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document d;
  d.Parse(text.c_str(), text.size());
  INFO(text);
  REQUIRE_FALSE(d.HasParseError());
  return d;
}

} // namespace

TEST_CASE("alert json: equals the agreed object byte for byte") {
  CHECK(to_json(full(), "inc") ==
        R"({"alert_id":"0123","tenant":"acme","rule":"snapshots-export-multiple",)"
        R"("title":"Multiple cloud snapshots export","severity":"high","control":"runtime",)"
        R"("time":"2026-03-10T08:00:00Z","first_event":"2026-03-10T08:00:00Z",)"
        R"("last_event":"2026-03-10T08:01:30Z","count":7,"cloud":"aws","account":"111122223333",)"
        R"("regions":["us-east-1"],"identity":{"id":"arn:aws:iam::111122223333:user/anna",)"
        "\"type\":\"user\",\"name\":\"Anna \\\"the admin\\\" \xef\xbf\xbd\"},"
        R"("source":{"ips":["203.0.113.7"],"asn":[64496],"countries":["NL"]},)"
        R"("session":"AKIAEXAMPLEKE~0a1b2c3d",)"
        R"("entity":{"kind":"identity","key":"arn:aws:iam::111122223333:user/anna","episode":1},)"
        R"("revision":3,"state":"final","incident":"inc","late":false,"baseline":"complete",)"
        R"("evidence":{"shares":7,"why_new":"tenant"},"resources":["snap-1"],"events":["e1","e2"],)"
        R"("attack":[{"tactic":"exfiltration","technique":"T1537"},)"
        R"({"tactic":"command-and-control","technique":"T1090.003"},)"
        R"({"tactic":"stealth","technique":""}],"why":"7 snapshots","suppressed":2})");
}

TEST_CASE("alert json: has every member that the contract names") {
  const auto d = parsed(to_json(full(), ""));
  for (const char* name :
       {"alert_id",    "tenant",     "rule",   "title",    "severity",  "control",  "time",
        "first_event", "last_event", "count",  "cloud",    "account",   "regions",  "identity",
        "source",      "revision",   "state",  "incident", "late",      "baseline", "evidence",
        "resources",   "events",     "attack", "why",      "suppressed"}) {
    INFO(name);
    CHECK(d.HasMember(name));
  }
}

TEST_CASE("alert ocsf: is a Detection Finding with everything the class requires") {
  struct row {
    std::string why;
    std::uint32_t revision;
    base::alert_state state;
    int activity;
  };
  for (const auto& r : {row{"first said", 1, base::alert_state::provisional, 1},
                        row{"said again", 2, base::alert_state::final, 2},
                        row{"taken back", 3, base::alert_state::withdrawn, 3}}) {
    INFO(r.why);
    auto a = full();
    a.revision = r.revision;
    a.state = r.state;
    const auto d = parsed(to_ocsf(a, "inc"));
    CHECK(d["class_uid"].GetInt() == 2004);
    CHECK(d["category_uid"].GetInt() == 2);
    CHECK(d["activity_id"].GetInt() == r.activity);
    CHECK(d["type_uid"].GetInt() == 200400 + r.activity);
    CHECK(d["severity_id"].GetInt() == 4);
    CHECK(d["time"].GetInt64() == 1773129600000);
    CHECK(d["finding_info"]["uid"] == "0123");
    CHECK(d["finding_info"]["related_events_count"].GetInt() == 7);
    CHECK(d["metadata"]["tenant_uid"] == "acme");
    CHECK(d["metadata"]["correlation_uid"] == "inc");
    CHECK(d["metadata"]["product"]["name"] == "Vedette");
    CHECK(d["cloud"]["provider"] == "aws");
  }
  const auto d = parsed(to_ocsf(full(), ""));
  const auto& attacks = d["finding_info"]["attacks"];
  CHECK(attacks[1]["tactic"]["name"] == "Command and Control");
  CHECK(attacks[1]["tactic"]["uid"] == "TA0011");
  CHECK(attacks[1]["technique"]["uid"] == "T1090");
  CHECK(attacks[1]["sub_technique"]["uid"] == "T1090.003");
  CHECK_FALSE(attacks[2]["tactic"].HasMember("uid"));
  CHECK_FALSE(d["metadata"].HasMember("correlation_uid"));
}
