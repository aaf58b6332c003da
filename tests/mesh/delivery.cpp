#include "tests/mesh/node.hpp"

#include "tests/support/random.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

/// Says in its first bytes which one it is; the rest follows from that.
std::string numbered(std::uint64_t number, std::size_t size) {
  std::string out(std::max(size, sizeof number), '\0');
  test::random chance{number};
  for (std::size_t i = 0; i + sizeof(std::uint64_t) <= out.size(); i += sizeof(std::uint64_t)) {
    const auto word = i == 0 ? number : chance.next();
    std::memcpy(out.data() + i, &word, sizeof word);
  }
  return out;
}

} // namespace

TEST_CASE("mesh: messages of every size arrive intact and in order on each lane", "[mesh]") {
  const std::uint64_t seed = 20261125;
  INFO("seed " << seed);
  test::random chance{seed};
  node a{"a", patient()}, b{"b", patient()};
  introduce({&a, &b});
  std::array<std::vector<std::string>, 3> sent;
  for (std::uint64_t n = 0; n < 240; ++n) {
    const auto l = static_cast<lane>(chance.below(3));
    // Mostly small, some of several frames' size.
    const auto bits = chance.below(23);
    auto payload = numbered(n, chance.below((std::uint64_t{1} << bits) + 1));
    payload[payload.size() - 1] = static_cast<char>('0' + static_cast<int>(l));
    a.insist("b", l, payload);
    sent[static_cast<std::size_t>(l)].push_back(std::move(payload));
  }
  a.insist("b", lane::data, std::string{});
  sent[1].emplace_back();
  REQUIRE(b.wait_messages(241));
  std::array<std::vector<std::string>, 3> got;
  for (auto& m : b.got("a"))
    got[m.empty() ? 1U : static_cast<std::size_t>(m.back() - '0')].push_back(std::move(m));
  for (std::size_t l = 0; l < 3; ++l) {
    INFO("lane " << l);
    CHECK((got[l] == sent[l])); // not shown: megabytes
  }
  CHECK(b.messages() == 241);
}

TEST_CASE("mesh: three nodes talk both ways, each from its own threads", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()}, c{"c", patient()};
  introduce({&a, &b, &c});
  constexpr std::size_t each = 2000;
  const auto talk = [](node& from, const char* x, const char* y) {
    for (std::size_t i = 0; i < each; ++i) {
      from.insist(x, lane::data, std::to_string(i));
      from.insist(y, lane::data, std::to_string(i));
    }
  };
  std::thread ta{[&] { talk(a, "b", "c"); }}, tb{[&] { talk(b, "a", "c"); }};
  talk(c, "a", "b");
  ta.join();
  tb.join();
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < each; ++i)
    expected.push_back(std::to_string(i));
  REQUIRE(a.wait_messages(2 * each));
  REQUIRE(b.wait_messages(2 * each));
  REQUIRE(c.wait_messages(2 * each));
  CHECK(a.got("b") == expected);
  CHECK(a.got("c") == expected);
  CHECK(b.got("a") == expected);
  CHECK(b.got("c") == expected);
  CHECK(c.got("a") == expected);
  CHECK(c.got("b") == expected);
}

TEST_CASE("mesh: small messages that wait together travel in few frames", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()};
  introduce({&a, &b});
  for (int i = 0; i < 1000; ++i)
    a.insist("b", lane::data, std::string(100, 'x'));
  REQUIRE(b.wait_messages(1000));
  REQUIRE(eventually([&] { return a.about("b", lane::data).sent_messages >= 1000; }));
  const auto data = a.about("b", lane::data);
  std::printf("mesh: 1000 messages of 100 bytes travelled in %llu frames\n",
              static_cast<unsigned long long>(data.sent_frames));
  CHECK(data.sent_messages == 1000);
  CHECK(data.sent_bytes == 100'000);
  CHECK(data.sent_frames <= 250);
}

TEST_CASE("mesh: control answers quickly while the other lanes are full", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()};
  introduce({&a, &b});
  b.echo();
  b.forget_payloads();
  std::atomic<bool> stop{false};
  std::thread flood{[&] {
    const std::string chunk(std::size_t{256} << 10, 'b');
    while (!stop)
      if (!a.send("b", lane::bulk, chunk) && !a.send("b", lane::data, chunk))
        std::this_thread::yield();
  }};
  REQUIRE(b.wait_messages(200));
  std::vector<double> round_trips;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto began = steady::now();
    a.insist("b", lane::control, "ping");
    REQUIRE(a.wait_messages(i + 1));
    round_trips.push_back(std::chrono::duration<double, std::milli>(steady::now() - began).count());
  }
  stop = true;
  flood.join();
  std::sort(round_trips.begin(), round_trips.end());
  const auto bulk = a.about("b", lane::bulk);
  std::printf(
      "mesh: control round trip under load: p50 %.2f ms, p99 %.2f ms; bulk queued %llu MiB\n",
      round_trips[100], round_trips[198], static_cast<unsigned long long>(bulk.queued_bytes >> 20));
  CHECK(bulk.dropped > 0); // it really was full
  CHECK(round_trips[198] < 1000);
}

TEST_CASE("mesh: what is sent to nobody is refused", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()};
  CHECK_FALSE(a.send("b", lane::data, "too early"));
  introduce({&a, &b});
  struct row {
    const char* to;
    std::size_t size;
    bool taken;
    const char* why;
  };
  for (const auto& r : {
           row{"b", 10, true, "a peer that is alive"},
           row{"c", 10, false, "no such node"},
           row{"a", 10, false, "a node does not send to itself"},
           row{"b", schemas::mesh_message_bytes_max + 1, false, "larger than any message may be"},
       }) {
    INFO(r.why);
    CHECK(a.send(r.to, lane::data, std::string(r.size, 'x')) == r.taken);
  }
  CHECK(a.about("b", lane::data).dropped == 1);
  a.wire().set_peers({});
  REQUIRE(a.wait_alive("b", false));
  CHECK_THAT(a.last("b").why, Catch::Contains("left the list"));
  CHECK_FALSE(a.send("b", lane::data, "x"));
}

TEST_CASE("mesh: a message of the largest size goes through alone", "[mesh]") {
  node a{"a", patient()}, b{"b", patient()};
  introduce({&a, &b});
  const auto largest = numbered(7, schemas::mesh_message_bytes_max);
  a.insist("b", lane::bulk, largest); // larger than the lane's queue
  REQUIRE(b.wait_messages(1));
  CHECK((b.got("a").front() == largest));
  REQUIRE(eventually([&] { return a.about("b", lane::bulk).sent_frames > 0; }));
  CHECK(a.about("b", lane::bulk).sent_frames == 1);
}
