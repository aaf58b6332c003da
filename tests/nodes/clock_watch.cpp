// A node that goes by what most clocks show, on a clock that the test sets.
#include "nodes/server/clock_watch.hpp"

#include "io/clock/manual_clock.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <set>
#include <string>

using namespace vedette;
using namespace vedette::server;
using namespace std::chrono_literals;

namespace {

struct watched {
  const base::receive_time began{1'700'000'000s};
  io::manual_clock own{began};
  io::agreed_clock clock{own};
  clock_watch watch{clock, {"a"}};
  std::map<std::string, base::duration> off{{"b", 0s}, {"c", 0s}};
  std::set<std::string> unheard;

  /// Half a second later.
  void look() {
    own.advance(500ms);
    io::mesh_counts heard;
    for (const auto& [node, by] : off) {
      io::mesh_peer_counts p;
      p.node = {node};
      p.alive = !unheard.contains(node);
      p.clock = began.time_since_epoch() + by;
      heard.peers.push_back(std::move(p));
    }
    watch.look(heard, 3);
  }
  [[nodiscard]] base::receive_time right() const { return began + own.monotonic(); }
};

} // namespace

TEST_CASE("clock watch: a step of the own clock is seen by nobody while the others are heard",
          "[clocks]") {
  watched w;
  CHECK_FALSE(w.watch.decided());
  w.look();
  CHECK(w.watch.decided());
  CHECK(w.clock.now() == w.own.now());
  for (const auto by : {600s, -600s}) {
    w.own.set(w.right() + by);
    CHECK(w.clock.now() == w.right()); // also before anybody has looked
    w.look();
    CHECK(w.clock.now() == w.right());
    const auto report = w.watch.report();
    CHECK(report.at({"a"}).state == clock_state::wrong);
    CHECK(report.at({"a"}).off == by);
    CHECK(report.at({"b"}).state == clock_state::right);
  }
  w.own.set(w.right());
  w.look();
  CHECK(w.watch.report().at({"a"}).state == clock_state::right);
}

TEST_CASE("clock watch: another's clock that is wrong is named and changes nothing here",
          "[clocks]") {
  watched w;
  w.off["c"] = 600s;
  w.look();
  CHECK(w.clock.now() == w.own.now());
  CHECK(w.watch.report().at({"c"}).state == clock_state::wrong);
  CHECK(w.watch.report().at({"c"}).off == 600s);
  // Nobody can tell any more which of two is wrong.
  w.unheard = {"b"};
  w.look();
  CHECK_FALSE(w.watch.decided());
  CHECK(w.clock.now() == w.own.now());
  CHECK(w.watch.report().at({"c"}).state == clock_state::apart);
  CHECK(w.watch.report().at({"a"}).state == clock_state::right);
}

TEST_CASE("clock watch: without a majority a step waits until somebody can judge it", "[clocks]") {
  watched w;
  w.look();
  w.unheard = {"b", "c"};
  w.own.set(w.right() + 600s);
  w.look();
  CHECK(w.clock.now() == w.right());
  CHECK(w.watch.report().at({"a"}).state == clock_state::apart);
  // The whole cluster had been wrong, and was set.
  w.unheard.clear();
  w.off = {{"b", 600s}, {"c", 600s}};
  w.look();
  CHECK(w.clock.now() == w.own.now());
  CHECK(w.watch.report().at({"a"}).state == clock_state::right);
}
