// What an alert shows of an episode.
#include "detect/alert_builder.hpp"
#include "base/limits.hpp"
#include "detect/ruleset.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

namespace {

episode some_episode(std::size_t samples) {
  episode ep;
  ep.ordinal = 1;
  ep.count = samples;
  ep.verdicts = 3;
  ep.severity = base::severity::high;
  for (std::size_t i = 0; i < samples; ++i) {
    const auto number = std::to_string(i);
    const auto id = "event-" + number, resource = "bucket-" + number,
               source = "203.0.113." + number;
    sample_fields s;
    s.time = base::event_time{std::chrono::seconds{1000 + i}};
    s.id = id;
    s.resource = resource;
    s.region = i % 2 == 0 ? "eu-west-1" : "us-east-1";
    s.source = source;
    ep.samples.emplace_back(s);
  }
  return ep;
}

} // namespace

TEST_CASE("alert: lists stop at limits::alert_values and limits::alert_events", "[detect][alert]") {
  rule r;
  r.id.value = "r";
  r.title = "A title";
  const auto a = build_alert(r, {{"t"}, base::entity_kind::identity, "alice"}, {}, "",
                             some_episode(base::limits::alert_events + 8));
  CHECK(a.events.size() == base::limits::alert_events);
  CHECK(a.resources.size() == base::limits::alert_values);
  CHECK(a.ips.size() == base::limits::alert_values);
  CHECK(a.regions == std::vector<std::string>{"eu-west-1", "us-east-1"});
  CHECK(a.suppressed == 2);
  CHECK(a.why == "A title (40 events)");
}

TEST_CASE("alert: names who acted first, whoever acted as that identity since", "[detect][alert]") {
  rule r;
  const entity_ref ref{{"t"}, base::entity_kind::identity, "a role of several"};
  profile newest;
  newest.name = "carol";
  auto ep = some_episode(2);
  auto first = ep.samples.front().fields();
  first.name = "ann";
  ep.samples.front() = sample{first};
  CHECK(build_alert(r, ref, newest, "", ep).identity_name == "ann");
  INFO("what is withdrawn has no events to show");
  CHECK(build_alert(r, ref, newest, "", some_episode(0)).identity_name == "carol");
}

TEST_CASE("alert: a session's alert names the session and keeps the identity", "[detect][alert]") {
  rule r;
  r.id.value = "r";
  const entity_ref ref{{"t"}, base::entity_kind::identity, "alice"};
  const auto one = build_alert(r, ref, {}, "ASIA1", some_episode(1));
  const auto two = build_alert(r, ref, {}, "ASIA2", some_episode(1));
  CHECK(one.kind == base::entity_kind::session);
  CHECK(one.entity == "ASIA1");
  CHECK(one.identity_id == "alice");
  CHECK(one.id != two.id);
}

TEST_CASE("alert: of a shared identity's travel, the evidence names who travelled",
          "[detect][alert]") {
  rule r;
  r.id.value = "r";
  travel_operator op;
  op.traveller = 0;
  r.op = op;
  auto ep = some_episode(3);
  const char* people[] = {"role/ana", "role/\"minh\"", "role/ana"};
  for (std::size_t i = 0; i < std::size(people); ++i) {
    auto s = ep.samples[i].fields();
    s.identity = people[i];
    ep.samples[i] = sample{s};
  }
  const entity_ref ref{{"t"}, base::entity_kind::identity, "role"};
  const auto a = build_alert(r, ref, {}, "", ep);
  CHECK(a.identity_id == "role");
  REQUIRE(a.evidence.size() == 1);
  CHECK(a.evidence[0].first == "travellers");
  CHECK(a.evidence[0].second == R"(["role/ana","role/\"minh\""])");
}

TEST_CASE("alert: an episode stored under an older rule may name a level that is gone",
          "[detect][alert]") {
  rule r;
  r.id.value = "r";
  r.title = "A title";
  r.op = single_operator{{}, {{base::severity::low, {}, 0, 0, "the one level"}}};
  auto ep = some_episode(1);
  const entity_ref ref{{"t"}, base::entity_kind::identity, "alice"};
  ep.why.level = 0;
  CHECK(build_alert(r, ref, {}, "", ep).why == "the one level");
  ep.why.level = 1;
  CHECK(build_alert(r, ref, {}, "", ep).why == "A title (1 events)");
  sequence_operator chain;
  chain.why = "the chain";
  chain.levels = {{base::severity::low, {}, 0, 0, "one step"}};
  r.op = chain;
  ep.why.level = 0;
  CHECK(build_alert(r, ref, {}, "", ep).why == "one step");
  ep.why.level = reason::none;
  CHECK(build_alert(r, ref, {}, "", ep).why == "the chain");
}

TEST_CASE("ruleset: a rule with more than limits::rule_marks named selections is refused",
          "[detect][ruleset]") {
  std::string yaml = "title: x\nname: x\nlevel: low\nlogsource: {product: vedette}\ndetection:\n  "
                     "any: {outcome: ok}\n";
  std::string when;
  for (std::size_t i = 0; i <= base::limits::rule_marks; ++i) {
    yaml += "  s" + std::to_string(i) + ": {region: r" + std::to_string(i) + "}\n";
    when += (i == 0 ? "" : ", ") + ("s" + std::to_string(i)) + ": true";
  }
  yaml += "  condition: any\nvedette:\n  levels:\n    - {severity: low, when: {" + when +
          "}, why: x}\n";
  const rule_source source{"x.yaml", yaml};
  CHECK(!ruleset::load(std::span{&source, 1}));
}
