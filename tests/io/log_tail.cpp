#include "io/files/log_tail.hpp"
#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <fstream>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

void add(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::app} << text;
}

/// Everything that is there now.
std::string all(log_tail& tail) {
  std::string out;
  for (int empty = 0; empty < 2;) {
    const auto more = tail.read([&](std::string_view piece) -> base::status {
      out += piece;
      return {};
    });
    REQUIRE(more);
    empty = *more ? 0 : empty + 1;
  }
  return out;
}

} // namespace

TEST_CASE("log tail: gives what was added, and its position is behind the last whole line",
          "[io]") {
  const temp_folder files;
  const auto path = files.path("log");
  log_tail tail{path};
  CHECK(all(tail).empty()); // not there yet
  CHECK(tail.position().inode == 0);
  add(path, "one\ntw");
  CHECK(all(tail) == "one\ntw");
  CHECK(tail.position().offset == 4);
  add(path, "o\n");
  CHECK(all(tail) == "o\n");
  CHECK(tail.position().offset == 8);
  add(path, "{no end}");
  CHECK(all(tail) == "{no end}");
  CHECK(tail.position().offset == 8);
  tail.settle();
  CHECK(tail.position().offset == 16);
}

TEST_CASE("log tail: goes on where it was left, only if the file is the same", "[io]") {
  const temp_folder files;
  const auto path = files.path("log");
  add(path, "one\ntwo\nthr");
  log_tail first{path};
  CHECK(all(first) == "one\ntwo\nthr");
  log_tail second{path, first.position()};
  CHECK(all(second) == "thr");

  auto other = first.position();
  ++other.inode;
  log_tail third{path, other};
  CHECK(all(third) == "one\ntwo\nthr");

  auto beyond = first.position();
  beyond.offset = 100;
  log_tail fourth{path, beyond};
  CHECK(all(fourth) == "one\ntwo\nthr");
}

TEST_CASE("log tail: a file that was moved is read to its end before the one in its place",
          "[io]") {
  const temp_folder files;
  const auto path = files.path("log");
  add(path, "one\n");
  log_tail tail{path};
  CHECK(all(tail) == "one\n");
  std::filesystem::rename(path, files.path("log.1"));
  add(files.path("log.1"), "two\n"); // by a writer that has not noticed
  CHECK(all(tail) == "two\n");
  add(path, "three\n");
  CHECK(all(tail) == "three\n");
  CHECK(tail.position().offset == 6);

  std::ofstream{path, std::ios::trunc};
  CHECK(all(tail).empty());
  add(path, "four\n");
  CHECK(all(tail) == "four\n");
}
