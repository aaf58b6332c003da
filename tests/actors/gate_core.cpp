// What a gate keeps, whom it asks, and what it gives up; without an actor.
#include "actors/gate_core.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace std::chrono_literals;

namespace {

struct core_rig {
  explicit core_rig(bool others_too = true) : others{others_too} {}

  bool others;                                               ///< than n1 may serve
  std::vector<std::pair<std::string, std::uint64_t>> remote; ///< (node, id) asked
  std::vector<std::uint64_t> local;
  std::vector<reply> replies;
  bool reachable = true;
  gate_core::time now{1s};
  gate_core core{{.partition = {3},
                  .self = {"n1"},
                  .ask =
                      [this](const cluster::node_id& to, const remote_request& r) {
                        if (reachable)
                          remote.emplace_back(to.value, r.id);
                        return reachable;
                      },
                  .others = others},
                 [this](std::uint64_t id, const question&) { local.push_back(id); }};

  void add(question q) {
    core.add(
        std::move(q), [this](reply r) { replies.push_back(std::move(r)); }, now);
  }
  void later(gate_core::time by) {
    now += by;
    core.beat(now);
  }
  [[nodiscard]] base::ec failed(std::size_t i) const {
    const auto* e = std::get_if<base::error>(&replies.at(i));
    return e == nullptr ? base::ec::none : e->code;
  }
};

const base::error not_here{base::ec::unavailable, "not served here"};

} // namespace

TEST_CASE("gate: a batch waits for a primary, is asked of it, and again of the next one",
          "[actors][gate]") {
  core_rig r;
  r.add(partition_batch{});
  r.later(10s);
  CHECK(r.remote.empty());
  CHECK(r.replies.empty());
  r.core.routed({{"n2"}, {1}}, r.now);
  REQUIRE(r.remote.size() == 1);
  CHECK(r.remote[0].first == "n2");
  SECTION("n2 does not serve yet: asked again by a beat, not at once") {
    r.core.replied(r.remote[0].second, not_here, {r.remote[0].first}, r.now);
    CHECK(r.remote.size() == 1);
    r.later(50ms);
    CHECK(r.remote.size() == 2);
    r.core.replied(r.remote[1].second, partition_batch_result{5, 0}, {r.remote[1].first}, r.now);
    REQUIRE(r.replies.size() == 1);
    CHECK(std::get<partition_batch_result>(r.replies[0]).accepted == 5);
  }
  SECTION("n2 has no space left: it is asked for until another serves") {
    r.core.replied(r.remote[0].second, base::error{base::ec::disk_full, "no space"}, {"n2"}, r.now);
    CHECK(r.replies.empty());
    r.core.routed({{"n3"}, {2}}, r.now);
    REQUIRE(r.remote.size() == 2);
    CHECK(r.remote[1].first == "n3");
  }
  SECTION("n2 says nothing: the message may be lost") {
    r.later(500ms);
    CHECK(r.remote.size() == 1);
    r.later(600ms);
    CHECK(r.remote.size() == 2);
  }
  SECTION("another primary: asked at once, and the first answer of either counts once") {
    r.core.routed({{"n3"}, {2}}, r.now);
    REQUIRE(r.remote.size() == 2);
    CHECK(r.remote[1].first == "n3");
    r.core.replied(r.remote[1].second, partition_batch_result{5, 0}, {r.remote[1].first}, r.now);
    r.core.replied(r.remote[0].second, partition_batch_result{0, 5}, {r.remote[0].first}, r.now);
    CHECK(r.replies.size() == 1);
  }
  SECTION("served here by now") {
    r.core.routed({{"n1"}, {2}}, r.now);
    CHECK(r.local.empty()); // the copy is not there yet
    r.core.local_there(true, r.now);
    CHECK(r.local.size() == 1);
  }
  CHECK(r.core.waiting() + r.replies.size() == 1);
}

TEST_CASE("gate: where nobody else could serve, a full disk is told at once", "[actors][gate]") {
  core_rig r{false};
  r.core.routed({{"n1"}, {1}}, r.now);
  r.core.local_there(true, r.now);
  r.add(partition_batch{});
  REQUIRE(r.local.size() == 1);
  r.core.replied(r.local[0], base::error{base::ec::disk_full, "no space"}, {"n1"}, r.now);
  REQUIRE(r.replies.size() == 1);
  CHECK(r.failed(0) == base::ec::disk_full);
}

TEST_CASE("gate: a question has a deadline, and a command that was sent is not sent twice",
          "[actors][gate]") {
  core_rig r;
  r.core.routed({{"n2"}, {1}}, r.now);
  r.add(tenant_query{});
  r.add(tenant_command{});
  CHECK(r.remote.size() == 2);
  r.core.routed({{"n3"}, {2}}, r.now);
  r.later(1s);
  CHECK(r.remote.size() == 2); // neither was answered; what a query asks for may be old by now
  r.later(1100ms);
  REQUIRE(r.replies.size() == 2);
  CHECK(r.failed(0) == base::ec::unavailable);
  CHECK(r.failed(1) == base::ec::timed_out); // it may have been done
  CHECK(r.core.waiting() == 0);
}

TEST_CASE("gate: a node that is draining takes nothing more and keeps nobody waiting",
          "[actors][gate]") {
  core_rig r;
  r.core.routed({{"n1"}, {1}}, r.now);
  r.core.local_there(true, r.now);
  r.add(partition_batch{});
  r.core.drain();
  r.core.replied(r.local.at(0), base::error{base::ec::shutting_down, "draining"}, {"n1"}, r.now);
  r.add(partition_batch{});
  REQUIRE(r.replies.size() == 2);
  CHECK(r.failed(0) == base::ec::shutting_down);
  CHECK(r.failed(1) == base::ec::shutting_down);
}

TEST_CASE("gate: what cannot be sent now is tried again", "[actors][gate]") {
  core_rig r;
  r.reachable = false;
  r.core.routed({{"n2"}, {1}}, r.now);
  r.add(delivery{});
  CHECK(r.remote.empty());
  r.reachable = true;
  r.later(50ms);
  CHECK(r.remote.size() == 1);
  r.core.replied(r.remote[0].second, acknowledged{}, {"n2"}, r.now);
  CHECK(std::holds_alternative<acknowledged>(r.replies.at(0)));
}
