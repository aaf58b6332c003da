// What a stranger or a broken shipper can send to the HTTP port: refused with the right status, in
// bounded memory, and the node stays well.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

std::string read_token(const std::string& path) {
  std::ifstream in{path};
  std::string token;
  in >> token;
  return token;
}

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
}

} // namespace

TEST_CASE("http: bombs, floods and nonsense are refused in bounded memory, and the node stays well",
          "[processes][http]") {
  const test::scratch files;
  const test::node_address at;
  auto environment = at.environment();
  environment.emplace_back("ASAN_OPTIONS", "quarantine_size_mb=4");
  test::child node{{test::program("vedetted"), "--data-dir", files.path("data")},
                   files.path("log"),
                   environment};
  REQUIRE(node.says("ready:", 60s));
  const auto token = read_token(files.path("data") + "/admin.token");
  REQUIRE(!token.empty());
  const auto post = [&](const std::string& body, const std::string& more,
                        const std::string& authorisation) {
    return test::http_exchange(
        at.http, "POST /v1/ingest/aws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(at.http) +
                     "\r\n" + authorisation + more + "Connection: close\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  const auto mine = "Authorization: Bearer " + token + "\r\n";
  const std::string gz = "Content-Encoding: gzip\r\n", zst = "Content-Encoding: zstd\r\n";
  const auto good = test::good_record("eve", 1) + "\n";
  REQUIRE(status_of(post(good, "", mine)) == 200);
  const auto before = node.peak_rss_bytes();
  REQUIRE(before > 0);

  struct row {
    const char* why;
    std::string body, headers, authorisation;
    int status;
  };
  const std::vector<row> rows{
      {"no token", good, "", "", 401},
      {"a token nobody made", good, "", "Authorization: Bearer " + std::string(43, 'x') + "\r\n",
       401},
      {"a gzip bomb", test::gzip(good + std::string(std::size_t{300} << 20, ' ')), gz, mine, 413},
      {"a zstd bomb", test::zstd(good + std::string(std::size_t{300} << 20, ' ')), zst, mine, 413},
      {"gzip that is none", "not gzip at all", gz, mine, 400},
      {"an encoding nobody knows", good, "Content-Encoding: br\r\n", mine, 415},
      {"nesting of a hundred thousand",
       "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", "", mine, 200},
      {"bytes that are no JSON", std::string(1'000'000, '\xff'), "", mine, 400},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto answer = post(r.body, r.headers, r.authorisation);
    INFO(answer);
    CHECK(status_of(answer) == r.status);
  }
  // More than the body may have is refused by its announcement, before it is sent.
  const auto large =
      test::http_exchange(at.http, "POST /v1/ingest/aws HTTP/1.1\r\nHost: 127.0.0.1\r\n" + mine +
                                       "Connection: close\r\nContent-Length: 5000000000\r\n\r\n{}");
  CHECK(status_of(large) == 413);
  const auto head =
      test::http_exchange(at.http, "GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n");
  CHECK(status_of(head) != 200);
  CHECK(node.peak_rss_bytes() < before + (std::uint64_t{96} << 20));
  CHECK(status_of(post(test::good_record("eve", 2), "", mine)) == 200);
  node.signal(SIGTERM);
  const auto code = node.wait(10s);
  REQUIRE(code);
  CHECK(*code == 0);
}
