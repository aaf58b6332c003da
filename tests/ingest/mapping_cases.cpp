// The mapping files that are shipped: each stands for one source and shows what comes of its
// records.
#include "ingest/mapping/cases.hpp"
#include "tests/ingest/records.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("every shipped mapping file loads, under the source it is named after",
          "[ingest][mapping]") {
  REQUIRE_FALSE(shipped_mapping_files().empty());
  for (const auto& file : shipped_mapping_files()) {
    INFO(file.name);
    CHECK(is_mapping_file(file.text));
    auto made = compile_mapping(file);
    INFO((made ? std::string{} : made.err().context));
    REQUIRE(made);
    CHECK(made->name + ".yaml" == file.name);
    CHECK_FALSE(made->activity.empty());
    CHECK(made->actions->size() > 0);
  }
}

TEST_CASE("every case of the shipped mapping files holds, beside all the others",
          "[ingest][mapping]") {
  for (const auto& file : shipped_mapping_files()) {
    auto reports = run_mapping_cases(file, shipped_mappings());
    INFO((reports ? file.name : reports.err().context));
    REQUIRE(reports);
    for (const auto& r : *reports) {
      INFO(r.where << ": " << r.name << ": " << r.what);
      CHECK(r.holds);
    }
  }
}

namespace {

/// A mapping of three cases; `mark` is what its records bear.
mapping_file small(const std::string& name, const std::string& mark, const std::string& cases) {
  return {name + ".yaml",
          fmt::format("source: {}\nrecognise: {{/{}: \"*\"}}\n"
                      "event: {{time: /at, service: s, action: /do, identity: /who}}\ncases:\n{}",
                      name, mark, cases)};
}

constexpr const char* three_cases = R"(
  - {name: a, record: '{"x":1,"at":"2026-01-02T03:04:05Z","do":"read","who":"ana"}', expect: {action: read, identity: ana}}
  - {name: b, record: '{"x":1,"do":"read","who":"ana"}', quarantined: "one: no time"}
  - {name: c, record: '{"x":1,"at":"2026-01-02T03:04:05Z","do":"read"}', quarantined: "one: no actor"}
)";

} // namespace

TEST_CASE("a case says which field differs, and who else claims its record", "[ingest][mapping]") {
  struct row {
    const char* why;
    const char* replaced;
    const char* by;
    const char* what;
  };
  const auto r = GENERATE(values<row>({
      {"as it is", "", "", ""},
      {"another value", "identity: ana", "identity: bob", "identity: expected 'bob', got 'ana'"},
      {"a field that is not there", "identity: ana", "session: s", "session: expected 's', got ''"},
      {"a value where none is expected", "identity: ana", "action: \"\"",
       "action: expected '', got 'read'"},
      {"quarantined, not expected", R"("at":"2026-01-02T03:04:05Z",)", "",
       "expected an event, got a record in quarantine: one: no time"},
      {"another source's mark", R"("x":1,"at")", R"("x":1,"y":2,"z":3,"at")",
       "source two claims the record"},
      {"a format's mark", R"("x":1,"at")", R"("x":1,"eventVersion":2,"at")",
       "format aws claims the record"},
      {"no mark", R"("x":1,"at")", R"("at")", "the record is not recognised"},
      {"two records", R"("x":1,"at")", R"("x":1}{"x":1,"at")", "expected one record, got 2"},
  }));
  INFO(r.why);
  std::string cases = three_cases;
  if (*r.replaced != '\0')
    cases.replace(cases.find(r.replaced), std::string_view{r.replaced}.size(), r.by);
  const auto one = small("one", "x", cases);
  const mapping_file two{"two.yaml",
                         "source: two\nrecognise: {/y: \"*\", /z: \"*\"}\n"
                         "event: {time: /at, service: s, action: /do, identity: /who}\n"};
  const auto set = mapping_set::load({one, two});
  REQUIRE(set);
  const auto reports = run_mapping_cases(one, *set);
  INFO((reports ? std::string{} : reports.err().context));
  REQUIRE(reports);
  REQUIRE(reports->size() == 3);
  CHECK(reports->front().what == r.what);
  CHECK(reports->front().holds == (*r.what == '\0'));
  CHECK((*reports)[1].holds);
  CHECK((*reports)[2].holds);
}

TEST_CASE("cases that do not read say file and line", "[ingest][mapping]") {
  struct row {
    const char* cases;
    const char* what;
  };
  const auto r = GENERATE(values<row>({
      {"  - {name: a, record: '{}', skipped: x}\n",
       "one.yaml: line 1: cases: it carries 1; 3 is the least, add records and what must come of "
       "them"},
      {"  - {name: a, record: '{}'}\n", "one.yaml: line 5: cases: each has a name, a record, and "
                                        "one of expect, skipped, quarantined"},
      {"  - {name: a, record: '{}', wants: x}\n",
       "one.yaml: line 5: cases: unknown key 'wants'; known are name, record, expect, skipped, "
       "quarantined"},
      {"  - text\n",
       "one.yaml: line 5: cases: each is a mapping with name, record, and what is expected"},
  }));
  const auto one = small("one", "x", r.cases);
  const auto set = mapping_set::load({one});
  REQUIRE(set);
  const auto reports = run_mapping_cases(one, *set);
  REQUIRE_FALSE(reports);
  CHECK(reports.err().context == r.what);
}

TEST_CASE("the example of docs/sources/mapping.md loads, and its cases hold beside what is shipped",
          "[ingest][mapping]") {
  const auto page = file_text(source_dir() / "docs/sources/mapping.md");
  const std::string fence = "```yaml\n";
  const auto from = page.find(fence);
  REQUIRE(from != std::string::npos);
  const auto begin = from + fence.size();
  const mapping_file example{"doorman.yaml", page.substr(begin, page.find("\n```", begin) - begin)};
  auto files = shipped_mapping_files();
  files.push_back(example);
  const auto set = mapping_set::load(files);
  INFO((set ? std::string{} : set.err().context));
  REQUIRE(set);
  const auto reports = run_mapping_cases(example, *set);
  INFO((reports ? std::string{} : reports.err().context));
  REQUIRE(reports);
  for (const auto& r : *reports) {
    INFO(r.where << ": " << r.name << ": " << r.what);
    CHECK(r.holds);
  }
}
