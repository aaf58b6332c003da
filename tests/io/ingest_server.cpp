#include "io/zmq/ingest_server.hpp"

#include "io/zmq/collector.hpp"

#include "tests/io/support.hpp"
#include "tests/io/zmq_support.hpp"
#include "tests/support/catch.hpp"

#include <zmq.hpp>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

curve_keys made() {
  auto keys = generate_curve_keys();
  REQUIRE(keys);
  return *keys;
}

/// A DEALER that speaks frames by hand, for peers that break the rules.
struct rude_peer {
  explicit rude_peer(const std::string& endpoint) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 5000);
    socket.connect(endpoint);
  }
  void say(const schemas::frame& f) {
    socket.send(zmq::buffer(schemas::encode(f)), zmq::send_flags::none);
  }
  void say_bytes(std::string_view bytes) { socket.send(zmq::buffer(bytes), zmq::send_flags::none); }
  /// The next ERROR, skipping what else comes; empty text after 5 s of silence.
  schemas::error_frame error() {
    for (;;) {
      zmq::message_t in;
      if (!socket.recv(in))
        return {};
      auto f = schemas::decode_frame(in.to_string_view());
      if (f && std::holds_alternative<schemas::error_frame>(*f))
        return std::get<schemas::error_frame>(*f);
    }
  }
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
};

schemas::batch_frame batch_of(std::uint64_t session, std::uint64_t sequence) {
  schemas::batch_frame b;
  b.source = "s";
  b.session = session;
  b.sequence = sequence;
  b.records = {"{}"};
  return b;
}

} // namespace

TEST_CASE("ingest: every batch is handed over once, acknowledged, and ended", "[io][zmq]") {
  recording_handler handler;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(why(server.start()) == "");
  collector c{to(server.endpoints())};
  REQUIRE(why(c.connect(5s)) == "");
  for (int i = 0; i < 500; ++i)
    REQUIRE(why(send_one(c, "{\"n\":" + std::to_string(i) + "}")) == "");
  REQUIRE(why(c.finish(10s)) == "");
  CHECK(handler.records() == 500);
  CHECK(handler.distinct().size() == 500);
  CHECK(c.totals().accepted == 500);
  CHECK(c.totals().resent == 0);
  CHECK(eventually([&] { return handler.ended() == std::vector<std::string>{"send"}; }));
  REQUIRE(handler.hellos().size() == 1);
  CHECK(handler.hellos()[0].tenant == base::tenant_id{"local"});
  CHECK(eventually(
      [&] { return server.counts().waiting_batches == 0 && server.counts().waiting_bytes == 0; }));
}

TEST_CASE("ingest: a collector sends no more than its credit until it is given more", "[io][zmq]") {
  recording_handler handler;
  handler.credits = 3;
  handler.acknowledges = false;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  collector c{to(server.endpoints())};
  REQUIRE(c.connect(5s));
  for (int i = 0; i < 10; ++i)
    REQUIRE(send_one(c, std::to_string(i)));
  CHECK(eventually([&] { return c.pump(1ms) && handler.held() == 3; }));
  REQUIRE(c.pump(50ms));
  CHECK(handler.held() == 3);
  CHECK(eventually([&] {
    handler.release();
    return c.pump(1ms) && c.waiting() == 0;
  }));
  CHECK(handler.records() == 10);
}

TEST_CASE("ingest: nothing is read while waiting_batches_max await their acknowledgement",
          "[io][zmq]") {
  recording_handler handler;
  handler.credits = 100;
  handler.acknowledges = false;
  ingest_limits limits;
  limits.waiting_batches_max = 5;
  ingest_server server{plain(limits), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  collector c{to(server.endpoints())};
  REQUIRE(c.connect(5s));
  for (int i = 0; i < 40; ++i)
    REQUIRE(send_one(c, std::to_string(i)));
  CHECK(eventually([&] { return c.pump(1ms) && handler.held() == 5; }));
  REQUIRE(c.pump(50ms));
  CHECK(handler.held() == 5);
  CHECK(eventually([&] {
    handler.release();
    return c.pump(1ms) && c.waiting() == 0;
  }));
  CHECK(handler.records() == 40);
}

TEST_CASE(
    "ingest: after the node restarts, what was not acknowledged is sent again and nothing is lost",
    "[io][zmq]") {
  recording_handler handler;
  auto server = std::make_unique<ingest_server>(plain(), nullptr, handler);
  handler.server = server.get();
  REQUIRE(server->start());
  const auto endpoint = server->endpoints()[0];
  collector c{to({endpoint})};
  REQUIRE(c.connect(5s));
  int sent = 0;
  for (int round = 0; round < 3; ++round) {
    handler.acknowledges = false;
    for (int i = 0; i < 20; ++i)
      REQUIRE(why(send_one(c, std::to_string(sent++))) == "");
    CHECK(eventually([&] { return c.pump(1ms) && handler.held() > 0; }));
    server.reset();
    // What was held is lost with the node: it was never acknowledged.
    handler.forget_held();
    handler.acknowledges = true;
    server = std::make_unique<ingest_server>(ingest_server_settings{{{endpoint, std::nullopt}}, {}},
                                             nullptr, handler);
    handler.server = server.get();
    REQUIRE(why(server->start()) == "");
  }
  REQUIRE(why(c.finish(20s)) == "");
  CHECK(handler.records() == static_cast<std::size_t>(sent));
  CHECK(handler.distinct().size() == static_cast<std::size_t>(sent));
  CHECK(c.totals().resent > 0);
  CHECK(c.totals().hellos >= 4);
}

TEST_CASE("ingest: a peer that breaks the protocol is told why and ignored, its neighbours go on",
          "[io][zmq]") {
  recording_handler handler;
  handler.credits = 1;
  handler.acknowledges = false;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  const auto endpoint = server.endpoints()[0];
  collector good{to({endpoint})};
  REQUIRE(good.connect(5s));

  struct row {
    const char* reason;
    std::function<void(rude_peer&)> acts;
    base::ec code;
  };
  const schemas::hello_frame hello{"s", 7, 0, "rude"};
  const std::vector<row> rows{
      {"noise", [](rude_peer& p) { p.say_bytes("noise"); }, base::ec::unsupported},
      {"an empty frame", [](rude_peer& p) { p.say_bytes(""); }, base::ec::malformed},
      {"a batch before HELLO", [](rude_peer& p) { p.say(batch_of(7, 1)); }, base::ec::unavailable},
      {"another session's batch",
       [&](rude_peer& p) {
         p.say(hello);
         p.say(batch_of(8, 1));
       },
       base::ec::malformed},
      {"more than its credit",
       [&](rude_peer& p) {
         p.say(hello);
         for (std::uint64_t i = 1; i < 5; ++i)
           p.say(batch_of(7, i));
       },
       base::ec::too_large},
      {"frames only a node sends", [](rude_peer& p) { p.say(schemas::credit_frame{5}); },
       base::ec::malformed},
      {"a source name with a line break",
       [](rude_peer& p) {
         p.say(schemas::hello_frame{"a\nb", 7, 0, ""});
       },
       base::ec::invalid_argument},
  };
  for (const auto& r : rows) {
    INFO(r.reason);
    rude_peer peer{endpoint};
    r.acts(peer);
    const auto told = peer.error();
    CHECK(told.text != "");
    CHECK(base::to_string(told.code) == base::to_string(r.code));
  }
  REQUIRE(send_one(good, "x"));
  CHECK(eventually([&] {
    handler.release();
    return good.pump(1ms) && good.waiting() == 0;
  }));
}

TEST_CASE("ingest: a peer that vanished is noticed and its place is free", "[io][zmq]") {
  recording_handler handler;
  ingest_limits limits;
  limits.probe = 20ms;
  limits.peers_max = 1;
  ingest_server server{plain(limits), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  {
    collector c{to(server.endpoints())};
    REQUIRE(c.connect(5s));
    rude_peer second{server.endpoints()[0]};
    second.say(schemas::hello_frame{"s", 1, 0, ""});
    CHECK(says(second.error().text, "as many collectors"));
  }
  CHECK(eventually([&] { return handler.gone().size() == 1; }));
  collector c{to(server.endpoints())};
  CHECK(why(c.connect(5s)) == "");
}

TEST_CASE("ingest: the tenant and the source's prefix come from the key, whatever the frame says",
          "[io][zmq]") {
  const auto node = made();
  auto mine = made();
  mine.server_key = node.public_key;
  fixed_directory keys;
  keys.put(mine.public_key, {{"acme"}, "aws.cloudtrail", true, false});
  recording_handler handler;
  ingest_server server{{{{any_port, node}}, {}}, &keys, handler};
  handler.server = &server;
  REQUIRE(why(server.start()) == "");
  auto settings = to(server.endpoints());
  settings.keys = mine;
  settings.source = "7";
  collector c{settings};
  REQUIRE(why(c.connect(5s)) == "");
  REQUIRE(send_one(c, "x"));
  REQUIRE(why(c.finish(5s)) == "");
  CHECK(handler.hellos()[0].tenant == base::tenant_id{"acme"});
  CHECK(handler.sources() == std::set<std::string>{"aws.cloudtrail/7"});

  SECTION("a revoked key stops working on its open connection") {
    keys.revoke(mine.public_key);
    (void)send_one(c, "y");
    const auto outcome = c.finish(5s);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.err().code == base::ec::denied);
    CHECK(handler.records() == 1);
  }
  SECTION("an unknown key is denied at the door") {
    auto stranger = made();
    stranger.server_key = node.public_key;
    settings.keys = stranger;
    collector other{settings};
    const auto outcome = other.connect(10s);
    REQUIRE_FALSE(outcome);
    CHECK(base::to_string(outcome.err().code) == "denied");
    CHECK(eventually([&] { return server.counts().refused_keys > 0; }));
  }
  SECTION("a key that may only listen is denied") {
    auto listener = made();
    listener.server_key = node.public_key;
    keys.put(listener.public_key, {{"acme"}, "", false, true});
    settings.keys = listener;
    collector other{settings};
    const auto outcome = other.connect(10s);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.err().code == base::ec::denied);
  }
  SECTION("a plain client is told that keys are wanted") {
    settings.keys.reset();
    collector other{settings};
    const auto outcome = other.connect(10s);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.err().code == base::ec::denied);
  }
}

TEST_CASE("ingest: what cannot be listened on is said in one line", "[io][zmq]") {
  recording_handler handler;
  ingest_server off_loopback{{{{"tcp://0.0.0.0:*", std::nullopt}}, {}}, nullptr, handler};
  const auto open = off_loopback.start();
  REQUIRE_FALSE(open);
  CHECK(open.err().code == base::ec::invalid_argument);
  ingest_server first{plain(), nullptr, handler};
  handler.server = &first;
  REQUIRE(first.start());
  ingest_server second{{{{first.endpoints()[0], std::nullopt}}, {}}, nullptr, handler};
  const auto taken = second.start();
  REQUIRE_FALSE(taken);
  CHECK(taken.err().code == base::ec::conflict);
  ingest_server nonsense{{{{"tcp://", std::nullopt}}, {}}, nullptr, handler};
  CHECK_FALSE(nonsense.start());
}

TEST_CASE("collector: a node that is not there is an error within the patience", "[io][zmq]") {
  collector c{to({"tcp://127.0.0.1:1"})};
  const auto outcome = c.connect(200ms);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.err().code == base::ec::unavailable);
}

TEST_CASE("collector: a node slow to acknowledge is asked again, and nothing is sent twice over "
          "one connection",
          "[io][zmq]") {
  recording_handler handler;
  handler.credits = 4;
  handler.acknowledges = false;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  auto settings = to(server.endpoints());
  settings.retry_after = 20ms;
  collector c{settings};
  REQUIRE(c.connect(5s));
  for (int i = 0; i < 10; ++i)
    REQUIRE(send_one(c, std::to_string(i)));
  const auto hellos_before = handler.hellos().size();
  CHECK(eventually([&] { return c.pump(1ms) && handler.hellos().size() >= hellos_before + 3; }));
  CHECK(handler.held() == 4);
  CHECK(c.totals().resent == 0);
  CHECK(eventually([&] {
    handler.release();
    return c.pump(1ms) && c.waiting() == 0;
  }));
  CHECK(handler.records() == 10);
}

TEST_CASE("collector: refused once it asks again, though the node goes on saying that it is there",
          "[io][zmq]") {
  recording_handler handler;
  handler.acknowledges = false;
  auto listening = plain();
  listening.limits.probe = 5ms;
  ingest_server server{listening, nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  auto settings = to(server.endpoints());
  settings.retry_after = 200ms;
  collector c{settings};
  REQUIRE(c.connect(5s));
  REQUIRE(send_one(c, "{}"));
  REQUIRE(eventually([&] { return c.pump(1ms) && handler.held() == 1; }));
  handler.forget_held();
  handler.acknowledges = true;
  server.refuse(handler.hellos().back().peer, 1, {base::ec::disk_full, "no space left"});
  CHECK(eventually([&] { return c.pump(1ms) && c.waiting() == 0; }));
  CHECK(handler.records() == 1);
}

TEST_CASE("collector: with two endpoints the one that answers is found", "[io][zmq]") {
  recording_handler handler;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  auto settings = to({"tcp://127.0.0.1:1", server.endpoints()[0]});
  settings.retry_after = 100ms;
  collector c{settings};
  CHECK(why(c.connect(10s)) == "");
}

TEST_CASE("collector: who owes nothing may be silent for longer than a collector waits",
          "[io][zmq]") {
  recording_handler handler;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  auto settings = to(server.endpoints());
  settings.give_up_after = 300ms;
  collector c{settings};
  REQUIRE(c.connect(5s));
  std::this_thread::sleep_for(500ms);
  REQUIRE(why(send_one(c, "{}")) == "");
  CHECK(eventually([&] { return c.pump(1ms) && c.waiting() == 0; }));
}

TEST_CASE("collector: sessions one after the other, and one that was there before is recognised",
          "[io][zmq]") {
  recording_handler handler;
  ingest_server server{plain(), nullptr, handler};
  handler.server = &server;
  REQUIRE(server.start());
  collector c{to(server.endpoints())};
  REQUIRE(c.connect(5s));
  for (const std::uint64_t session : {7, 9, 7}) {
    c.begin(session);
    REQUIRE(why(send_one(c, "{\"n\":" + std::to_string(session) + "}")) == "");
    CHECK(eventually([&] { return c.pump(1ms) && c.waiting() == 0; }));
  }
  CHECK(handler.distinct().size() == 2);
  CHECK(handler.records() == 2);
  CHECK(c.totals().records == 3);
  REQUIRE(why(c.finish(10s)) == "");
}
