#include "io/http/server.hpp"

#include "io/http/client.hpp"
#include "io/http/credentials.hpp"
#include "io/http/problem.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <future>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

base::result<principal> by_token(const http_request& request) {
  const auto token = credentials_of(request.headers).token;
  if (token == "view")
    return principal{"viewer token", {role::viewer}, {{"acme"}}, false};
  if (token == "send")
    return principal{"collector token", {role::collector}, {{"acme"}}, false};
  return base::error{base::ec::denied, "give a valid token"};
}

/// A server with one route of each kind.
class served {
 public:
  explicit served(http_server_settings settings = {}, http_hooks hooks = {}) {
    settings.port = 0;
    hooks.authenticate = by_token;
    http_router router;
    router.add(http_method::get, "/healthz",
               {.roles = {}, .body_bytes_max = 0, .decoded_bytes_max = 0},
               [](http_call, http_responder answer) { answer.respond(text_response("ok\n")); });
    router.add(http_method::get, "/v1/alerts/{id}", {}, [](http_call call, http_responder answer) {
      answer.respond(json_response("{\"id\":\"" +
                                   std::string{*find(call.request.parameters, "id")} +
                                   "\",\"by\":\"" + call.who.name + "\"}"));
    });
    router.add(
        http_method::post, "/v1/ingest",
        {.roles = {role::collector}, .body_bytes_max = 100'000, .decoded_bytes_max = 200'000},
        [](http_call call, http_responder answer) {
          answer.respond(text_response(std::to_string(call.request.body.size())));
        });
    router.add(http_method::get, "/lost",
               {.roles = {}, .body_bytes_max = 0, .decoded_bytes_max = 0},
               [](http_call, http_responder) {});
    router.add(http_method::get, "/later",
               {.roles = {}, .body_bytes_max = 0, .decoded_bytes_max = 0},
               [this](http_call, http_responder answer) {
                 kept = std::make_shared<http_responder>(std::move(answer));
                 asked = true;
               });
    router.add(http_method::get, "/stream",
               {.roles = {}, .body_bytes_max = 0, .decoded_bytes_max = 0},
               [this](http_call, http_responder answer) {
                 http_response head;
                 head.headers.set("Content-Type", "text/event-stream");
                 stream = std::make_shared<http_stream>(answer.stream(std::move(head), ":\n\n"));
                 stream->on_end([this] { stream_ended = true; });
                 asked = true;
               });
    server =
        std::make_unique<http_server>(std::move(settings), std::move(router), std::move(hooks));
    started = server->start();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + path;
  }

  std::shared_ptr<http_responder> kept;
  std::shared_ptr<http_stream> stream;
  std::atomic<bool> asked{false};
  std::atomic<bool> stream_ended{false};
  std::unique_ptr<http_server> server;
  base::status started;
};

http_call_options with_token(const char* token) {
  http_call_options out;
  out.headers.set("Authorization", std::string{"Bearer "} + token);
  return out;
}

} // namespace

TEST_CASE("http server: each request gets the status it deserves", "[io][http]") {
  served s;
  REQUIRE(why(s.started) == "");
  http_client client;
  struct row {
    const char* why;
    http_method method;
    const char* path;
    const char* token;
    int status;
    const char* says;
  };
  const std::vector<row> rows{
      {"open to all", http_method::get, "/healthz", "", 200, "ok"},
      {"without a token", http_method::get, "/v1/alerts/1", "", 401, "give a valid token"},
      {"a wrong token", http_method::get, "/v1/alerts/1", "guess", 401, "give a valid token"},
      {"a right token", http_method::get, "/v1/alerts/a%2Fb", "view", 200,
       R"({"id":"a/b","by":"viewer token"})"},
      {"the wrong role", http_method::get, "/v1/alerts/1", "send", 403, "lacks the role viewer"},
      {"nothing there", http_method::get, "/v2", "", 404, "nothing at this path"},
      {"the wrong method", http_method::del, "/healthz", "", 405, "GET, HEAD"},
      {"HEAD has no body", http_method::head, "/healthz", "", 200, ""},
      {"a handler that forgot", http_method::get, "/lost", "", 500, "no answer"},
      {"an unreadable target", http_method::get, "/healthz?a=%zz", "", 400, "unreadable"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    auto got = client.call(r.method, s.url(r.path),
                           *r.token == '\0' ? http_call_options{} : with_token(r.token));
    REQUIRE(why(got) == "");
    CHECK(got->status == r.status);
    CHECK(says(got->body, r.says));
    if (r.status >= 400)
      CHECK(got->headers.get("content-type") == "application/problem+json");
    if (r.method == http_method::head) {
      CHECK(got->body.empty());
      CHECK(got->headers.get("content-length") == "3");
    }
    if (r.status == 401)
      CHECK(got->headers.get("www-authenticate") == "Bearer");
  }
}

TEST_CASE("http server: a body is unpacked within its limits, and refused beyond them",
          "[io][http]") {
  served s;
  REQUIRE(s.started);
  http_client client;
  const std::string text(150'000, 'a');
  std::string random;
  for (unsigned i = 0, x = 1; i < 150'000; ++i, x = x * 1664525U + 1013904223U)
    random += static_cast<char>(x >> 24U);
  struct row {
    const char* why;
    std::string body;
    const char* encoding;
    int status;
  };
  const std::vector<row> rows{
      {"plain", std::string(100'000, 'a'), "", 200},
      {"plain, too long by its Content-Length", std::string(100'001, 'a'), "", 413},
      {"gzip", gzip(text), "gzip", 200},
      {"zstd", zstd(text), "zstd", 200},
      {"unpacks to too much", gzip(std::string(200'001, 'a')), "gzip", 413},
      {"a bomb", gzip(std::string(std::size_t{90} << 20, 'a')), "gzip", 413},
      {"not what it says", "plainly not", "gzip", 400},
      {"cut short", gzip(random).substr(0, 50'000), "gzip", 400},
      {"an unknown encoding", text.substr(0, 10), "br", 415},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    auto options = with_token("send");
    options.body = r.body;
    if (*r.encoding != '\0')
      options.headers.set("Content-Encoding", r.encoding);
    auto got = client.post(s.url("/v1/ingest"), options);
    REQUIRE(why(got) == "");
    CHECK(got->status == r.status);
    if (r.status == 200)
      CHECK(got->body == (*r.encoding == '\0' ? "100000" : "150000"));
  }
}

TEST_CASE("http server: a handler may answer later from any thread", "[io][http]") {
  served s;
  REQUIRE(s.started);
  auto answer = std::async(std::launch::async, [&] { return http_client{}.get(s.url("/later")); });
  REQUIRE(eventually([&] { return s.asked.load(); }));
  s.kept->respond(text_response("at last", 202));
  const auto got = answer.get();
  REQUIRE(why(got) == "");
  CHECK(got->status == 202);
  CHECK(got->body == "at last");
}

TEST_CASE("http server: an executor that is full makes a 503 with Retry-After", "[io][http]") {
  http_hooks hooks;
  hooks.run = [](const std::function<void()>&) { return false; };
  served s{{}, hooks};
  REQUIRE(s.started);
  const auto got = http_client{}.get(s.url("/healthz"));
  REQUIRE(got);
  CHECK(got->status == 503);
  CHECK(got->headers.get("retry-after") == "1");
}

TEST_CASE("http server: a stream arrives piece by piece and ends when its last handle goes",
          "[io][http]") {
  served s;
  REQUIRE(s.started);
  std::string got;
  auto reading = std::async(std::launch::async, [&] {
    return http_client{}.stream(s.url("/stream"), {}, [&](std::string_view piece) {
      got += piece;
      return true;
    });
  });
  REQUIRE(eventually([&] { return s.asked.load(); }));
  CHECK(s.stream->write("data: 1\n\n"));
  CHECK(s.stream->write("data: 2\n\n"));
  CHECK(eventually([&] { return s.stream->waiting_bytes() == 0; }));
  s.stream.reset();
  const auto outcome = reading.get();
  REQUIRE(why(outcome) == "");
  CHECK(outcome->headers.get("content-type") == "text/event-stream");
  CHECK(got == "data: 1\n\ndata: 2\n\n");
  CHECK(eventually([&] { return s.stream_ended.load(); }));
}

TEST_CASE("http server: a quiet stream sends its heartbeat", "[io][http]") {
  http_server_settings settings;
  settings.limits.heartbeat = 20ms;
  served s{settings};
  REQUIRE(s.started);
  raw_client client{s.server->port()};
  client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(says(client.read_until(":\n\n"), ":\n\n"));
}

TEST_CASE("http server: a stream whose client left or does not read is over", "[io][http]") {
  served s;
  REQUIRE(s.started);
  {
    raw_client client{s.server->port()};
    client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(eventually([&] { return s.asked.load(); }));
  }
  CHECK(eventually([&] { return s.stream_ended.load(); }));
  CHECK_FALSE(s.stream->write("x"));

  s.asked = false;
  s.stream_ended = false;
  raw_client deaf{s.server->port()};
  deaf.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(eventually([&] { return s.asked.load(); }));
  const std::string piece(64 * 1024, 'x');
  std::size_t taken = 0;
  while (s.stream->write(piece) && taken < (std::size_t{1} << 30))
    taken += piece.size();
  CHECK(taken < (std::size_t{1} << 30));
  CHECK(s.stream->waiting_bytes() <= http_stream::stream_buffer_bytes);
  CHECK(eventually([&] { return s.stream_ended.load(); }));
}

TEST_CASE("http server: keep-alive and pipelined requests are answered in order", "[io][http]") {
  served s;
  REQUIRE(s.started);
  raw_client client{s.server->port()};
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: "
              "localhost\r\n\r\n"
              "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto all = client.read_until("no such text");
  const auto first = all.find("200 OK");
  const auto second = all.find("404 Not Found", first);
  CHECK(first != std::string::npos);
  CHECK(second != std::string::npos);
  CHECK(all.find("200 OK", second) != std::string::npos);
}

TEST_CASE("http server: clients that drip, stall or flood are closed by their deadline",
          "[io][http]") {
  static_assert(http_limits{}.header_time < 10s && http_limits{}.body_grace < 10s);
  http_server_settings settings;
  settings.limits.header_time = 100ms;
  settings.limits.body_grace = 100ms;
  settings.limits.idle_time = 100ms;
  settings.limits.header_bytes_max = 2048;
  served s{settings};
  REQUIRE(s.started);
  const auto port = s.server->port();
  {
    INFO("says nothing");
    const raw_client client{port};
    CHECK(client.closes_within(5s));
  }
  {
    INFO("drips its header: each byte buys no time");
    const raw_client client{port};
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ");
    CHECK(eventually([&] { return !client.send("a") || client.closes_within(1ms); }, 5s));
  }
  {
    INFO("drips its body");
    const raw_client client{port};
    client.send("POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer send\r\n"
                "Content-Length: 90000\r\n\r\n");
    CHECK(eventually([&] { return !client.send("a") || client.closes_within(1ms); }, 5s));
  }
  {
    INFO("stays after its answer");
    const raw_client client{port};
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(says(client.read_until("ok\n"), "200 OK"));
    CHECK(client.closes_within(5s));
  }
  {
    INFO("a header too long");
    const raw_client client{port};
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(4096, 'a'));
    CHECK(says(client.read_until("}"), "431"));
  }
  {
    INFO("not HTTP");
    const raw_client client{port};
    client.send("\x16\x03\x01 what\r\n\r\n");
    CHECK(says(client.read_until("}"), "400"));
  }
  {
    INFO("a foreign Host");
    const raw_client client{port};
    client.send("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    CHECK(says(client.read_until("}"), "403"));
  }
}

TEST_CASE("http server: idle connections cost no thread, and there are at most connections_max",
          "[io][http]") {
  http_server_settings settings;
  settings.threads = 1;
  settings.limits.connections_max = 50;
  served s{settings};
  REQUIRE(s.started);
  std::vector<std::unique_ptr<raw_client>> idle;
  for (int i = 0; i < 49; ++i)
    idle.push_back(std::make_unique<raw_client>(s.server->port()));
  REQUIRE(eventually([&] { return s.server->connections() == 49; }));
  const auto got = http_client{}.get(s.url("/healthz"));
  REQUIRE(got);
  CHECK(got->status == 200);
  REQUIRE(eventually([&] { return s.server->connections() == 49; }));
  idle.push_back(std::make_unique<raw_client>(s.server->port()));
  REQUIRE(eventually([&] { return s.server->connections() == 50; }));
  const raw_client one_more{s.server->port()};
  CHECK(one_more.closes_within(5s));
}

TEST_CASE("http server: draining lets requests finish, ends idle ones, and stop cuts off the rest",
          "[io][http]") {
  served s;
  REQUIRE(s.started);
  const raw_client idle{s.server->port()};
  auto answer = std::async(std::launch::async, [&] { return http_client{}.get(s.url("/later")); });
  REQUIRE(eventually([&] { return s.asked.load(); }));
  auto drained = std::async(std::launch::async, [&] { return s.server->drain(10s); });
  CHECK(idle.closes_within(5s));
  s.kept->respond(text_response("done"));
  CHECK(drained.get());
  const auto got = answer.get();
  REQUIRE(why(got) == "");
  CHECK(got->headers.get("connection") == "close");
  s.server->stop();

  served stuck;
  REQUIRE(stuck.started);
  auto never =
      std::async(std::launch::async, [&] { return http_client{}.get(stuck.url("/later")); });
  REQUIRE(eventually([&] { return stuck.asked.load(); }));
  CHECK_FALSE(stuck.server->drain(50ms));
  stuck.server->stop();
  CHECK_FALSE(never.get());
  // Answering after the end is harmless.
  stuck.kept->respond(text_response("too late"));
}

TEST_CASE("http server: what it cannot start on is said with its code", "[io][http]") {
  const auto fails = [](http_server_settings settings) {
    http_server server{std::move(settings), {}, {}};
    const auto outcome = server.start();
    REQUIRE_FALSE(outcome);
    return outcome.err().code;
  };
  http_server_settings settings;
  settings.port = 0;
  settings.address = "0.0.0.0";
  CHECK(fails(settings) == base::ec::invalid_argument);
  settings.address = "localhost";
  CHECK(fails(settings) == base::ec::invalid_argument);
  settings.address = "127.0.0.1";
  settings.certificate_file = "missing.pem";
  CHECK(fails(settings) == base::ec::invalid_argument);
  settings.key_file = "missing.key";
  CHECK(fails(settings) == base::ec::unreadable);
  served first;
  REQUIRE(first.started);
  http_server_settings taken;
  taken.port = first.server->port();
  CHECK(fails(taken) == base::ec::conflict);
}
