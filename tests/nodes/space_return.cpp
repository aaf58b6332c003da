#include "nodes/vedetted/space_return.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace std::chrono_literals;

namespace {

constexpr std::uintmax_t disk = std::uintmax_t{100} << 30, plenty = space_return::room;

/// Seconds until it says so, looking every second; -1 when not within two minutes.
int tries_after(space_return& r, base::duration from, std::uintmax_t free) {
  for (int s = 0; s < 120; ++s)
    if (r.look(from + std::chrono::seconds{s}, free, disk))
      return s;
  return -1;
}

} // namespace

TEST_CASE("space return: a node starts anew when there has been room for a while, and not before",
          "[nodes][disk]") {
  space_return r;
  CHECK(tries_after(r, 0s, plenty - 1) == -1);
  CHECK_FALSE(r.look(200s, plenty, disk));
  CHECK_FALSE(r.look(201s, plenty - 1, disk)); // somebody took it again
  CHECK_FALSE(r.look(202s, plenty, disk));
  CHECK(r.look(202s + space_return::steady, plenty, disk));
  space_return small;
  CHECK(tries_after(small, 0s, 0) == -1);
  CHECK_FALSE(small.look(0s, 2 << 20, 8 << 20));
  CHECK(small.look(2s, 2 << 20, 8 << 20)); // a quarter of a small disk
}

TEST_CASE("space return: a disk that is full again at once is tried ever less often",
          "[nodes][disk]") {
  space_return r;
  base::duration now{};
  std::vector<int> waits;
  for (int i = 0; i < 6; ++i) {
    const auto s = tries_after(r, now, plenty);
    REQUIRE(s >= 0);
    waits.push_back(s);
    now += std::chrono::seconds{s};
  }
  CHECK(waits == std::vector{2, 8, 16, 32, 60, 60});
  CHECK(space_return::pause_max == 60s);
  // Full once more after an hour: that is another matter.
  now += 1h;
  CHECK(tries_after(r, now, plenty) == 2);
  CHECK(tries_after(r, now + 2s, plenty) == 8);
}
