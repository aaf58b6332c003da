// Operating a cluster: what `vedette nodes`, `partitions` and `status` say is what the coordinator
// has, also while a node is dead or silent; drains and moves do what they say, under load too.
#include "tests/processes/cluster_load.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t partitions_of_all = 20; // 16, and 4 of tenants

/// The first number of that name in a line of JSON.
std::uint64_t number(const std::string& line, const std::string& name) {
  const auto key = "\"" + name + "\":";
  const auto at = line.find(key);
  return at == std::string::npos ? 0 : std::strtoull(line.c_str() + at + key.size(), nullptr, 10);
}

bool flag(const std::string& line, const std::string& name) {
  return line.find("\"" + name + "\":true") != std::string::npos;
}

/// `vedette` as an operator runs it beside node `n`.
test::finished run_vedette(const test::cluster& c, std::size_t n, std::vector<std::string> words) {
  words.insert(words.begin(), test::program("vedette"));
  for (const auto* more : {"--server", "--data-dir"})
    words.emplace_back(more), words.push_back(more[2] == 's' ? c.server(n) : c.path(c.id(n)));
  return test::run(words, 60s);
}

/// The list as JSON, one element a line.
std::vector<std::string> lines_listed(const test::cluster& c, std::size_t n,
                                      const std::string& what) {
  const auto said = run_vedette(c, n, {what, "-o", "json"});
  INFO(what << " of " << c.id(n) << ": " << said.err);
  CHECK(said.code == 0);
  return test::lines_of(said.out);
}

std::string of(const std::vector<std::string>& lines, const std::string& node) {
  for (const auto& l : lines)
    if (test::member(l, "id") == node)
      return l;
  return {};
}

/// Waits for what is bound to come.
template <class F>
bool soon(F happened, std::chrono::seconds patience = 15s) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!happened())
    if (std::chrono::steady_clock::now() > until)
      return false;
    else
      std::this_thread::sleep_for(100ms);
  return true;
}

/// Asks and demands an answer within two seconds; a loaded machine with sanitizers gets another.
std::string within_two_seconds(const test::cluster& c, std::size_t n, const std::string& path) {
  const auto began = std::chrono::steady_clock::now();
  const auto a = c.call(n, "GET", path);
  const auto took = std::chrono::steady_clock::now() - began;
  INFO(path << " of " << c.id(n) << ": " << a.status << " after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
  CHECK(a.status == 200);
  CHECK(took < 3s);
  return a.body;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

void says_what_the_coordinator_has(const test::cluster& c, std::size_t n) {
  INFO("asked " << c.id(n));
  const auto table = c.table();
  const auto rows = lines_listed(c, n, "partitions");
  CHECK(rows.size() == table.size());
  for (const auto& row : rows) {
    INFO(row);
    const auto at = table.find(static_cast<std::uint32_t>(number(row, "partition")));
    REQUIRE(at != table.end());
    CHECK(test::member(row, "primary") == at->second.primary);
    CHECK(number(row, "epoch") == at->second.epoch);
  }
}

} // namespace

TEST_CASE("operate: nodes and partitions tell the truth, also of a node that is silent or dead",
          "[processes][operate]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  REQUIRE(c.in_sync(3, 60s));
  for (std::size_t n = 0; n < c.size(); ++n) {
    INFO("asked " << c.id(n));
    const auto nodes = lines_listed(c, n, "nodes");
    REQUIRE(nodes.size() == 3);
    std::uint64_t leads = 0;
    for (const auto& line : nodes) {
      INFO(line);
      CHECK(test::member(line, "state") == "up");
      CHECK(flag(line, "ready"));
      CHECK(number(line, "holds") == partitions_of_all);
      CHECK(flag(line, "controller") == (test::member(line, "id") == c.controller()));
      leads += number(line, "leads");
    }
    CHECK(leads == partitions_of_all);
    CHECK(soon([&] {
      const auto rows = lines_listed(c, n, "partitions");
      return rows.size() == partitions_of_all && std::ranges::all_of(rows, [](const auto& row) {
               return test::member(row, "state") == "serving" && number(row, "live_copies") == 3;
             });
    }));
    says_what_the_coordinator_has(c, n);
  }

  // Stopped, not dead: its connections stand, and nothing comes.
  const auto silent = c.place_of(c.table().at(0).primary), asked = (silent + 1) % 3;
  c.pause(silent);
  // The kernel stops its threads one after the other; one may answer still.
  std::string while_silent;
  CHECK(soon(
      [&] {
        while_silent = within_two_seconds(c, asked, "/v1/partitions");
        CHECK(count(while_silent, "\"state\":") == partitions_of_all);
        return count(while_silent, "\"answered\":false") > 0;
      },
      1s));
  CHECK(count(while_silent, "\"state\":\"silent\"") == count(while_silent, "\"answered\":false"));
  within_two_seconds(c, asked, "/v1/nodes");
  within_two_seconds(c, asked, "/v1/status");
  within_two_seconds(c, asked, "/v1/sources");
  c.go_on(silent);
  REQUIRE(c.in_sync(3, 60s));

  const auto dead = c.place_of(c.table().at(1).primary), left = (dead + 1) % 3;
  c.kill(dead);
  CHECK(count(within_two_seconds(c, left, "/v1/partitions"), "\"state\":") == partitions_of_all);
  CHECK(soon([&] {
    const auto state = test::member(of(lines_listed(c, left, "nodes"), c.id(dead)), "state");
    return state == "unreachable" || state == "gone";
  }));
  CHECK(soon([&] {
    const auto rows = lines_listed(c, left, "partitions");
    return std::ranges::all_of(rows, [&](const auto& row) {
      return test::member(row, "state") == "under-replicated" && flag(row, "answered") &&
             test::member(row, "primary") != c.id(dead) && number(row, "live_copies") == 2;
    });
  }));
  says_what_the_coordinator_has(c, left);
  const auto status = within_two_seconds(c, left, "/v1/status");
  const auto in_short = status.substr(status.find("\"cluster\":"));
  CHECK(in_short.find("\"nodes\":{\"known\":3,\"up\":2}") != std::string::npos);
  CHECK(number(in_short, "with_primary") == partitions_of_all);
  CHECK(number(in_short, "under_replicated") == partitions_of_all);

  // Without a coordinator the nodes still say how they are, and that it is away.
  c.etcd().kill_now();
  CHECK(soon([&] {
    const auto now = within_two_seconds(c, left, "/v1/status");
    return now.find("\"coordinator\":{\"reachable\":false") != std::string::npos;
  }));
  const auto moved = run_vedette(c, left, {"partition", "move", "3", "--to", c.id(left)});
  CHECK(moved.code == 4);
  CHECK(moved.err.find("coordinator cannot be reached") != std::string::npos);
}

TEST_CASE("operate: drained nodes lead nothing, moved partitions go where they shall, and no alert "
          "is lost",
          "[processes][operate]") {
  if (!test::cluster::possible())
    return;
  test::cluster_settings four;
  four.nodes = 4;
  test::cluster c{four};
  REQUIRE(c.in_sync(3, 60s));
  test::load load{c, 20'000, 6, 7};
  load.start(0, 8s);

  // Asked of another node than the one that drains.
  const auto drained = run_vedette(c, 0, {"node", "drain", "n2", "--timeout", "30"});
  INFO(drained.out << drained.err);
  REQUIRE(drained.code == 0);
  CHECK(drained.out.find("node n2 leads nothing any more") != std::string::npos);
  for (const auto& [p, row] : c.table())
    CHECK(row.primary != "n2");
  CHECK(test::member(of(lines_listed(c, 2, "nodes"), "n2"), "state") == "draining");

  // There is a fourth node, so its copies go too; a move by hand is for when that is done.
  CHECK(soon(
      [&] {
        const auto rows = lines_listed(c, 2, "partitions");
        return number(of(lines_listed(c, 2, "nodes"), "n2"), "holds") == 0 &&
               std::ranges::none_of(rows, [](const auto& row) { return flag(row, "moving"); });
      },
      30s));
  const auto before = c.table().at(5);
  std::string to;
  for (const auto* node : {"n1", "n3", "n4"})
    if (node != before.primary)
      to = node;
  const auto moved = run_vedette(c, 3, {"partition", "move", "5", "--to", to, "--timeout", "30"});
  INFO(moved.out << moved.err);
  REQUIRE(moved.code == 0);
  CHECK(c.table().at(5).primary == to);
  CHECK(c.table().at(5).epoch > before.epoch);

  const auto undrained = run_vedette(c, 1, {"node", "undrain", "n2"});
  CHECK(undrained.code == 0);
  CHECK(soon([&] { return test::member(of(lines_listed(c, 0, "nodes"), "n2"), "state") == "up"; }));

  struct row {
    const char* why;
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  for (const auto& r : std::vector<row>{
           {"no such node", {"node", "drain", "n9"}, 1, "it is no member now"},
           {"no such node", {"partition", "move", "5", "--to", "n9"}, 1, "is not there"},
           {"no such partition",
            {"partition", "move", "999", "--to", "n1"},
            1,
            "none of that number"},
           {"twice the same", {"partition", "move", "5", "--to", "n1,n1"}, 2, "named twice"},
           {"more than copies",
            {"partition", "move", "5", "--to", "n1,n2,n3,n4"},
            2,
            "1 to 3 nodes"},
           {"not a number", {"partition", "move", "five", "--to", "n1"}, 2, ""}}) {
    INFO(r.why);
    const auto said = run_vedette(c, 0, r.words);
    INFO(said.err);
    CHECK(said.code == r.code);
    CHECK(said.err.find(r.says) != std::string::npos);
  }

  load.hurry();
  load.finish();
  load.equals_replay();
}
