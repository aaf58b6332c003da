#include "tests/mesh/node.hpp"

#include "tests/support/random.hpp"

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.hpp>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

sockaddr_in at_port(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

/// Something that listens and is no mesh.
class hole {
 public:
  explicit hole(bool accepts) : listening_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto at = at_port(0);
    REQUIRE(bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(listen(listening_, 4) == 0);
    socklen_t size = sizeof at;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    if (accepts)
      thread_ = std::thread{[this] {
        for (;;) {
          const int fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
          if (fd < 0)
            return;
          accepted_.push_back(fd);
        }
      }};
  }
  ~hole() {
    shutdown(listening_, SHUT_RDWR);
    if (thread_.joinable())
      thread_.join();
    ::close(listening_);
    for (const int fd : accepted_)
      ::close(fd);
  }
  hole(const hole&) = delete;
  hole& operator=(const hole&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int listening_;
  std::uint16_t port_ = 0;
  std::vector<int> accepted_;
  std::thread thread_;
};

mesh_settings with_keys(const std::string& cluster = "test") {
  mesh_settings s;
  s.keys = *generate_curve_keys();
  s.cluster_id = cluster;
  return s;
}

/// The name must outlive the frame.
schemas::mesh_frame frame_of(std::string_view sender) {
  schemas::mesh_frame f;
  f.cluster = "test";
  f.sender = sender;
  f.process = 99;
  f.messages = {"forged"};
  return f;
}

/// Says bytes to a mesh without being one.
class stranger {
 public:
  stranger(const node& to, const std::optional<curve_keys>& keys = {}) {
    socket_.set(zmq::sockopt::linger, 500);
    if (keys) {
      socket_.set(zmq::sockopt::curve_serverkey, to.card().public_key);
      socket_.set(zmq::sockopt::curve_publickey, keys->public_key);
      socket_.set(zmq::sockopt::curve_secretkey, keys->secret_key);
    }
    socket_.connect(to.card().address);
  }
  void say(const std::string& bytes) { socket_.send(zmq::buffer(bytes)); }
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

} // namespace

TEST_CASE("mesh: a black hole delays nobody else, and what is meant for it is counted", "[mesh]") {
  node a{"a"}, b{"b"};
  hole never_accepts{false}, never_reads{true};
  b.echo();
  a.wire().set_peers({{{"hole-1"}, loopback(never_accepts.port()), {}, 0},
                      {{"hole-2"}, loopback(never_reads.port()), {}, 0},
                      // Nobody answers there: documentation addresses (RFC 5737) are not routed,
                      // and without keys it must not even be tried.
                      {{"far"}, "tcp://192.0.2.1:9", {}, 0},
                      b.card()});
  b.wire().set_peers({a.card()});
  const auto began = steady::now();
  REQUIRE(a.wait_alive("b"));
  CHECK(since(began) < 2000ms);
  REQUIRE(b.wait_alive("a")); // or its first answer has nowhere to go
  double worst = 0;
  const auto until = steady::now() + 3s; // over several attempts
  for (std::size_t i = 0; steady::now() < until; ++i) {
    CHECK_FALSE(a.send("hole-1", lane::data, "lost"));
    CHECK_FALSE(a.send("hole-2", lane::data, "lost"));
    const auto asked = steady::now();
    a.insist("b", lane::control, "ping");
    REQUIRE(a.wait_messages(i + 1));
    worst =
        std::max(worst, std::chrono::duration<double, std::milli>(steady::now() - asked).count());
  }
  std::printf("mesh: slowest control round trip beside black holes %.1f ms\n", worst);
  CHECK(worst < 1000); // a dead connection is given up after seconds
  for (const char* name : {"hole-1", "hole-2"}) {
    INFO(name);
    CHECK_FALSE(a.about(name).alive);
    CHECK(a.about(name, lane::data).dropped > 0);
    CHECK(a.about(name, lane::data).queued_bytes == 0);
  }
}

TEST_CASE("mesh: the queue for a peer that stops reading is bounded", "[mesh]") {
  mesh_settings settings;
  settings.queue_bytes_max[1] = std::size_t{4} << 20;
  node a{"a", settings};
  std::mutex held;
  mesh_settings other;
  other.self.value = "b";
  other.cluster_id = "test";
  // Its thread stands still in the hook.
  mesh b{other, mesh_hooks{[&](const cluster::node_id&, std::string_view) {
                             const std::lock_guard wait{held};
                           },
                           [](const cluster::node_id&, bool, const std::string&) {}}};
  REQUIRE(b.start());
  a.wire().set_peers({{{"b"}, b.endpoint(), {}, 0}});
  b.set_peers({a.card()});
  REQUIRE(a.wait_alive("b"));
  {
    const std::lock_guard stuck{held};
    const std::string chunk(std::size_t{256} << 10, 'x');
    std::size_t refused = 0;
    for (int i = 0; i < 2000 && refused < 100; ++i) {
      refused += a.send("b", lane::data, chunk) ? 0 : 1;
      CHECK(a.about("b", lane::data).queued_bytes <= settings.queue_bytes_max[1]);
    }
    CHECK(refused >= 100);
    CHECK(a.about("b", lane::data).dropped >= 100);
    // Its connections end while it stands still with full queues.
    REQUIRE(a.wait_alive("b", false));
    CHECK(a.about("b", lane::data).queued_bytes == 0);
  }
  REQUIRE(a.wait_alive("b"));
  a.insist("b", lane::data, "again");
  b.stop();
}

TEST_CASE("mesh: with CURVE only nodes of the list come in, each under its own name", "[mesh]") {
  const auto mallory = with_keys(), nobody = with_keys();
  node a{"a", with_keys()}, b{"b", with_keys()}, m{"mallory", mallory};
  introduce({&a, &b, &m});
  a.insist("b", lane::data, "hello");
  REQUIRE(b.wait_messages(1));
  CHECK(b.got("a") == std::vector<std::string>{"hello"});

  SECTION("a key that no node has is not let in") {
    stranger s{a, nobody.keys};
    s.say(schemas::encode(frame_of("b")));
    REQUIRE(eventually([&] { return a.wire().counts().refused.refused_keys > 0; }));
  }
  SECTION("a connection without CURVE is not let in") {
    stranger s{a};
    s.say(schemas::encode(frame_of("b")));
    a.insist("b", lane::data, "still here");
    REQUIRE(b.wait_messages(2));
  }
  SECTION("a node cannot speak in the name of another") {
    stranger s{a, mallory.keys};
    s.say(schemas::encode(frame_of("b")));
    REQUIRE(eventually([&] { return a.wire().counts().refused.wrong_keys > 0; }));
    CHECK(a.about("b").process == b.wire().process());
  }
  SECTION("a node that left the list is not heard any more") {
    a.wire().set_peers({b.card()});
    REQUIRE(a.wait_alive("mallory", false));
    CHECK_FALSE(m.wait_messages(1, 1ms));
    REQUIRE(m.wait_alive("a", false));
    // Nor does its leaving hold up the others.
    CHECK(a.last("b").alive);
    CHECK(b.last("a").alive);
    CHECK(a.wire().counts().refused.unknown_nodes > 0);
  }
  CHECK(a.got("b").empty());
}

TEST_CASE("mesh: a server with another key than its record says is not talked to", "[mesh]") {
  node a{"a", with_keys()}, b{"b", with_keys()};
  auto forged = b.card();
  forged.public_key = a.card().public_key;
  a.wire().set_peers({forged});
  b.wire().set_peers({a.card()});
  CHECK_FALSE(a.wait_alive("b", true, 1500ms));
  a.wire().set_peers({b.card()});
  CHECK(a.wait_alive("b", true));
}

TEST_CASE("mesh: nodes of two clusters do not meet", "[mesh]") {
  mesh_settings ours, theirs;
  ours.cluster_id = "ours";
  theirs.cluster_id = "theirs";
  node a{"a", ours}, b{"b", theirs};
  a.wire().set_peers({b.card()});
  b.wire().set_peers({a.card()});
  REQUIRE(eventually([&] {
    return a.wire().counts().refused.other_cluster > 0 &&
           b.wire().counts().refused.other_cluster > 0;
  }));
  CHECK(a.lives().empty());
  CHECK(b.lives().empty());
}

TEST_CASE("mesh: a mesh without keys stays on loopback", "[mesh]") {
  struct row {
    const char* listen;
    base::ec code;
    const char* why;
  };
  for (const auto& r : {
           row{"tcp://0.0.0.0:*", base::ec::invalid_argument, "plain off loopback"},
           row{"no endpoint", base::ec::invalid_argument, "not an endpoint"},
       }) {
    INFO(r.why);
    mesh_settings s;
    s.listen = r.listen;
    s.self.value = "a";
    s.cluster_id = "test";
    mesh m{s, mesh_hooks{[](const cluster::node_id&, std::string_view) {},
                         [](const cluster::node_id&, bool, const std::string&) {}}};
    const auto started = m.start();
    REQUIRE_FALSE(started);
    CHECK(started.err().code == r.code);
    CHECK_THAT(started.err().context, Catch::Contains(r.listen));
  }
}

TEST_CASE("mesh: bytes that are no frames hurt nothing", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()};
  introduce({&a, &b});
  const std::uint64_t seed = 7;
  test::random chance{seed};
  // Not even ZMTP.
  for (int i = 0; i < 20; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = at_port(a.port());
    REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    std::array<char, 4096> junk{};
    for (auto& c : junk)
      c = static_cast<char>(chance.below(256));
    if (i % 2 == 0) // the beginning of a greeting, so that more is read
      std::copy_n("\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16, junk.begin());
    [[maybe_unused]] const auto sent = ::send(fd, junk.data(), junk.size(), MSG_NOSIGNAL);
    ::close(fd);
  }
  // ZMTP, but frames that are damaged, cut or made of several parts.
  stranger s{a};
  auto stolen = frame_of("b");
  stolen.process = b.wire().process();
  stolen.to_process = a.wire().process();
  const auto good = schemas::encode(stolen);
  constexpr std::uint64_t rounds = 400;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    auto bytes = good.substr(0, chance.below(good.size()));
    s.say(bytes);
  }
  s.socket().send(zmq::str_buffer("two"), zmq::send_flags::sndmore);
  s.say("parts");
  REQUIRE(eventually([&] { return a.wire().counts().refused.bad_frames >= rounds + 1; }));
  // Well-formed, but meant for a process that this is not, or said by one that is no more.
  stolen.to_process ^= 1;
  s.say(schemas::encode(stolen));
  REQUIRE(eventually([&] { return a.wire().counts().refused.former_process == 1; }));
  s.say(schemas::encode(frame_of("nobody")));
  REQUIRE(eventually([&] { return a.wire().counts().refused.unknown_nodes == 1; }));
  // The two nodes did not notice.
  b.insist("a", lane::data, "fine");
  REQUIRE(a.wait_messages(1));
  CHECK(a.got("b") == std::vector<std::string>{"fine"});
  CHECK(a.lives().size() == 1);
}
