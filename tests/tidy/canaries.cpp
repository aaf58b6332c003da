// Each check finds what it is there to find: a check that cannot fail guards nothing.
#include "tests/support/catch.hpp"
#include "tests/tidy/checks.hpp"

using namespace vedette::tidy;

namespace {

constexpr const char* table =
    "set(VEDETTE_SEES_base \"\")\nset(VEDETTE_SEES_detect base)\n"
    "set(VEDETTE_SEES_state base)\nset(VEDETTE_SEES_io base\n    detect)\n"
    "set(VEDETTE_LINKS_base fmt::fmt)\nset(VEDETTE_LINKS_state RocksDB::rocksdb-shared)\n"
    "set(VEDETTE_LINKS_io cppzmq\n    ZLIB::ZLIB)\n";

tree with(const char* path, const std::string& text) {
  tree t;
  t.add("cmake/vedette.cmake", table);
  t.add(path, text);
  return t;
}

} // namespace

TEST_CASE("tidy: a clock, a lock or a library in a pure folder is found", "[tidy][canary]") {
  struct row {
    const char* why;
    const char* path;
    const char* text;
    bool found;
  };
  const auto r = GENERATE(values<row>({
      {"an actor library", "detect/a.cpp", "#include <caf/all.hpp>\n", true},
      {"a thread", "respond/a.hpp", "#  include <thread>\n", true},
      {"a file", "ingest/deep/er/a.cpp", "#include <fstream>\n", true},
      {"a system call", "ingest/a.cpp", "#include <sys/mman.h>\n", true},
      {"a clock", "cluster/a.cpp", "auto t = std::chrono::system_clock::now();\n", true},
      {"a file in the configuration", "nodes/config/a.cpp", "#include <fstream>\n", true},
      {"the environment", "base/a.cpp", "std::getenv(\"A\");\n", true},
      {"a clock after a quote that closes", "base/a.cpp", "f(\"//\"); steady_clock::now();\n",
       true},
      {"a clock after 1'000", "base/a.cpp", "int n = 1'000; // x\nsteady_clock::now();\n", true},
      {"a clock after a raw string", "base/a.cpp", "f(R\"(\" // )\"); steady_clock::now();\n",
       true},
      {"only spoken of", "detect/a.cpp", "// never system_clock::now()\n/* steady_clock::now */\n",
       false},
      {"where clocks belong", "io/clock/a.cpp", "std::chrono::system_clock::now();\n", false},
      {"only computes", "detect/a.cpp", "#include <chrono>\n", false},
  }));
  INFO(r.why);
  CHECK(impure_code(with(r.path, r.text)).empty() != r.found);
}

TEST_CASE("tidy: an include that goes round the table is found", "[tidy][canary]") {
  struct row {
    const char* why;
    const char* path;
    const char* text;
    bool found;
  };
  const auto r = GENERATE(values<row>({
      {"upwards", "base/a.hpp", "#include \"detect/b.hpp\"\n", true},
      {"sideways", "detect/a.hpp", "#include \"state/b.hpp\"\n", true},
      {"without its folder", "detect/a.hpp", "#include \"b.hpp\"\n", true},
      {"a folder nobody planned", "helpers/a.hpp", "\n", true},
      {"downwards", "detect/a.hpp", "#include \"base/b.hpp\"\n", false},
      {"a row of the table on two lines", "io/a.hpp", "#include \"detect/b.hpp\"\n", false},
      {"itself", "detect/a.hpp", "#include \"detect/b.hpp\"\n", false},
      {"tests see everything", "tests/a.cpp", "#include \"state/b.hpp\"\n", false},
  }));
  INFO(r.why);
  CHECK(forbidden_includes(with(r.path, r.text)).empty() != r.found);
}

TEST_CASE("tidy: a library outside its folders is found", "[tidy][canary]") {
  struct row {
    const char* why;
    const char* path;
    const char* text;
    bool found;
  };
  const auto r = GENERATE(values<row>({
      {"the store's library in a program", "nodes/a.cpp", "#include <rocksdb/db.h>\n", true},
      {"the store's library beside its door", "state/a.cpp", "#include <rocksdb/db.h>\n", true},
      {"in its place", "state/rocks/a.cpp", "#include <rocksdb/db.h>\n", false},
      {"sockets below io", "base/a.cpp", "#include <zmq.hpp>\n", true},
      {"sockets in io", "io/a.cpp", "#include <zmq.hpp>\n", false},
      {"a row of the table on two lines", "io/a.cpp", "#include <zlib.h>\n", false},
      {"the HTTP library elsewhere", "nodes/a.cpp", "#include <boost/beast.hpp>\n", true},
      {"the test library in a program", "nodes/a.cpp", "#include <catch2/catch.hpp>\n", true},
      {"a library nobody decided on", "nodes/a.cpp", "#include <absl/x.h>\n", true},
      {"the bytes seen outside schemas", "io/a.cpp", "#include <schemas/x.capnp.h>\n", true},
      {"everyone formats", "io/a.cpp", "#include <fmt/format.h>\n", false},
      {"the standard library", "base/a.cpp", "#include <vector>\n", false},
  }));
  INFO(r.why);
  CHECK(forbidden_libraries(with(r.path, r.text)).empty() != r.found);
}

TEST_CASE("tidy: files that are too long, silent, lonely or unfinished are found",
          "[tidy][canary]") {
  std::string lines;
  for (int i = 0; i < 500; ++i)
    lines += "x\n";
  CHECK(long_files(with("base/a.cpp", lines)).empty());
  CHECK(!long_files(with("base/a.cpp", lines + "x\n")).empty());
  CHECK(long_files(with("docs/a.md", lines + "x\n")).empty());

  CHECK(!headers_without_paragraph(
             with("base/a.hpp",
                  "#pragma once\n// What this is comes too late to be read by anybody.\n"))
             .empty());
  CHECK(!headers_without_paragraph(with("base/a.hpp", "// Helpers.\n#pragma once\n")).empty());
  CHECK(!headers_without_paragraph(
             with("base/a.hpp",
                  "// What this is, what it remembers, what bounds it, who calls it.\n"))
             .empty());
  CHECK(
      headers_without_paragraph(
          with("base/a.hpp",
               "// What this is, what it remembers, what bounds it, who calls it.\n#pragma once\n"))
          .empty());

  auto t = with("base/a.hpp", "");
  CHECK(headers_nobody_includes(t).size() == 1);
  t.add("base/a.cpp", "#include \"base/a.hpp\"\n");
  CHECK(headers_nobody_includes(t).empty());

  CHECK(!leftovers(with("base/a.cpp", "// TO"
                                      "DO: later\n"))
             .empty());
  CHECK(!leftovers(with("docs/a.md", "see \"/"
                                     "home/me/x\"\n"))
             .empty());
  CHECK(!leftovers(with("dev", "cd /"
                               "work/main\n"))
             .empty());
  CHECK(leftovers(with("docs/a.md", "the method TO"
                                    "DOS, frame"
                                    "/wo"
                                    "rk/x and https://a.b/"
                                    "home/c\n"))
            .empty());
}

TEST_CASE("tidy: a promise without a test, a case or a file is found", "[tidy][canary]") {
  auto t = with("base/limits.hpp", "inline constexpr std::size_t rules = 3;\n"
                                   "inline constexpr std::chrono::minutes lateness{20};\n");
  CHECK(untested_limits(t).size() == 2);
  t.add("tests/base/a.cpp", "// limits::rules\nint rules = 1; f(limits::lateness_of_others);\n");
  CHECK(untested_limits(t).size() == 2);
  t.add("tests/base/b.cpp", "f(base::limits::rules); g(limits::lateness);\n");
  CHECK(untested_limits(t).empty());

  const auto rule = [](const std::string& text) {
    return rules_without_cases(with("rules/detections/aws/a.yaml", text)).empty();
  };
  CHECK(!rule("id: a\n"));
  CHECK(!rule("    expect: high\n    expect: none\n"));
  CHECK(!rule("cases:\n  - name: a\n    expect: high\n"));
  CHECK(!rule("cases:\n  - name: a\n    expect: none\n  - name: b\n    expect: nonesuch\n"));
  CHECK(rule("cases:\n  - name: a\n    expect: high\n  - name: b\n    expect: none\n"));

  CHECK(stale_paths(with("docs/a.md", "in `base/gone.hpp`\n")).size() == 1);
  auto pages = with("docs/a.md", "in `base/gone.hpp`, `base/`, `nowhere/gone.md`, `base::x`, "
                                 "`a/b`\n```\n`base/gone2.hpp`\n```\n");
  pages.add("base/here.hpp", "");
  CHECK(stale_paths(pages).size() == 2);

  auto promise = with("docs/guarantees.md", "| it holds | \"log: it\", \"holds\" |\n");
  CHECK(unknown_tests(promise).size() == 2);
  promise.add("tests/state/a.cpp", "TEST_CASE(\"log: \"\n   \"it holds\", \"[a]\") {}\n");
  CHECK(unknown_tests(promise).size() == 1);

  auto dev = with("dev", "#!/usr/bin/env bash\n#   build   builds\ncmd_build() {\n");
  dev.add("README.md", "run `./dev build`\n");
  CHECK(unknown_commands(dev).empty());
  dev.add("docs/b.md", "    ./dev fly\n");
  CHECK(unknown_commands(dev).size() == 1);
  CHECK(unknown_commands(with("dev", "cmd_build() {\n")).size() == 1);
  CHECK(!unknown_commands(with("README.md", "")).empty());
}
