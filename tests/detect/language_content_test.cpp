// The shipped rules as files: they load, name what exists, and their cases are real records that
// reach them. What the engine makes of the cases is `vedette rules test`.
#include "base/limits.hpp"
#include "detect/language/cases.hpp"
#include "detect/ruleset.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/taxonomy.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace vedette;
namespace fs = std::filesystem;

namespace {

fs::path root() {
  const char* given = std::getenv("VEDETTE_SOURCE_DIR");
  return given != nullptr ? fs::path{given} : fs::current_path();
}

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<detect::rule_source> sources_in(const fs::path& folder, const char* extension) {
  std::vector<detect::rule_source> out;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.path().extension() == extension)
      out.push_back({fs::relative(entry.path(), folder).string(), text_of(entry.path())});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::shared_ptr<const ingest::taxonomy> activities() {
  std::vector<std::string> texts;
  for (const auto& source : sources_in(root() / "rules/activities", ".yaml"))
    texts.push_back(source.text);
  auto loaded = ingest::taxonomy::load(texts);
  INFO((loaded ? std::string{} : loaded.err().context));
  REQUIRE(loaded);
  return *loaded;
}

std::shared_ptr<const ingest::mapping_set> mappings() {
  std::vector<ingest::mapping_file> files;
  for (auto& source : sources_in(root() / "rules/sources", ".yaml"))
    files.push_back({std::move(source.name), std::move(source.text)});
  auto loaded = ingest::mapping_set::load(files);
  INFO((loaded ? std::string{} : loaded.err().context));
  REQUIRE(loaded);
  return *loaded;
}

} // namespace

TEST_CASE("every shipped detection loads, under the id its file is named after") {
  const auto sources = sources_in(root() / "rules/detections", ".yaml");
  REQUIRE(!sources.empty());
  auto rules = detect::ruleset::load(sources);
  INFO((rules ? std::string{} : rules.err().context));
  REQUIRE(rules);
  std::set<std::string> uuids;
  for (const auto& source : sources) {
    INFO(source.name);
    const auto* rule = (*rules)->find(fs::path{source.name}.stem().string());
    REQUIRE(rule != nullptr);
    CHECK(!rule->attack.empty());
    CHECK(!rule->description.empty());
    CHECK(!rule->false_positives.empty());
    CHECK(uuids.insert(rule->sigma_id).second);
  }
}

TEST_CASE("every shipped detection carries cases of both kinds, and their records reach it") {
  const auto sources = sources_in(root() / "rules/detections", ".yaml");
  auto rules = detect::ruleset::load(sources);
  REQUIRE(rules);
  const auto taxonomy = activities();
  const auto mapped = mappings();
  for (const auto& source : sources) {
    auto cases = detect::load_cases(source);
    INFO((cases ? source.name : cases.err().context));
    REQUIRE(cases);
    CHECK(std::any_of(cases->begin(), cases->end(),
                      [](const auto& c) { return c.expect.has_value(); }));
    CHECK(std::any_of(cases->begin(), cases->end(), [](const auto& c) { return !c.expect; }));
    for (const auto& one : *cases) {
      INFO(one.where << ": " << one.name);
      ingest::normaliser into{taxonomy, nullptr, *rules,
                              std::make_shared<const base::tenant_settings>(one.tenant), mapped};
      base::event_batch batch;
      std::set<std::string_view> ids;
      bool reached = false;
      for (const auto& event : one.events) {
        std::string padded = event.record + std::string(64, ' ');
        const auto verdict =
            into.run(std::string_view{padded}.substr(0, event.record.size()), batch);
        INFO(event.record << "\n" << verdict.reason);
        REQUIRE(verdict.what == ingest::disposition::event);
        const auto& e = batch.events.back();
        CHECK(ids.insert(e.id).second);
        for (const auto& match : e.matches)
          reached = reached || (*rules)->rules()[match.rule.value].id.value == one.rule;
      }
      // Address lists are the runner's; without them only cases that do not need them are reached.
      if (one.expect && one.networks.empty())
        CHECK(reached);
    }
  }
}

TEST_CASE("all public Sigma rules at hand load; those with placeholders once their lists exist") {
  const char* given = std::getenv("VEDETTE_SHARED_DATA");
  const fs::path data = given != nullptr ? fs::path{given} : root() / "../shared/data";
  if (!fs::exists(data / "sigma")) {
    WARN("skipped: no folder 'sigma' below VEDETTE_SHARED_DATA");
    return;
  }
  const auto sources = sources_in(data / "sigma", ".yml");
  std::vector<detect::load_problem> problems;
  auto without = detect::ruleset::load(sources, &problems);
  REQUIRE(without);
  detect::load_options options;
  std::set<std::string> files;
  for (const auto& problem : problems) {
    INFO(problem.where << ": " << problem.what);
    files.insert(problem.where.substr(0, problem.where.find(':')));
    const auto open = problem.what.find("'%");
    const auto close = problem.what.find("%'", open + 2);
    REQUIRE(problem.what.find("has no list") != std::string::npos);
    options.lists[problem.what.substr(open + 2, close - open - 2)] = {"listed"};
  }
  CHECK((*without)->rules().size() + files.size() == sources.size());

  for (int round = 0; round < 4; ++round) { // a line with two placeholders names one at a time
    problems.clear();
    auto with = detect::ruleset::load(sources, &problems, options);
    for (const auto& problem : problems) {
      const auto open = problem.what.find("'%");
      const auto close = problem.what.find("%'", open + 2);
      options.lists[problem.what.substr(open + 2, close - open - 2)] = {"listed"};
    }
    if (problems.empty()) {
      CHECK((*with)->rules().size() == sources.size());
      WARN(sources.size() << " public Sigma rules load, " << files.size() << " of them need lists");
      return;
    }
  }
  for (const auto& problem : problems)
    UNSCOPED_INFO(problem.where << ": " << problem.what);
  FAIL("some public rules do not load");
}

TEST_CASE("every example of docs/rules loads, and so do its cases") {
  const std::string page = text_of(root() / "docs/rules/README.md");
  std::size_t examples = 0;
  for (std::size_t at = page.find("```yaml\n"); at != std::string::npos;
       at = page.find("```yaml\n", at + 1)) {
    const std::size_t first = at + 8;
    const std::vector<detect::rule_source> sources = {
        {"example.yaml", page.substr(first, page.find("\n```", first) - first)}};
    auto rules = detect::ruleset::load(sources);
    INFO(sources[0].text << "\n" << (rules ? std::string{} : rules.err().context));
    REQUIRE(rules);
    auto cases = detect::load_cases(sources[0]);
    INFO((cases ? std::string{} : cases.err().context));
    REQUIRE(cases);
    ++examples;
  }
  CHECK(examples == 7);
}
