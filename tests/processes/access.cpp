// Tokens and keys of a real cluster: made at one node, good at all, and gone from all.
#include "tests/processes/cluster.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

test::finished ask(const test::cluster& c, std::size_t n, std::vector<std::string> words) {
  words.insert(words.begin(), test::program("vedette"));
  for (const auto& more :
       {std::string{"--server"}, c.server(n), std::string{"--data-dir"}, c.path(c.id(n))})
    words.push_back(more);
  return test::run(words, 60s);
}

std::string line_of(const std::string& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return line;
}

/// What the node answers to whoever has this token; 0 for nothing.
int status(const test::cluster& c, std::size_t n, const std::string& token) {
  const auto url = c.server(n);
  const auto port = static_cast<std::uint16_t>(std::atoi(url.c_str() + url.rfind(':') + 1));
  const auto bytes = test::http_exchange(
      port, "GET /v1/nodes HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                "\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n\r\n");
  return bytes.starts_with("HTTP/1.1 ") ? std::atoi(bytes.c_str() + 9) : 0;
}

/// How long until the node answers so; more than `patience` for never.
std::chrono::milliseconds until(const test::cluster& c, std::size_t n, const std::string& token,
                                int wanted, std::chrono::seconds patience = 10s) {
  const auto from = std::chrono::steady_clock::now();
  for (;;) {
    const bool so = status(c, n, token) == wanted;
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - from);
    if (so || spent > patience)
      return so ? spent : spent + 1h;
    std::this_thread::sleep_for(10ms);
  }
}

} // namespace

TEST_CASE("access: a token of one node works at all, a revoked one at none, and a node that was "
          "away learns both",
          "[processes][access]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  const auto soc_file = c.path("soc.token"), late_file = c.path("late.token");
  const auto made = ask(c, 0,
                        {"tokens", "create", "--name", "soc", "--role", "viewer", "--all-tenants",
                         "--out", soc_file});
  INFO(made.out << made.err);
  REQUIRE(made.code == 0);
  const auto soc = line_of(soc_file);
  // A second where the machine is idle; ten where it is not.
  for (std::size_t n = 0; n < 3; ++n) {
    INFO("at " << c.id(n));
    CHECK(until(c, n, soc, 200) < 10s);
  }
  // Each node's own admin token counts there; only one of them is the cluster's.
  int everywhere = 0;
  for (std::size_t n = 0; n < 3; ++n) {
    const auto own = line_of(c.path(c.id(n)) + "/admin.token");
    CHECK(status(c, n, own) == 200);
    everywhere += status(c, (n + 1) % 3, own) == 200 && status(c, (n + 2) % 3, own) == 200 ? 1 : 0;
  }
  CHECK(everywhere == 1);

  c.kill(2);
  const auto revoked = ask(c, 1, {"tokens", "revoke", "soc"});
  INFO(revoked.out << revoked.err);
  REQUIRE(revoked.code == 0);
  CHECK(status(c, 1, soc) == 401);
  CHECK(until(c, 0, soc, 401) < 10s);
  REQUIRE(ask(c, 0,
              {"tokens", "create", "--name", "late", "--role", "viewer", "--all-tenants", "--out",
               late_file})
              .code == 0);
  const auto late = line_of(late_file);
  c.start(2);
  c.until_ready(2);
  // It is not ready before it has taken over what came meanwhile.
  CHECK(status(c, 2, soc) == 401);
  CHECK(status(c, 2, late) == 200);
  // One that has the newest already needs nobody for it.
  c.kill(0);
  c.start(0);
  c.until_ready(0);
  CHECK(status(c, 0, soc) == 401);
  CHECK(status(c, 0, late) == 200);
}

TEST_CASE("access: two nodes that are changed at the same moment lose no change",
          "[processes][access]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  constexpr int each = 5;
  std::vector<std::thread> threads;
  std::vector<int> failed(3);
  for (std::size_t n = 0; n < 3; ++n)
    threads.emplace_back([&, n] {
      for (int i = 0; i < each; ++i) {
        const auto name = c.id(n) + "-" + std::to_string(i);
        failed[n] += ask(c, n,
                         {"tokens", "create", "--name", name, "--role", "viewer", "--all-tenants",
                          "--out", c.path(name)})
                                 .code == 0
                         ? 0
                         : 1;
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(failed == std::vector<int>{0, 0, 0});
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t by = 0; by < 3; ++by)
      for (int i = 0; i < each; ++i) {
        const auto name = c.id(by) + "-" + std::to_string(i);
        INFO(name << " at " << c.id(n));
        CHECK(until(c, n, line_of(c.path(name)), 200) < 10s);
      }
  // Keys go the same way: the list at one node is the list at all.
  REQUIRE(
      ask(c, 0, {"keys", "create", "--tenant", "acme", "--source", "eu", "--out", c.path("eu.key")})
          .code == 0);
  for (std::size_t n = 0; n < 3; ++n) {
    const auto patience = std::chrono::steady_clock::now() + 10s;
    auto listed = ask(c, n, {"keys", "list"});
    while (listed.out.find("acme") == std::string::npos &&
           std::chrono::steady_clock::now() < patience)
      listed = ask(c, n, {"keys", "list"});
    INFO("at " << c.id(n) << "\n" << listed.out << listed.err);
    CHECK(listed.out.find("acme") != std::string::npos);
  }
}
