#include "nodes/server/generation.hpp"

#include "base/hash.hpp"
#include "nodes/config/tenants.hpp"
#include "respond/playbooks/loader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace vedette::server {

using schemas::content_document;
using schemas::document_kind;

document make_document(document_kind kind, std::string name, std::string text) {
  auto digest = base::to_hex(base::sha256(text));
  return {{kind, std::move(name), std::move(digest), true}, std::move(text)};
}

void sort(std::vector<document>& documents) {
  const auto order = [](const document& d) { return std::tie(d.about.kind, d.about.name); };
  std::sort(documents.begin(), documents.end(),
            [&](const document& a, const document& b) { return order(a) < order(b); });
  VEDETTE_ASSERT(std::adjacent_find(documents.begin(), documents.end(),
                                    [&](const document& a, const document& b) {
                                      return order(a) == order(b);
                                    }) == documents.end());
}

std::string hash_of(const std::vector<content_document>& documents) {
  std::string all;
  for (const auto& d : documents)
    all += fmt::format("{}:{}:{}:{}:{};", static_cast<int>(d.kind), d.kept ? 1 : 0, d.name.size(),
                       d.name, d.digest);
  return base::to_hex(base::sha256(all));
}

namespace {

/// A mode for what is not there would never be met, and a misspelt one may be the safer half of
/// two.
void check_modes(const std::map<std::string, base::tenant_settings>& tenants,
                 const respond::playbook_set& playbooks, std::vector<std::string>& problems) {
  for (const auto& [tenant, settings] : tenants) {
    for (const auto& [name, mode] : settings.response.playbooks)
      if (playbooks.find(name) == nullptr)
        problems.push_back(fmt::format("tenant {}: response.playbooks names '{}', and there is no "
                                       "such playbook",
                                       tenant, name));
    for (const auto& [name, mode] : settings.response.kinds)
      if (!respond::parse_step_kind(name))
        problems.push_back(fmt::format("tenant {}: response.kinds names '{}', and there is no such "
                                       "kind of step",
                                       tenant, name));
  }
}

} // namespace

base::result<actors::content_generation> compile(const std::vector<document>& documents,
                                                 std::vector<std::string>& problems) {
  const auto before = problems.size();
  actors::content_generation out;
  std::vector<detect::rule_source> rules;
  std::vector<respond::playbook_source> playbooks;
  for (const auto& d : documents)
    switch (d.about.kind) {
    case document_kind::rule:
      rules.push_back({d.about.name, d.text});
      break;
    case document_kind::playbook:
      playbooks.push_back({d.about.name, d.text});
      break;
    case document_kind::tenant:
      if (auto tenant = config::parse_tenant(d.text, "tenant " + d.about.name))
        out.tenants[d.about.name] = std::move(*tenant);
      else
        problems.push_back(base::to_string(tenant.err()));
      break;
    case document_kind::executor:
      out.executors.insert(d.about.name);
      break;
    case document_kind::activities:
    case document_kind::source:
    case document_kind::list:
      break;
    }
  std::vector<detect::load_problem> bad_rules;
  auto ruleset = detect::ruleset::load(rules, &bad_rules);
  for (const auto& p : bad_rules)
    problems.push_back(p.where + ": " + p.what);
  if (!ruleset)
    problems.push_back(base::to_string(ruleset.err()));
  std::vector<respond::load_problem> bad_playbooks;
  auto set = respond::load_playbooks(playbooks, &bad_playbooks);
  for (const auto& p : bad_playbooks)
    problems.push_back(p.where + ": " + p.what);
  if (!set)
    problems.push_back(base::to_string(set.err()));
  else
    check_modes(out.tenants, **set, problems);
  if (problems.size() > before)
    return base::error{base::ec::malformed,
                       fmt::format("loading the content: {}{}", problems[before],
                                   problems.size() > before + 1
                                       ? fmt::format(", and {} more", problems.size() - before - 1)
                                       : "")};
  out.rules = std::move(*ruleset);
  out.playbooks = std::move(*set);
  return out;
}

namespace {

using by_name = std::map<std::string_view, std::string_view>;

by_name of_kind(const std::vector<content_document>& documents, document_kind kind) {
  by_name out;
  for (const auto& d : documents)
    if (d.kind == kind)
      out[d.name] = d.digest;
  return out;
}

} // namespace

content_difference difference(const actors::content_generation& before,
                              const std::vector<content_document>& documents_before,
                              const actors::content_generation& after,
                              const std::vector<content_document>& documents_after) {
  content_difference out;
  const auto old_files = of_kind(documents_before, document_kind::rule);
  const auto new_files = of_kind(documents_after, document_kind::rule);
  const auto text_of = [](const by_name& files, const detect::rule& r) {
    const auto at = files.find(r.origin);
    return at == files.end() ? std::string_view{} : at->second;
  };
  for (const auto& r : after.rules->rules()) {
    const auto* was = before.rules->find(r.id.value);
    if (was == nullptr)
      out.added.push_back(r.id.value);
    else if (text_of(old_files, *was) != text_of(new_files, r))
      out.changed.push_back(r.id.value);
  }
  for (const auto& r : before.rules->rules())
    if (after.rules->find(r.id.value) == nullptr)
      out.removed.push_back(r.id.value);
  const auto differ = [&](document_kind kind) {
    return of_kind(documents_before, kind) != of_kind(documents_after, kind);
  };
  out.playbooks = differ(document_kind::playbook);
  out.activities = differ(document_kind::activities);
  out.sources = differ(document_kind::source);
  out.lists = differ(document_kind::list);
  out.tenants = differ(document_kind::tenant);
  out.executors = differ(document_kind::executor);
  return out;
}

std::string content_difference::text() const {
  std::string out;
  const auto say = [&](const std::string& what) { out += (out.empty() ? "" : "; ") + what; };
  const auto rules = [&](const char* what, const std::vector<std::string>& ids) {
    constexpr std::size_t shown = 8;
    if (ids.empty())
      return;
    const std::vector<std::string> head(
        ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), shown)));
    say(fmt::format("{} {} {} ({}{})", ids.size(), ids.size() == 1 ? "rule" : "rules", what,
                    fmt::join(head, ", "), ids.size() > shown ? ", …" : ""));
  };
  rules("added", added);
  rules("changed", changed);
  rules("removed", removed);
  const std::pair<bool, const char*> others[] = {
      {playbooks, "playbooks"}, {activities, "activities"}, {sources, "sources"},
      {lists, "lists"},         {tenants, "tenants"},       {executors, "executors"}};
  for (const auto& [differs, what] : others)
    if (differs)
      say(std::string{what} + " changed");
  return out.empty() ? "nothing that a rule or a playbook says" : out;
}

} // namespace vedette::server
