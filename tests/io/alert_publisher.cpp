#include "io/zmq/alert_publisher.hpp"

#include "tests/io/support.hpp"
#include "tests/io/zmq_support.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <zmq.hpp>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

struct subscriber {
  subscriber(const std::string& endpoint, const std::string& topic,
             const std::optional<curve_keys>& keys = {}) {
    socket.set(zmq::sockopt::linger, 0);
    if (keys) {
      socket.set(zmq::sockopt::curve_serverkey, keys->server_key);
      socket.set(zmq::sockopt::curve_publickey, keys->public_key);
      socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
    }
    socket.set(zmq::sockopt::subscribe, topic);
    socket.connect(endpoint);
  }
  /// Three parts joined by '|', or "" after `patience`.
  std::string next(int patience_ms) {
    socket.set(zmq::sockopt::rcvtimeo, patience_ms);
    std::string out;
    for (;;) {
      zmq::message_t part;
      if (!socket.recv(part))
        return out;
      out += part.to_string();
      if (!part.more())
        return out;
      out += '|';
    }
  }
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::sub};
};

/// Publishes to `tenant` until the subscriber hears something: a subscription takes effect some
/// time after it was made.
std::string heard(alert_publisher& from, subscriber& by, const std::string& tenant) {
  std::string got;
  (void)eventually([&] {
    from.publish({tenant}, base::severity::high, {"r"}, 41, "{}");
    got = by.next(10);
    return !got.empty();
  });
  return got;
}

} // namespace

TEST_CASE("alerts: a subscription is cut down to its tenant", "[io][zmq]") {
  struct row {
    const char* why;
    const char* asked;
    std::optional<std::string> granted;
  };
  const std::vector<row> rows{
      {"everything", "", "acme/"},
      {"a beginning of the name", "ac", "acme/"},
      {"the whole name would match acme2 too", "acme", "acme/"},
      {"all of its own", "acme/", "acme/"},
      {"one severity", "acme/high/", "acme/high/"},
      {"another tenant", "other/", std::nullopt},
      {"a longer name", "acme2/", std::nullopt},
      {"the name in other case", "ACME/", std::nullopt},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(allowed_subscription({"acme"}, r.asked) == r.granted);
  }
}

TEST_CASE("alerts: a subscriber hears topic, number and body, and nothing of another tenant",
          "[io][zmq]") {
  auto node = generate_curve_keys();
  auto mine = generate_curve_keys();
  auto sender = generate_curve_keys();
  REQUIRE((node && mine && sender));
  mine->server_key = node->public_key;
  sender->server_key = node->public_key;
  fixed_directory keys;
  keys.put(mine->public_key, {{"acme"}, "", false, true});
  keys.put(sender->public_key, {{"acme"}, "", true, false});
  alert_publisher publisher{{{{any_port, *node}}, 100, 100}, &keys};
  REQUIRE(why(publisher.start()) == "");
  subscriber all{publisher.endpoints()[0], "", *mine};
  CHECK(heard(publisher, all, "acme") == "acme/high/r|41|{}");
  // Drain what was sent while waiting, then speak of others only.
  while (!all.next(50).empty()) {
  }
  publisher.publish({"other"}, base::severity::high, {"r"}, 1, "secret");
  publisher.publish({"acme2"}, base::severity::high, {"r"}, 1, "secret");
  publisher.publish({"acme"}, base::severity::low, {"r2"}, 42, "{\"a\":1}");
  CHECK(all.next(5000) == "acme/low/r2|42|{\"a\":1}");
  CHECK(all.next(50) == "");

  subscriber greedy{publisher.endpoints()[0], "other/", *mine};
  subscriber no_listener{publisher.endpoints()[0], "", *sender};
  for (int i = 0; i < 20; ++i) {
    publisher.publish({"other"}, base::severity::high, {"r"}, 2, "secret");
    publisher.publish({"acme"}, base::severity::high, {"r"}, 43, "{}");
    CHECK(greedy.next(5) == "");
    CHECK(no_listener.next(5) == "");
  }
}

TEST_CASE("alerts: without keys loopback subscribers are tenant local, and off loopback is refused",
          "[io][zmq]") {
  alert_publisher publisher{{{{any_port, std::nullopt}}, 100, 100}, nullptr};
  REQUIRE(publisher.start());
  subscriber all{publisher.endpoints()[0], ""};
  CHECK(heard(publisher, all, "local") == "local/high/r|41|{}");
  while (!all.next(50).empty()) {
  }
  publisher.publish({"acme"}, base::severity::high, {"r"}, 1, "secret");
  CHECK(all.next(50) == "");
  alert_publisher open{{{{"tcp://0.0.0.0:*", std::nullopt}}, 100, 100}, nullptr};
  CHECK_FALSE(open.start());
}

TEST_CASE("alerts: a full queue drops and counts, it never blocks the publisher", "[io][zmq]") {
  alert_publisher publisher{{{{any_port, std::nullopt}}, 10, 5}, nullptr};
  // Not started: nobody takes from the queue.
  int taken = 0;
  for (int i = 0; i < 8; ++i)
    taken += publisher.publish({"local"}, base::severity::low, {"r"}, 1, "{}") ? 1 : 0;
  CHECK(taken == 5);
  CHECK(publisher.dropped() == 3);
}

TEST_CASE("keys: a key file is private, is never overwritten, and reads back", "[io][zmq]") {
  const temp_folder folder;
  const auto path = folder.path("node.key");
  auto made = load_or_create_curve_keys(path);
  REQUIRE(made);
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600U);
  auto again = load_or_create_curve_keys(path);
  REQUIRE(again);
  CHECK(again->secret_key == made->secret_key);
  CHECK(save_curve_keys(path, *made).err().code == base::ec::conflict);
  auto other = generate_curve_keys();
  REQUIRE(other);
  CHECK(other->secret_key != made->secret_key);
  made->server_key = other->public_key;
  const auto collectors = folder.path("c.key");
  REQUIRE(save_curve_keys(collectors, *made));
  CHECK(load_curve_keys(collectors)->server_key == other->public_key);
}

TEST_CASE("keys: a file that others can read, or that does not fit together, is refused without "
          "showing it",
          "[io][zmq]") {
  const temp_folder folder;
  const auto keys = generate_curve_keys();
  const auto other = generate_curve_keys();
  REQUIRE((keys && other));
  const auto path = folder.path("k");
  const auto check = [&](const std::string& text, mode_t mode, base::ec code) {
    folder.write("k", text);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const auto got = load_curve_keys(path);
    REQUIRE_FALSE(got);
    CHECK(base::to_string(got.err().code) == base::to_string(code));
    CHECK(got.err().context.find(keys->secret_key) == std::string::npos);
  };
  const auto good = "public-key " + keys->public_key + "\nsecret-key " + keys->secret_key + "\n";
  check(good, 0644, base::ec::denied);
  check(good, 0640, base::ec::denied);
  check("public-key " + other->public_key + "\nsecret-key " + keys->secret_key + "\n", 0600,
        base::ec::malformed);
  check("secret-key " + keys->secret_key + "\n", 0600, base::ec::malformed);
  check("secret-key " + keys->secret_key + "x\n", 0600, base::ec::malformed);
  check(keys->secret_key + "\n", 0600, base::ec::malformed);
  CHECK(load_curve_keys(folder.path("none")).err().code == base::ec::not_found);
}
