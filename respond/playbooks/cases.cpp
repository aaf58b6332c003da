// Examples inside playbooks: reading them, and checking that the playbook does what they say.
#include "respond/playbooks/documents.hpp"
#include "respond/playbooks/loader.hpp"
#include "respond/playbooks/planner.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

base::alert read_alert(const YAML::Node& node, yaml_reader& read) {
  base::alert a;
  a.tenant = base::tenant_id{"example"};
  a.time = a.first_event = a.last_event = *base::parse_rfc3339("2026-01-02T03:04:05Z");
  a.cloud = "aws";
  a.account = "111122223333";
  a.why = "an example";
  a.severity = base::severity::high;
  if (!node || !read.keys(node, "alert",
                          {"rule", "severity", "cloud", "account", "identity", "session", "regions",
                           "ips", "resources"}))
    return a;
  a.rule = base::rule_id{read.text(node, "rule", true)};
  a.title = a.rule.value;
  a.id = "case of " + a.rule.value;
  a.severity = read.word(node, "severity", base::parse_severity, a.severity,
                         "info, low, medium, high, critical");
  if (const auto cloud = read.text(node, "cloud"); !cloud.empty())
    a.cloud = cloud;
  if (const auto account = read.text(node, "account"); !account.empty())
    a.account = account;
  if (const auto who = node["identity"];
      who && read.keys(who, "identity", {"id", "type", "name"})) {
    a.identity_id = read.text(who, "id", true);
    a.identity_type = read.text(who, "type");
    a.identity_name = read.text(who, "name");
  }
  a.session = read.text(node, "session");
  a.regions = read.texts(node, "regions");
  a.ips = read.texts(node, "ips");
  a.resources = read.texts(node, "resources");
  return a;
}

std::vector<std::string> outcome(const playbook& p, const playbook_case& example) {
  incident i;
  i.tenant = example.alert.tenant;
  i.id = incident_id(example.alert.tenant, example.alert.id);
  i.title = example.alert.title;
  i.severity = example.alert.severity;
  const respond_settings settings;
  const plan_context context{example.alert, i, settings, {}, example.alert.time};
  std::vector<std::string> out;
  if (!starts(p, context, example.incident_rules))
    return out;
  for (const auto& step : plan(p, context)) {
    auto line = p.steps[step.step].name + ' ' + step.plan.target;
    if (!step.complete)
      line += " incomplete: " + step.complete.err().context;
    out.push_back(std::move(line));
  }
  return out;
}

std::string listed(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += (out.empty() ? "" : ", ") + line;
  return out.empty() ? "nothing" : out;
}

// "step" accepts any target, "step target" that one.
bool same(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  return std::equal(expected.begin(), expected.end(), got.begin(), got.end(),
                    [](const std::string& want, const std::string& have) {
                      const bool any_target = want.find(' ') == std::string::npos;
                      const bool incomplete = have.find(" incomplete: ") != std::string::npos;
                      return any_target ? have.starts_with(want + ' ') && !incomplete
                                        : want == have;
                    });
}

} // namespace

std::vector<playbook_case> read_cases(const YAML::Node& node, yaml_reader& read) {
  std::vector<playbook_case> out;
  if (!node.IsSequence()) {
    read.fail(node, "cases must be a list");
    return out;
  }
  for (const auto& one : node) {
    if (!read.keys(one, "a case", {"name", "alert", "incident_rules", "expect"}))
      continue;
    playbook_case example;
    example.name = read.text(one, "name", true);
    example.where = read.where(one);
    if (!one["alert"])
      read.fail(one, "a case needs an alert");
    example.alert = read_alert(one["alert"], read);
    example.incident_rules = read.texts(one, "incident_rules");
    if (!one["expect"])
      read.fail(one, "a case needs expect: the steps that are planned, or none");
    example.expect = read.texts(one, "expect");
    if (example.expect == std::vector<std::string>{"none"})
      example.expect.clear();
    out.push_back(std::move(example));
  }
  return out;
}

std::vector<load_problem> check_cases(const playbook& p) {
  std::vector<load_problem> out;
  for (const auto& example : p.cases)
    if (const auto got = outcome(p, example); !same(example.expect, got))
      out.push_back({example.where, p.name + ": case '" + example.name + "' expects " +
                                        listed(example.expect) + " and gets " + listed(got)});
  return out;
}

} // namespace vedette::respond
