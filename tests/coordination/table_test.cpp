// The table and the view of it: swaps, fences, watches, losses. The same on both coordinators.
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;
using base::ec;
using cluster::proposal_outcome;

namespace {

std::vector<cluster::partition_event> partition_changes(const party& p) {
  std::vector<cluster::partition_event> out;
  for (const auto& e : changes(p))
    if (const auto* c = std::get_if<cluster::partition_event>(&e))
      out.push_back(*c);
  return out;
}

} // namespace

TEST_CASE("coordination: a swap wins only on what stands", "[coordination]") {
  on_both([](world& w) {
    auto& p = w.join_in();
    open(p);
    CHECK_FALSE(*p.answer<partition_read>(p->reread({3})).outcome);
    const auto first = swap(p, 3, 0, assignment("n1"));
    REQUIRE(first.answer.outcome == proposal_outcome::won);
    CHECK(first.answer.token == 7);
    CHECK(first.answer.partition == base::partition_id{3});
    CHECK(swap(p, 3, 0, assignment("n2")).answer.outcome == proposal_outcome::lost);
    auto next = assignment("n2", 0xffff'ffff'ffff'fff0, 2);
    next.min_in_sync = 2;
    next.loss_epoch = {4};
    next.in_sync.push_back({{"other"}, {0xffff'ffff'ffff'ffff}});
    const auto second = swap(p, 3, first.answer.at.value, next);
    REQUIRE(second.answer.outcome == proposal_outcome::won);
    CHECK(second.answer.at > first.answer.at);
    CHECK(swap(p, 3, first.answer.at.value, assignment("n3")).answer.outcome ==
          proposal_outcome::lost);
    CHECK(swap(p, 4, 99'999'999, assignment("n3")).answer.outcome == proposal_outcome::lost);
    const auto read = p.answer<partition_read>(p->reread({3})).outcome;
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->at == second.answer.at);
    CHECK((*read)->value == next);
  });
}

TEST_CASE("coordination: of two who swap at once exactly one wins", "[coordination]") {
  on_both([](world& w) {
    auto& a = w.join_in();
    auto& b = w.join_in();
    open(a);
    open(b);
    auto at = founded_partition(a, 5);
    int won_by_a = 0;
    for (std::uint64_t round = 2; round < 42; ++round) {
      const auto of_a = a->swap({round, {5}, {at}, assignment("a", round, round), {}});
      const auto of_b = b->swap({round, {5}, {at}, assignment("b", round, round), {}});
      const auto got_a = a.answer<swap_done>(of_a).answer;
      const auto got_b = b.answer<swap_done>(of_b).answer;
      const bool a_won = got_a.outcome == proposal_outcome::won;
      REQUIRE(a_won != (got_b.outcome == proposal_outcome::won));
      REQUIRE((a_won ? got_b : got_a).outcome == proposal_outcome::lost);
      at = (a_won ? got_a : got_b).at.value;
      won_by_a += a_won ? 1 : 0;
      const auto stands = *a.answer<partition_read>(a->reread({5})).outcome;
      REQUIRE(stands);
      REQUIRE(stands->value.primary.value == (a_won ? "a" : "b"));
      REQUIRE(stands->at.value == at);
    }
    INFO("won by a: " << won_by_a);
    CHECK(won_by_a >= 0);
  });
}

TEST_CASE("coordination: a deposed controller changes nothing", "[coordination]") {
  on_both([](world& w) {
    auto& a = w.join_in();
    auto& b = w.join_in();
    enter(a, "a");
    enter(b, "b", 5s);
    const auto at = founded_partition(b, 1);
    const auto fence = a.answer<campaign_done>(a->campaign()).created.value;
    const auto held = swap(a, 1, at, assignment("a", 2, 2), fence);
    REQUIRE(held.answer.outcome == proposal_outcome::won);
    // Its lease ends while it cannot hear of it; what it sends when it is back must lose.
    w.cut(a, true);
    REQUIRE(w.until(
        [&] { return b.answer<campaign_done>(b->campaign()).outcome == proposal_outcome::won; }));
    w.cut(a, false);
    const auto late = swap(a, 1, held.answer.at.value, assignment("a", 3, 3), fence);
    CHECK(late.answer.outcome == proposal_outcome::lost);
    CHECK(says(late.why, "deposed"));
    const auto present = b.answer<campaign_done>(b->campaign()).created.value;
    CHECK(present > fence);
    CHECK(swap(b, 1, held.answer.at.value, assignment("b", 3, 3), present).answer.outcome ==
          proposal_outcome::won);
    a.news<session_lost>();
  });
}

TEST_CASE("coordination: every watcher sees the same changes in the order of their revisions",
          "[coordination]") {
  on_both([](world& w) {
    auto& writer = w.join_in();
    enter(writer, "n1");
    std::vector<std::uint64_t> at(4);
    for (std::uint32_t p = 0; p < 4; ++p)
      at[p] = founded_partition(writer, p);
    auto& one = w.join_in();
    auto& two = w.join_in();
    open(one);
    open(two);
    const auto begun = view(one);
    CHECK(begun.cluster.id == "c1");
    CHECK(begun.partitions.size() == 4);
    CHECK(begun.partitions.at({2}).at.value == at[2]);
    CHECK(begun.partitions.at({2}).value == assignment("n1"));
    CHECK(begun.nodes.at({"n1"}) == node("n1"));
    CHECK_FALSE(begun.controller.holder);
    CHECK(begun.at.value >= at[3]);
    view(two);
    for (std::uint64_t round = 2; round < 12; ++round)
      for (std::uint32_t p = 0; p < 4; ++p)
        at[p] = swap(writer, p, at[p], assignment("n1", round, round)).answer.at.value;
    REQUIRE(w.until([&] {
      return partition_changes(one).size() == 40 && partition_changes(two).size() == 40;
    }));
    const auto seen = partition_changes(one);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      REQUIRE(seen[i].at == partition_changes(two)[i].at);
      REQUIRE(seen[i].value == partition_changes(two)[i].value);
      REQUIRE((i == 0 || seen[i - 1].at < seen[i].at));
      REQUIRE(seen[i].at > begun.at);
    }
    CHECK(one.count<view_began>() == 1);
  });
}

TEST_CASE("coordination: a watch that was cut resumes without a hole and without a repeat",
          "[coordination]") {
  on_both([](world& w) {
    auto& writer = w.join_in();
    auto& p = w.join_in();
    open(writer);
    auto at = founded_partition(writer, 0);
    open(p);
    view(p);
    for (std::uint64_t round = 2; round < 8; ++round) {
      w.cut(p, round % 2 == 0);
      at = swap(writer, 0, at, assignment("n1", round, round)).answer.at.value;
    }
    REQUIRE(w.until([&] { return partition_changes(p).size() == 6; }));
    w.pass(500ms);
    const auto seen = partition_changes(p);
    REQUIRE(seen.size() == 6);
    for (std::size_t i = 0; i < seen.size(); ++i)
      CHECK(seen[i].value.version == i + 2);
    CHECK(p.count<view_began>() == 1);
  });
}

TEST_CASE("coordination: a watch that missed what was compacted begins a new view",
          "[coordination]") {
  on_both([](world& w) {
    auto& writer = w.join_in();
    auto& p = w.join_in();
    enter(writer, "n1");
    auto at = founded_partition(writer, 0);
    open(p);
    view(p);
    w.cut(p, true);
    for (std::uint64_t round = 2; round < 8; ++round)
      at = swap(writer, 0, at, assignment("n1", round, round)).answer.at.value;
    REQUIRE(writer.answer<call_done>(writer->leave()).outcome);
    w.compact();
    w.cut(p, false);
    const auto again =
        p.news<view_began>([](const view_began& v) { return v.cause == view_cause::compacted; });
    CHECK(again.view.partitions.at({0}).at.value == at);
    CHECK(again.view.partitions.at({0}).value.version == 7);
    CHECK(again.view.nodes.empty());
    at = swap(writer, 0, at, assignment("n1", 8, 8)).answer.at.value;
    p.news<view_changed>([&](const view_changed& c) { return revision_of(c.event) == at; });
  });
}

TEST_CASE("coordination: a swap whose answer is lost is unknown, and what stands settles it",
          "[coordination]") {
  on_both([](world& w) {
    auto& p = w.join_in();
    auto& other = w.join_in();
    open(p);
    open(other);
    const auto at = founded_partition(p, 2);
    w.lose_answers(p, true);
    const cluster::swap_request ask{1, {2}, {at}, assignment("n1", 2, 2), {}};
    const auto began = w.now();
    const auto got = p.answer<swap_done>(p->swap(ask));
    CHECK(got.answer.outcome == proposal_outcome::unknown);
    CHECK_FALSE(got.why.empty());
    CHECK(w.now() - began <= call_deadline_default + 1s);
    w.lose_answers(p, false);
    const auto stands = *p.answer<partition_read>(p->reread({2})).outcome;
    REQUIRE(stands);
    CHECK(stands->at.value > at);
    CHECK(settle(ask, stands) == proposal_outcome::won);
    // And it happened once.
    CHECK(swap(other, 2, stands->at.value, assignment("n9", 3, 3)).answer.outcome ==
          proposal_outcome::won);
    CHECK(settle(ask, *p.answer<partition_read>(p->reread({2})).outcome) == proposal_outcome::lost);
  });
}

TEST_CASE(
    "coordination: out of reach every ask is answered by its deadline, and after it all goes on",
    "[coordination]") {
  on_both([](world& w) {
    auto& p = w.join_in();
    auto& other = w.join_in();
    enter(p, "n1", 30s);
    open(other);
    view(p);
    const auto at = founded_partition(p, 0);
    p.news<view_proved>();
    w.cut(p, true);
    w.pass(50ms);
    const auto heard = p->heard_at();
    REQUIRE(heard);
    const auto began = w.now();
    const auto swapped = p->swap({1, {0}, {at}, assignment("n1", 2, 2), {}});
    const auto read = p->reread({0});
    const auto campaigned = p->campaign();
    const auto watched = p->watch();
    CHECK(p.answer<swap_done>(swapped).answer.outcome == proposal_outcome::unknown);
    CHECK_FALSE(p.answer<partition_read>(read).outcome);
    CHECK(p.answer<campaign_done>(campaigned).outcome == proposal_outcome::unknown);
    CHECK_FALSE(p.answer<call_done>(watched).outcome);
    CHECK(w.now() - began >= call_deadline_default - 100ms);
    CHECK(w.now() - began <= call_deadline_default + 1s);
    CHECK_FALSE(p.news<reach_changed>().reachable);
    CHECK(p->heard_at() == heard);
    const auto proofs = p.count<view_proved>();
    w.cut(p, false);
    p.news<reach_changed>([](const reach_changed& r) { return r.reachable; });
    CHECK(w.until([&] { return p->heard_at() > heard; }));
    CHECK(p.count<session_lost>() == 0);
    view(p);
    CHECK(w.until([&] { return p.count<view_proved>() > proofs; }));
  });
}

TEST_CASE("coordination: what is heard is never newer than the question", "[coordination]") {
  on_both([](world& w) {
    auto& p = w.join_in();
    enter(p, "n1");
    view(p);
    for (int i = 0; i < 5; ++i) {
      const auto before = p->heard_at();
      REQUIRE(w.until([&] { return p->heard_at() > before; }, 3s));
      CHECK(*p->heard_at() <= w.now());
      CHECK(w.now() - *p->heard_at() <= 1s);
    }
    const auto proved = p.news<view_proved>();
    CHECK(proved.asked_at <= w.now());
  });
}

TEST_CASE("coordination: a wiped coordinator is noticed, left alone, and can be founded again",
          "[coordination]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& p = w.join_in();
    enter(p, "n1");
    view(p);
    founded_partition(p, 0);
    w.wipe();
    const auto strange = p.news<coordinator_estranged>();
    CHECK(strange.kind == estrangement::wiped);
    CHECK(says(strange.why, "rebuild-table"));
    CHECK_FALSE(p->heard_at());
    // Nothing is made there behind the operator's back.
    const auto refused = swap(p, 0, 0, assignment("n1"));
    CHECK(refused.answer.outcome == proposal_outcome::lost);
    CHECK(says(refused.why, "open it again"));
    const auto known = [&](bool found) {
      return p.answer<cluster_opened>(p->open({{"c1", partitions, 1}, "c1", found}));
    };
    CHECK(known(false).outcome.err().code == ec::conflict);
    const auto again = known(true);
    REQUIRE(again.outcome);
    CHECK(again.founded);
    CHECK(p.answer<node_joined>(p->join(node("n1", 1, 2), 2s)).outcome);
    CHECK(view(p).partitions.empty());
    founded_partition(p, 0);
  });
}

TEST_CASE("coordination: a table that was rebuilt elsewhere is opened again before it is used",
          "[coordination]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& p = w.join_in();
    auto& operating = w.join_in();
    enter(p, "n1");
    view(p);
    // While this node cannot look, the data are lost and made anew.
    w.cut(p, true);
    w.wipe();
    auto rebuild = open_request{{"c1", partitions, 2}, "c1", true};
    REQUIRE(operating.answer<cluster_opened>(operating->open(rebuild)).founded);
    for (std::uint32_t i = 0; i < 8; ++i)
      founded_partition(operating, i);
    w.cut(p, false);
    const auto strange = p.news<coordinator_estranged>();
    CHECK(strange.kind == estrangement::rebuilt);
    CHECK(says(strange.why, "opens it again"));
    rebuild.found_if_absent = false;
    const auto again = p.answer<cluster_opened>(p->open(rebuild));
    REQUIRE(again.outcome);
    CHECK(again.outcome->generation == 2);
    CHECK(p.answer<node_joined>(p->join(node("n1", 1, 2), 2s)).outcome);
    CHECK(view(p).partitions.size() == 8);
  });
}

TEST_CASE("coordination: a coordinator restored from an old backup is noticed", "[coordination]") {
  on_both([](world& w) {
    w.have_own_server();
    auto& p = w.join_in();
    open(p);
    auto at = founded_partition(p, 0);
    w.save();
    view(p);
    for (std::uint64_t round = 2; round < 6; ++round) {
      const auto got = swap(p, 0, at, assignment("n1", round, round)).answer;
      REQUIRE(got.outcome == proposal_outcome::won);
      at = got.at.value;
    }
    w.restore();
    CHECK(p.news<coordinator_estranged>().kind == estrangement::restored);
    CHECK(p.count<session_lost>() == 0);
    // Whoever opens it again is shown what stands; whether that will do its store decides.
    open(p);
    CHECK(view(p).partitions.at({0}).value.version == 1);
  });
}
