// Placeholders, conditions, and reading playbooks people wrote.
#include "respond/playbooks/loader.hpp"
#include "respond/playbooks/planner.hpp"
#include "respond/playbooks/text_template.hpp"
#include "tests/respond/samples.hpp"

#include <rapidjson/document.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::respond;
using samples::alert;
using samples::at;

namespace {

struct given {
  base::alert a = alert("1", "theft");
  incident i;
  respond_settings s;
  plan_context context(std::string item = {}) { return {a, i, s, std::move(item), at()}; }
};

std::string filled(std::string_view text, given& g, std::string item = {}) {
  auto t = text_template::parse(text);
  if (!t)
    return "parse: " + t.err().context;
  auto out = t->fill(g.context(std::move(item)));
  return out ? *out : "fill: " + out.err().context;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0)
    out += text;
  return out;
}

std::string many_steps() {
  std::string out;
  for (std::size_t i = 0; i < limits::playbook_steps; ++i)
    out += "  - {name: n" + std::to_string(i) +
           ", kind: notify, class: may-repeat, target: t, calls: [{api: a}]}\n";
  return out;
}

} // namespace

TEST_CASE("template: placeholders become values, and what is missing is an error") {
  given g;
  g.a.regions = {"eu-west-1", "us-east-1"};
  g.a.resources = {"arn:aws:s3:::b"};
  struct row {
    std::string why, text, expected;
  };
  const std::vector<row> rows = {
      {"no placeholder", "Inactive", "Inactive"},
      {"nothing at all", "", ""},
      {"a value", "x ${identity.id} y", "x arn:aws:iam::111122223333:user/anna y"},
      {"the end of an ARN", "${identity.id|leaf}", "anna"},
      {"the end behind a colon", "${resource|leaf}", "b"},
      {"lists join with commas", "${regions}", "eu-west-1,us-east-1"},
      {"the first of a list", "${region}", "eu-west-1"},
      {"values of the executor stay", "${attempt.time} ${prior.a} ${result.B}",
       "${attempt.time} ${prior.a} ${result.B}"},
      {"a missing value", "${identity.name}",
       "fill: needs identity.name, which the alert does not have"},
      {"an empty list", "${ips}", "fill: needs ips, which the alert does not have"},
      {"a dollar alone", "$5 {x}", "$5 {x}"},
      {"unknown field", "${identity.di}",
       "parse: unknown field ${identity.di}: docs/playbooks.md lists the fields"},
      {"unknown filter", "${ip|upper}",
       "parse: unknown filter 'upper' in ${ip|upper}: use leaf or list"},
      {"not closed", "${ip", "parse: a placeholder is not closed: write ${field}"},
      {"a list outside a document", "${ips|list}",
       "parse: ${ips|list}: lists belong into JSON documents"},
      {"a list in a document", R"({"r":${regions|list}})", R"({"r":["eu-west-1","us-east-1"]})"},
      {"a bare value in a document", R"({"r":${region}})",
       "parse: ${region} must stand inside quotes in a JSON document"},
      {"a quoted list in a document", R"({"r":"${regions|list}"})",
       "parse: ${regions|list} must stand outside quotes in a JSON document"},
      {"the recovery role is always exempt", R"([${tenant.break_glass|list}])",
       R"([["arn:aws:iam::*:role/OrganizationAccountAccessRole"]])"},
      {"planning time", "${planned.time}", "2026-03-10T08:00:00Z"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(filled(r.text, g) == r.expected);
  }
  CHECK(filled("${item}", g, "i-1") == "i-1");
}

TEST_CASE(
    "template: no value from a log can add to a document, or reach the executor's placeholders") {
  given g;
  for (const std::string& hostile :
       {std::string{R"(x","Effect":"Allow)"}, std::string{"x\\"}, std::string{"\n\t\"}]"},
        std::string{"\xff\xfe"}, std::string{"\0", 1}}) {
    g.a.identity_id = hostile;
    const auto text = filled(R"({"Effect":"Deny","Sid":"a${identity.id}b"})", g);
    rapidjson::Document d;
    d.Parse(text.c_str());
    INFO(text);
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d.MemberCount() == 2);
    CHECK(d["Effect"] == "Deny");
  }
  g.a.identity_id = "${attempt.time}";
  CHECK(filled("${identity.id}", g).starts_with("fill: identity.id holds a placeholder"));
  g.a.identity_id = std::string(limits::parameter_bytes + 1, 'x');
  CHECK(filled("${identity.id}", g).starts_with("fill: a parameter has"));
}

TEST_CASE("template: every field has a name that reads back") {
  given g;
  for (int f = 0; f <= static_cast<int>(plan_field::planned_time); ++f) {
    const auto field = static_cast<plan_field>(f);
    CHECK(parse_plan_field(to_string(field)) == field);
    (void)values_of(field, g.context());
  }
}

TEST_CASE("condition: a star stands for any text and nothing else is special") {
  struct row {
    std::string pattern, text;
    bool expected;
  };
  for (const auto& r : std::vector<row>{{"*", "", true},
                                        {"*", "abc", true},
                                        {"abc", "abc", true},
                                        {"abc", "abcd", false},
                                        {"abc", "ABC", false},
                                        {"a*c", "abbbc", true},
                                        {"a*c", "ac", true},
                                        {"a*c", "acd", false},
                                        {"*a*b*", "xxaxxbxx", true},
                                        {"*a*b*", "xxbxxa", false},
                                        {"snap-*", "snap-1", true},
                                        {"snap-*", "xsnap-1", false},
                                        {"a.c", "abc", false},
                                        {"", "", true},
                                        {"", "a", false},
                                        {"**a", "ba", true}}) {
    INFO(r.pattern << " on " << r.text);
    CHECK(fits(r.pattern, r.text) == r.expected);
  }
  CHECK_FALSE(fits(std::string(50, '*') + "b", std::string(5000, 'a')));
}

TEST_CASE("playbook: starts for its rules, severity, cloud and conditions, and for nothing else") {
  const auto set = samples::playbooks(
      samples::contain("approval: one", "auto", "conditions: {identity.type: {not: [service]}}"));
  const auto& p = *set->find("contain");
  struct row {
    std::string why;
    void (*change)(base::alert&);
    bool expected;
  };
  for (const auto& r : std::vector<row>{
           {"as it should be", [](auto&) {}, true},
           {"another rule", [](auto& a) { a.rule.value = "other"; }, false},
           {"not severe enough", [](auto& a) { a.severity = base::severity::medium; }, false},
           {"more severe", [](auto& a) { a.severity = base::severity::critical; }, true},
           {"withdrawn", [](auto& a) { a.state = base::alert_state::withdrawn; }, false},
           {"the condition does not hold", [](auto& a) { a.identity_type = "service"; }, false}}) {
    INFO(r.why);
    given g;
    r.change(g.a);
    CHECK(starts(p, g.context(), {}) == r.expected);
  }
}

TEST_CASE("playbook: what is wrong with a file is said with its line and what to do") {
  const auto good = samples::contain();
  auto with = [&](std::string_view what, std::string_view by) {
    auto text = good;
    text.replace(text.find(what), what.size(), by);
    return text;
  };
  struct row {
    std::string why, text, where, what;
  };
  const std::vector<row> rows = {
      {"unknown key", with("mode: auto", "modes: auto"), "test.yaml:7",
       "unknown key 'modes' in a playbook: did you mean 'mode'?"},
      {"unknown mode", with("mode: auto", "mode: bold"), "test.yaml:7",
       "mode: 'bold' is not one of dry_run, approve, auto"},
      {"missing name", with("name: contain\n", ""), "test.yaml:2", "missing 'name'"},
      {"unknown step kind", with("kind: revoke_sessions", "kind: revoke_session"), "test.yaml:18",
       "kind: 'revoke_session' is not one of"},
      {"unknown step key", with("class: idempotent", "klass: idempotent"), "test.yaml:19",
       "unknown key 'klass' in a step: did you mean 'class'?"},
      {"unknown field", with("${identity.id}", "${identity.idd}"), "test.yaml:20",
       "target: unknown field ${identity.idd}"},
      {"no calls",
       with("    calls: [{api: \"vedette:Notify\", with: {text: \"${alert.title}\"}}]\n", ""),
       "test.yaml:11", "step 'tell' needs calls"},
      {"a trigger without rules", with("rules: [theft], ", ""), "test.yaml:8",
       "a trigger names rules or incident_rules"},
      {"unknown severity", with("min_severity: high", "min_severity: hihg"), "test.yaml:8",
       "min_severity: 'hihg' is not one of"},
      {"item without for_each", with("${identity.id}", "${item}"), "test.yaml:17",
       "step 'revoke' uses item without for_each"},
      {"the same key twice", with("mode: auto", "mode: auto\nmode: approve"), "test.yaml:8",
       "has the key 'mode' twice"},
      {"two steps of one name", with("name: revoke", "name: tell"), "test.yaml:17",
       "two steps are named 'tell'"},
      {"another version", with("cacao-2.0", "cacao-1.0"), "test.yaml:3",
       "spec_version 'cacao-1.0' is not supported"},
      {"unknown type", with("type: playbook", "type: cookbook"), "test.yaml:2",
       "type 'cookbook' is not one of"},
      {"unknown incident rule", with("rules: [theft]", "incident_rules: [x9]"), "test.yaml",
       "waits for the incident rule 'x9', which no file defines"},
      {"a bad time span", good + "    time_to_live: soon\n", "test.yaml:24",
       "'soon' is not a time span"},
      {"not YAML", "a: [", "test.yaml:1", "not readable as YAML"},
      {"what yaml-cpp reads for ever", ", a", "test.yaml", "it does not end"},
      {"a list of documents", "- a\n- b\n", "test.yaml:1", "a playbook file holds maps"},
      {"a scalar where a map belongs",
       with("trigger: {rules: [theft], min_severity: high}", "trigger: theft"), "test.yaml:8",
       "trigger must be a map"},
      {"hostile depth", std::string(5000, '['), "test.yaml", "nested too deeply"},
      {"hostile depth by dashes", repeated("- ", 5000), "test.yaml", "nested too deeply"},
      {"hostile size", std::string(limits::playbook_bytes + 1, ' '), "test.yaml", "the limit is"},
      {"too many steps", good + many_steps(), "test.yaml", "at most 32 steps"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const playbook_source source{"test.yaml", r.text};
    std::vector<load_problem> problems;
    auto set = load_playbooks({&source, 1}, &problems);
    REQUIRE(set);
    REQUIRE_FALSE(problems.empty());
    const bool found = std::any_of(problems.begin(), problems.end(), [&](const load_problem& p) {
      return p.where.starts_with(r.where) && p.what.find(r.what) != std::string::npos;
    });
    std::string said;
    for (const auto& p : problems)
      said += p.where + ": " + p.what + "\n";
    INFO(said);
    CHECK(found);
    CHECK_FALSE(load_playbooks({&source, 1}));
  }
}

TEST_CASE("playbook: a bad document leaves its neighbours in force") {
  const playbook_source sources[] = {{"bad.yaml", "type: playbook\n"},
                                     {"good.yaml", samples::contain()}};
  std::vector<load_problem> problems;
  auto set = load_playbooks(sources, &problems);
  REQUIRE(set);
  CHECK((*set)->playbooks.size() == 1);
  CHECK_FALSE(problems.empty());
}

TEST_CASE("playbook: two of one name and more than limits::playbooks are refused") {
  const playbook_source twice[] = {{"a.yaml", samples::contain()}, {"b.yaml", samples::contain()}};
  auto set = load_playbooks(twice);
  REQUIRE_FALSE(set);
  CHECK(set.err().context.find("already loaded") != std::string::npos);

  std::vector<playbook_source> many;
  for (std::size_t i = 0; i <= limits::playbooks; ++i) {
    auto text = samples::contain();
    text.replace(text.find("name: contain"), 13, "name: p" + std::to_string(i));
    many.push_back({"p.yaml", std::move(text)});
  }
  auto too_many = load_playbooks(many);
  REQUIRE_FALSE(too_many);
  CHECK(too_many.err().code == base::ec::too_large);
}

TEST_CASE("playbook: a case that expects something else is reported with its line") {
  const auto text = samples::contain() + R"(
cases:
  - name: right
    alert: {rule: theft, identity: {id: "arn:aws:iam::1:user/x"}}
    expect: [tell people, revoke]
  - name: wrong
    alert: {rule: theft, identity: {id: "arn:aws:iam::1:user/x"}}
    expect: [revoke]
  - name: does not start
    alert: {rule: theft, severity: low, identity: {id: "arn:aws:iam::1:user/x"}}
    expect: none
  - name: cannot be filled
    alert: {rule: theft}
    expect: [tell, revoke]
)";
  const auto set = samples::playbooks(text);
  const auto wrong = check_cases(*set->find("contain"));
  REQUIRE(wrong.size() == 2);
  CHECK(wrong[0].what.find(
            "'wrong' expects revoke and gets tell people, revoke arn:aws:iam::1:user/x") !=
        std::string::npos);
  CHECK(wrong[0].where.starts_with("test.yaml:"));
  CHECK(wrong[1].what.find("needs identity.id") != std::string::npos);
}

TEST_CASE(
    "playbook: a file damaged anywhere is a list of problems or another playbook, never a crash") {
  const auto good = samples::contain("approval: two\n    when: {identity.type: {not: [a]}}") + R"(
cases:
  - {name: c, alert: {rule: theft, identity: {id: x}, ips: [a, b]}, expect: none}
---
type: incident-rule
name: chain
title: Chain
severity: high
steps: [{rules: [a]}, {rules: [b], min_severity: low}]
)";
  const std::string_view alphabet = "{}[]:,-?&*!|>'\"%@` \n\t#ax0$\\";
  std::size_t loaded = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    INFO("seed " << seed);
    samples::dice dice{seed};
    auto text = good;
    for (auto edits = 1 + dice.below(4); edits > 0; --edits) {
      const auto at_byte = dice.below(text.size());
      switch (dice.below(3)) {
      case 0:
        text[at_byte] = alphabet[dice.below(alphabet.size())];
        break;
      case 1:
        text.erase(at_byte, 1 + dice.below(20));
        break;
      default:
        text.insert(at_byte, text.substr(dice.below(text.size()), dice.below(30)));
        break;
      }
    }
    const playbook_source source{"test.yaml", text};
    std::vector<load_problem> problems;
    auto set = load_playbooks({&source, 1}, &problems);
    REQUIRE(set);
    for (const auto& p : (*set)->playbooks)
      (void)check_cases(p);
    (problems.empty() ? loaded : refused) += 1;
  }
  CHECK(loaded > 0);
  CHECK(refused > 1000);
}
