// ZeroMQ with CURVE between real processes: keys made by `vedette keys`, each tenant in its own
// world, strangers refused at once, and an alert stream that tells a tenant only its own.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <zmq.hpp>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

/// A node whose ZeroMQ sockets listen beyond loopback, and therefore want keys.
struct keyed_node {
  test::scratch files;
  test::node_address at;
  test::child node{{test::program("vedetted"), "--data-dir", files.path("data")},
                   files.path("log"),
                   environment()};

  std::vector<std::pair<std::string, std::string>> environment() const {
    auto out = at.environment();
    out.emplace_back("VEDETTE_INGEST_LISTEN", "0.0.0.0:" + std::to_string(at.ingest));
    out.emplace_back("VEDETTE_ALERTS_LISTEN", "0.0.0.0:" + std::to_string(at.alerts));
    return out;
  }
  test::finished ask(std::vector<std::string> words) const {
    words.insert(words.begin(), test::program("vedette"));
    words.insert(words.end(), {"--data-dir", files.path("data"), "--server", at.server()});
    return test::run(words);
  }
  /// Path of a new key's file.
  std::string key(const std::string& name, std::vector<std::string> rights) const {
    const auto path = files.path(name + ".key");
    std::vector<std::string> words{"keys", "create", "--out", path};
    words.insert(words.end(), rights.begin(), rights.end());
    const auto r = ask(words);
    INFO(r.err);
    REQUIRE(r.code == 0);
    return path;
  }
  test::finished send(const std::string& file, const std::string& key_file) const {
    std::vector<std::string> words{test::program("vedette"), "send", file, "--to", at.sink()};
    if (!key_file.empty())
      words.insert(words.end(), {"--key-file", key_file});
    return test::run(words, 60s);
  }
  /// Alerts of one tenant as JSON lines, once there are `count` of them.
  std::vector<std::string> alerts(const std::string& tenant, std::size_t count) const {
    const auto until = std::chrono::steady_clock::now() + 20s;
    for (;;) {
      auto lines = test::lines_of(ask({"alerts", "list", "-o", "json", "--tenant", tenant}).out);
      if (lines.size() >= count || std::chrono::steady_clock::now() > until)
        return lines;
      std::this_thread::sleep_for(50ms);
    }
  }
};

std::map<std::string, std::string> read_key(const std::string& path) {
  std::map<std::string, std::string> out;
  std::ifstream in{path};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string name, value;
    if (words >> name >> value && name != "#")
      out[name] = value;
  }
  return out;
}

/// A subscriber of the alert stream.
class listener {
 public:
  listener(const keyed_node& node, const std::string& key_file,
           const std::vector<std::string>& topics) {
    const auto key = read_key(key_file);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::curve_serverkey, key.at("server-key"));
    socket_.set(zmq::sockopt::curve_publickey, key.at("public-key"));
    socket_.set(zmq::sockopt::curve_secretkey, key.at("secret-key"));
    for (const auto& t : topics)
      socket_.set(zmq::sockopt::subscribe, t);
    socket_.connect("tcp://127.0.0.1:" + std::to_string(node.at.alerts));
  }
  /// Topics of what arrives within the patience; ends early at `enough` messages.
  std::multiset<std::string> hear(std::size_t enough, std::chrono::milliseconds patience) {
    std::multiset<std::string> out;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (out.size() < enough && std::chrono::steady_clock::now() < until) {
      zmq::message_t part;
      socket_.set(zmq::sockopt::rcvtimeo, 100);
      if (!socket_.recv(part))
        continue;
      out.insert(part.to_string());
      bodies.emplace_back();
      while (part.more() && socket_.recv(part))
        bodies.back().push_back(part.to_string());
    }
    return out;
  }

  std::vector<std::vector<std::string>> bodies; ///< the parts behind each topic

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::sub};
};

} // namespace

TEST_CASE("keys: two tenants with the same sources and the same events see nothing of each other",
          "[processes][keys]") {
  keyed_node n;
  auto& node = n.node;
  REQUIRE(node.says("ready:", 60s));
  const auto acme = n.key("acme", {"--tenant", "acme"});
  const auto beta = n.key("beta", {"--tenant", "beta"});
  const auto file = n.files.path("logs");
  test::write_file(file, test::good_record("eve", 1) + "\n" + test::good_record("eve", 2));
  for (const auto& key : {acme, beta}) {
    const auto r = n.send(file, key);
    INFO(r.err);
    CHECK(r.code == 0);
    CHECK(r.out.find("2 accepted, 0 duplicate") != std::string::npos);
  }
  // A repeat counts once within the tenant, and only there.
  CHECK(n.send(file, acme).out.find("0 accepted, 2 duplicate") != std::string::npos);
  std::set<std::string> ids;
  for (const std::string tenant : {"acme", "beta"}) {
    // What grows is reported a moment later.
    auto lines = n.alerts(tenant, 1);
    const auto both = [&] {
      return lines.size() == 1 && lines.front().find("\"count\":2,") != std::string::npos;
    };
    for (int tries = 0; tries < 50 && !lines.empty() && !both(); ++tries) {
      std::this_thread::sleep_for(100ms);
      lines = n.alerts(tenant, 1);
    }
    REQUIRE(lines.size() == 1);
    CHECK(test::member(lines.front(), "tenant") == tenant);
    CHECK(both());
    ids.insert(test::member(lines.front(), "alert_id"));
  }
  CHECK(ids.size() == 2);
  CHECK(n.alerts("local", 0).empty());
}

TEST_CASE("keys: who has no key, an unknown one or a revoked one is refused at once and in words",
          "[processes][keys]") {
  keyed_node n;
  auto& node = n.node;
  REQUIRE(node.says("ready:", 60s));
  const auto good = n.key("good", {"--tenant", "acme"});
  const auto listens = n.key("listens", {"--tenant", "acme", "--listen", "--no-send"});
  const auto revoked = n.key("revoked", {"--tenant", "acme"});
  REQUIRE(n.ask({"keys", "revoke", read_key(revoked).at("public-key")}).code == 0);
  // A pair that this node never made, with the right server key.
  const auto stranger = n.files.path("stranger.key");
  {
    std::string public_key(41, '\0'), secret_key(41, '\0');
    REQUIRE(zmq_curve_keypair(public_key.data(), secret_key.data()) == 0);
    public_key.resize(40);
    secret_key.resize(40);
    test::write_file(stranger, "public-key " + public_key + "\nsecret-key " + secret_key +
                                   "\nserver-key " + read_key(good).at("server-key") + "\n");
    std::filesystem::permissions(stranger, std::filesystem::perms{0600});
  }
  const auto file = n.files.path("logs");
  test::write_file(file, test::good_record("eve", 1));
  struct row {
    const char* why;
    std::string key;
    const char* says;
  };
  const std::vector<row> rows{
      {"no key", "", "wants a key"},
      {"a key this node never made", stranger, "does not know this key"},
      {"a key that was revoked", revoked, "does not know this key"},
      {"a key that may only listen", listens, "key"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto began = std::chrono::steady_clock::now();
    const auto got = n.send(file, r.key);
    INFO(got.err);
    CHECK(got.code == 1);
    const auto said = test::lines_of(got.err);
    REQUIRE(said.size() == 1);
    CHECK(said.front().find("denied") != std::string::npos);
    CHECK(said.front().find(r.says) != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - began < 8s);
  }
  CHECK(n.alerts("acme", 0).empty());
  const auto got = n.send(file, good);
  CHECK(got.code == 0);
  CHECK(n.alerts("acme", 1).size() == 1);
}

TEST_CASE("keys: a key sent to an endpoint that takes none is told so at once",
          "[processes][keys]") {
  const test::scratch files;
  const test::node_address at;
  test::child node{{test::program("vedetted"), "--data-dir", files.path("data")},
                   files.path("log"),
                   at.environment()};
  REQUIRE(node.says("ready:", 60s));
  const auto key = files.path("acme.key");
  REQUIRE(test::run({test::program("vedette"), "keys", "create", "--tenant", "acme", "--out", key,
                     "--data-dir", files.path("data"), "--server", at.server()})
              .code == 0);
  test::write_file(files.path("logs"), test::good_record("eve", 1));
  const auto got = test::run(
      {test::program("vedette"), "send", files.path("logs"), "--to", at.sink(), "--key-file", key},
      60s);
  INFO(got.err);
  CHECK(got.code == 1);
  REQUIRE(test::lines_of(got.err).size() == 1);
  CHECK(got.err.find("takes no keys") != std::string::npos);
}

TEST_CASE("alerts: a subscriber hears its own tenant only, whatever it asks for",
          "[processes][keys]") {
  keyed_node n;
  auto& node = n.node;
  REQUIRE(node.says("ready:", 60s));
  const auto acme = n.key("acme", {"--tenant", "acme", "--listen"});
  const auto beta = n.key("beta", {"--tenant", "beta", "--listen"});
  const auto deaf = n.key("deaf", {"--tenant", "acme"});
  listener all{n, acme, {""}};
  listener low{n, acme, {"acme/low/"}};
  listener spy{n, acme, {"beta/", "beta/high/audit-log-tampered"}};
  listener without_right{n, deaf, {""}};
  listener other{n, beta, {""}};

  // Subscriptions travel too. Each round is a new identity's alert, until one has been heard by
  // both; from then on nothing may be missing.
  std::size_t sent = 0;
  const auto one_more = [&] {
    ++sent;
    const auto file = n.files.path("logs-" + std::to_string(sent));
    test::write_file(file, test::good_record("eve-" + std::to_string(sent), 1));
    REQUIRE(n.send(file, acme).code == 0);
    REQUIRE(n.send(file, beta).code == 0);
  };
  bool acme_heard = false, beta_heard = false;
  for (int i = 0; i < 20 && !(acme_heard && beta_heard); ++i) {
    one_more();
    acme_heard = acme_heard || !all.hear(1, 1s).empty();
    beta_heard = beta_heard || !other.hear(1, 1s).empty();
  }
  REQUIRE(acme_heard);
  REQUIRE(beta_heard);
  one_more();
  const auto heard = all.hear(3, 2s);
  CHECK(!heard.empty());
  for (const auto& topic : heard)
    CHECK(topic == "acme/high/audit-log-tampered");
  for (const auto& topic : other.hear(3, 1s))
    CHECK(topic == "beta/high/audit-log-tampered");
  for (const auto& parts : all.bodies) {
    REQUIRE(parts.size() == 2);
    CHECK(std::stoull(parts[0]) > 0); // the tenant's running number
    CHECK(test::member(parts[1], "tenant") == "acme");
  }
  CHECK(low.hear(1, 500ms).empty()); // there is no low alert
  CHECK(spy.hear(1, 500ms).empty());
  CHECK(without_right.hear(1, 500ms).empty());
}
