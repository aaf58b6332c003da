// What a thread's lateness says of its process.
#include "nodes/membership/starvation.hpp"
#include "tests/support/catch.hpp"

using namespace vedette::membership;
using namespace std::chrono_literals;

namespace {

constexpr auto tick = 50ms;

void pass(starvation& s, std::chrono::milliseconds span, std::chrono::milliseconds round) {
  for (auto at = 0ms; at < span; at += round)
    s.round(tick, round);
}

} // namespace

TEST_CASE("starvation: a process that runs for a hundredth of the time knows within five seconds",
          "[membership][starvation]") {
  starvation s;
  pass(s, 60s, tick);
  pass(s, 5s, 500ms);
  CHECK(s.starved());
  CHECK(s.lost() > 0.7);
}

TEST_CASE("starvation: one stop is none, however long", "[membership][starvation]") {
  for (const auto stop : {3s, 5s, 60s}) {
    starvation s;
    pass(s, 10s, tick);
    s.round(tick, stop);
    INFO(stop.count() << " s");
    CHECK_FALSE(s.starved());
  }
}

TEST_CASE("starvation: a loaded machine is none, however long", "[membership][starvation]") {
  starvation s;
  pass(s, 10min, 300ms); // six times as slow as it would be
  CHECK_FALSE(s.starved());
  CHECK(s.lost() == 0);
}

TEST_CASE("starvation: it is over when it has been over for some seconds, and not before",
          "[membership][starvation]") {
  starvation s;
  pass(s, 20s, 1s);
  REQUIRE(s.starved());
  pass(s, 3s, tick);
  CHECK(s.starved());
  pass(s, 6s, tick);
  CHECK_FALSE(s.starved());
}

TEST_CASE("starvation: a clock that stands still says nothing", "[membership][starvation]") {
  starvation s;
  s.round(tick, 0ms);
  CHECK_FALSE(s.starved());
}
