#include "io/files/last_words.hpp"

#include "tests/support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace vedette;

namespace {

struct folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("last-words-" + std::to_string(getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

/// A process that keeps its last words there, does what it is told, and ends; its signal.
template <class Deed>
int signal_of(const std::filesystem::path& file, Deed deed) {
  const auto child = fork();
  if (child == 0) {
    // The test framework's handlers would report a failure.
    for (const int s : {SIGABRT, SIGSEGV})
      std::signal(s, SIG_DFL);
    (void)std::freopen("/dev/null", "w", stderr);
    if (!io::keep_last_words(file))
      _exit(3);
    deed();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void fold_and_throw() noexcept {
  const base::folding here{{5}, {12}};
  base::folding::record(2);
  (void)std::string{}.at(1);
}

} // namespace

TEST_CASE("last words: a process that dies of a record says which, one that is killed does not",
          "[io][last_words]") {
  const folder in;
  const auto file = in.path / "last-words";
  CHECK(signal_of(file, [] {
          const base::folding here{{3}, {41}};
          base::folding::record(7);
          std::abort();
        }) == SIGABRT);
  CHECK(signal_of(file, [] {
          const base::folding here{{3}, {41}};
          base::folding::record(7);
          raise(SIGSEGV);
        }) != 0);
  CHECK(signal_of(file, fold_and_throw) == SIGABRT);
  CHECK(signal_of(file, [] {
          const base::reading here{"{}"};
          std::abort();
        }) == SIGABRT);
  CHECK(signal_of(file, [] {
          const base::folding here{{4}, {9}};
          raise(SIGKILL);
        }) == SIGKILL);
  CHECK(signal_of(file, [] {
          { const base::folding done{{4}, {10}}; }
          std::abort();
        }) == SIGABRT);
  const auto child = fork(); // the handlers would stay in this process
  if (child == 0) {
    const auto said = io::keep_last_words(file);
    const bool right =
        said && said->size() == 3 && (*said)[0].place == base::fold_place{{3}, {41}, 7} &&
        (*said)[0].times == 2 && (*said)[1].place == base::fold_place{{5}, {12}, 2} &&
        (*said)[1].times == 1 && (*said)[2].place == base::place_of("{}") && (*said)[2].times == 1;
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("last words: a file of something else is begun anew", "[io][last_words]") {
  const folder in;
  const auto file = in.path / "last-words";
  std::ofstream{file} << std::string(5000, 'x');
  CHECK(signal_of(file, [] {
          const base::folding here{{1}, {1}};
          std::abort();
        }) == SIGABRT);
  std::ifstream bytes{file, std::ios::binary};
  std::string head(8, '\0');
  bytes.read(head.data(), 8);
  CHECK(head == "VDENDW01");
}
