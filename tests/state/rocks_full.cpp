// A disk that stops taking bytes, and many threads at one store.
#include "state/rocks/rocks_store.hpp"
#include "tests/state/folder.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>

using namespace vedette;
using namespace vedette::state;

namespace {

log_entry large_entry(std::uint32_t partition, std::uint64_t index) {
  std::mt19937_64 random{index};
  std::string body(2000, '\0');
  for (auto& c : body)
    c = static_cast<char>(random());
  return {{partition}, {1}, {index}, entry_kind::batch, 1, std::move(body)};
}

/// In a process whose files may not grow past 256 KiB: appends until refused, tells how often it
/// was not.
[[noreturn]] void append_until_refused(const std::filesystem::path& path, int answer) {
  std::signal(SIGXFSZ, SIG_IGN); // the write fails instead
  const rlimit limit{256 * 1024, 256 * 1024};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::uint64_t taken = 0;
  auto s = open_rocks_store(path);
  while (s && taken < 10'000) {
    const auto e = large_entry(0, taken + 1);
    if (!(*s)->log().append({&e, 1}))
      break;
    ++taken;
  }
  const auto e = large_entry(0, taken + 1);
  // What is stored is unknown: none of the ways to write may go on, and none may end the process.
  changes set;
  set.put({{0}, {"acme"}, state_kind::identity, "one"}, "x");
  if (!s || (*s)->log().append({&e, 1}) || (*s)->log().sync() || (*s)->entities().apply(set))
    taken = 0;
  s = base::error{base::ec::none, "closed"}; // which must not end the process either
  const bool told = ::write(answer, &taken, sizeof(taken)) == sizeof(taken);
  ::_exit(told ? 0 : 1);
}

} // namespace

TEST_CASE("rocks: after a refused write nothing is taken, and nothing that was taken is lost",
          "[state][rocks]") {
#if defined(__SANITIZE_THREAD__)
  WARN("skipped: ThreadSanitizer stops a forked process that starts threads; the other builds run "
       "this");
  return;
#endif
  test::folder folder;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    append_until_refused(folder / "s", ends[1]);
  ::close(ends[1]);
  std::uint64_t taken = 0;
  REQUIRE(::read(ends[0], &taken, sizeof(taken)) == sizeof(taken));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  CHECK(taken > 50);
  CHECK(taken < 200);
  auto s = open_rocks_store(folder / "s");
  REQUIRE(s);
  std::uint64_t next = 1;
  REQUIRE((*s)->log().read({{{0}, {0}}}, [&](const log_entry& e) {
    CHECK(e == large_entry(0, next));
    ++next;
    return true;
  }));
  CHECK(next - 1 >= taken);
  CHECK(next - 1 <= taken + 1); // the refused one may be there whole
}

TEST_CASE("rocks: readers, trims and evictions do not disturb the one who appends",
          "[state][rocks]") {
  test::folder folder;
  store_options options;
  options.sync = sync_policy::never;
  options.run_records = 8;
  auto opened = open_rocks_store(folder / "s", options);
  REQUIRE(opened);
  auto& s = **opened;
  constexpr std::uint64_t count = 600;
  std::jthread evictions{[&] {
    for (std::uint64_t i = 1; i <= count; ++i) {
      changes set;
      set.put({{0}, {"acme"}, state_kind::identity, "one"}, std::to_string(i));
      set.position({0}, {i});
      if (!s.entities().apply(set))
        std::abort();
    }
  }};
  std::jthread trims{[&] {
    for (int i = 0; i < 40; ++i)
      if (!s.log().trim({{{0}, {count}}}, {base::duration{0}, 30'000}))
        std::abort();
  }};
  std::jthread reader{[&] {
    for (int i = 0; i < 60; ++i) {
      std::uint64_t next = s.log().first_kept({0}).value;
      const auto done = s.log().read({{{0}, {next - 1}}}, [&](const log_entry& e) {
        if (e.index.value != next++)
          std::abort();
        return true;
      });
      if (!done && done.err().code != base::ec::not_found) // trimmed while we looked
        std::abort();
      (void)s.log().usage();
    }
  }};
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto e = large_entry(0, i);
    REQUIRE(s.log().append({&e, 1}));
  }
  evictions.join();
  trims.join();
  reader.join();
  CHECK((*s.log().last({0})).value == count);
  CHECK((*s.entities().position({0})).value == count);
}
