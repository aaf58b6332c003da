// The `cases:` of a rule file: expansion into records, and what authors are told.
#include "detect/language/case_record.hpp"
#include "detect/language/cases.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

std::vector<detect::rule_case> cases_in(const std::string& cases) {
  auto loaded = detect::load_cases({"t.yaml", "title: t\nname: r\ncases:\n" + cases});
  INFO((loaded ? std::string{} : loaded.err().context));
  REQUIRE(loaded);
  return *loaded;
}

std::string cases_problem(const std::string& cases) {
  auto loaded = detect::load_cases({"t.yaml", "title: t\nname: r\ncases:\n" + cases});
  return loaded ? "" : loaded.err().context;
}

YAML::Node record_of(const detect::case_event& e) {
  return YAML::Load(e.record);
}

} // namespace

TEST_CASE("a case expands base, own fields and repetitions into whole records") {
  const auto cases =
      cases_in("- name: n\n  expect: high\n"
               "  base: {eventSource: s, eventName: e, requestParameters: {bucket: b, "
               "key: 'k-{n}-{i}-{j}-{n%2}'}}\n"
               "  events:\n"
               "    - {at: 1m, repeat: 2, every: 10s, burst: 2, apart: 1s, set: "
               "{requestParameters: {more: 5}, list: [true, null, '7']}}\n"
               "    - {at: -1d, set: {eventName: earlier}}\n");
  REQUIRE(cases.size() == 1);
  const auto& events = cases[0].events;
  REQUIRE(events.size() == 5);
  CHECK(cases[0].rule == "r");
  CHECK(cases[0].where == "t.yaml:4");
  CHECK(cases[0].expect == base::severity::high);
  CHECK(record_of(events[0])["eventName"].as<std::string>() == "earlier");
  CHECK(events[1].time - events[0].time == 24h + 1min);
  CHECK(events[4].time - events[1].time == 11s);
  const auto last = record_of(events[4]);
  CHECK(last["eventTime"].as<std::string>() == "2026-03-02T12:01:11Z");
  CHECK(last["requestParameters"]["key"].as<std::string>() == "k-4-2-2-0");
  CHECK(last["requestParameters"]["bucket"].as<std::string>() == "b");
  CHECK(events[4].record.find("\"more\":5") != std::string::npos);
  CHECK(events[4].record.find("\"list\":[true,null,\"7\"]") != std::string::npos);
  std::set<std::string> ids;
  for (const auto& e : events)
    ids.insert(record_of(e)["eventID"].as<std::string>());
  CHECK(ids.size() == 5);
}

TEST_CASE("the same file gives the same bytes") {
  const std::string text = "- {name: n, expect: none, events: [{at: 0s, repeat: 3, set: "
                           "{eventSource: s, eventName: e}}]}\n";
  const auto one = cases_in(text);
  const auto two = cases_in(text);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(one[0].events[i].record == two[0].events[i].record);
}

TEST_CASE("another vendor's record stands as it is given, with its time and an id of its own") {
  const auto cases =
      cases_in("- name: n\n  expect: none\n"
               "  base: {kind: Event, auditID: '{id}', user: {name: 'n-{n}'}, inner: "
               "'{\"t\":\"{time}\",\"i\":{i}}'}\n"
               "  events: [{at: 90s, repeat: 2, set: {user: {uid: '{j}'}}}]\n");
  const auto& events = cases[0].events;
  REQUIRE(events.size() == 2);
  CHECK(events[0].record.find("eventVersion") == std::string::npos);
  const auto one = record_of(events[0]);
  CHECK(one.size() == 4);
  CHECK(one["user"]["name"].as<std::string>() == "n-1");
  CHECK(one["user"]["uid"].as<std::string>() == "1");
  CHECK(one["inner"].as<std::string>() ==
        "{\"t\":\"" + base::format_rfc3339(events[0].time) + "\",\"i\":1}");
  CHECK(one["auditID"].as<std::string>().size() == 36);
  CHECK(one["auditID"].as<std::string>() != record_of(events[1])["auditID"].as<std::string>());
}

TEST_CASE("a given identity replaces the default one instead of mixing with it") {
  const auto cases =
      cases_in("- {name: n, expect: none, events: [{set: {eventSource: s, eventName: e, "
               "userIdentity: {type: AWSService, invokedBy: x}}}]}\n");
  const auto identity = record_of(cases[0].events[0])["userIdentity"];
  CHECK(identity.size() == 2);
  CHECK(identity["type"].as<std::string>() == "AWSService");
}

TEST_CASE("numbers that JSON cannot write stay text") {
  const auto cases =
      cases_in("- {name: n, expect: none, events: [{set: {eventSource: s, eventName: e, "
               "a: 012, b: 1.50, c: -3e2, d: '5', e: 1.}}]}\n");
  const auto& text = cases[0].events[0].record;
  CHECK(text.find("\"a\":\"012\"") != std::string::npos);
  CHECK(text.find("\"b\":1.50") != std::string::npos);
  CHECK(text.find("\"c\":-3e2") != std::string::npos);
  CHECK(text.find("\"d\":\"5\"") != std::string::npos);
  CHECK(text.find("\"e\":\"1.\"") != std::string::npos);
}

TEST_CASE("tenant, networks and judge_from are read") {
  const auto cases =
      cases_in("- name: n\n  expect: none\n  judge_from: -2h\n"
               "  tenant: {accounts: ['1'], corporate_networks: [10.0.0.0/8], ci_roles: [deploy]}\n"
               "  network: [{range: 203.0.113.0/24, asn: 64500, country: DE, lat: 50.1, lon: 8.6, "
               "cloud: aws, region: eu-central-1, vpn: true}]\n"
               "  events: [{set: {eventSource: s, eventName: e}}]\n");
  const auto& c = cases[0];
  CHECK(c.judged_from == c.events[0].time - 2h);
  CHECK(c.tenant.accounts == std::vector<std::string>{"1"});
  CHECK(c.tenant.corporate_networks.size() == 1);
  CHECK(c.lists_loaded);
  REQUIRE(c.networks.size() == 1);
  CHECK(c.networks[0].asn == 64500);
  CHECK(c.networks[0].has_place);
  CHECK(c.networks[0].provider == base::cloud::aws);
  CHECK(c.networks[0].vpn);
  CHECK(!c.networks[0].tor);
}

TEST_CASE("a mistake in a case is named with its line") {
  struct row {
    const char* cases;
    const char* says;
  };
  const row rows[] = {
      {"- {expect: none, events: [{set: {eventSource: s, eventName: e}}]}\n",
       "t.yaml:4: a case needs a 'name'"},
      {"- {name: n, events: [{set: {eventSource: s, eventName: e}}]}\n", "needs 'expect'"},
      {"- {name: n, expect: hihg, events: [{set: {eventSource: s, eventName: e}}]}\n",
       "needs 'expect'"},
      {"- {name: n, expect: none}\n", "needs 'events'"},
      {"- {name: n, expect: none, events: [{set: {eventName: e}}]}\n", "no 'eventSource'"},
      {"- {name: n, expect: none, events: [{set: {kind: Event, verb: get}}]}\n", "'{time}'"},
      {"- {name: n, expect: none, events: [{at: soon, set: {eventSource: s, eventName: e}}]}\n",
       "not a time"},
      {"- {name: n, expect: none, events: [{repeat: 0, set: {eventSource: s, eventName: e}}]}\n",
       "'repeat' is out of range"},
      {"- {name: n, expect: none, events: [{repeat: 200, burst: 101, set: {eventSource: s, "
       "eventName: e}}]}\n",
       "20,000 events"},
      {"- {name: n, expect: none, evnets: []}\n", "did you mean 'events'?"},
      {"- {name: n, expect: none, network: [{range: x}], events: [{set: {eventSource: s, "
       "eventName: e}}]}\n",
       "needs a 'range'"},
      {"- {name: n, expect: none, tenant: {own_networks: [x]}, events: [{set: {eventSource: s, "
       "eventName: e}}]}\n",
       "not a network"},
  };
  for (const auto& row : rows) {
    const auto problem = cases_problem(row.cases);
    INFO(row.cases << "=> " << problem);
    CHECK(problem.find(row.says) != std::string::npos);
  }
}
