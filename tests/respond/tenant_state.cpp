// The fold as a whole: what an aggregator and the API rely on.
#include "respond/tenant_state.hpp"
#include "tests/respond/samples.hpp"

#include <rapidjson/document.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;
using samples::alert;
using samples::at;
using samples::committed;
using samples::only;

namespace {

tenant_state fresh(respond_settings settings = samples::daring()) {
  return {samples::acme, samples::playbooks(samples::contain()), std::move(settings)};
}

} // namespace

TEST_CASE("tenant: repeats and older revisions of an alert change nothing") {
  auto s = fresh();
  auto second = alert("1", "theft");
  second.revision = 2;
  const auto out = s.fold(alert_arrived{second, at()});
  REQUIRE(out.publish.size() == 1);
  CHECK(out.publish[0].number == 1);
  CHECK(out.publish[0].incident == incident_id(samples::acme, "1"));
  const auto before = s.checkpoint();
  CHECK(s.fold(alert_arrived{second, at()}) == outputs{});
  CHECK(s.fold(alert_arrived{alert("1", "theft"), at()}) == outputs{});
  CHECK(s.checkpoint() == before);

  auto third = second;
  third.revision = 3;
  third.count = 99;
  const auto grown = s.fold(alert_arrived{third, at()});
  REQUIRE(grown.publish.size() == 1);
  CHECK(grown.publish[0].number == 2);
  CHECK(grown.intents.empty());
  CHECK(s.find_alert("1")->alert.count == 99);
  CHECK(s.checkpoint().alerts.alerts.size() == 1);
}

TEST_CASE("tenant: an alert of another tenant is refused and leaves no trace") {
  auto s = fresh();
  auto foreign = alert("1", "theft");
  foreign.tenant = base::tenant_id{"other"};
  const auto before = s.checkpoint();
  const auto out = s.fold(alert_arrived{foreign, before.now});
  REQUIRE(out.refused);
  CHECK(out.refused->code == base::ec::denied);
  CHECK(s.checkpoint() == before);
}

TEST_CASE(
    "tenant: the published severity climbs the ladder and does not fall with later revisions") {
  auto s = fresh();
  s.fold(day_maxima_told{{{"999", base::rule_id{"bulk"}, "objects", base::day_of(at()) - 20, 100}},
                         at()});
  auto a = alert("1", "bulk", base::severity::low);
  a.claim = base::volume_claim{.measure = "objects", .value = 500, .day = base::day_of(at())};
  CHECK(s.fold(alert_arrived{a, at()}).publish.at(0).alert.severity == base::severity::high);
  s.fold(
      day_maxima_told{{{"999", base::rule_id{"bulk"}, "objects", base::day_of(at()) - 19, 100'000},
                       {"999", base::rule_id{"bulk"}, "objects", base::day_of(at()) - 18, 100'000},
                       {"999", base::rule_id{"bulk"}, "objects", base::day_of(at()) - 17, 100'000},
                       {"999", base::rule_id{"bulk"}, "objects", base::day_of(at()) - 16, 100'000}},
                      at()});
  a.revision = 2;
  CHECK(s.fold(alert_arrived{a, at()}).publish.at(0).alert.severity == base::severity::high);
  auto next = alert("2", "bulk", base::severity::low);
  next.claim = a.claim;
  CHECK(s.fold(alert_arrived{next, at()}).publish.at(0).alert.severity == base::severity::low);
}

TEST_CASE("tenant: watching counts from ticks, so that a quiet tenant's first download is new") {
  auto s = fresh();
  s.fold(tick{at(), at() - std::chrono::days{20}});
  auto a = alert("1", "bulk", base::severity::low);
  a.claim = base::volume_claim{.measure = "objects", .value = 500, .day = base::day_of(at())};
  CHECK(s.fold(alert_arrived{a, at()}).publish.at(0).alert.severity == base::severity::high);
}

TEST_CASE("tenant: alerts that two incidents planned for are not planned for again after a merge") {
  auto s = fresh();
  auto one = alert("1", "theft");
  auto two = alert("2", "theft");
  two.entity = two.identity_id = "arn:aws:iam::1:user/bob";
  two.session = "other";
  s.fold(alert_arrived{one, at()});
  s.fold(alert_arrived{two, at()});
  CHECK(s.actions({}).size() == 4);
  auto bridge = alert("3", "quiet");
  bridge.session = "other";
  const auto out = s.fold(alert_arrived{bridge, at()});
  CHECK(out.incidents.size() == 2);
  two.revision = 2;
  s.fold(alert_arrived{two, at()});
  CHECK(s.actions({}).size() == 4);
  CHECK(s.actions_of(incident_id(samples::acme, "1")).size() == 4);
  const auto& story = s.find_incident(incident_id(samples::acme, "1"))->timeline;
  CHECK(std::any_of(story.begin(), story.end(),
                    [](const auto& e) { return e.text == "took over a newer incident"; }));
}

TEST_CASE("tenant: commands on incidents are told in their story, repeats are not") {
  auto s = fresh();
  const auto id = s.fold(alert_arrived{alert("1", "other"), at()}).publish[0].incident;
  auto command = [&](verb what, std::string who) {
    return s.fold(operator_command{what, id, std::move(who), "seen", "", at()});
  };
  CHECK_FALSE(command(verb::acknowledge, "ann").refused);
  const auto lines = s.find_incident(id)->timeline.size();
  CHECK(s.find_incident(id)->state == incident_state::acknowledged);
  command(verb::acknowledge, "ann");
  CHECK(s.find_incident(id)->timeline.size() == lines);
  CHECK_FALSE(command(verb::close, "bob").refused);
  CHECK(s.find_incident(id)->handled_by == "bob");
  const auto again = command(verb::close, "bob");
  REQUIRE(again.refused);
  CHECK(again.refused->code == base::ec::conflict);
  CHECK(s.fold(operator_command{verb::close, "no such", "bob", "", "", at()}).refused->code ==
        base::ec::not_found);
  for (auto v : {verb::approve, verb::reject, verb::revert, verb::acknowledge, verb::close,
                 verb::freeze, verb::unfreeze})
    CHECK_FALSE(to_string(v).empty());
}

TEST_CASE("tenant: an alert that joins a closed incident's identity plans in a new one; a revision "
          "plans nothing") {
  auto s = fresh();
  const auto id =
      s.fold(alert_arrived{alert("1", "theft", base::severity::low), at()}).publish[0].incident;
  s.fold(operator_command{verb::close, id, "ann", "", "", at()});
  auto worse = alert("1", "theft", base::severity::high);
  worse.revision = 2;
  CHECK(s.fold(alert_arrived{worse, at()}).intents.empty());
  CHECK(s.fold(alert_arrived{alert("2", "theft"), at()}).intents.size() == 2);
}

TEST_CASE(
    "tenant: an incident rule that begins to hold starts the playbooks that wait for it, once") {
  auto text = samples::contain();
  text.replace(text.find("rules: [theft]"), 14, "incident_rules: [chain]");
  text += R"(---
type: incident-rule
name: chain
title: Chain
severity: critical
within: 2h
steps: [{rules: [a]}, {rules: [b]}]
)";
  tenant_state s{samples::acme, samples::playbooks(text), samples::daring()};
  CHECK(s.fold(alert_arrived{alert("1", "a", base::severity::low), at()}).intents.empty());
  CHECK(s.fold(alert_arrived{alert("2", "b", base::severity::low, 1h), at()}).intents.size() == 2);
  CHECK(s.fold(alert_arrived{alert("3", "b", base::severity::low, 1h), at()}).intents.empty());
  const auto& i = only(s.actions({.limit = 1}));
  CHECK(s.find_incident(i.incident)->severity == base::severity::critical);
  CHECK(s.find_incident(i.incident)->title == "Chain by arn:aws:iam::111122223333:user/anna");
}

TEST_CASE("tenant: lists filter and page") {
  auto s = fresh();
  for (int n = 1; n <= 6; ++n) {
    auto a =
        alert(std::to_string(n), n % 2 ? "theft" : "other",
              n > 4 ? base::severity::critical : base::severity::medium, std::chrono::minutes{n});
    a.entity = a.identity_id = "u" + std::to_string(n);
    a.session.clear();
    s.fold(alert_arrived{a, at()});
  }
  auto ids = [](const std::vector<const known_alert*>& list) {
    std::string out;
    for (const auto* k : list)
      out += k->alert.id;
    return out;
  };
  CHECK(ids(s.alerts({})) == "123456");
  CHECK(ids(s.alerts({.after = 4})) == "56");
  CHECK(ids(s.alerts({.limit = 2})) == "12");
  CHECK(ids(s.alerts({.min_severity = base::severity::high})) == "56");
  CHECK(ids(s.alerts({.rule = "theft"})) == "135");
  CHECK(ids(s.alerts({.identity = "u3"})) == "3");
  CHECK(ids(s.alerts({.incident = incident_id(samples::acme, "2")})) == "2");
  CHECK(ids(s.alerts({.state = base::alert_state::withdrawn})).empty());
  CHECK(ids(s.alerts({.since = at(2min), .until = at(4min)})) == "23");
  CHECK(s.incidents({}).size() == 6);
  CHECK(s.incidents({})[0]->number == 6);
  CHECK(s.incidents({.before = 3}).size() == 2);
  CHECK(s.incidents({.limit = 4}).size() == 4);
  CHECK(s.incidents({.identity = "u2"}).size() == 1);
  CHECK(s.incidents({.min_severity = base::severity::critical}).size() == 2);
  CHECK(s.incidents({.state = incident_state::closed}).empty());
  CHECK(s.actions({}).size() == 2); // only the fifth is both theft and high
  CHECK(s.actions({.before = 2}).size() == 1);
  CHECK(s.actions({.playbook = "none"}).empty());
  CHECK(s.actions({.incident = incident_id(samples::acme, "5")}).size() == 2);
}

TEST_CASE("tenant: incidents and actions print as JSON with what a person needs") {
  auto s = fresh();
  const auto out = s.fold(alert_arrived{alert("1", "theft"), at()});
  s.fold(committed(out, at()));
  base::json_writer json;
  const auto& i = *s.find_incident(out.publish[0].incident);
  describe(i, s.actions_of(i.id), json);
  rapidjson::Document d;
  REQUIRE_FALSE(d.Parse(std::string{json.text()}.c_str()).HasParseError());
  CHECK(d["incident_id"] == i.id.c_str());
  CHECK(d["state"] == "open");
  CHECK(d["severity"] == "high");
  CHECK(d["alerts"].Size() == 1);
  CHECK(d["actions"].Size() == 2);
  CHECK(d["timeline"].Size() >= 4);
  base::json_writer act;
  const auto& a = *s.find_action(out.intents[1].id);
  describe(a, act);
  REQUIRE_FALSE(d.Parse(std::string{act.text()}.c_str()).HasParseError());
  CHECK(d["action_id"] == a.id.c_str());
  CHECK(d["state"] == "waiting_approval");
  CHECK(d["plan_hash"] == a.plan_hash.c_str());
  CHECK(d["calls"][0]["api"] == "iam:PutRolePolicy");
  CHECK(d["calls"][0]["with"]["RoleName"] == "anna");
  CHECK(d["inverse"][0]["api"] == "iam:DeleteRolePolicy");
  CHECK(parse_action_state(d["state"].GetString()) == action_state::waiting_approval);
  CHECK(parse_incident_state("merged") == incident_state::merged);
}

TEST_CASE(
    "tenant: limits::alerts_kept bounds the book, and a late resend of what left is no news") {
  tenant_state s{samples::acme, nullptr, {}};
  for (std::size_t n = 0; n < limits::alerts_kept + 3; ++n) {
    auto a = alert(std::to_string(n), "other");
    a.entity = a.identity_id = a.session = std::to_string(n % 50);
    s.fold(alert_arrived{a, at()});
  }
  CHECK(s.checkpoint().alerts.alerts.size() == limits::alerts_kept);
  CHECK(s.checkpoint().incidents.homes.size() <= limits::alerts_kept);
  CHECK(s.find_alert("0") == nullptr);
  CHECK(s.fold(alert_arrived{alert("0", "other"), at()}).publish.empty());
  auto grown = alert("0", "other");
  grown.revision = 2;
  CHECK(s.fold(alert_arrived{grown, at()}).publish.size() == 1);
  CHECK(limits::alerts_remembered >= limits::alerts_kept);
}
