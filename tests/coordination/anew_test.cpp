// A cluster's table begun anew in the coordinator: what goes, who may, and who is late.
#include "tests/coordination/world.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;
using base::ec;
using cluster::proposal_outcome;

namespace {

open_request anew(std::uint64_t generation) {
  open_request r{{"c1", partitions, generation}, "c1", false};
  r.anew = true;
  return r;
}

} // namespace

TEST_CASE("coordination: a table made anew is empty, and whoever had opened the old one is told",
          "[coordination][anew]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& p = w.join_in();
    auto& operating = w.join_in();
    enter(p, "n1");
    view(p);
    const auto at = founded_partition(p, 0);
    founded_partition(p, 1);
    cluster::document_swap d{"content", {}, {1, std::string(64, 'a'), {"n1"}}};
    REQUIRE(p.answer<document_put>(p->put_document(d)).outcome == proposal_outcome::won);

    const auto made = operating.answer<cluster_opened>(operating->open(anew(2)));
    REQUIRE(made.outcome);
    CHECK(made.founded);
    CHECK(made.outcome->generation == 2);
    // What was based on the old table changes nothing, however soon it comes.
    CHECK(swap(p, 0, at, assignment("n1", 2, 2)).answer.outcome == proposal_outcome::lost);
    CHECK(p.news<coordinator_estranged>().kind == estrangement::rebuilt);
    CHECK(operating.answer<node_joined>(operating->join(node("n2", 2, 1), 2s)).outcome);
    const auto seen = view(operating);
    CHECK(seen.partitions.empty());
    CHECK(seen.documents.empty());
    CHECK(seen.nodes.count({"n1"}) == 0);
    founded_partition(operating, 0);
    REQUIRE(operating.answer<document_put>(operating->put_document(d)).outcome ==
            proposal_outcome::won);
    // And the node of before joins as itself.
    REQUIRE(p.answer<cluster_opened>(p->open({{"c1", partitions, 1}, "c1", false})).outcome);
    CHECK(p.answer<node_joined>(p->join(node("n1", 1, 2), 2s)).outcome);
  });
}

TEST_CASE("coordination: of two who make one generation one wins, and none is made twice",
          "[coordination][anew]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& a = w.join_in();
    auto& b = w.join_in();
    open(a);
    w.wipe();
    REQUIRE(a.answer<cluster_opened>(a->open(anew(2))).founded);
    const auto late = b.answer<cluster_opened>(b->open(anew(2)));
    REQUIRE(!late.outcome);
    CHECK(late.outcome.err().code == ec::conflict);
    CHECK(says(late.outcome.err().context, "generation 2 already"));
    // Whoever begins again voids what the first one is at.
    REQUIRE(b.answer<cluster_opened>(b->open(anew(3))).founded);
    CHECK(swap(a, 0, 0, assignment("n1")).answer.outcome == proposal_outcome::lost);
  });
}

TEST_CASE("coordination: whoever opens again hears nothing more of what it watched before",
          "[coordination][anew]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& p = w.join_in();
    auto& other = w.join_in();
    open(other);
    enter(p, "n1");
    view(p);
    founded_partition(other, 0);
    p.news<view_changed>();
    const auto before = changes(p).size();
    REQUIRE(p.answer<cluster_opened>(p->open(founding())).outcome);
    const auto at = founded_partition(other, 1);
    w.pass(1s);
    CHECK(changes(p).size() == before);
    // But all of it once it watches again.
    const auto seen = view(p);
    CHECK(seen.partitions.size() == 2);
    CHECK(seen.at.value >= at);
  });
}

TEST_CASE("coordination: another cluster's table is not made anew", "[coordination][anew]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& a = w.join_in();
    open(a);
    auto& b = w.join_in();
    auto foreign = anew(2);
    foreign.known_id = foreign.record.id = "c0";
    CHECK(b.answer<cluster_opened>(b->open(foreign)).outcome.err().code == ec::denied);
    auto unknown = anew(2);
    unknown.known_id.clear();
    CHECK(b.answer<cluster_opened>(b->open(unknown)).outcome.err().code == ec::invalid_argument);
  });
}
