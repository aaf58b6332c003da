// What a node learns of another one's wall clock over the mesh.
#include "io/clock/manual_clock.hpp"
#include "io/mesh/peer_clock.hpp"
#include "tests/mesh/node.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

TEST_CASE("peer clock: it is read to half of what both ways took, and not when that was long",
          "[mesh][clocks]") {
  const auto wall = 1'700'000'000s;
  const auto ahead = 600s;
  // The two monotonic clocks have nothing to do with each other.
  const auto mine = 100s, theirs = 7s;
  for (const auto way : {0ms, 3ms, 400ms, 600ms}) {
    INFO("each way takes " << way.count() << " ms");
    peer_clock here, there;
    there.heard(here.stamp(mine, wall), theirs + way);
    CHECK_FALSE(there.reading(theirs + way)); // one way says nothing of how long it took
    const auto held = 150ms;
    const auto answer = there.stamp(theirs + way + held, wall + ahead + way + held);
    CHECK(answer.heard_at == base::duration{mine}.count());
    CHECK(answer.held_for == base::duration{held}.count());
    const auto back = mine + 2 * way + held;
    here.heard(answer, back);
    const auto got = here.reading(back);
    REQUIRE(got.has_value() == (2 * way <= peer_clock::round_trip_max));
    if (got)
      CHECK(*got == wall + ahead - mine);
    CHECK_FALSE(here.reading(back + peer_clock::fresh + 1ms));
  }
}

TEST_CASE("peer clock: what cannot be is not taken, and another process is read anew",
          "[mesh][clocks]") {
  peer_clock c;
  c.heard({5, 1'000, base::duration{20s}.count(), 0}, 10s);
  CHECK_FALSE(c.reading(10s)); // an answer to what is not said yet
  c.heard({5, 1'000, base::duration{9s}.count(), base::duration{2s}.count()}, 10s);
  CHECK_FALSE(c.reading(10s)); // held for longer than it was away
  c.heard({0, 1'000, base::duration{10s}.count(), 0}, 10s);
  CHECK_FALSE(c.reading(10s)); // an older build says nothing
  c.heard({5, base::duration{40s}.count(), base::duration{10s}.count(), 0}, 10s);
  REQUIRE(c.reading(10s));
  CHECK(*c.reading(10s) == 30s);
  c.restarted();
  CHECK_FALSE(c.reading(10s));
  CHECK(c.stamp(11s, 41s).heard_at == 0);
}

TEST_CASE("mesh: nodes read each other's wall clocks, and a step within seconds",
          "[mesh][clocks]") {
  const real_clock machine;
  /// Goes as the machine's does, but for a wall clock that shows something else.
  struct shifted final : clock {
    const real_clock machine;
    std::atomic<std::int64_t> by{0};
    [[nodiscard]] base::receive_time now() const override {
      return machine.now() + base::duration{by.load()};
    }
    [[nodiscard]] base::duration monotonic() const override { return machine.monotonic(); }
  } off;
  off.by = base::duration{-600s}.count();
  auto settings = patient();
  settings.time = &off;
  node a{"a", patient()}, b{"b", settings};
  introduce({&a, &b});
  const auto read = [&](node& by) -> std::optional<base::duration> {
    const auto own = machine.now().time_since_epoch() - machine.monotonic();
    for (const auto& p : by.wire().counts().peers)
      if (p.clock)
        return *p.clock - own;
    return std::nullopt;
  };
  const auto shows = [&](node& by, base::duration wanted) {
    return eventually([&] {
      const auto got = read(by);
      return got && std::chrono::abs(*got - wanted) < 1s;
    });
  };
  CHECK(shows(a, -600s));
  CHECK(shows(b, 0s)); // by the machine's clock, which is a's
  off.by = base::duration{30s}.count();
  CHECK(shows(a, 30s));
}
