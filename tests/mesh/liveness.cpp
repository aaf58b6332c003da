#include "io/mesh/peer_watch.hpp"
#include "tests/coordination/proxy.hpp"
#include "tests/mesh/child.hpp"
#include "tests/mesh/node.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

double ms_between(steady::time_point from, steady::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Two nodes that reach each other only through proxies, so that lines can be cut.
struct two_apart {
  node a{"a"}, b{"b"};
  proxy to_a{a.port()}, to_b{b.port()};

  two_apart() {
    a.wire().set_peers({b.card(testing::loopback(to_b.port()))});
    b.wire().set_peers({a.card(testing::loopback(to_a.port()))});
    REQUIRE(a.wait_alive("b"));
    REQUIRE(b.wait_alive("a"));
  }
};

} // namespace

TEST_CASE("mesh: a killed peer is seen at once, and one that is back within a second", "[mesh]") {
  node a{"a"};
  std::uint16_t port = 0;
  double worst_kill = 0, worst_return = 0;
  std::uint64_t process = 0;
  std::optional<child> b{std::in_place, a.wire().endpoint()};
  port = b->port();
  a.wire().set_peers({{{"b"}, loopback(port), {}, 0}});
  REQUIRE(a.wait_alive("b"));
  for (int round = 0; round < 5; ++round) {
    process = a.about("b").process;
    a.insist("b", lane::data, "in the first process");
    const auto killed = steady::now();
    b->kill();
    REQUIRE(a.wait_alive("b", false));
    worst_kill = std::max(worst_kill, ms_between(killed, a.last("b").at));
    CHECK_FALSE(a.send("b", lane::data, "nobody is there"));
    b.emplace(a.wire().endpoint(), port);
    const auto listens = steady::now();
    REQUIRE(a.wait_alive("b"));
    worst_return = std::max(worst_return, ms_between(listens, a.last("b").at));
    REQUIRE(a.wait([&](node&) { return a.about("b").process != process; }));
  }
  std::printf(
      "mesh: killed peer seen after at most %.1f ms, restarted peer back after at most %.0f "
      "ms (5 rounds)\n",
      worst_kill, worst_return);
  CHECK(worst_kill < 1500);
  CHECK(worst_return < 4000);
}

TEST_CASE("mesh: a frozen peer is dead after the silence and alive again when it goes on",
          "[mesh]") {
  node a{"a"};
  child b{a.wire().endpoint()};
  a.wire().set_peers({{{"b"}, loopback(b.port()), {}, 0}});
  REQUIRE(a.wait_alive("b"));
  const auto frozen = steady::now();
  b.freeze();
  REQUIRE(a.wait_alive("b", false));
  const auto seen = ms_between(frozen, a.last("b").at);
  const auto thawed = steady::now();
  b.continue_();
  REQUIRE(a.wait_alive("b"));
  const auto back = ms_between(thawed, a.last("b").at);
  std::printf("mesh: frozen peer seen after %.0f ms, back after %.0f ms\n", seen, back);
  CHECK(seen > 1000);
  CHECK(seen < 4000);
  CHECK(back < 4000);
}

TEST_CASE("mesh: a silent cut is seen by both sides, and its end too", "[mesh]") {
  two_apart nodes;
  const auto cut = steady::now();
  nodes.to_a.set(way::hole);
  nodes.to_b.set(way::hole);
  REQUIRE(nodes.a.wait_alive("b", false));
  REQUIRE(nodes.b.wait_alive("a", false));
  const auto a_saw = ms_between(cut, nodes.a.last("b").at);
  const auto b_saw = ms_between(cut, nodes.b.last("a").at);
  const auto healed = steady::now();
  nodes.to_a.set(way::open);
  nodes.to_b.set(way::open);
  REQUIRE(nodes.a.wait_alive("b"));
  REQUIRE(nodes.b.wait_alive("a"));
  const auto back =
      std::max(ms_between(healed, nodes.a.last("b").at), ms_between(healed, nodes.b.last("a").at));
  std::printf("mesh: silent cut seen after %.0f and %.0f ms, over %.0f ms after it healed\n", a_saw,
              b_saw, back);
  CHECK(std::max(a_saw, b_saw) < 4000);
  CHECK(back < 4000);
}

TEST_CASE("mesh: a cut in one direction is dead on both sides", "[mesh]") {
  two_apart nodes;
  const auto cut = steady::now();
  nodes.to_b.set(way::hole); // b hears a no more; a still hears b
  REQUIRE(nodes.b.wait_alive("a", false));
  REQUIRE(nodes.a.wait_alive("b", false));
  CHECK_THAT(nodes.a.last("b").why, Catch::Contains("has not heard this node"));
  CHECK_THAT(nodes.b.last("a").why, Catch::Contains("nothing was heard"));
  CHECK(ms_between(cut, nodes.a.last("b").at) < 8000); // one silence after the other
}

TEST_CASE("mesh: a broken connection is made again and loses no more than was on it", "[mesh]") {
  two_apart nodes;
  for (int round = 0; round < 3; ++round) {
    nodes.to_b.drop();
    REQUIRE(nodes.a.wait_alive("b", false));
    REQUIRE(nodes.a.wait_alive("b"));
    nodes.a.insist("b", lane::data, "after " + std::to_string(round));
    REQUIRE(nodes.b.wait_messages(static_cast<std::size_t>(round) + 1));
  }
  CHECK(nodes.b.got("a") == std::vector<std::string>{"after 0", "after 1", "after 2"});
}

TEST_CASE("mesh: nothing queued for one process reaches the next", "[mesh]") {
  node a{"a"};
  mesh_settings here;
  auto first = std::make_unique<node>("b", here);
  here.listen = first->wire().endpoint();
  proxy between{first->port()};
  a.wire().set_peers({first->card(loopback(between.port()))});
  first->wire().set_peers({a.card()});
  REQUIRE(a.wait_alive("b"));
  // What the hole holds is on its way to the first process when that ends.
  between.set(way::hole);
  int taken = 0;
  for (const std::string chunk(std::size_t{256} << 10, 'o'); taken < 40; ++taken)
    if (!a.send("b", lane::data, chunk))
      break;
  CHECK(taken > 0);
  first.reset();
  node second{"b", here};
  second.wire().set_peers({a.card()});
  // The second dials; so the first learns of it while its own line is still in the hole.
  REQUIRE(a.wait_alive("b", false));
  between.set(way::open);
  REQUIRE(second.wait_alive("a"));
  REQUIRE(a.wait_alive("b"));
  a.insist("b", lane::data, "new");
  REQUIRE(second.wait_messages(1));
  CHECK(second.got("a") == std::vector<std::string>{"new"});
  CHECK(a.about("b").process == second.wire().process());
}

TEST_CASE("mesh: who is alive follows from what was heard, and when", "[mesh]") {
  using change = peer_watch::change;
  const auto t = [](int ms) {
    return peer_watch::instant{} + std::chrono::hours{1} + std::chrono::milliseconds{ms};
  };
  peer_watch w{0, 1500ms};
  CHECK_FALSE(w.alive(t(0)));
  w.heard(true, t(0));
  CHECK_FALSE(w.alive(t(0))); // no connection of ours yet
  w.connected(t(10));
  CHECK_FALSE(w.alive(t(10))); // what it said was on no connection of ours
  w.heard(false, t(20));
  CHECK_FALSE(w.alive(t(20))); // it does not hear us
  w.heard(true, t(30));
  CHECK(w.alive(t(30)));
  CHECK(w.alive(t(1530)));
  CHECK_FALSE(w.alive(t(1531)));
  CHECK(w.next() == t(1531));
  w.heard(false, t(1000));
  CHECK_FALSE(w.alive(t(1531))); // heard, but deaf
  w.held_up(400ms);
  CHECK(w.alive(t(1900))); // the silence was our own
  CHECK(w.fruitless(t(3000)));
  w.disconnected("cut");
  CHECK(w.why(t(1900)) == "cut");
  CHECK_FALSE(w.fruitless(t(9000)));

  CHECK(w.process_is(7) == change::none); // the first that is known
  CHECK(w.process_is(0) == change::none);
  CHECK(w.process_is(8) == change::restarted);
  CHECK(w.process_is(7) == change::former);
  CHECK(w.process_is(8) == change::none);
  CHECK(w.process() == 8);
  CHECK_FALSE(w.hears(t(1900))); // that was the other process
}
