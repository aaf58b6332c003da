// The two repairs that an operator orders: a partition whose in-sync copies are gone for good goes
// on with a surviving one, and the table is made anew after the coordinator has lost it.
#include "tests/processes/cluster_load.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <set>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

template <class Holds>
bool until(std::chrono::seconds patience, const Holds& holds) {
  const auto end = steady::now() + patience;
  while (!holds()) {
    if (steady::now() > end)
      return false;
    std::this_thread::sleep_for(100ms);
  }
  return true;
}

/// A command asked of one node of the cluster.
test::finished order(const test::cluster& c, std::size_t n, std::vector<std::string> words) {
  words.insert(words.begin(), test::program("vedette"));
  words.insert(words.end(), {"--data-dir", c.path(c.id(n)), "--server", c.server(n)});
  return test::run(words);
}

/// Users of the probes whose alerts a node lists.
std::set<std::string> probes(const test::cluster& c, std::size_t n, const std::string& tenant) {
  const auto said = c.call(n, "GET", "/v1/alerts?limit=1000&tenant=" + tenant).body;
  std::set<std::string> out;
  for (auto at = said.find("user/probe-"); at != std::string::npos;
       at = said.find("user/probe-", at + 1))
    out.insert(said.substr(at, said.find_first_not_of("user/probe-0123456789", at) - at));
  return out;
}

bool probe(const test::cluster& c, std::size_t by, const std::string& tenant) {
  return test::measure_failover(c, by, test::all_partitions(), steady::now(), tenant, 20s).complete;
}

bool estranged(const test::cluster& c, std::size_t n) {
  return c.call(n, "GET", "/v1/status").body.find("\"membership\":\"estranged\"") !=
         std::string::npos;
}
bool estranged(const test::cluster& c) {
  for (std::size_t n = 0; n < c.size(); ++n)
    if (!estranged(c, n))
      return false;
  return true;
}

/// While a table is there the order is refused, whichever node is asked.
void expect_nothing_to_make(const test::cluster& c) {
  for (std::size_t n = 0; n < c.size(); ++n) {
    const auto refused = order(c, n, {"cluster", "rebuild-table"});
    INFO(refused.err);
    CHECK(refused.code == 1);
    CHECK(refused.err.find("nothing is to be made") != std::string::npos);
  }
}

} // namespace

TEST_CASE("repair: a partition goes on with a copy that lagged, with all that one had",
          "[processes][repair][recover]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  REQUIRE(c.in_sync(3, 30s));
  REQUIRE(probe(c, 0, "before"));
  const auto had = probes(c, 0, "before");
  REQUIRE(had.size() == 16);
  // What a source was told to be durable reaches the followers' folds with the next heartbeat.
  REQUIRE(until(10s, [&] { return probes(c, 2, "before") == had; }));

  c.pause(2);
  REQUIRE(until(20s, [&] {
    const auto rows = c.table();
    return !rows.empty() && std::ranges::all_of(rows, [](const auto& row) {
      const auto& in = row.second.in_sync;
      return in.size() == 2 && std::ranges::find(in, "n3") == in.end();
    });
  }));
  REQUIRE(probe(c, 0, "lacked"));

  const auto refused = order(c, 0, {"partition", "recover", "0", "--accept-loss"});
  INFO(refused.err);
  CHECK(refused.code == 1);
  CHECK(refused.err.find("in sync, so nothing has to be lost") != std::string::npos);

  for (const std::size_t n : {0U, 1U}) {
    c.kill(n);
    c.wipe(n);
  }
  c.go_on(2);
  const auto table = c.table();
  REQUIRE(table.size() == 20);
  REQUIRE(until(20s, [&] {
    const auto shown = order(c, 2, {"partition", "recover", "0", "--dry-run"});
    return shown.code == 0 &&
           shown.out.find("would go on with the copy of n3") != std::string::npos;
  }));
  CHECK(c.table().at(0).epoch == table.at(0).epoch);
  CHECK(order(c, 2, {"partition", "recover", "0"}).code == 2);
  for (const auto& [p, row] : table) {
    const auto done = order(c, 2, {"partition", "recover", std::to_string(p), "--accept-loss"});
    INFO(done.out << done.err);
    REQUIRE(done.code == 0);
    CHECK(done.out.find("goes on with the copy of n3") != std::string::npos);
  }
  for (const auto& [p, row] : c.table()) {
    INFO(p);
    CHECK(row.primary == "n3");
    CHECK(row.epoch > table.at(p).epoch);
  }
  CHECK(c.log(2).find("audit: ") != std::string::npos);

  // The machines of the others come back, empty.
  for (const std::size_t n : {0U, 1U})
    c.start(n);
  REQUIRE(c.in_sync(3, 60s));
  for (const std::size_t n : {0U, 1U})
    c.until_ready(n);
  CHECK(order(c, 2, {"partitions"}).out.find("loss in epoch") != std::string::npos);
  REQUIRE(probe(c, 1, "after"));
  CHECK(probes(c, 1, "after").size() == 16);
  CHECK(probes(c, 1, "before") == had);
  std::printf("recovered: of %zu alerts the lost copies alone had, %zu are there\n", had.size(),
              probes(c, 1, "lacked").size());
}

TEST_CASE(
    "repair: after etcd was emptied under load the table is made anew and no alert is missing",
    "[processes][repair][rebuild]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  test::load load{c, 12'000, 8, 31};
  REQUIRE(c.in_sync(3, 30s));
  expect_nothing_to_make(c);
  load.start(0, 10s);
  while (load.handed() < 2'000 && load.feeding())
    std::this_thread::sleep_for(10ms);

  c.etcd().lose_data();
  REQUIRE(until(20s, [&] { return estranged(c); }));
  // Detection goes on, by what the nodes know.
  CHECK(probe(c, 1, "estranged"));
  const auto shown = order(c, 1, {"cluster", "rebuild-table", "--dry-run"});
  INFO(shown.out << shown.err);
  REQUIRE(shown.code == 0);
  CHECK(shown.out.find("would make generation 2") != std::string::npos);
  CHECK(c.table().empty());
  CHECK(estranged(c));

  // Two operators at once: at least one of them is told that it is done, and the table is one.
  auto other = std::async(std::launch::async, [&c] {
    return order(c, 2, {"cluster", "rebuild-table"});
  });
  const auto first = order(c, 0, {"cluster", "rebuild-table"});
  const auto second = other.get();
  INFO(first.out << first.err << second.out << second.err);
  CHECK((first.code == 0 || second.code == 0));
  for (const auto& done : {first, second})
    CHECK((done.code == 0) == (done.out.find("20 partitions") != std::string::npos));
  REQUIRE(c.in_sync(3, 60s));
  CHECK(c.table().size() == 20);
  expect_nothing_to_make(c);

  // What is in force is named again: a node that starts finds it.
  c.kill(1);
  c.start(1);
  c.until_ready(1);
  REQUIRE(c.in_sync(3, 60s));
  load.finish();
  load.equals_replay();
  CHECK(probe(c, 2, "rebuilt"));
}

TEST_CASE("repair: an old backup of etcd is refused, and the table is made anew",
          "[processes][.cluster][repair]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  test::load load{c, 30'000, 12, 32};
  REQUIRE(c.in_sync(3, 30s));
  c.etcd().save_data();
  load.start(0, 25s);
  while (load.handed() < 2'000 && load.feeding())
    std::this_thread::sleep_for(10ms);
  // The table moves on: others lead, and who is in sync changes twice.
  c.kill(1);
  std::this_thread::sleep_for(4s);
  c.start(1);
  c.until_ready(1);
  REQUIRE(c.in_sync(3, 60s));

  c.etcd().restore_data();
  REQUIRE(until(20s, [&] { return estranged(c); }));
  std::this_thread::sleep_for(3s);
  CHECK(estranged(c)); // it does not creep in when the old one has counted on
  const auto done = order(c, 0, {"cluster", "rebuild-table"});
  INFO(done.out << done.err);
  REQUIRE(done.code == 0);
  REQUIRE(c.in_sync(3, 60s));
  load.finish();
  load.equals_replay();
}

TEST_CASE(
    "repair: a copy that is not heard stops the making of a table unless its loss is accepted",
    "[processes][.cluster][repair]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  REQUIRE(c.in_sync(3, 30s));
  REQUIRE(probe(c, 0, "before"));
  const auto had = probes(c, 0, "before");
  c.kill(2);
  c.etcd().lose_data();
  REQUIRE(until(20s, [&] { return estranged(c, 0); }));
  REQUIRE(until(20s, [&] {
    const auto refused = order(c, 0, {"cluster", "rebuild-table"});
    return refused.err.find("n3 has not reported") != std::string::npos;
  }));
  CHECK(c.table().empty());
  const auto done = order(c, 0, {"cluster", "rebuild-table", "--accept-missing"});
  INFO(done.out << done.err);
  REQUIRE(done.code == 0);
  CHECK(done.out.find("not heard: n3") != std::string::npos);
  CHECK(probe(c, 1, "without"));
  c.start(2);
  c.until_ready(2);
  REQUIRE(c.in_sync(3, 60s));
  CHECK(probes(c, 2, "before") == had);
}
