// What all nodes hold whole: that nothing in force is forgotten, and nobody waits for another name.
#include "tests/nodes/shared_nodes.hpp"
#include "tests/support/catch.hpp"

#include <atomic>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;

TEST_CASE("shared documents: what was offered outlives the version that comes into force before it",
          "[nodes][shared]") {
  // Node 1 offers version 2 while node 0 still hands on version 1. Had that forgotten the offer,
  // nobody would have the bytes once they are named: their author is gone.
  shared_nodes nodes{2};
  std::atomic<bool> slow{true};
  std::atomic<std::uint64_t> taken{0};
  nodes.at(0).own("tokens", [&](std::uint64_t version, const std::string&) -> base::status {
    if (version == 1)
      while (slow)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    taken = version;
    return {};
  });
  nodes.at(1).own("tokens", [](std::uint64_t, const std::string&) { return base::status{}; });
  REQUIRE(nodes.at(1).put("tokens", 0, "one", std::chrono::seconds{5}));
  nodes.before_swap = [&](const cluster::document_swap& what) {
    if (what.next.version != 2)
      return;
    slow = false;
    CHECK(in_time([&] { return taken == 1; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{50}); // what it forgets, it forgets now
    nodes.set_away(1, true);
  };
  REQUIRE(nodes.at(1).put("tokens", 1, "two", std::chrono::seconds{5}));
  CHECK(in_time([&] { return taken == 2; }));
  CHECK(in_time([&] {
    std::size_t kept = 0;
    REQUIRE(
        nodes.store(0).entities().scan_meta("shared/", [&](auto, auto) { return ++kept, true; }));
    return kept == 1; // and nothing is kept that is not in force any more
  }));
  nodes.stop();
}

TEST_CASE("shared documents: an owner that is slow delays no other name", "[nodes][shared]") {
  shared_nodes nodes{1};
  std::atomic<bool> stuck{true}, taken{false};
  nodes.at(0).own("content", [&](std::uint64_t, const std::string&) -> base::status {
    while (stuck)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return {};
  });
  nodes.at(0).own("tokens", [&](std::uint64_t, const std::string&) -> base::status {
    taken = true;
    return {};
  });
  REQUIRE(nodes.at(0).put("content", 0, "rules", std::chrono::seconds{5}));
  REQUIRE(nodes.at(0).put("tokens", 0, "tokens", std::chrono::seconds{5}));
  CHECK(in_time([&] { return taken.load(); }));
  stuck = false;
  nodes.stop();
}
