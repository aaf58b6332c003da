#include "io/zmq/greeting.hpp"

#include "io/zmq/collector.hpp"

#include "tests/io/zmq_support.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

/// A node that wants keys and is slow: it has read all of a greeting before it writes the half of
/// its own that names the mechanism, and hence closes without having said why. One who says no more
/// than his version gets to hear it.
class hasty_server {
 public:
  hasty_server() : socket_{context_, zmq::socket_type::stream} {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 100);
    socket_.bind(any_port);
    endpoint = socket_.get(zmq::sockopt::last_endpoint);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~hasty_server() {
    ends_ = true;
    thread_.join();
  }
  hasty_server(const hasty_server&) = delete;
  hasty_server& operator=(const hasty_server&) = delete;

  std::string endpoint;
  std::atomic<int> closed = 0;

 private:
  void say(const std::string& peer, std::string_view bytes) {
    try {
      socket_.send(zmq::buffer(peer), zmq::send_flags::sndmore);
      socket_.send(zmq::buffer(bytes), zmq::send_flags::none);
    } catch (const zmq::error_t&) { // gone already
    }
  }
  void serve() {
    const std::string version{"\xFF\0\0\0\0\0\0\0\x01\x7F\x03", 11};
    std::string rest(53, '\0');
    rest.replace(1, 5, "CURVE");
    std::map<std::string, std::size_t> heard;
    while (!ends_) {
      zmq::message_t peer, bytes;
      if (!socket_.recv(peer) || !socket_.recv(bytes)) {
        for (auto& [who, count] : heard)
          if (std::exchange(count, 64) == version.size())
            say(who, rest);
        continue;
      }
      const auto who = peer.to_string();
      if (!heard.contains(who)) {
        heard[who] = 0;
        say(who, version);
      } else if (bytes.size() == 0) {
        heard.erase(who);
      } else if ((heard[who] += bytes.size()) >= 64) {
        say(who, {});
        heard.erase(who);
        ++closed;
      }
    }
  }

  zmq::context_t context_{1};
  zmq::socket_t socket_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

} // namespace

TEST_CASE("greeting: an endpoint says what it speaks before it is told anything", "[io][zmq]") {
  zmq::context_t context{1};
  recording_handler handler;
  auto keys = generate_curve_keys();
  REQUIRE(keys);
  fixed_directory nobody;
  for (const bool wants_keys : {false, true}) {
    INFO("wants keys: " << wants_keys);
    ingest_server server{
        {{{any_port, wants_keys ? std::optional{*keys} : std::nullopt}}, {}}, &nobody, handler};
    handler.server = &server;
    REQUIRE(server.start());
    CHECK(spoken_mechanism(context, server.endpoints().front(), 10s) ==
          (wants_keys ? "CURVE" : "NULL"));
  }
}

TEST_CASE("greeting: who does not speak the protocol, closes or is not there, speaks nothing",
          "[io][zmq]") {
  zmq::context_t context{1};
  CHECK(spoken_mechanism(context, "tcp://127.0.0.1:1", 300ms) == std::nullopt);
  CHECK(spoken_mechanism(context, "no endpoint", 300ms) == std::nullopt);
  const std::string version{"\xFF\0\0\0\0\0\0\0\x01\x7F", 10};
  struct row {
    const char* why;
    std::string said;
    std::optional<std::string> spoken;
  };
  for (const auto& r : std::vector<row>{
           {"it closes", "", {}},
           {"another protocol", std::string(64, 'H'), {}},
           {"its first byte by chance", "\xFF" + std::string(63, 'H'), {}},
           {"a version before", version + "\x01" + std::string(53, '\0'), {}},
           {"a mechanism we do not use",
            version + std::string{"\x03\0PLAIN", 7} + std::string(47, '\0'), "PLAIN"}}) {
    INFO(r.why);
    zmq::socket_t other{context, zmq::socket_type::stream};
    other.set(zmq::sockopt::linger, 0);
    other.set(zmq::sockopt::rcvtimeo, 10'000);
    other.bind(any_port);
    std::atomic<bool> ends = false;
    std::thread answers{[&] {
      zmq::message_t peer, bytes;
      if (!other.recv(peer) || !other.recv(bytes))
        return;
      other.send(peer, zmq::send_flags::sndmore);
      other.send(zmq::buffer(r.said), zmq::send_flags::none);
      other.set(zmq::sockopt::rcvtimeo, 20);
      while (!ends) // a connection is closed by a socket that somebody uses
        (void)other.recv(bytes);
    }};
    const auto began = std::chrono::steady_clock::now();
    const auto spoken = spoken_mechanism(context, other.get(zmq::sockopt::last_endpoint), 20s);
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    ends = true;
    answers.join();
    CHECK(spoken == r.spoken);
  }
}

TEST_CASE(
    "collector: a node that wants a key says so at once, also one that closes before it spoke",
    "[io][zmq]") {
  hasty_server server;
  collector_settings settings;
  settings.endpoints = {server.endpoint};
  settings.give_up_after = 20s;
  collector c{settings};
  const auto got = c.connect(15s);
  REQUIRE_FALSE(got);
  CHECK(got.err().code == base::ec::denied);
  CHECK(got.err().context.find("wants a key") != std::string::npos);
  CHECK(server.closed >= 1);
}

TEST_CASE("collector: who accepts and closes at once is given up within the patience",
          "[io][zmq]") {
  zmq::context_t context{1};
  zmq::socket_t other{context, zmq::socket_type::stream};
  other.set(zmq::sockopt::linger, 0);
  other.set(zmq::sockopt::rcvtimeo, 50);
  other.bind(any_port);
  std::atomic<bool> ends = false;
  std::thread closes{[&] {
    while (!ends) {
      zmq::message_t peer, bytes;
      if (!other.recv(peer) || !other.recv(bytes))
        continue;
      try {
        other.send(peer, zmq::send_flags::sndmore);
        other.send(zmq::message_t{}, zmq::send_flags::none);
      } catch (const zmq::error_t&) { // gone already
      }
    }
  }};
  collector_settings settings;
  settings.endpoints = {other.get(zmq::sockopt::last_endpoint)};
  collector c{settings};
  const auto began = std::chrono::steady_clock::now();
  const auto got = c.connect(2s);
  const auto took = std::chrono::steady_clock::now() - began;
  ends = true;
  closes.join();
  REQUIRE_FALSE(got);
  CHECK(got.err().code == base::ec::unavailable);
  CHECK(took < 8s);
}
