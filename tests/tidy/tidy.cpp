// The tree as it is passes every check.
#include "tests/support/catch.hpp"
#include "tests/tidy/checks.hpp"

#include <cstdlib>

using namespace vedette::tidy;

namespace {

const tree& ours() {
  static const tree t = tree::read(
      std::getenv("VEDETTE_SOURCE_DIR") == nullptr ? "." : std::getenv("VEDETTE_SOURCE_DIR"));
  return t;
}

void none(const complaints& found) {
  for (const auto& c : found)
    FAIL_CHECK(c);
  CHECK(ours().files().size() > 50);
}

} // namespace

TEST_CASE("tidy: pure folders do no I/O, read no clock and start no thread", "[tidy]") {
  none(impure_code(ours()));
}
TEST_CASE("tidy: every include of ours is one the table of folders allows", "[tidy]") {
  none(forbidden_includes(ours()));
}
TEST_CASE("tidy: third-party headers stand only where the table links their library", "[tidy]") {
  none(forbidden_libraries(ours()));
}
TEST_CASE("tidy: no file is longer than 500 lines", "[tidy]") {
  none(long_files(ours()));
}
TEST_CASE("tidy: every header says what it is before #pragma once", "[tidy]") {
  none(headers_without_paragraph(ours()));
}
TEST_CASE("tidy: every header is included by somebody", "[tidy]") {
  none(headers_nobody_includes(ours()));
}
TEST_CASE("tidy: no unfinished work is marked and no machine's path is named", "[tidy]") {
  none(leftovers(ours()));
}
TEST_CASE("tidy: every limit is named by a test", "[tidy]") {
  none(untested_limits(ours()));
}
TEST_CASE("tidy: every detection carries cases", "[tidy]") {
  none(rules_without_cases(ours()));
}
TEST_CASE("tidy: pages name only files that exist", "[tidy]") {
  none(stale_paths(ours()));
}
TEST_CASE("tidy: pages name only commands that ./dev has", "[tidy]") {
  none(unknown_commands(ours()));
}
TEST_CASE("tidy: the pages of promises quote only tests that exist", "[tidy]") {
  none(unknown_tests(ours()));
}
