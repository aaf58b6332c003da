// Who may be here: opening, joining, leaving, leases. The same on both coordinators.
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;
using base::ec;

namespace {

template <class T>
ec code_of(const T& outcome) {
  return outcome ? ec::none : outcome.err().code;
}

bool gone(const party& p, const std::string& id) {
  for (const auto& e : changes(p))
    if (const auto* n = std::get_if<cluster::node_event>(&e); n && n->id.value == id && !n->record)
      return true;
  return false;
}

} // namespace

TEST_CASE("coordination: a cluster is founded once, and whoever brings another one is refused",
          "[coordination]") {
  on_both([](world& w) {
    struct row {
      open_request ask;
      ec expected;
      const char* text;
      const char* why;
    };
    auto& first = w.join_in();
    const std::vector<row> before{
        {{{"", 16, 1}, "", false}, ec::not_found, "start the node that founds it", "nothing there"},
        {{{"", 16, 1}, "c0", false}, ec::conflict, "rebuild-table", "this store knew a cluster"},
        {{{"", 16, 1}, "", true}, ec::invalid_argument, "needs an id", "founding what?"},
        {{{"c1", 16, 1}, "c0", true},
         ec::invalid_argument,
         "belongs to cluster c0",
         "not this one"},
        {{{"c1", 0, 1}, "", true}, ec::invalid_argument, "0 partitions", "none"},
    };
    for (const auto& r : before) {
      INFO(r.why);
      const auto got = first.answer<cluster_opened>(first->open(r.ask));
      CHECK(code_of(got.outcome) == r.expected);
      CHECK((got.outcome || says(got.outcome.err().context, r.text)));
    }
    auto got = first.answer<cluster_opened>(first->open(founding("c1")));
    REQUIRE(got.outcome);
    CHECK(got.founded);
    CHECK(got.outcome->id == "c1");

    auto& second = w.join_in();
    const std::vector<row> after{
        {{{"c2", 16, 1}, "", true}, ec::none, "", "a new store takes what is there"},
        {{{"c1", 16, 1}, "c1", false}, ec::none, "", "it belongs here"},
        {{{"c2", 16, 1}, "c2", true},
         ec::denied,
         "a prefix of its own",
         "two clusters, one prefix"},
        {{{"c1", 32, 1}, "c1", false}, ec::denied, "set 16 here", "mixed partition counts"},
    };
    for (const auto& r : after) {
      INFO(r.why);
      got = second.answer<cluster_opened>(second->open(r.ask));
      CHECK(code_of(got.outcome) == r.expected);
      CHECK_FALSE(got.founded);
      if (got.outcome)
        CHECK(got.outcome->id == "c1");
      else
        CHECK(says(got.outcome.err().context, r.text));
    }
  });
}

TEST_CASE("coordination: two that found at once open one cluster", "[coordination]") {
  on_both([](world& w) {
    auto& a = w.join_in();
    auto& b = w.join_in();
    const auto from_a = a->open(founding("ca"));
    const auto from_b = b->open(founding("cb"));
    const auto got_a = a.answer<cluster_opened>(from_a);
    const auto got_b = b.answer<cluster_opened>(from_b);
    REQUIRE(got_a.outcome);
    REQUIRE(got_b.outcome);
    CHECK(got_a.outcome->id == got_b.outcome->id);
    CHECK(got_a.founded != got_b.founded);
  });
}

TEST_CASE("coordination: before a cluster is open every ask is refused, and answered",
          "[coordination]") {
  on_both([](world& w) {
    auto& p = w.join_in();
    CHECK(code_of(p.answer<store_read>(p->read_store({"n1"})).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->write_store({"n1"}, {{1}, 1})).outcome) ==
          ec::invalid_argument);
    CHECK(code_of(p.answer<node_joined>(p->join(node("n1"), 2s)).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->update_node(node("n1"))).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->leave()).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->watch()).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<partition_read>(p->reread({1})).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->resign({1})).outcome) == ec::invalid_argument);
    CHECK(code_of(p.answer<call_done>(p->revoke({"n1"}, {})).outcome) == ec::invalid_argument);
    const auto swapped = p.answer<swap_done>(p->swap({1, {1}, {}, assignment("n1"), {}}));
    CHECK(swapped.answer.outcome == cluster::proposal_outcome::lost);
    CHECK(says(swapped.why, "open one first"));
    CHECK(p.answer<campaign_done>(p->campaign()).outcome == cluster::proposal_outcome::lost);
    CHECK_FALSE(p->heard_at());
  });
}

TEST_CASE("coordination: a node id is held by one process", "[coordination]") {
  on_both([](world& w) {
    auto& first = w.join_in();
    enter(first, "n1");
    auto& second = w.join_in();
    open(second);
    const auto join = [&](const cluster::node_record& r, base::duration ttl = 2s) {
      return second.answer<node_joined>(second->join(r, ttl)).outcome;
    };
    SECTION("another store is refused") {
      const auto got = join(node("n1", 99, 1));
      REQUIRE_FALSE(got);
      CHECK(got.err().code == ec::conflict);
      CHECK(says(got.err().context, "another process holds that id"));
    }
    SECTION("a copy of the same data directory is refused") {
      CHECK(code_of(join(node("n1", 1, 1))) == ec::conflict);
    }
    SECTION("the next start of the same store takes over, and the one before learns of it") {
      const auto got = join(node("n1", 1, 2));
      REQUIRE(got);
      CHECK(*got == cluster::start_verdict::go);
      const auto lost = first.news<session_lost>();
      CHECK(says(lost.why, "n1"));
      CHECK_FALSE(first->heard_at());
      CHECK(second->heard_at());
      // What the old one still asks for changes nothing.
      CHECK_FALSE(first.answer<call_done>(first->update_node(node("n1"))).outcome);
    }
    SECTION("an old copy must become another incarnation") {
      REQUIRE(first.answer<call_done>(first->write_store({"n1"}, {{1}, 9})).outcome);
      REQUIRE(first.answer<call_done>(first->leave()).outcome);
      const auto got = join(node("n1", 1, 5));
      REQUIRE(got);
      CHECK(*got == cluster::start_verdict::new_incarnation);
      REQUIRE(join(node("n1", 2, 1)));
      CHECK(*second.answer<store_read>(second->read_store({"n1"})).outcome ==
            cluster::store_record{{2}, 1});
    }
    SECTION("ids that cannot be keys and leases that etcd would stretch are refused") {
      for (const char* bad : {"", "a/b", "a b", "\xc3\xa9"})
        CHECK(code_of(join(node(bad))) == ec::invalid_argument);
      CHECK(code_of(join(node(std::string(65, 'a')))) == ec::invalid_argument);
      CHECK(code_of(join(node("n2"), 1999ms)) == ec::invalid_argument);
      CHECK(join(node(std::string(64, 'a')), lease_min));
    }
    SECTION("one handle is one node") {
      REQUIRE(join(node("n2")));
      CHECK(code_of(join(node("n3"))) == ec::invalid_argument);
      CHECK(code_of(second.answer<call_done>(second->update_node(node("n3"))).outcome) ==
            ec::invalid_argument);
      REQUIRE(second.answer<call_done>(second->leave()).outcome);
      CHECK(join(node("n3")));
    }
  });
}

TEST_CASE("coordination: a node's records are seen by others as it wrote them", "[coordination]") {
  on_both([](world& w) {
    auto& watcher = w.join_in();
    open(watcher);
    CHECK(view(watcher).nodes.empty());
    auto& p = w.join_in();
    open(p);
    auto record = node("n1", 0xffff'ffff'ffff'fff1, 3);
    record.weight = 2.5;
    record.mesh_key = "a \"key\"\n";
    record.build = "b\xc3\xa9";
    const auto joined = p.answer<node_joined>(p->join(record, 5s));
    REQUIRE(joined.outcome);
    const auto is = [&](const cluster::node_record& r) {
      return [r](const view_changed& c) {
        const auto* n = std::get_if<cluster::node_event>(&c.event);
        return n != nullptr && n->record == r;
      };
    };
    CHECK(revision_of(watcher.news<view_changed>(is(record)).event) == joined.at.value);
    record.draining = record.starved = true;
    record.writable = false;
    REQUIRE(p.answer<call_done>(p->update_node(record)).outcome);
    watcher.news<view_changed>(is(record));
    const auto read = watcher.answer<store_read>(watcher->read_store({"n1"}));
    REQUIRE(read.outcome);
    CHECK(*read.outcome == cluster::store_record{record.incarnation, 3});
    CHECK(read.live == record);
    REQUIRE(p.answer<call_done>(p->write_store({"n1"}, {{7}, 8})).outcome);
    CHECK(*watcher.answer<store_read>(watcher->read_store({"n1"})).outcome ==
          cluster::store_record{{7}, 8});
    REQUIRE(p.answer<call_done>(p->leave()).outcome);
    CHECK(w.until([&] { return gone(watcher, "n1"); }));
    CHECK_FALSE(watcher.answer<store_read>(watcher->read_store({"n1"})).live);
    CHECK_FALSE(*watcher.answer<store_read>(watcher->read_store({"nobody"})).outcome);
  });
}

TEST_CASE(
    "coordination: a process that stops is gone within its lease and a second, its office too",
    "[coordination]") {
  on_both([](world& w) {
    auto& watcher = w.join_in();
    open(watcher);
    view(watcher);
    auto& p = w.join_in();
    enter(p, "n1", 2s);
    REQUIRE(p.answer<campaign_done>(p->campaign()).outcome == cluster::proposal_outcome::won);
    w.pass(3s); // renewed meanwhile
    CHECK_FALSE(gone(watcher, "n1"));
    p.crash();
    const auto at = w.now();
    REQUIRE(w.until([&] { return gone(watcher, "n1"); }));
    CHECK(w.now() - at <= 3s);
    CHECK(w.now() - at >= 1s);
    watcher.news<view_changed>([](const view_changed& c) {
      const auto* o = std::get_if<cluster::controller_event>(&c.event);
      return o != nullptr && !o->holder;
    });
  });
}

TEST_CASE("coordination: the office is held by one at a time, under a fence that grows",
          "[coordination]") {
  on_both([](world& w) {
    auto& a = w.join_in();
    auto& b = w.join_in();
    open(a);
    CHECK(says(a.answer<campaign_done>(a->campaign()).why, "join first"));
    enter(a, "a");
    enter(b, "b");
    const auto from_a = a->campaign();
    const auto from_b = b->campaign();
    const auto got_a = a.answer<campaign_done>(from_a);
    const auto got_b = b.answer<campaign_done>(from_b);
    const bool a_won = got_a.outcome == cluster::proposal_outcome::won;
    REQUIRE(a_won != (got_b.outcome == cluster::proposal_outcome::won));
    CHECK(says(a_won ? got_b.why : got_a.why, a_won ? "a holds it" : "b holds it"));
    auto& holder = a_won ? a : b;
    auto& other = a_won ? b : a;
    const auto fence = a_won ? got_a.created : got_b.created;
    CHECK(fence.value > 0);
    // Asked again it is the same office.
    const auto again = holder.answer<campaign_done>(holder->campaign());
    CHECK(again.outcome == cluster::proposal_outcome::won);
    CHECK(again.created == fence);
    // Who does not hold it cannot give it up.
    REQUIRE(other.answer<call_done>(other->resign({fence.value + 1})).outcome);
    CHECK(other.answer<campaign_done>(other->campaign()).outcome ==
          cluster::proposal_outcome::lost);
    REQUIRE(holder.answer<call_done>(holder->resign(fence)).outcome);
    auto next = other.answer<campaign_done>(other->campaign());
    REQUIRE(next.outcome == cluster::proposal_outcome::won);
    CHECK(next.created > fence);
    // Leaving vacates it too.
    REQUIRE(other.answer<call_done>(other->leave()).outcome);
    next = holder.answer<campaign_done>(holder->campaign());
    CHECK(next.outcome == cluster::proposal_outcome::won);
    CHECK(view(holder).controller.created == next.created);
    CHECK(view(holder).controller.holder == cluster::node_id{a_won ? "a" : "b"});
  });
}

TEST_CASE("coordination: a controller ends a dead node's membership early, a deposed one does not",
          "[coordination]") {
  on_both([](world& w) {
    auto& a = w.join_in();
    auto& b = w.join_in();
    auto& victim = w.join_in();
    enter(a, "a", 5s);
    enter(b, "b", 5s);
    enter(victim, "v", 60s);
    view(b);
    const auto old = a.answer<campaign_done>(a->campaign()).created;
    REQUIRE(a.answer<call_done>(a->resign(old)).outcome);
    const auto fence = b.answer<campaign_done>(b->campaign()).created;
    REQUIRE(fence > old);
    const auto refused = a.answer<call_done>(a->revoke({"v"}, old)).outcome;
    REQUIRE_FALSE(refused);
    CHECK(refused.err().code == ec::conflict);
    CHECK(b.answer<store_read>(b->read_store({"v"})).live);
    REQUIRE(b.answer<call_done>(b->revoke({"v"}, fence)).outcome);
    CHECK(w.until([&] { return gone(b, "v"); }));
    victim.news<session_lost>();
    CHECK_FALSE(victim->heard_at());
    // It was not dead after all.
    CHECK(victim.answer<node_joined>(victim->join(node("v", 1, 2), 2s)).outcome);
    CHECK(victim->heard_at());
    CHECK(b.answer<call_done>(b->revoke({"nobody"}, fence)).outcome);
  });
}
