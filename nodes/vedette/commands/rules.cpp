#include "nodes/vedette/commands.hpp"

#include "base/json_writer.hpp"
#include "ingest/mapping/cases.hpp"
#include "nodes/content/content.hpp"
#include "nodes/replay/case_runner.hpp"
#include "nodes/vedette/output/format.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <set>

namespace vedette::cli {

namespace {

struct rules_flags {
  std::vector<std::string> paths, rules;
  std::string id, output = "table", report;
};

const char* operator_name(const detect::rule& r) {
  constexpr const char* names[] = {"single", "window", "sequence", "travel"};
  return names[r.op.index()];
}

std::string techniques(const detect::rule& r) {
  std::string out;
  for (const auto& a : r.attack)
    if (!a.technique.empty())
      out += (out.empty() ? "" : " ") + a.technique;
  return out;
}

void describe(const detect::rule& r, base::json_writer& w) {
  w.begin_object();
  w.member("id", r.id.value).member("title", r.title).member("description", r.description);
  w.member("severity", to_string(r.severity)).member("control", to_string(r.control));
  w.member("operator", operator_name(r)).member("quiet", base::format_duration(r.quiet));
  w.array("marks", r.marks);
  w.key("attack").begin_array();
  for (const auto& a : r.attack)
    w.begin_object().member("tactic", a.tactic).member("technique", a.technique).end_object();
  w.end_array();
  w.array("false_positives", r.false_positives);
  w.member("file", r.origin);
  w.end_object();
}

int list(const rules_flags& f) {
  auto rules = content::load_rules(f.rules);
  if (!rules)
    return complain(rules.err());
  if (f.output == "json") {
    base::json_writer w{2};
    w.begin_array();
    for (const auto& r : (*rules)->rules())
      describe(r, w);
    w.end_array();
    std::printf("%s\n", std::string{w.text()}.c_str());
    return done;
  }
  table t{{"RULE", "SEVERITY", "OPERATOR", "ATT&CK", "TITLE"}};
  for (const auto& r : (*rules)->rules())
    t.row(
        {r.id.value, std::string{to_string(r.severity)}, operator_name(r), techniques(r), r.title});
  t.print();
  return done;
}

int show(const rules_flags& f) {
  auto rules = content::load_rules(f.rules);
  if (!rules)
    return complain(rules.err());
  const auto* r = (*rules)->find(f.id);
  if (r == nullptr)
    return complain({base::ec::not_found,
                     fmt::format("rules show {}: no such rule; see `vedette rules list`", f.id)});
  base::json_writer w{2};
  describe(*r, w);
  std::printf("%s\n", std::string{w.text()}.c_str());
  return done;
}

/// What the paths hold, told apart by what the files say; everything shipped when there are none.
struct given_files {
  std::vector<detect::rule_source> rules;
  std::vector<ingest::mapping_file> mappings;
};

base::result<given_files> read_given(const std::vector<std::string>& paths) {
  auto files = content::read_rule_files(paths);
  if (!files)
    return files.err();
  given_files out;
  if (paths.empty()) {
    auto shipped = content::read_source_files("");
    if (!shipped)
      return shipped.err();
    for (auto& file : *shipped)
      out.mappings.push_back({std::move(file.name), std::move(file.text)});
    out.rules = std::move(*files);
    return out;
  }
  for (auto& file : *files)
    if (ingest::is_mapping_file(file.text))
      out.mappings.push_back({std::move(file.name), std::move(file.text)});
    else
      out.rules.push_back(std::move(file));
  return out;
}

int lint(const rules_flags& f) {
  const auto given = read_given(f.paths);
  if (!given)
    return complain(given.err());
  std::vector<detect::load_problem> problems;
  auto rules = detect::ruleset::load(given->rules, &problems);
  if (!rules)
    return complain(rules.err());
  std::size_t wrong = problems.size(), mappings = 0;
  for (const auto& p : problems)
    std::printf("%s: %s\n", p.where.c_str(), p.what.c_str());
  for (const auto& file : given->mappings) {
    const auto made = ingest::compile_mapping(file);
    mappings += made.has_value();
    wrong += !made.has_value();
    if (!made)
      std::printf("%s\n", made.err().context.c_str());
  }
  std::printf("%zu rules and %zu mappings load, %zu problems\n", (*rules)->rules().size(), mappings,
              wrong);
  return wrong == 0 ? done : failed;
}

/// The mapping files given among those shipped, so that one that takes another's records is found
/// out; one that is shipped gives way to one given for the same source.
base::result<std::shared_ptr<const ingest::mapping_set>>
among_shipped(std::vector<ingest::mapping_file> given) {
  std::set<std::string> names;
  for (const auto& file : given) {
    auto made = ingest::compile_mapping(file);
    if (!made)
      return made.err();
    names.insert(made->name);
  }
  auto shipped = content::read_source_files("");
  if (!shipped)
    return shipped.err();
  for (const auto& file : *shipped) {
    ingest::mapping_file other{file.name, file.text};
    if (auto made = ingest::compile_mapping(other); !made)
      return made.err();
    else if (names.insert(made->name).second)
      given.push_back(std::move(other));
  }
  return ingest::mapping_set::load(given);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text)
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
    }
  return out;
}

int test(const rules_flags& f) {
  const auto given = read_given(f.paths);
  if (!given)
    return complain(given.err());
  auto activities = content::load_activities("");
  if (!activities)
    return complain(activities.err());
  auto mappings = among_shipped(given->mappings);
  if (!mappings)
    return complain(mappings.err());
  std::vector<replay::case_report> all;
  for (const auto& source : given->rules) {
    auto reports = replay::run_cases(source, *activities, *mappings);
    if (!reports)
      return complain(reports.err());
    all.insert(all.end(), reports->begin(), reports->end());
  }
  for (const auto& file : given->mappings) {
    auto reports = ingest::run_mapping_cases(file, *mappings);
    if (!reports)
      return complain(reports.err());
    for (auto& r : *reports)
      all.push_back(
          {std::move(r.source), std::move(r.name), std::move(r.where), r.holds, std::move(r.what)});
  }
  std::size_t wrong = 0;
  for (const auto& r : all)
    wrong += !r.holds;
  if (f.report == "junit") {
    std::printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"rules\" "
                "tests=\"%zu\" failures=\"%zu\">\n",
                all.size(), wrong);
    for (const auto& r : all) {
      std::printf("  <testcase classname=\"%s\" name=\"%s\"", escaped(r.rule).c_str(),
                  escaped(r.name).c_str());
      if (r.holds)
        std::printf("/>\n");
      else
        std::printf("><failure message=\"%s\"/></testcase>\n", escaped(r.what).c_str());
    }
    std::printf("</testsuite>\n");
  } else {
    for (const auto& r : all)
      std::printf("%s  %s: %s%s%s\n", r.holds ? "ok  " : "FAIL", r.rule.c_str(), r.name.c_str(),
                  r.holds ? "" : ": ", r.holds ? "" : r.what.c_str());
    std::printf("%zu passed, %zu failed\n", all.size() - wrong, wrong);
  }
  return wrong == 0 && !all.empty() ? done : failed;
}

} // namespace

void add_rules(CLI::App& app, action& chosen) {
  auto* rules = app.add_subcommand("rules", "List, show, check and test detections");
  rules->require_subcommand(1);
  auto f = std::make_shared<rules_flags>();
  const auto with_rules = [&](CLI::App* c) {
    c->add_option("--rules", f->rules, "Rule files or folders instead of the shipped ones")
        ->type_name("DIR");
  };
  auto* l = rules->add_subcommand("list", "What this build detects");
  l->footer("Example: vedette rules list -o json");
  l->add_option("-o,--format", f->output, "table or json")->check(CLI::IsMember({"table", "json"}));
  with_rules(l);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* s = rules->add_subcommand("show", "One rule as it was compiled");
  s->footer("Example: vedette rules show iam-denied-actions");
  s->add_option("id", f->id, "The rule's name")->required();
  with_rules(s);
  s->callback([f, &chosen] { chosen = [f] { return show(*f); }; });

  auto* c =
      rules->add_subcommand("lint", "Load rules and mapping files and say what is wrong with them");
  c->footer("Example: vedette rules lint my-rules/");
  c->add_option("paths", f->paths, "Files or folders; default: what was shipped");
  c->callback([f, &chosen] { chosen = [f] { return lint(*f); }; });

  auto* t = rules->add_subcommand("test", "Run the cases that rules and mapping files carry");
  t->footer("Example: vedette rules test my-rules/ my-source.yaml");
  t->add_option("paths", f->paths, "Files or folders; default: what was shipped");
  t->add_option("-o,--format", f->report, "text or junit")->check(CLI::IsMember({"text", "junit"}));
  t->callback([f, &chosen] { chosen = [f] { return test(*f); }; });
}

} // namespace vedette::cli
