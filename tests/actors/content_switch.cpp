// A change of generation as actors carry it out, on a scheduler and a clock that the test moves.
#include "tests/actors/small_node.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;

TEST_CASE("switch: the entry that changes the rules stands before the first batch that names them",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  stage s{store, content, 1};
  CHECK(s.entries({0}).empty());
  s.send(1, "DeleteTrail");
  s.settle();
  // Only ingest has heard of it so far.
  REQUIRE(s.answer_of<atom::done>(s.door, content_change{content->all.at(2)}));
  s.send(2, "ListBuckets");
  s.settle();
  CHECK(s.accepted == 2);
  const auto log = s.entries({0});
  INFO(log);
  CHECK(log.find('g') != std::string::npos);
  CHECK(log.find('g') < log.rfind('b'));
  // Told again, it is not written again.
  s.change(2);
  const auto after = s.entries({0});
  CHECK(std::count(after.begin(), after.end(), 'g') == 1);
  const auto alerts = s.list(tenant_query::about::alerts);
  INFO(alerts);
  CHECK(holds(alerts, "\"deletion\""));
  CHECK(holds(alerts, "\"listing\""));
}

TEST_CASE("switch: playbooks change with an entry, and a restart folds each entry under its own",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  std::string before;
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    const auto first = s.list(tenant_query::about::actions);
    INFO(first);
    CHECK(holds(first, "\"first\""));
    CHECK_FALSE(holds(first, "\"second\""));
    s.change(2);
    s.send(2, "DeleteTrail");
    s.settle();
    before = s.list(tenant_query::about::actions);
    INFO(before);
    CHECK(holds(before, "\"first\""));
    CHECK(holds(before, "\"second\""));
  }
  {
    stage s{store, content, 2};
    CHECK(s.list(tenant_query::about::actions) == before);
    const auto log = s.entries(tenants);
    CHECK(std::count(log.begin(), log.end(), 'g') == 1);
    REQUIRE(s.answer_of<atom::done>(s.home, atom::drain::value));
  }
  {
    // The checkpoint knows what it was folded under.
    stage s{store, content, 2};
    CHECK(s.list(tenant_query::about::actions) == before);
    const auto log = s.entries(tenants);
    CHECK(std::count(log.begin(), log.end(), 'g') == 1);
  }
}

TEST_CASE("switch: files that changed while the node was down take effect behind the old tail",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
  }
  stage s{store, content, 2};
  CHECK(s.entries({0}).back() == 'g');
  s.send(2, "ListBuckets");
  s.send(3, "DeleteTrail");
  s.settle();
  const auto alerts = s.list(tenant_query::about::alerts);
  INFO(alerts);
  CHECK(holds(alerts, "\"listing\""));
  std::size_t deletions = 0;
  for (auto at = alerts.find("\"rule\":\"deletion\""); at != std::string::npos;
       at = alerts.find("\"rule\":\"deletion\"", at + 1))
    ++deletions;
  CHECK(deletions == 2);
}

TEST_CASE("switch: an aggregator whose log names playbooks that are not there does not start",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    s.change(2);
  }
  const auto only_new = std::make_shared<shelf>(*content);
  only_new->all.erase(1);
  stage s{store, only_new, 2};
  CHECK(s.list(tenant_query::about::alerts) == "no answer");
}

TEST_CASE("skip: a tenant's entry that ended the fold twice is passed over, and nothing else is",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  base::entry_index deadly;
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    s.send(2, "DeleteTrail");
    s.settle();
    const auto all = s.list(tenant_query::about::alerts);
    REQUIRE(holds(all, "user/u1"));
    REQUIRE(holds(all, "user/u2"));
    // The first alert that arrived.
    REQUIRE(store->log().read({{tenants, {0}}}, [&](const state::log_entry& e) {
      deadly = e.index;
      return e.kind != state::entry_kind::arrived;
    }));
  }
  stage s{store, content, 1, {{deadly, base::whole_entry, 2}}};
  for (int i = 0; i < 10; ++i)
    s.settle(); // a replica looks at its log again with its beat
  const auto left = s.list(tenant_query::about::alerts);
  INFO(left);
  CHECK_FALSE(holds(left, "user/u1"));
  CHECK(holds(left, "user/u2"));
  const auto log = s.entries(tenants);
  CHECK(std::count(log.begin(), log.end(), 's') == 1);
  s.send(3, "DeleteTrail");
  s.settle();
  CHECK(holds(s.list(tenant_query::about::alerts), "user/u3"));
}
