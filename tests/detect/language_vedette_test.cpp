// The `vedette:` section and Sigma correlations: what they compile to, and what authors are told.
#include "tests/detect/language_record.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace vedette;
using namespace std::chrono_literals;
using detect::comparison;
using detect::group_by;
using detect::measure_kind;
using test::load;
using test::record;
using test::rule_with;

namespace {

base::result<std::shared_ptr<const detect::ruleset>> try_load(const std::string& text) {
  const std::vector<detect::rule_source> sources = {{"t.yaml", text}};
  return detect::ruleset::load(sources);
}

const std::string selections = "  denied: {outcome: denied}\n  tool: {client.class: tool}\n"
                               "  console: {client.class: console}\n  condition: denied\n";

std::string with(const std::string& section) {
  return rule_with(selections, "vedette:\n" + section);
}

std::vector<base::match> run(const detect::ruleset& rules, const record& r, base::arena& memory) {
  std::vector<base::match> out;
  rules.run(r.event, r, memory, out);
  return out;
}

} // namespace

TEST_CASE("a window rule compiles to measures, levels, volumes and adjustments") {
  const auto rules = load(
      with("  by: identity\n  quiet: 2d\n  window: 10m\n"
           "  measures:\n"
           "    denials: {count: denied}\n"
           "    pairs: {novel: [action, resource], where: denied, ttl: 7d}\n"
           "    bytes: {sum: bytes}\n"
           "    objects: {distinct: resource}\n"
           "    ratio: {share: denials}\n"
           "  levels:\n"
           "    - {severity: high, when: {pairs: {gte: 5, lt: 100}, tool: true, console: "
           "false}, why: '{denials} in {window}'}\n"
           "    - {severity: low, when: {ratio: 0.4, objects: {gt: 0}}}\n"
           "  volume: [{measure: bytes, floor: 10, hard: 100, factor: 2, days: 14, when: {denials: "
           "{gte: 3}, tool: true}}]\n"
           "  new_for: {identity: info, tenant: critical}\n"
           "  adjust: [{when: tool, by: 1, at_most: medium}]\n"));
  const auto& rule = rules->rules()[0];
  CHECK(rule.quiet == 48h);
  CHECK(rule.marks == std::vector<std::string>{"denied", "tool", "console"});
  REQUIRE(rule.adjustments.size() == 1);
  CHECK(rule.adjustments[0].mark == 1);
  CHECK(rule.adjustments[0].at_most == base::severity::medium);
  const auto& op = std::get<detect::window_operator>(rule.op);
  CHECK(op.window == 10min);
  REQUIRE(op.measures.size() == 7); // five, and one count each for `tool` and `console`
  CHECK(op.measures[0].where == 0);
  CHECK(op.measures[1].kind == measure_kind::novel);
  CHECK(op.measures[1].ttl == 7 * 24h);
  CHECK(op.measures[1].slot == 0);
  CHECK(op.measures[2].sum == detect::sum_of::bytes);
  CHECK(op.measures[3].slot == 1);
  CHECK(op.measures[4].kind == measure_kind::share);
  CHECK(op.measures[4].of == 0);
  CHECK(op.measures[5].where == 1);
  REQUIRE(op.levels.size() == 2);
  REQUIRE(op.levels[0].all.size() == 4);
  CHECK(op.levels[0].all[1].op == comparison::lt);
  CHECK(op.levels[0].all[2].measure == 5);
  CHECK(op.levels[0].all[2].op == comparison::gte);
  CHECK(op.levels[0].all[3].measure == 6);
  CHECK(op.levels[0].all[3].op == comparison::lt);
  CHECK(op.levels[1].all[0].value == 0.4);
  CHECK(op.levels[1].why == "t"); // the rule's title
  REQUIRE(op.volumes.size() == 1);
  CHECK(op.volumes[0].factor == 2);
  CHECK(op.volumes[0].days == 14);
  REQUIRE(op.volumes[0].all.size() == 2);
  CHECK(op.volumes[0].all[0].measure == 0);
  CHECK(op.volumes[0].all[0].value == 3);
  CHECK(op.volumes[0].all[1].measure == 5);
  CHECK(op.new_for_identity == base::severity::info);
  CHECK(op.new_for_tenant == base::severity::critical);
}

TEST_CASE("a match carries the marks that hold and the values its measures ask for") {
  const auto rules =
      load(with("  by: {field: [userIdentity.accountId, region]}\n  window: 10m\n"
                "  measures:\n"
                "    pairs: {novel: [action, resource]}\n"
                "    objects: {distinct: resource}\n"
                "  levels: [{when: {tool: true, pairs: {gte: 1}, objects: {gte: 1}}}]\n"));
  const auto& rule = rules->rules()[0];
  CHECK(rule.by == group_by::field);
  CHECK(rule.slots == 3);
  CHECK(rule.marks == std::vector<std::string>{"tool"});
  base::arena memory;
  const record r{
      "{userIdentity: {accountId: '1'}, eventName: Get}",
      {{"outcome", "denied"}, {"client.class", "tool"}, {"action", "Get"}, {"region", "eu"}}};
  const auto matches = run(*rules, r, memory);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].marks == 1);
  REQUIRE(matches[0].values.size() == 3);
  CHECK(matches[0].values[0] == "1\x1f"
                                "eu");
  CHECK(matches[0].values[1] == "Get\x1f");
  CHECK(matches[0].values[2].empty());
  const record other{"{eventName: Get}", {{"outcome", "denied"}}};
  const auto plain = run(*rules, other, memory);
  REQUIRE(plain.size() == 1);
  CHECK(plain[0].marks == 0);
  CHECK(plain[0].values[0].empty());
}

TEST_CASE("two long values that begin alike stay apart in a slot") {
  const auto rules = load(
      with("  window: 10m\n  measures: {v: {distinct: f}}\n  levels: [{when: {v: {gte: 2}}}]\n"));
  base::arena memory;
  const std::string start(2000, 'x');
  const auto one = run(*rules, record{"{f: " + start + "a}", {{"outcome", "denied"}}}, memory);
  const auto two = run(*rules, record{"{f: " + start + "b}", {{"outcome", "denied"}}}, memory);
  REQUIRE(one.size() == 1);
  REQUIRE(two.size() == 1);
  CHECK(one[0].values[0].size() <= 512);
  CHECK(one[0].values[0] != two[0].values[0]);
  CHECK(one[0].values[0].substr(0, 400) == two[0].values[0].substr(0, 400));
}

TEST_CASE("a rule without a section raises its own level on each match") {
  const auto rules = load(rule_with("  s: {f: x}\n  condition: s"));
  const auto& op = std::get<detect::single_operator>(rules->rules()[0].op);
  REQUIRE(op.levels.size() == 1);
  CHECK(op.levels[0].severity == base::severity::low);
  CHECK(op.levels[0].marks == 0);
}

TEST_CASE("without a window, levels compare marks only") {
  const auto rules =
      load(with("  levels:\n    - {severity: high, when: {tool: true, console: false}}\n"
                "    - {severity: info}\n"));
  const auto& rule = rules->rules()[0];
  const auto& op = std::get<detect::single_operator>(rule.op);
  REQUIRE(op.levels.size() == 2);
  CHECK(rule.marks == std::vector<std::string>{"tool", "console"});
  CHECK(op.levels[0].marks == 1);
  CHECK(op.levels[0].without == 2);
  CHECK(op.levels[1].marks == 0);
}

TEST_CASE("sequence and travel compile with their limits") {
  const auto sequence =
      load(with("  sequence: {steps: [denied, tool], within: 30m, ordered: false}\n"));
  const auto& s = std::get<detect::sequence_operator>(sequence->rules()[0].op);
  CHECK(s.steps == std::vector<std::uint8_t>{0, 1});
  CHECK(s.within == 30min);
  CHECK(!s.ordered);
  CHECK(s.severity == base::severity::low);
  const auto travel = load(with("  travel: {within: 90m, km: 300, kmh: 700}\n"));
  const auto& t = std::get<detect::travel_operator>(travel->rules()[0].op);
  CHECK(t.within == 90min);
  CHECK(t.km_min == 300);
  CHECK(t.kmh_max == 700);
  CHECK(!t.unless_both);
  CHECK(!t.traveller);
}

TEST_CASE("travel may name an exit that is half a place, and who travels") {
  const auto rules = load(with("  travel: {unless_both: tool, traveller: userIdentity.arn}\n"
                               "  adjust: [{when: denied, by: 1}]\n"));
  const auto& rule = rules->rules()[0];
  const auto& t = std::get<detect::travel_operator>(rule.op);
  REQUIRE(t.unless_both);
  CHECK(rule.marks[*t.unless_both] == "tool");
  CHECK(t.traveller == std::uint8_t{0});
  CHECK(rule.slots == 1);
}

TEST_CASE("a sequence may demand one value of all steps, and let levels speak of single events") {
  const auto rules =
      load(with("  sequence: {steps: [denied, tool], same: [a.b, c], severity: high, why: both}\n"
                "  levels: [{severity: info, when: {denied: true, console: false}, why: one}]\n"));
  const auto& rule = rules->rules()[0];
  const auto& s = std::get<detect::sequence_operator>(rule.op);
  CHECK(s.same == std::uint8_t{0});
  CHECK(rule.slots == 1);
  CHECK(s.severity == base::severity::high);
  REQUIRE(s.levels.size() == 1);
  CHECK(s.levels[0].severity == base::severity::info);
  const auto bit = [&](const char* name) {
    const auto at = std::find(rule.marks.begin(), rule.marks.end(), name);
    return 1U << (at - rule.marks.begin());
  };
  CHECK(s.levels[0].marks == bit("denied"));
  CHECK(s.levels[0].without == bit("console"));
  REQUIRE(s.steps.size() == 2);
  CHECK(1U << s.steps[0] == bit("denied"));
  CHECK(1U << s.steps[1] == bit("tool"));
  CHECK(s.levels[0].why == "one");
}

TEST_CASE("a mistake in the vedette section is named with line and what to do") {
  struct row {
    const char* section;
    const char* says;
  };
  const row rows[] = {
      {"  bye: identity\n", "unknown key 'bye' in 'vedette' (did you mean 'by'?)"},
      {"  by: identiy\n", "did you mean 'identity'?"},
      {"  travel: {unless_both: tol}\n", "no selection is called 'tol' (did you mean 'tool'?)"},
      {"  by: tenant\n  travel: {traveller: userIdentity.arn}\n",
       "'travel.traveller' goes with 'by: identity' or 'by: session'"},
      {"  travel: {traveller: identity.nmae}\n", "did you mean 'identity.name'?"},
      {"  by: {field: a.b}\n  sequence: {steps: [denied, tool], same: c}\n",
       "'sequence.same' goes with 'by: identity' or 'by: session'"},
      {"  sequence: {steps: [denied, tool], severity: hihg}\n", "did you mean 'high'?"},
      {"  sequence: {steps: [denied, tool]}\n  levels: [{when: {n: {gte: 2}}}]\n",
       "no measure is called 'n'"},
      {"  travel: {within: 1h}\n  levels: [{when: {denied: true}}]\n",
       "'levels' goes with 'window'"},
      {"  window: soon\n  levels: [{when: {denied: true}}]\n", "'window' is a time such as 90s"},
      {"  window: 10m\n", "a window needs 'levels' or 'volume'"},
      {"  window: 10m\n  levels: [{severity: hihg, when: {denied: true}}]\n",
       "did you mean 'high'?"},
      {"  window: 10m\n  levels: [{when: {denid: true}}]\n",
       "no selection is called 'denid' (did you mean 'denied'?)"},
      {"  window: 10m\n  levels: [{when: {denied: {gte: 5}}}]\n",
       "to compare its number add a measure"},
      {"  window: 10m\n  levels: [{when: {x: {gte: 5}}}]\n", "no measure is called 'x'"},
      {"  window: 10m\n  levels: [{severity: low}]\n", "a level of a window needs 'when'"},
      {"  window: 10m\n  measures: {n: {count: denied, distinct: f}}\n  levels: [{when: {n: 1}}]\n",
       "says one of count"},
      {"  window: 10m\n  measures: {n: {count: denied}}\n  levels: [{when: {tool: true}}]\n",
       "would only cost memory"},
      {"  window: 10m\n  measures: {n: {distinct: identity.nmae}}\n  levels: [{when: {n: 1}}]\n",
       "no field 'identity.nmae' (did you mean 'identity.name'?)"},
      {"  window: 10m\n  measures: {n: {distinct: f, ttl: 3d}}\n  levels: [{when: {n: 1}}]\n",
       "'ttl' goes with 'novel'"},
      {"  window: 10m\n  levels: [{when: {denied: true}, why: '{dnied} of them'}]\n",
       "'why' names '{dnied}'"},
      {"  window: 10m\n  measures: {n: {count: all}}\n  volume: [{measure: n, floor: 10}]\n",
       "a 'hard' that is not below"},
      {"  window: 10m\n  travel: {km: 5}\n  levels: [{when: {denied: true}}]\n", "three operators"},
      {"  sequence: {steps: [denied]}\n", "two or more selections"},
      {"  adjust: [{when: nobody, by: 1}]\n", "no selection is called 'nobody'"},
      {"  measures: {n: {count: all}}\n", "'measures' needs a 'window'"},
      {"  quiet: 5 days\n", "'quiet' is a time such as"},
  };
  for (const auto& row : rows) {
    const auto rules = try_load(with(row.section));
    INFO(row.section << "=> " << (rules ? "loads" : rules.err().context));
    REQUIRE(!rules);
    CHECK(rules.err().context.find(row.says) != std::string::npos);
    CHECK(rules.err().context.find("t.yaml:") != std::string::npos);
  }
}

namespace {

const std::string two_rules =
    "title: a\nname: login-failed\nid: 11111111-1111-1111-1111-111111111111\nlogsource: {product: "
    "vedette}\n"
    "detection: {s: {action: Login, outcome: failed}, condition: s}\n---\n"
    "title: b\nname: login-worked\nlogsource: {product: vedette}\n"
    "detection: {s: {action: Login, outcome: ok}, condition: s}\n---\n";

std::string correlation(const std::string& body) {
  return two_rules + "title: c\nname: both\nlevel: high\ncorrelation:\n" + body;
}

} // namespace

TEST_CASE("an event_count correlation counts what its rules match, in their place") {
  const auto rules =
      load(correlation("  type: event_count\n  rules: [login-failed]\n  group-by: [source.ip]\n"
                       "  timespan: 5m\n  condition: {gte: 10}\n"));
  REQUIRE(rules->rules().size() == 2); // login-worked, and the correlation instead of login-failed
  const auto* rule = rules->find("both");
  REQUIRE(rule != nullptr);
  CHECK(rules->find("login-failed") == nullptr);
  CHECK(rule->by == group_by::address);
  const auto& op = std::get<detect::window_operator>(rule->op);
  CHECK(op.window == 5min);
  REQUIRE(op.measures.size() == 1);
  CHECK(op.measures[0].kind == measure_kind::count);
  REQUIRE(op.levels.size() == 1);
  CHECK(op.levels[0].severity == base::severity::high);
  CHECK(op.levels[0].all[0].op == comparison::gte);
  CHECK(op.levels[0].all[0].value == 10);
}

TEST_CASE("with generate, the correlated rules raise their own alerts too") {
  const auto rules =
      load(correlation("  type: event_count\n  rules: [login-failed]\n  timespan: 5m\n"
                       "  condition: {gte: 10}\n  generate: true\n"));
  CHECK(rules->rules().size() == 3);
  CHECK(rules->find("both")->by == group_by::tenant);
}

TEST_CASE("a value_count correlation counts values, grouped by fields with aliases") {
  const auto rules = load(correlation(
      "  type: value_count\n  rules: [login-failed, login-worked]\n  group-by: [who, region]\n"
      "  timespan: 1h\n  condition: {gt: 3, field: f}\n"
      "  aliases: {who: {login-failed: user.tried, login-worked: user.name}}\n"));
  const auto* rule = rules->find("both");
  REQUIRE(rule != nullptr);
  CHECK(rule->by == group_by::field);
  const auto& op = std::get<detect::window_operator>(rule->op);
  CHECK(op.measures[0].kind == measure_kind::distinct);
  CHECK(op.measures[0].slot == 1);
  base::arena memory;
  const auto failed = run(
      *rules,
      record{"{user: {tried: eve, name: x}, f: 1}", {{"action", "Login"}, {"outcome", "failed"}}},
      memory);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].values[0] == "eve\x1f");
  CHECK(failed[0].values[1] == "1");
  const auto worked =
      run(*rules, record{"{user: {tried: eve, name: x}}", {{"action", "Login"}, {"outcome", "ok"}}},
          memory);
  REQUIRE(worked.size() == 1);
  CHECK(worked[0].values[0] == "x\x1f");
}

TEST_CASE("temporal correlations become sequences whose steps are the rules") {
  const auto rules = load(correlation(
      "  type: temporal_ordered\n  rules: [11111111-1111-1111-1111-111111111111, login-worked]\n"
      "  group-by: identity\n  timespan: 10m\n"));
  const auto* rule = rules->find("both");
  REQUIRE(rule != nullptr);
  const auto& op = std::get<detect::sequence_operator>(rule->op);
  CHECK(op.ordered);
  CHECK(op.steps == std::vector<std::uint8_t>{0, 1});
  base::arena memory;
  const auto first =
      run(*rules, record{"{}", {{"action", "Login"}, {"outcome", "failed"}}}, memory);
  REQUIRE(first.size() == 1);
  CHECK(first[0].marks == 1);
  const auto second = run(*rules, record{"{}", {{"action", "Login"}, {"outcome", "ok"}}}, memory);
  REQUIRE(second.size() == 1);
  CHECK(second[0].marks == 2);
  CHECK(run(*rules, record{"{}", {{"action", "Logout"}}}, memory).empty());
}

TEST_CASE("a mistake in a correlation is named") {
  struct row {
    const char* body;
    const char* says;
  };
  const row rows[] = {
      {"  type: event_cuont\n  rules: [login-failed]\n  timespan: 5m\n  condition: {gte: 1}\n",
       "did you mean 'event_count'?"},
      {"  type: event_count\n  rules: [nobody]\n  timespan: 5m\n  condition: {gte: 1}\n",
       "no rule 'nobody' was loaded"},
      {"  type: event_count\n  rules: [login-failed]\n  condition: {gte: 1}\n", "needs 'timespan'"},
      {"  type: event_count\n  rules: [login-failed]\n  timespan: 5m\n", "needs a condition"},
      {"  type: value_count\n  rules: [login-failed]\n  timespan: 5m\n  condition: {gte: 1}\n",
       "needs the 'field'"},
      {"  type: temporal\n  rules: [login-failed]\n  timespan: 5m\n", "two or more rules"},
      {"  type: event_count\n  rules: [login-failed]\n  timespan: 5m\n  conditoin: {gte: 1}\n",
       "did you mean 'condition'?"},
  };
  for (const auto& row : rows) {
    const auto rules = try_load(correlation(row.body));
    INFO(row.body << "=> " << (rules ? "loads" : rules.err().context));
    REQUIRE(!rules);
    CHECK(rules.err().context.find(row.says) != std::string::npos);
  }
}
