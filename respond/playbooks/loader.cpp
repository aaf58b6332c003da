#include "respond/playbooks/loader.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "base/yaml_end.hpp"
#include "respond/limits.hpp"
#include "respond/playbooks/documents.hpp"

#include <algorithm>
#include <set>

namespace vedette::respond {
namespace {

// yaml-cpp builds the whole tree by recursion, so depth is bounded before it sees the text: nesting
// costs at least one flow bracket or one column of indentation per level.
bool too_deep(std::string_view text) {
  constexpr std::size_t deepest = 64;
  std::size_t brackets = 0, column = 0;
  bool leading = true;
  for (char c : text) {
    if (c == '\n') {
      leading = true;
      column = 0;
      continue;
    }
    if (leading && (c == ' ' || c == '-' || c == '?' || c == ':'))
      ++column;
    else
      leading = false;
    if (c == '[' || c == '{')
      ++brackets;
    else if ((c == ']' || c == '}') && brackets > 0)
      --brackets;
    if (brackets > deepest || column > 4 * deepest)
      return true;
  }
  return false;
}

// Names must be unique across files: the tenant's settings and the ids of actions go by them.
void drop_doubles(playbook_set& set, std::vector<load_problem>& problems) {
  std::set<std::string> names;
  std::erase_if(set.playbooks, [&](const playbook& p) {
    const bool twice = !names.insert(p.name).second;
    if (twice)
      problems.push_back({p.origin, "a playbook named '" + p.name + "' is already loaded"});
    return twice;
  });
  std::set<std::string> rules;
  std::erase_if(set.incident_rules, [&](const incident_rule& r) {
    const bool twice = !rules.insert(r.name).second;
    if (twice)
      problems.push_back({r.name, "an incident rule of this name is already loaded"});
    return twice;
  });
}

void check_references(const playbook_set& set, std::vector<load_problem>& problems) {
  for (const auto& p : set.playbooks)
    for (const auto& name : p.trigger.incident_rules)
      if (std::none_of(set.incident_rules.begin(), set.incident_rules.end(),
                       [&](const incident_rule& r) { return r.name == name; }))
        problems.push_back({p.origin, p.name + " waits for the incident rule '" + name +
                                          "', which no file defines"});
}

void load_one(const playbook_source& source, playbook_set& set,
              std::vector<load_problem>& problems) {
  if (source.text.size() > limits::playbook_bytes) {
    problems.push_back({source.name, "the file has " + std::to_string(source.text.size()) +
                                         " bytes; the limit is " +
                                         std::to_string(limits::playbook_bytes)});
    return;
  }
  if (too_deep(source.text)) {
    problems.push_back({source.name, "the file is nested too deeply"});
    return;
  }
  try {
    if (!base::yaml_ends(source.text)) {
      problems.push_back({source.name, "not readable as YAML: it does not end"});
      return;
    }
    for (const auto& document : YAML::LoadAll(source.text))
      read_document(document, source.name, set, problems);
  } catch (const YAML::Exception& e) {
    const auto line = e.mark.is_null() ? std::string{} : ':' + std::to_string(e.mark.line + 1);
    problems.push_back({source.name + line, "not readable as YAML: " + base::one_line(e.msg)});
  }
}

} // namespace

base::result<std::shared_ptr<const playbook_set>>
load_playbooks(std::span<const playbook_source> sources, std::vector<load_problem>* problems) {
  auto set = std::make_shared<playbook_set>();
  std::vector<load_problem> found;
  std::string all;
  for (const auto& source : sources) {
    load_one(source, *set, found);
    all += std::to_string(source.text.size()) + ':' + source.text;
  }
  std::sort(set->playbooks.begin(), set->playbooks.end(),
            [](const playbook& a, const playbook& b) { return a.name < b.name; });
  drop_doubles(*set, found);
  check_references(*set, found);
  if (set->playbooks.size() > limits::playbooks)
    return base::error{base::ec::too_large,
                       "loading playbooks: there are " + std::to_string(set->playbooks.size()) +
                           " and the limit is " + std::to_string(limits::playbooks)};
  if (!problems && !found.empty())
    return base::error{base::ec::malformed,
                       "loading playbooks: " + found.front().where + ": " + found.front().what};
  if (problems)
    problems->insert(problems->end(), found.begin(), found.end());
  set->content_hash = base::to_hex(base::hash128_of(all));
  return std::shared_ptr<const playbook_set>{std::move(set)};
}

} // namespace vedette::respond
