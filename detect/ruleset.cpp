#include "detect/ruleset.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"
#include "detect/language/compiled_rule.hpp"
#include "detect/language/correlation.hpp"
#include "detect/language/document.hpp"
#include "detect/language/index.hpp"
#include "detect/language/yaml.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace vedette::detect {

namespace {

/// A correlation, read when every rule it may refer to is known.
struct waiting {
  std::string file;
  YAML::Node document;
};

class loader {
 public:
  loader(const load_options& options, std::vector<load_problem>& problems)
      : options_{options}, problems_{problems} {}

  void add(const rule_source& source) {
    reporter report{source.name, problems_};
    auto documents = parse_yaml(source.text);
    if (!documents) {
      const std::string& what = documents.err().context;
      int line = 1;
      const auto [end, failed] = std::from_chars(what.data(), what.data() + what.size(), line);
      const std::size_t skipped =
          failed == std::errc{} ? static_cast<std::size_t>(end - what.data()) + 2 : 0;
      report.at_line(line, what.substr(std::min(skipped, what.size())));
      return;
    }
    for (const YAML::Node& document : *documents) {
      if (!document.IsMap())
        report.at(document, "a rule is a map of title, logsource, detection …");
      else if (child(document, "correlation").IsDefined())
        correlations_.push_back({source.name, document});
      else if (auto compiled = compile_rule(document, options_, report))
        keep(std::move(*compiled), report);
    }
  }

  std::vector<compiled_rule> finish() {
    for (const auto& [file, document] : correlations_) {
      reporter report{file, problems_};
      const auto find = [this](const std::string& name) { return lookup(name); };
      auto compiled = compile_correlation(document, find, report);
      if (!compiled)
        continue;
      if (!compiled->generate)
        for (const auto& name : compiled->references)
          rules_[by_name_.at(name)].listed = false;
      keep(std::move(compiled->rule), report);
    }
    return std::move(rules_);
  }

 private:
  [[nodiscard]] const compiled_rule* lookup(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &rules_[found->second];
  }

  void keep(compiled_rule r, reporter& report) {
    if (rules_.size() == base::limits::rules) {
      report.at_line(r.line, "more than 65,535 rules in one set");
      return;
    }
    for (const std::string& key : {r.shape.id.value, r.shape.sigma_id}) {
      const auto found = by_name_.find(key);
      if (key.empty() || found == by_name_.end())
        continue;
      const compiled_rule& other = rules_[found->second];
      report.at_line(r.line, "'" + key + "' is the id of another rule already (" +
                                 other.shape.origin + ":" + std::to_string(other.line) +
                                 "): ids name one rule for ever");
      return;
    }
    for (const std::string& key : {r.shape.id.value, r.shape.sigma_id})
      if (!key.empty())
        by_name_[key] = rules_.size();
    rules_.push_back(std::move(r));
  }

  const load_options& options_;
  std::vector<load_problem>& problems_;
  std::vector<compiled_rule> rules_;
  std::map<std::string, std::size_t> by_name_;
  std::vector<waiting> correlations_;
};

std::string hash_of(const std::vector<const rule_source*>& sources, const load_options& options) {
  std::string all;
  const auto add = [&all](std::string_view text) {
    all += std::to_string(text.size());
    all += ':';
    all += text;
  };
  for (const rule_source* source : sources) {
    add(source->name);
    add(source->text);
  }
  for (const auto& [name, values] : options.lists) {
    add(name);
    for (const auto& value : values)
      add(value);
  }
  return base::to_hex(base::sha256(all));
}

} // namespace

struct ruleset::impl {
  std::vector<compiled_rule> compiled; ///< the same order as `rules`
  std::vector<rule> rules;
  std::map<std::string, std::size_t, std::less<>> by_id;
  rule_index_table index;
  base::generation generation;
  std::string hash;

  /// True when the rule matched and shows the record.
  bool run(std::uint32_t i, const base::field_view& fields, base::arena& memory,
           std::vector<base::match>& out) const {
    base::match found;
    if (!match_rule(compiled[i], fields, memory, found))
      return false;
    found.rule.value = static_cast<std::uint16_t>(i);
    out.push_back(found);
    return rules[i].shows_record();
  }
};

ruleset::ruleset(std::unique_ptr<impl> held) : impl_{std::move(held)} {}
ruleset::~ruleset() = default;

base::result<std::shared_ptr<const ruleset>> ruleset::load(std::span<const rule_source> sources,
                                                           std::vector<load_problem>* problems,
                                                           const load_options& options) {
  std::vector<const rule_source*> sorted;
  for (const rule_source& source : sources)
    sorted.push_back(&source);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->name < b->name; });

  std::vector<load_problem> found;
  loader work{options, found};
  for (const rule_source* source : sorted)
    work.add(*source);
  auto all = work.finish();
  if (!found.empty() && problems == nullptr)
    return base::error{base::ec::malformed,
                       "loading rules: " + found.front().where + ": " + found.front().what};
  if (problems != nullptr)
    problems->insert(problems->end(), found.begin(), found.end());

  auto held = std::make_unique<impl>();
  std::vector<std::vector<term>> terms;
  for (compiled_rule& r : all) {
    if (!r.listed)
      continue;
    const std::size_t at = held->rules.size();
    terms.push_back(r.dormant ? std::vector<term>{} : terms_of(r.when, r.traits));
    held->by_id.emplace(r.shape.id.value, at);
    if (!r.shape.sigma_id.empty())
      held->by_id.emplace(r.shape.sigma_id, at);
    held->rules.push_back(r.shape);
    held->compiled.push_back(std::move(r));
  }
  held->index = rule_index_table{terms};
  held->generation = options.generation;
  held->hash = hash_of(sorted, options);
  return std::shared_ptr<const ruleset>{new ruleset{std::move(held)}};
}

std::span<const rule> ruleset::rules() const {
  return impl_->rules;
}

const rule* ruleset::find(std::string_view id) const {
  const auto found = impl_->by_id.find(id);
  return found == impl_->by_id.end() ? nullptr : &impl_->rules[found->second];
}

base::generation ruleset::generation() const {
  return impl_->generation;
}

std::string ruleset::content_hash() const {
  return impl_->hash;
}

bool ruleset::run(const base::event& e, const base::field_view& fields, base::arena& memory,
                  std::vector<base::match>& out) const {
  bool shown = false;
  rule_index_table::each(impl_->index.find(e),
                         [&](std::uint32_t i) { shown |= impl_->run(i, fields, memory, out); });
  return shown;
}

void ruleset::run_all(const base::event& e, const base::field_view& fields, base::arena& memory,
                      std::vector<base::match>& out) const {
  const std::uint64_t of_event = traits::of(e);
  for (std::uint32_t i = 0; i < impl_->compiled.size(); ++i)
    if (!impl_->compiled[i].dormant && traits::fits(of_event, impl_->compiled[i].traits))
      (void)impl_->run(i, fields, memory, out);
}

} // namespace vedette::detect
