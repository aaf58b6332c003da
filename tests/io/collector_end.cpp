// A collector's END: when it is known, to whom it is said, and how long that may take.
#include "io/zmq/collector.hpp"
#include "io/zmq/ingest_server.hpp"

#include "tests/io/support.hpp"
#include "tests/io/zmq_support.hpp"
#include "tests/support/catch.hpp"

#include <zmq.hpp>

#include <atomic>
#include <optional>
#include <thread>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

/// A node by hand: it says the last END once more when a batch comes, and acknowledges late.
class repeating_node {
 public:
  repeating_node() {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 20);
    socket_.bind("tcp://127.0.0.1:*");
    endpoint = socket_.get(zmq::sockopt::last_endpoint);
    thread_ = std::thread{[this] {
      while (!stop_)
        turn();
    }};
  }
  ~repeating_node() {
    stop_ = true;
    thread_.join();
  }
  repeating_node(const repeating_node&) = delete;
  repeating_node& operator=(const repeating_node&) = delete;

  std::string endpoint;
  std::atomic<bool> understood{true};
  std::atomic<bool> answers_end{true};

 private:
  void turn() {
    zmq::message_t route, body;
    if (!socket_.recv(route) || !socket_.recv(body))
      return;
    const auto to = route.to_string();
    const auto frame = schemas::decode_frame(body.to_string_view());
    if (!frame) { // said by the test: an assertion belongs to its thread alone
      understood = false;
      return;
    }
    if (const auto* hello = std::get_if<schemas::hello_frame>(&*frame)) {
      say(to, schemas::hello_frame{hello->source, hello->session, 1, {}});
      say(to, schemas::credit_frame{8});
    } else if (const auto* batch = std::get_if<schemas::batch_frame>(&*frame)) {
      if (end_)
        say(to, *end_);
      std::this_thread::sleep_for(200ms);
      say(to, schemas::ack_frame{batch->session, batch->sequence, 1, 0, 0, 0, 0});
    } else if (const auto* end = std::get_if<schemas::end_frame>(&*frame)) {
      end_ = *end;
      if (answers_end)
        say(to, *end_);
    }
  }
  void say(const std::string& to, const schemas::frame& f) {
    socket_.send(zmq::buffer(to), zmq::send_flags::sndmore);
    socket_.send(zmq::buffer(schemas::encode(f)), zmq::send_flags::none);
  }

  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::router};
  std::optional<schemas::end_frame> end_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace

TEST_CASE("collector: when it has finished the node knows that its source has ended", "[io][zmq]") {
  recording_handler handler;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  for (std::size_t n = 1; n <= 20; ++n) {
    collector c{to(server.endpoints())};
    REQUIRE(c.connect(5s));
    REQUIRE(why(send_one(c, "{}")) == "");
    REQUIRE(why(c.finish(10s)) == "");
    CHECK(handler.ended().size() == n);
  }
}

TEST_CASE("collector: a node that was started anew meanwhile hears that the source has ended",
          "[io][zmq]") {
  recording_handler handler;
  auto server = std::make_unique<ingest_server>(plain(), nullptr, handler);
  handler.server = server.get();
  REQUIRE(server->start());
  const auto endpoints = server->endpoints();
  auto settings = to(endpoints);
  settings.retry_after = 100ms;
  collector c{settings};
  REQUIRE(c.connect(5s));
  REQUIRE(why(send_one(c, "{}")) == "");
  REQUIRE(eventually([&] { return c.pump(1ms) && c.waiting() == 0; }));
  server.reset();
  server = std::make_unique<ingest_server>(
      ingest_server_settings{{{endpoints.front(), std::nullopt}}, {}}, nullptr, handler);
  handler.server = server.get();
  REQUIRE(why(server->start()) == "");
  REQUIRE(why(c.finish(10s)) == "");
  CHECK(handler.ended().size() == 1);
}

TEST_CASE(
    "collector: what was sent after an END is waited for, though the node says that END again",
    "[io][zmq]") {
  repeating_node node;
  collector c{to({node.endpoint})};
  REQUIRE(c.connect(5s));
  for (std::size_t n = 1; n <= 3; ++n) {
    REQUIRE(why(send_one(c, "{}")) == "");
    REQUIRE(why(c.finish(10s)) == "");
    CHECK(c.waiting() == 0);
    CHECK(c.totals().acknowledged == n);
  }
  CHECK(node.understood);
}

TEST_CASE("collector: a node that hears nothing more costs no more than its patience",
          "[io][zmq]") {
  repeating_node node;
  node.answers_end = false;
  auto settings = to({node.endpoint});
  settings.end_patience = 300ms;
  collector c{settings};
  REQUIRE(c.connect(5s));
  REQUIRE(why(send_one(c, "{}")) == "");
  REQUIRE(eventually([&] { return c.pump(1ms) && c.waiting() == 0; }));
  const auto began = std::chrono::steady_clock::now();
  CHECK(why(c.finish(10s)) == ""); // all is durable
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= 300ms);
  CHECK(took < 5s);
}
