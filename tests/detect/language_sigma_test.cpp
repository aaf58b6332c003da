// Sigma as a language: what each modifier and condition means, on records small enough to read.
#include "tests/detect/language_record.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using test::load;
using test::matches;
using test::record;
using test::rule_with;

namespace {

std::string problem_of(const std::string& text) {
  const std::vector<detect::rule_source> sources = {{"t.yaml", text}};
  auto rules = detect::ruleset::load(sources);
  return rules ? "" : rules.err().context;
}

} // namespace

TEST_CASE("a selection line means what Sigma says it means") {
  struct row {
    const char* line;
    const char* yaml;
    bool holds;
    const char* why;
  };
  const row rows[] = {
      {"f: Abc", "{f: aBC}", true, "plain values ignore case"},
      {"f|cased: Abc", "{f: aBC}", false, "unless cased"},
      {"f|cased: Abc", "{f: Abc}", true, "cased and equal"},
      {"f: abc", "{f: abcd}", false, "the whole value"},
      {"f: abc", "{g: abc}", false, "the field is absent"},
      {"f: [a, b]", "{f: b}", true, "a list is or"},
      {"f: a", "{f: [x, a]}", true, "any element of an array will do"},
      {"a.b.c: x", "{a: {b: [{c: y}, {c: x}]}}", true, "dots descend through arrays"},
      {"f: 'a*c'", "{f: abbbc}", true, "star"},
      {"f: 'a*b*c'", "{f: axxbxbxc}", true, "stars backtrack"},
      {"f: 'a*b*c'", "{f: axxbxbx}", false, "the end is anchored"},
      {"f: 'a?c'", "{f: abc}", true, "one character"},
      {"f: 'a?c'", "{f: ac}", false, "not none"},
      {"f: 'a?c'", "{f: aüc}", true, "one character of several bytes"},
      {"f: 'a\\*c'", "{f: 'a*c'}", true, "an escaped star is a star"},
      {"f: 'a\\*c'", "{f: abc}", false, "and nothing else"},
      {"f: 'a\\b'", "{f: 'a\\b'}", true, "a backslash before a letter is a backslash"},
      {"f: 'a\\\\*'", "{f: 'a\\bc'}", true, "two backslashes and a star: backslash, then anything"},
      {"f|contains: bc", "{f: aBCd}", true, "contains"},
      {"f|contains: 'b*d'", "{f: abcde}", true, "contains with a star inside"},
      {"f|contains: [x, cd]", "{f: abcd}", true, "contains any"},
      {"f|contains|all: [x, cd]", "{f: abcd}", false, "contains all needs each"},
      {"f|contains|all: [ab, cd]", "{f: abcd}", true, "contains all"},
      {"f|all: [a, b]", "{f: [b, a, c]}", true, "all over an array: each value somewhere"},
      {"f|startswith: ab", "{f: ABcd}", true, "startswith"},
      {"f|startswith: bc", "{f: abcd}", false, "only at the start"},
      {"f|endswith: cd", "{f: abcd}", true, "endswith"},
      {"f|endswith: bc", "{f: abcd}", false, "only at the end"},
      {"f|endswith: abcde", "{f: de}", false, "longer than the value"},
      {"f|re: 'b.d'", "{f: abcde}", true, "a regular expression finds"},
      {"f|re: '^b.d'", "{f: abcde}", false, "anchors hold"},
      {"f|re: 'B.D'", "{f: abcde}", false, "and it minds case"},
      {"f|re|i: 'B.D'", "{f: abcde}", true, "unless i"},
      {"f|re|s: 'a.b'", "{f: \"a\\nb\"}", true, "s: dot takes a line end"},
      {"f|re: 'a.b'", "{f: \"a\\nb\"}", false, "without s it does not"},
      {"f|re|m: '^b'", "{f: \"a\\nb\"}", true, "m: lines have starts"},
      {"f|cidr: 10.0.0.0/8", "{f: 10.1.2.3}", true, "in the network"},
      {"f|cidr: 10.0.0.0/8", "{f: 11.1.2.3}", false, "outside"},
      {"f|cidr: '2001:db8::/32'", "{f: '2001:db8:1::1'}", true, "IPv6"},
      {"f|cidr: 10.0.0.0/8", "{f: ec2.amazonaws.com}", false, "no address at all"},
      {"f|exists: true", "{f: x}", true, "exists"},
      {"f|exists: true", "{g: x}", false, "does not"},
      {"f|exists: false", "{g: x}", true, "asked for absence"},
      {"f|gte: 5", "{f: 5}", true, "gte"},
      {"f|gt: 5", "{f: 5}", false, "gt"},
      {"f|lt: 5", "{f: '4.5'}", true, "a number in quotes is a number here"},
      {"f|lte: 5", "{f: five}", false, "a word is not"},
      {"f: 1", "{f: 1.0}", true, "numbers compare by value"},
      {"f: 0", "{f: '0'}", true, "or by text"},
      {"f: true", "{f: true}", true, "boolean"},
      {"f: true", "{f: 'True'}", true, "or its word"},
      {"f: null", "{g: x}", true, "null is absence"},
      {"f: null", "{f: null}", true, "or null"},
      {"f: null", "{f: x}", false, "but not a value"},
      {"f: ''", "{f: ''}", true, "an empty text is a value"},
      {"f|neq: a", "{f: b}", true, "neq"},
      {"f|neq: [a, b]", "{f: b}", false, "none of the list"},
      {"f|fieldref: g", "{f: Same, g: same}", true, "another field's value"},
      {"f|fieldref: g", "{f: a, g: b}", false, "which differs"},
      {"f|fieldref|endswith: g", "{f: 'arn:user/bob', g: bob}", true, "fieldref takes an anchor"},
      {"f|fieldref: g", "{f: a}", false, "which is absent"},
      {"f|base64: foobar", "{f: Zm9vYmFy}", true, "base64"},
      {"f|base64offset|contains: foo", "{f: eHhmb294eA==}", true, "base64 at offset 2 ('xxfooxx')"},
      {"f|base64offset|contains: foo", "{f: eGZvb3h4}", true, "base64 at offset 1 ('xfooxx')"},
      {"f|base64offset|contains: foo", "{f: Zm9veHh4}", true, "base64 at offset 0 ('fooxxx')"},
      {"f|windash|contains: ' -enc'", "{f: 'ps /enc x'}", true, "a slash passes for a dash"},
      {"f|expand: '%offices%'", "{f: lisbon}", true, "a placeholder's list"},
      {"f|contains|expand: 'in %offices%'", "{f: 'we are in Hanoi now'}", true, "inside a text"},
  };
  detect::load_options options;
  options.lists["offices"] = {"lisbon", "hanoi"};
  for (const auto& row : rows) {
    INFO(row.line << " on " << row.yaml << ": " << row.why);
    const auto rules =
        load(rule_with(std::string{"  s: {"} + row.line + "}\n  condition: s"), options);
    CHECK(matches(*rules, record{row.yaml}) == row.holds);
  }
}

TEST_CASE("selections combine as maps, lists and keywords do") {
  struct row {
    const char* selection;
    const char* yaml;
    bool holds;
    const char* why;
  };
  const row rows[] = {
      {"{a: 1, b: 2}", "{a: 1, b: 2}", true, "a map is and"},
      {"{a: 1, b: 2}", "{a: 1, b: 3}", false, "all lines"},
      {"[{a: 1}, {b: 2}]", "{a: 0, b: 2}", true, "a list of maps is or"},
      {"[{a: 1}, {b: 2}]", "{a: 2, b: 1}", false, "neither"},
      {"[needle, pin]", "{x: {y: 'a Needle in hay'}}", true, "a keyword is anywhere in any leaf"},
      {"[needle]", "{needle: hay}", false, "but not in a key"},
      {"needle", "{x: needle}", true, "one keyword alone"},
      {"{'|all': [hay, needle]}", "{x: hay, y: needle}", true, "all keywords, in whatever leaf"},
      {"{'|all': [hay, needle]}", "{x: hay}", false, "one is missing"},
  };
  for (const auto& row : rows) {
    INFO(row.selection << " on " << row.yaml << ": " << row.why);
    const auto rules = load(rule_with(std::string{"  s: "} + row.selection + "\n  condition: s"));
    CHECK(matches(*rules, record{row.yaml}) == row.holds);
  }
}

TEST_CASE("a condition binds not before and before or") {
  // Four selections that hold when their letter is in the record.
  const std::string names = "  sel_a: {f: a}\n  sel_b: {f: b}\n  filter_c: {f: c}\n  _d: {f: d}\n";
  struct row {
    const char* condition;
    const char* letters;
    bool holds;
    const char* why;
  };
  const row rows[] = {
      {"sel_a and sel_b", "[a, b]", true, "and"},
      {"sel_a and sel_b", "[a]", false, "and needs both"},
      {"sel_a or sel_b", "[b]", true, "or"},
      {"sel_a or sel_b and filter_c", "[a]", true, "and binds before or"},
      {"(sel_a or sel_b) and filter_c", "[a]", false, "parentheses"},
      {"not sel_a and sel_b", "[b]", true, "not binds first"},
      {"not (sel_a and sel_b)", "[a]", true, "not of a group"},
      {"not not sel_a", "[a]", true, "twice"},
      {"1 of sel_*", "[b]", true, "1 of a glob"},
      {"any of sel_*", "[c]", false, "any is 1"},
      {"all of sel_*", "[a, b]", true, "all of a glob"},
      {"all of sel_*", "[a]", false, "all needs each"},
      {"1 of them", "[d]", false, "an underscore sets a name aside"},
      {"1 of them", "[c]", true, "them"},
      {"all of them", "[a, b, c]", true, "all of them"},
      {"sel_a and not 1 of filter_*", "[a, c]", false, "the usual shape"},
      {"sel_a AND NOT filter_c", "[a]", true, "upper case words"},
      {"[sel_a and filter_c, sel_b]", "[b]", true, "a list of conditions is or"},
  };
  for (const auto& row : rows) {
    INFO(row.condition << " on " << row.letters << ": " << row.why);
    const auto rules = load(rule_with(names + "  condition: " + row.condition));
    CHECK(matches(*rules, record{std::string{"{f: "} + row.letters + "}"}) == row.holds);
  }
}

TEST_CASE("an author's mistake is named with file, line and what to do") {
  struct row {
    std::string text;
    const char* where;
    const char* says;
  };
  const row rows[] = {
      {rule_with("  s: {f|contians: x}\n  condition: s"), "t.yaml:6",
       "unknown modifier 'contians'"},
      {rule_with("  s: {f|contians: x}\n  condition: s"), "t.yaml:6", "did you mean 'contains'?"},
      {rule_with("  s: {f: x}\n  condition: t"), "t.yaml:7", "no selection is called 't'"},
      {rule_with("  selection: {f: x}\n  condition: selectoin"), "t.yaml:7",
       "did you mean 'selection'?"},
      {rule_with("  s: {f: x}\n  condition: s and"), "t.yaml:7",
       "ends where a selection is expected"},
      {rule_with("  s: {f: x}\n  condition: (s"), "t.yaml:7", "a ')' is missing"},
      {rule_with("  s: {f: x}\n  condition: s)"), "t.yaml:7", "a ')' too many"},
      {rule_with("  s: {f: x}\n  condition: s s"), "t.yaml:7", "'and' or 'or' is expected"},
      {rule_with("  s: {f: x}\n  condition: 2 of s*"), "t.yaml:7", "'2 of' is not Sigma"},
      {rule_with("  s: {f: x}\n  condition: 1 of z*"), "t.yaml:7", "no selection's name fits 'z*'"},
      {rule_with("  s: {f: x}\n  condition: s | count() > 5"), "t.yaml:7", "write a correlation"},
      {rule_with("  s: {f: x}"), "t.yaml:6", "no condition"},
      {rule_with("  s: {f: []}\n  condition: s"), "t.yaml:6", "empty list"},
      {rule_with("  s: {f: {g: x}}\n  condition: s"), "t.yaml:6", "write a.b.c: value"},
      {rule_with("  s: {f|re: '(?=x)'}\n  condition: s"), "t.yaml:6", "look-around"},
      {rule_with("  s: {f|cidr: 10.0.0.0/33}\n  condition: s"), "t.yaml:6", "not a network"},
      {rule_with("  s: {f|gte: many}\n  condition: s"), "t.yaml:6", "not a number"},
      {rule_with("  s: {f|i: x}\n  condition: s"), "t.yaml:6", "belongs behind 're'"},
      {rule_with("  s: {f|re|contains: x}\n  condition: s"), "t.yaml:6", "a second time"},
      {rule_with("  s: {f|expand: '%nowhere%'}\n  condition: s"), "t.yaml:6",
       "'%nowhere%' has no list"},
      {rule_with("  s: {f: x, f: y}\n  condition: s"), "t.yaml:6", "given twice"},
      {rule_with("  s: {f: x}\n  s: {f: y}\n  condition: s"), "t.yaml:7", "given twice"},
      {rule_with("  s: {f: x}\n  condition: s", "levle: high"), "t.yaml:8",
       "did you mean 'level'?"},
      {"title: t\nname: x\ndetection: {s: {f: x}, condition: s}", "t.yaml:1", "no 'logsource'"},
      {"name: x\nlogsource: {}\ndetection: {s: {f: x}, condition: s}", "t.yaml:1", "no 'title'"},
      {"title: t\nlogsource: {}\ndetection: {s: {f: x}, condition: s}", "t.yaml:1",
       "neither 'name' nor 'id'"},
      {"title: [t\n", "t.yaml:", "not YAML"},
      {"- just\n- a list\n", "t.yaml:1", "a rule is a map"},
      {rule_with("  s: {f: x}\n  condition: s") + "\n---\n" +
           rule_with("  s: {f: x}\n  condition: s"),
       "t.yaml:10", "id of another rule already (t.yaml:1)"},
  };
  for (const auto& row : rows) {
    const std::string problem = problem_of(row.text);
    INFO(row.text << "\n=> " << problem);
    CHECK(problem.find(row.where) != std::string::npos);
    CHECK(problem.find(row.says) != std::string::npos);
  }
}

TEST_CASE("with a list for problems, bad rules are listed and the good ones load") {
  const std::vector<detect::rule_source> sources = {
      {"bad.yaml", rule_with("  s: {f|nope: x}\n  condition: s")},
      {"good.yaml", "title: g\nname: good\nlogsource: {}\ndetection: {s: {f: x}, condition: s}"}};
  std::vector<detect::load_problem> problems;
  const auto rules = detect::ruleset::load(sources, &problems);
  REQUIRE(rules);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].where == "bad.yaml:6");
  CHECK((*rules)->rules().size() == 1);
  CHECK((*rules)->find("good") != nullptr);
  CHECK((*rules)->find("under-test") == nullptr);
}

TEST_CASE("hostile YAML is refused, not followed") {
  CHECK(problem_of(std::string(100'000, '[')).find("t.yaml:1") != std::string::npos);
  CHECK(problem_of(", a").find("it does not end") != std::string::npos);
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c)
    laughs += std::string{c} + ": &" + c + " [*" + char(c - 1) + ", *" + char(c - 1) + ", *" +
              char(c - 1) + ", *" + char(c - 1) + ", *" + char(c - 1) + ", *" + char(c - 1) + "]\n";
  CHECK(problem_of(laughs).find("200,000 nodes") != std::string::npos);
  CHECK(problem_of(std::string((std::size_t{1} << 20) + 1, ' ')).find("larger than 1 MiB") !=
        std::string::npos);
  const std::string deep =
      "  s: {f: x}\n  condition: '" + std::string(200, '(') + "s" + std::string(200, ')') + "'";
  CHECK(problem_of(rule_with(deep)).find("deeper than 64") != std::string::npos);
}

TEST_CASE("rule order and content hash do not depend on the order of the sources") {
  const detect::rule_source a{
      "a.yaml", "title: a\nname: a\nlogsource: {}\ndetection: {s: {f: x}, condition: s}"};
  const detect::rule_source b{
      "b.yaml", "title: b\nname: b\nlogsource: {}\ndetection: {s: {f: x}, condition: s}"};
  const std::vector<detect::rule_source> ab = {a, b};
  const std::vector<detect::rule_source> ba = {b, a};
  const auto one = detect::ruleset::load(ab);
  const auto two = detect::ruleset::load(ba);
  REQUIRE(one);
  REQUIRE(two);
  CHECK((*one)->rules()[0].id.value == "a");
  CHECK((*two)->rules()[0].id.value == "a");
  CHECK((*one)->content_hash() == (*two)->content_hash());
  const std::vector<detect::rule_source> only = {a};
  CHECK((*detect::ruleset::load(only))->content_hash() != (*one)->content_hash());
}

TEST_CASE("a log source is a filter, and one nobody delivers makes a rule wait") {
  struct row {
    const char* logsource;
    const char* cloud;
    bool holds;
    const char* why;
  };
  const row rows[] = {
      {"{product: aws, service: cloudtrail}", "aws", true, "CloudTrail"},
      {"{product: aws, service: cloudtrail}", "gcp", false, "another cloud's event"},
      {"{product: aws, service: vpcflow}", "aws", false, "no flow logs are read"},
      {"{product: vedette}", "gcp", true, "normalised rules are for all clouds"},
      {"{}", "aws", true, "no product: the same"},
      {"{product: azure, service: signinlogs}", "azure", false, "loads and waits"},
      {"{category: process_creation}", "aws", false, "loads and waits"},
  };
  for (const auto& row : rows) {
    INFO(row.logsource << " on " << row.cloud << ": " << row.why);
    const auto rules = load(std::string{"title: t\nname: n\nlogsource: "} + row.logsource +
                            "\ndetection: {s: {f: x}, condition: s}");
    CHECK(rules->rules().size() == 1);
    CHECK(matches(*rules, record{"{f: x}", {{"cloud", row.cloud}}}) == row.holds);
  }
}
