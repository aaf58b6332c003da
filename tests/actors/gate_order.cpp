// Batches of a partition reach whoever serves it in the order they came, whatever happens to the
// node that served before.
#include "actors/gate_core.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace vedette;
using namespace vedette::actors;
using namespace std::chrono_literals;

namespace {

const cluster::node_id here{"a"}, there{"b"}, elsewhere{"c"};

struct order_rig {
  order_rig() {
    gate_args args;
    args.self = here;
    args.ask = [this](const cluster::node_id& to, const remote_request& r) {
      if (to == deaf)
        return false;
      asked.push_back(r.id);
      return true;
    };
    gate.emplace(std::move(args),
                 [this](std::uint64_t id, const question&) { asked.push_back(id); });
  }
  void add() {
    gate->add(
        partition_batch{}, [this](const reply&) { ++answered; }, now);
  }
  /// What was asked since the last call.
  std::vector<std::uint64_t> taken() { return std::exchange(asked, {}); }
  void refuse(std::uint64_t id) {
    gate->replied(id, base::error{base::ec::unavailable, "not served here now"}, gate->to().primary,
                  now);
  }
  void take(std::uint64_t id) { take(id, gate->to().primary); }
  void take(std::uint64_t id, const cluster::node_id& from) {
    gate->replied(id, partition_batch_result{1, 0}, from, now);
  }
  void beat(std::chrono::nanoseconds after = 50ms) { gate->beat(now += after); }

  std::chrono::nanoseconds now = 100s;
  cluster::node_id deaf{"nobody"};
  std::vector<std::uint64_t> asked;
  int answered = 0;
  std::optional<gate_core> gate;
};

using ids = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("gate: no batch overtakes one that was refused", "[actors][gate]") {
  order_rig r;
  r.gate->routed({there, {1}}, r.now);
  r.add();
  CHECK(r.taken() == ids{1});
  r.take(1);
  for (int i = 0; i < 3; ++i)
    r.add();
  CHECK(r.taken() == ids{2, 3, 4}); // it serves, so nothing waits for an answer

  // The first two are refused; the third is on its way.
  r.refuse(2);
  r.refuse(3);
  r.beat();
  CHECK(r.taken().empty());
  r.add();
  CHECK(r.taken().empty());
  r.refuse(4);
  r.beat();
  CHECK(r.taken() == ids{2});
  r.refuse(2);
  r.beat();
  CHECK(r.taken() == ids{2});
  r.take(2);
  CHECK(r.taken() == ids{3, 4, 5});
  CHECK(r.answered == 2);
}

TEST_CASE("gate: whoever comes to serve is asked for one batch before all", "[actors][gate]") {
  order_rig r;
  r.gate->routed({there, {1}}, r.now);
  r.add();
  r.take(1);
  for (int i = 0; i < 3; ++i)
    r.add();
  CHECK(r.taken() == ids{1, 2, 3, 4});

  SECTION("another node") {
    r.gate->routed({elsewhere, {2}}, r.now);
    CHECK(r.taken() == ids{2});
  }
  SECTION("this one") {
    r.gate->local_there(true, r.now);
    CHECK(r.taken().empty());
    r.gate->routed({here, {2}}, r.now);
    CHECK(r.taken() == ids{2});
  }
  SECTION("one that cannot be reached yet") {
    r.deaf = elsewhere;
    r.gate->routed({elsewhere, {2}}, r.now);
    r.beat();
    CHECK(r.taken().empty());
    r.deaf = there;
    r.beat();
    CHECK(r.taken() == ids{2});
  }
  r.refuse(2);
  r.beat();
  CHECK(r.taken() == ids{2});
  r.take(2);
  CHECK(r.taken() == ids{3, 4});
}

TEST_CASE("gate: what could not be sent keeps its place", "[actors][gate]") {
  order_rig r;
  r.gate->routed({there, {1}}, r.now);
  r.add();
  r.take(1);
  r.deaf = there;
  r.add();
  r.deaf = elsewhere;
  r.add(); // reached again, and the one before goes first
  CHECK(r.taken() == ids{1, 2});
  r.take(2);
  CHECK(r.taken() == ids{3});
}

TEST_CASE("gate: what is not answered is asked again, and what is behind it waits",
          "[actors][gate]") {
  order_rig r;
  r.gate->routed({there, {1}}, r.now);
  r.add();
  r.take(1);
  r.add();
  CHECK(r.taken() == ids{1, 2});
  r.beat(1100ms);
  CHECK(r.taken() == ids{2});
  r.add();
  CHECK(r.taken().empty());
  r.take(2);
  CHECK(r.taken() == ids{3});
}

TEST_CASE("gate: an answer of who served before proves nothing about who serves now",
          "[actors][gate]") {
  order_rig r;
  r.gate->routed({there, {1}}, r.now);
  r.add();
  r.take(1);
  for (int i = 0; i < 3; ++i)
    r.add();
  CHECK(r.taken() == ids{1, 2, 3, 4});
  r.gate->routed({elsewhere, {2}}, r.now);
  CHECK(r.taken() == ids{2}); // one goes ahead
  r.take(2, there);           // it was taken before there stopped serving
  CHECK(r.taken().empty());
  r.beat();
  CHECK(r.taken() == ids{3}); // again one alone
  r.take(3, elsewhere);
  CHECK(r.taken() == ids{4});
  r.take(4);
  CHECK(r.answered == 4);
}
