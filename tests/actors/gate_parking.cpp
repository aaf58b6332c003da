// When a gate gives up waiting and has its batches kept by another partition; without an actor.
#include "actors/gate_core.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace vedette;
using namespace vedette::actors;
using namespace std::chrono_literals;

namespace {

struct parking_rig {
  parking_rig() {
    gate_args args;
    args.self = {"a"};
    args.park.keepers = 3;
    args.ask = [this](const cluster::node_id&, const remote_request& r) {
      asked.push_back(r.id);
      return true;
    };
    args.park.ask = [this](std::size_t keeper, std::function<void(reply)> then) {
      questions.push_back({keeper, std::move(then)});
    };
    args.park.put = [this](std::size_t keeper, std::vector<partition_batch> batches,
                           std::function<void(reply)> then) {
      std::vector<std::uint64_t> which;
      for (const auto& b : batches)
        which.push_back(b.origin.sequence);
      parked.push_back({keeper, which, std::move(then)});
    };
    gate.emplace(std::move(args),
                 [this](std::uint64_t id, const question&) { asked.push_back(id); });
  }
  void add() {
    partition_batch b;
    b.origin.sequence = ++sequence;
    gate->add(
        b,
        [this](const reply& r) {
          answers.push_back(std::holds_alternative<partition_batch_result>(r));
        },
        now);
  }
  void pass(std::chrono::nanoseconds time) {
    for (const auto until = now + time; now < until;)
      gate->beat(now += 50ms);
  }
  void kept(bool ok, base::ec why = base::ec::unavailable) {
    auto then = std::move(parked.back().then);
    then(ok ? reply{acknowledged{}} : reply{base::error{why, "no"}});
  }

  struct request {
    std::size_t keeper;
    std::vector<std::uint64_t> which;
    std::function<void(reply)> then;
  };
  /// The oldest question that was not answered.
  void told(std::uint64_t batches) {
    REQUIRE(!questions.empty());
    auto q = std::move(questions.front());
    questions.erase(questions.begin());
    q.second(parked_count{batches, {}});
  }

  std::vector<std::pair<std::size_t, std::function<void(reply)>>> questions;
  std::chrono::nanoseconds now = 100s;
  std::uint64_t sequence = 0;
  std::vector<std::uint64_t> asked;
  std::vector<request> parked;
  std::vector<bool> answers;
  std::optional<gate_core> gate;
};

using ids = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("gate: what nobody takes for three seconds is parked in order, all that waits with it",
          "[actors][gate]") {
  parking_rig r;
  r.add();
  r.pass(1s);
  r.add();
  r.pass(1900ms);
  CHECK(r.parked.empty());
  r.pass(200ms);
  REQUIRE(r.parked.size() == 1);
  CHECK(r.parked[0].keeper == 0);
  CHECK(r.parked[0].which == ids{1, 2});
  r.add(); // waits for the keeper's answer
  r.pass(1s);
  CHECK(r.parked.size() == 1);
  r.kept(true);
  CHECK(r.answers.size() == 2);
  r.pass(50ms);
  REQUIRE(r.parked.size() == 2);
  CHECK(r.parked[1].which == ids{3});
}

TEST_CASE("gate: nothing overtakes what was parked, until the keeper has none of it",
          "[actors][gate]") {
  parking_rig r;
  r.add();
  r.pass(3s);
  REQUIRE(r.parked.size() == 1);
  r.kept(true);
  r.gate->routed({{"b"}, {2}}, r.now); // it is served again
  r.add();
  CHECK(r.asked.empty());
  r.pass(50ms);
  REQUIRE(r.parked.size() == 2);
  CHECK(r.parked[1].which == ids{2});
  r.kept(true);
  r.pass(50ms);
  REQUIRE(r.questions.size() == 1);
  r.add(); // while the question is out nothing is added to what it asks about
  r.pass(200ms);
  CHECK(r.parked.size() == 2);
  r.told(1);
  r.pass(50ms);
  REQUIRE(r.parked.size() == 3);
  CHECK(r.parked[2].which == ids{3});
  r.kept(false, base::ec::conflict); // only a little is left
  r.pass(150ms);
  CHECK(r.asked.empty());
  if (r.questions.empty()) { // it may have been tried once more first
    r.kept(false, base::ec::conflict);
    r.pass(50ms);
  }
  bool none = false;
  r.gate->when_none_is_parked([&none] { none = true; });
  CHECK_FALSE(none);
  r.told(0);
  CHECK(none);
  CHECK(r.asked == ids{3});
  r.gate->replied(3, partition_batch_result{1, 0}, {"b"}, r.now);
  r.add();
  CHECK(r.asked == ids{3, 4});
  CHECK(r.answers.size() == 3);
}

TEST_CASE("gate: a way that stays closed after a parking is not tried for three seconds again",
          "[actors][gate]") {
  parking_rig r;
  r.add();
  r.pass(3s);
  r.kept(true);
  r.pass(50ms);
  r.told(0); // another node's gate could give it back
  r.add();
  r.pass(400ms);
  CHECK(r.parked.size() == 1);
  r.pass(200ms);
  REQUIRE(r.parked.size() == 2);
  CHECK(r.parked[1].which == ids{2});
}

TEST_CASE("gate: a failover that is over in time parks nothing", "[actors][gate]") {
  parking_rig r;
  r.gate->routed({{"b"}, {1}}, r.now);
  r.add();
  r.gate->replied(1, partition_batch_result{1, 0}, {"b"}, r.now);
  r.gate->routed({}, r.now);
  r.add();
  r.pass(2s);
  r.gate->routed({{"c"}, {2}}, r.now);
  r.gate->replied(2, partition_batch_result{1, 0}, {"c"}, r.now);
  r.add();
  r.gate->replied(3, partition_batch_result{1, 0}, {"c"}, r.now);
  r.pass(10s);
  CHECK(r.parked.empty());
  CHECK(r.answers.size() == 3);
}

TEST_CASE("gate: a keeper that does not answer is passed over, one that refuses is not",
          "[actors][gate]") {
  parking_rig r;
  r.add();
  r.pass(3s);
  REQUIRE(r.parked.size() == 1);
  const bool refuses = GENERATE(false, true);
  r.kept(false, refuses ? base::ec::conflict : base::ec::unavailable);
  CHECK(r.answers.empty());
  r.pass(200ms);
  REQUIRE(r.parked.size() == 2);
  CHECK(r.parked[1].keeper == (refuses ? 0 : 1));
  CHECK(r.parked[1].which == ids{1});
}

TEST_CASE("gate: a partition that is served again is told directly, and its own answer counts",
          "[actors][gate]") {
  parking_rig r;
  r.add();
  r.pass(3s);
  REQUIRE(r.parked.size() == 1);
  r.gate->routed({{"b"}, {2}}, r.now);
  CHECK(r.asked.empty()); // a keeper may have it by now
  r.kept(false, base::ec::conflict);
  r.pass(50ms);
  CHECK(r.asked == ids{1});
  r.gate->replied(1, partition_batch_result{1, 0}, {"b"}, r.now);
  CHECK(r.answers.size() == 1);
  r.add();
  CHECK(r.asked == ids{1, 2});
  r.pass(900ms);
  CHECK(r.parked.size() == 1);
}

TEST_CASE("gate: a fold here that cannot commit is not waited for either", "[actors][gate]") {
  parking_rig r;
  r.gate->local_there(true, r.now);
  r.gate->routed({{"a"}, {1}}, r.now);
  r.add();
  r.gate->replied(1, partition_batch_result{1, 0}, {"a"}, r.now);
  r.add();
  CHECK(r.asked == ids{1, 2});
  r.pass(3900ms);
  CHECK(r.parked.empty());
  r.pass(300ms);
  REQUIRE(r.parked.size() == 1);
  CHECK(r.parked[0].which == ids{2});
}
