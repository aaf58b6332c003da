#include "respond/playbooks/documents.hpp"

#include "respond/limits.hpp"

#include <algorithm>

namespace vedette::respond {
namespace {

constexpr std::string_view severity_words = "info, low, medium, high, critical";

text_template read_template(const YAML::Node& node, const std::string& what, yaml_reader& read) {
  if (!node.IsScalar()) {
    read.fail(node, what + " must be a single text");
    return {};
  }
  auto parsed = text_template::parse(node.Scalar());
  if (!parsed) {
    read.fail(node, what + ": " + parsed.err().context);
    return {};
  }
  return std::move(*parsed);
}

std::vector<condition> read_conditions(const YAML::Node& node, yaml_reader& read) {
  std::vector<condition> out;
  if (!node)
    return out;
  if (!node.IsMap()) {
    read.fail(node, "conditions must be a map from field to accepted values");
    return out;
  }
  for (const auto& pair : node) {
    condition c;
    const auto name = pair.first.Scalar();
    const auto field = parse_plan_field(name);
    if (!field) {
      read.fail(pair.first, "unknown field '" + name + "': docs/playbooks.md lists the fields");
      continue;
    }
    c.field = *field;
    auto accepted = pair.second;
    if (accepted.IsMap()) {
      read.keys(accepted, "a condition", {"not"});
      c.negated = true;
      accepted.reset(accepted["not"]);
    }
    c.patterns = read.texts_of(accepted, name);
    if (c.patterns.empty())
      read.fail(pair.first, "'" + name + "' accepts nothing: list at least one value");
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<call_template> read_calls(const YAML::Node& node, yaml_reader& read) {
  std::vector<call_template> out;
  if (!node)
    return out;
  if (!node.IsSequence()) {
    read.fail(node, "calls must be a list");
    return out;
  }
  for (const auto& one : node) {
    if (!read.keys(one, "a call", {"api", "with"}))
      continue;
    call_template call;
    call.api = read.text(one, "api", true);
    if (const auto with = one["with"]) {
      if (!with.IsMap())
        read.fail(with, "'with' must be a map from parameter to text");
      else
        for (const auto& p : with)
          call.parameters.emplace_back(
              p.first.Scalar(), read_template(p.second, call.api + ' ' + p.first.Scalar(), read));
    }
    out.push_back(std::move(call));
  }
  return out;
}

std::optional<each> parse_each(std::string_view text) {
  if (text == "resources")
    return each::resources;
  if (text == "buckets")
    return each::buckets;
  if (text == "ips")
    return each::ips;
  if (text == "regions")
    return each::regions;
  return std::nullopt;
}

bool any_uses_item(const playbook_step& s) {
  auto uses = [](const std::vector<call_template>& calls) {
    return std::any_of(calls.begin(), calls.end(), [](const call_template& c) {
      return std::any_of(c.parameters.begin(), c.parameters.end(),
                         [](const auto& p) { return p.second.uses_item(); });
    });
  };
  return s.target.uses_item() || uses(s.calls) || uses(s.inverse) ||
         std::any_of(s.conditions.begin(), s.conditions.end(),
                     [](const condition& c) { return c.field == plan_field::item; });
}

playbook_step read_step(const YAML::Node& node, yaml_reader& read) {
  playbook_step s;
  if (!read.keys(node, "a step",
                 {"name", "description", "type", "kind", "class", "approval", "for_each", "when",
                  "target", "calls", "inverse", "time_to_live", "on_failure", "countermeasure"}))
    return s;
  s.name = read.text(node, "name", true);
  s.description = read.text(node, "description");
  if (const auto type = read.text(node, "type"); !type.empty() && type != "action")
    read.fail(node["type"], "steps of type '" + type + "' are not supported: use action");
  s.kind = read.word(node, "kind", parse_step_kind, s.kind, "the kinds in docs/playbooks.md", true);
  s.repeats = read.word(node, "class", parse_step_class, s.repeats,
                        "idempotent, verifiable, at-most-once, may-repeat", true);
  s.approval = read.word(node, "approval", parse_approval_rule, s.approval, "none, one, two");
  s.each = read.word(node, "for_each", parse_each, s.each, "resources, buckets, ips, regions");
  s.conditions = read_conditions(node["when"], read);
  if (const auto target = node["target"])
    s.target = read_template(target, "target", read);
  if (s.target.empty())
    read.fail(node, "step '" + s.name + "' needs a target: the one thing it touches");
  s.calls = read_calls(node["calls"], read);
  if (s.calls.empty())
    read.fail(node, "step '" + s.name + "' needs calls: what exactly would be done");
  s.inverse = read_calls(node["inverse"], read);
  s.time_to_live = read.timespan(node, "time_to_live", s.time_to_live);
  const auto failure = read.text(node, "on_failure");
  s.stop_on_failure = failure == "stop";
  if (!failure.empty() && failure != "stop" && failure != "continue")
    read.fail(node["on_failure"], "on_failure: '" + failure + "' is not one of continue, stop");
  s.countermeasure = read.text(node, "countermeasure");
  if (s.each == each::once && any_uses_item(s))
    read.fail(node, "step '" + s.name + "' uses item without for_each");
  return s;
}

void read_steps(const YAML::Node& node, playbook& p, yaml_reader& read) {
  if (!node || !node.IsSequence() || node.size() == 0) {
    read.fail(node, "a playbook needs a workflow: a list of steps");
    return;
  }
  if (node.size() > limits::playbook_steps) {
    read.fail(node, "a playbook has at most " + std::to_string(limits::playbook_steps) + " steps");
    return;
  }
  for (const auto& one : node) {
    auto s = read_step(one, read);
    if (std::any_of(p.steps.begin(), p.steps.end(),
                    [&](const playbook_step& other) { return other.name == s.name; }))
      read.fail(one, "two steps are named '" + s.name + "'");
    p.steps.push_back(std::move(s));
  }
}

trigger read_trigger(const YAML::Node& node, yaml_reader& read) {
  trigger t;
  if (!node) {
    read.fail(node, "a playbook needs a trigger");
    return t;
  }
  if (!read.keys(node, "trigger", {"rules", "incident_rules", "min_severity", "clouds"}))
    return t;
  t.rules = read.texts(node, "rules");
  t.incident_rules = read.texts(node, "incident_rules");
  t.min_severity =
      read.word(node, "min_severity", base::parse_severity, t.min_severity, severity_words);
  t.clouds = read.texts(node, "clouds");
  if (t.rules.empty() && t.incident_rules.empty())
    read.fail(node, "a trigger names rules or incident_rules, or it never starts");
  return t;
}

playbook read_playbook(const YAML::Node& node, const std::string& file, yaml_reader& read) {
  playbook p;
  read.keys(node, "a playbook",
            {"type", "spec_version", "id", "name", "title", "description", "created", "modified",
             "created_by", "labels", "mode", "trigger", "conditions", "limits", "workflow",
             "cases"});
  p.origin = file;
  p.name = read.text(node, "name", true);
  if (const auto version = read.text(node, "spec_version", true);
      !version.empty() && version != "cacao-2.0")
    read.fail(node["spec_version"],
              "spec_version '" + version + "' is not supported: use cacao-2.0");
  p.id = read.text(node, "id", true);
  if (!p.id.empty() && !p.id.starts_with("playbook--"))
    read.fail(node["id"], "a playbook's id starts with 'playbook--'");
  p.title = read.text(node, "title", true);
  p.description = read.text(node, "description");
  p.mode = read.word(node, "mode", parse_mode, p.mode, "dry_run, approve, auto");
  p.trigger = read_trigger(node["trigger"], read);
  p.conditions = read_conditions(node["conditions"], read);
  if (std::any_of(p.conditions.begin(), p.conditions.end(),
                  [](const condition& c) { return c.field == plan_field::item; }))
    read.fail(node["conditions"], "a playbook's conditions cannot use item; a step's `when` can");
  if (const auto bounds = node["limits"]) {
    if (read.keys(bounds, "limits", {"targets_max", "actions_per_hour"})) {
      p.targets_max = read.number(bounds, "targets_max", p.targets_max, 1);
      p.actions_per_hour = read.number(bounds, "actions_per_hour", p.actions_per_hour, 1);
    }
  }
  read_steps(node["workflow"], p, read);
  if (const auto cases = node["cases"])
    p.cases = read_cases(cases, read);
  return p;
}

incident_rule read_incident_rule(const YAML::Node& node, yaml_reader& read) {
  incident_rule r;
  read.keys(node, "an incident rule",
            {"type", "name", "title", "description", "steps", "within", "same", "severity"});
  r.name = read.text(node, "name", true);
  r.title = read.text(node, "title", true);
  r.within = read.timespan(node, "within", r.within);
  r.severity = read.word(node, "severity", base::parse_severity, r.severity, severity_words, true);
  const auto same = read.text(node, "same");
  r.same_identity = same.empty() || same == "identity";
  if (!same.empty() && same != "identity" && same != "incident")
    read.fail(node["same"], "same: '" + same + "' is not one of identity, incident");
  const auto steps = node["steps"];
  if (!steps || !steps.IsSequence() || steps.size() < 2) {
    read.fail(node, "an incident rule needs a list of at least two steps");
    return r;
  }
  for (const auto& one : steps) {
    if (!read.keys(one, "a step", {"rules", "min_severity"}))
      continue;
    incident_step s;
    s.rules = read.texts(one, "rules");
    s.min_severity =
        read.word(one, "min_severity", base::parse_severity, s.min_severity, severity_words);
    if (s.rules.empty())
      read.fail(one, "a step names at least one rule");
    r.steps.push_back(std::move(s));
  }
  return r;
}

} // namespace

void read_document(const YAML::Node& document, const std::string& file, playbook_set& set,
                   std::vector<load_problem>& problems) {
  if (document.IsNull())
    return;
  std::vector<load_problem> found;
  yaml_reader read{file, found};
  if (!document.IsMap()) {
    read.fail(document, "a playbook file holds maps, one per document");
  } else if (const auto type = read.text(document, "type", true); type == "playbook") {
    auto p = read_playbook(document, file, read);
    if (found.empty())
      set.playbooks.push_back(std::move(p));
  } else if (type == "incident-rule") {
    auto r = read_incident_rule(document, read);
    if (found.empty())
      set.incident_rules.push_back(std::move(r));
  } else if (!type.empty()) {
    read.fail(document["type"], "type '" + type + "' is not one of playbook, incident-rule");
  }
  problems.insert(problems.end(), found.begin(), found.end());
}

} // namespace vedette::respond
