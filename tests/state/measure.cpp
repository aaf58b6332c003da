// Cost of a group commit and speed of a recovery scan; hidden, run with `test_state "[.measure]"`
// from a release build. The folder is the one for temporary files: set TMPDIR to a real disk.
#include "schemas/codec/event_codec.hpp"
#include "state/rocks/rocks_store.hpp"
#include "tests/schemas/sample_events.hpp"
#include "tests/state/folder.hpp"
#include "tests/support/catch.hpp"

#include <fmt/core.h>

#include <chrono>
#include <ctime>

using namespace vedette;
using namespace vedette::state;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}
double wall_seconds() {
  return std::chrono::duration<double>{std::chrono::steady_clock::now().time_since_epoch()}.count();
}
/// Bytes this process sent to block devices, by the kernel's count.
std::uint64_t kernel_written() {
  const auto io = test::read_file("/proc/self/io");
  const auto at = io.find("\nwrite_bytes: ");
  return at == std::string::npos ? 0 : std::stoull(io.substr(at + 14));
}

} // namespace

TEST_CASE("measure: commits and recovery", "[.measure]") {
  struct row {
    sync_policy policy;
    unsigned entries, events, groups;
    const char* why;
  };
  const auto r = GENERATE(values<row>({
      {sync_policy::every_commit, 100, 2, 2000, "100 entries of 2 events, fsync"},
      {sync_policy::every_commit, 16, 15, 4000, "16 entries of 15 events, fsync"},
      {sync_policy::never, 16, 15, 4000, "16 entries of 15 events, no fsync"},
      {sync_policy::never, 100, 16, 6000, "100 entries of 16 events, no fsync, with trims"},
  }));
  test::folder folder;
  store_options options;
  options.sync = r.policy;
  auto s = open_rocks_store(folder / "s", options);
  REQUIRE(s);
  test::sample_events sample{5};
  std::vector<std::string> bodies;
  for (int i = 0; i < 400; ++i)
    bodies.push_back(schemas::encode(*sample.batch(r.events)));
  std::vector<log_entry> group(r.entries);
  std::uint64_t raw = 0;
  auto cpu = cpu_seconds(), wall = wall_seconds();
  const auto kernel = kernel_written();
  for (unsigned g = 0; g < r.groups; ++g) {
    for (unsigned i = 0; i < r.entries; ++i) {
      group[i] = {
          {i}, {1}, {g + 1}, entry_kind::batch, 1, bodies[(g * r.entries + i) % bodies.size()]};
      raw += group[i].body.size();
    }
    REQUIRE((*s)->log().append(group));
    if (r.policy == sync_policy::never && r.entries == 100 && g % 1000 == 999) {
      positions all;
      for (unsigned i = 0; i < r.entries; ++i)
        all[{i}] = {g + 1};
      REQUIRE((*s)->log().trim(all, {std::chrono::hours{1}, std::uint64_t{64} << 20}));
    }
  }
  cpu = cpu_seconds() - cpu;
  wall = wall_seconds() - wall;
  const auto usage = (*s)->log().usage();
  s = base::error{};
  const auto events = double{1} * r.groups * r.entries * r.events;
  fmt::print("{}: {:.0f} us CPU, {:.0f} us wall a group; {:.1f} B/event handed over, {:.1f} "
             "B/event written by the kernel "
             "count, {:.2f} us CPU an event\n",
             r.why, cpu / r.groups * 1e6, wall / r.groups * 1e6,
             static_cast<double>(usage.bytes_written) / events,
             static_cast<double>(kernel_written() - kernel) / events, cpu / events * 1e6);
  wall = wall_seconds();
  auto again = open_rocks_store(folder / "s", options);
  REQUIRE(again);
  const auto opened = wall_seconds() - wall;
  positions after;
  for (unsigned i = 0; i < r.entries; ++i)
    after[{i}] = {(*again)->log().first_kept({i}).value - 1};
  wall = wall_seconds();
  std::uint64_t scanned = 0, n = 0;
  REQUIRE((*again)->log().read(after, [&](const log_entry& e) {
    scanned += e.body.size();
    ++n;
    return true;
  }));
  wall = wall_seconds() - wall;
  fmt::print("  reopen {:.0f} ms ({} MB kept); scan {} entries, {:.0f} MB/s of bodies, {:.0f} MB/s "
             "stored\n",
             opened * 1e3, usage.bytes >> 20, n, static_cast<double>(scanned) / wall / 1e6,
             static_cast<double>(usage.bytes) / wall / 1e6);
}
