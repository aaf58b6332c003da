// What only a real etcd, real connections and real certificates show.
#include "base/base64.hpp"
#include "io/clock/clock.hpp"
#include "io/coordination/etcd_coordinator.hpp"
#include "io/coordination/record_json.hpp"
#include "tests/coordination/etcd_server.hpp"
#include "tests/coordination/proxy.hpp"
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;
using base::ec;
using cluster::proposal_outcome;

namespace {

/// Parties with settings of the test's own.
class own_world final : public world {
 public:
  explicit own_world(etcd_settings s) : settings{std::move(s)} {}
  ~own_world() override { end_parties(); }
  void cut(party&, bool) override {}
  void lose_answers(party&, bool) override {}
  void compact() override {}
  void wipe() override {}
  void save() override {}
  void restore() override {}
  base::duration now() const override { return time_.monotonic(); }

  etcd_settings settings;

 protected:
  std::unique_ptr<coordinator> make_handle() override {
    auto made = make_etcd_coordinator(settings, time_);
    REQUIRE(made);
    return std::move(*made);
  }
  void let_pass(base::duration d) override { std::this_thread::sleep_for(d); }

 private:
  real_clock time_;
};

std::string local(std::uint16_t port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

/// A port that takes no connection and refuses none: its backlog is full.
class black_hole {
 public:
  black_hole() : fd_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(listen(fd_, 0) == 0);
    socklen_t size = sizeof at;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    for (auto& c : waiting_) {
      c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(connect(c, reinterpret_cast<sockaddr*>(&at), sizeof at));
    }
  }
  ~black_hole() {
    for (const int c : waiting_)
      ::close(c);
    ::close(fd_);
  }
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;

  std::uint16_t port = 0;

 private:
  int fd_;
  int waiting_[4];
};

std::string put(const etcd_server& server, const std::string& key, const std::string& value) {
  return server.call("/v3/kv/put",
                     fmt::format(R"({{"key":"{}","value":"{}"}})", base::base64_encode(key),
                                 base::base64_encode(value)));
}

base::error open_error(party& p) {
  const auto got = p.answer<cluster_opened>(p->open(founding()));
  REQUIRE_FALSE(got.outcome);
  return got.outcome.err();
}

} // namespace

TEST_CASE("etcd: endpoints that are down, silent or black holes cost less than the deadline",
          "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  const black_hole hole;
  proxy silent{server.port()};
  silent.set(way::hole);
  struct row {
    std::vector<std::string> endpoints;
    bool works;
    const char* why;
  };
  const std::vector<row> rows{
      {{local(free_port()), local(server.port())}, true, "nothing listens at the first"},
      {{local(hole.port), local(server.port())}, true, "the first takes no connection"},
      {{local(silent.port()), local(server.port())}, true, "the first says nothing"},
      {{"http://localhost.invalid:1", local(server.port())}, true, "the first has no address"},
      {{local(free_port())}, false, "nothing listens"},
      {{local(hole.port), local(silent.port())}, false, "nobody answers"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    etcd_settings s;
    s.allow_plain = true;
    s.endpoints = r.endpoints;
    s.call_deadline = 1200ms;
    s.attempt_timeout = 500ms;
    s.connect_timeout = 300ms;
    own_world w{s};
    auto& p = w.join_in();
    auto began = w.now();
    const auto got = p.answer<cluster_opened>(p->open(founding()));
    CHECK(w.now() - began < s.call_deadline + 500ms);
    CHECK(bool(got.outcome) == r.works);
    if (!got.outcome) {
      CHECK((got.outcome.err().code == ec::unavailable || got.outcome.err().code == ec::timed_out));
      CHECK(says(got.outcome.err().context, "is etcd up"));
      continue;
    }
    // It stays with the one that answers.
    began = w.now();
    for (int i = 0; i < 5; ++i)
      REQUIRE(p.answer<partition_read>(p->reread({0})).outcome);
    CHECK(w.now() - began < 500ms);
  }
}

TEST_CASE("etcd: an endpoint that goes silent is left, with the watch, and nothing is missed",
          "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  proxy first{server.port()};
  proxy second{server.port()};
  etcd_settings s;
  s.endpoints = {local(first.port()), local(second.port())};
  own_world w{s};
  auto& p = w.join_in();
  enter(p, "n1", 5s);
  view(p);
  w.settings.endpoints = {local(server.port())};
  auto& writer = w.join_in();
  open(writer);
  auto at = swap(writer, 0, 0, assignment("a")).answer.at.value;
  p.news<view_changed>([&](const view_changed& c) { return revision_of(c.event) == at; });
  first.set(way::hole);
  const auto began = w.now();
  at = swap(writer, 0, at, assignment("a", 2, 2)).answer.at.value;
  p.news<view_changed>([&](const view_changed& c) { return revision_of(c.event) == at; });
  CHECK(w.now() - began < 3s);
  CHECK(p.count<session_lost>() == 0);
  CHECK(p.count<view_began>() == 1);
}

TEST_CASE("etcd: a swap whose first answer was cut off is still told won, once",
          "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  proxy between{server.port()};
  etcd_settings s;
  s.endpoints = {local(between.port())};
  own_world w{s};
  auto& p = w.join_in();
  open(p);
  w.settings.endpoints = {local(server.port())};
  auto& witness = w.join_in();
  open(witness);
  view(witness);
  auto at = swap(p, 0, 0, assignment("a")).answer.at.value;
  for (std::uint64_t round = 2; round < 7; ++round) {
    between.set(way::losing_answers);
    const auto call = p->swap({round, {0}, {at}, assignment("a", round, round), {}});
    // Done at etcd, and the line is cut before it is told.
    std::uint64_t made = 0;
    witness.news<view_changed>([&](const view_changed& c) {
      made = revision_of(c.event);
      return made > at;
    });
    between.set(way::open);
    const auto got = p.answer<swap_done>(call).answer;
    REQUIRE(got.outcome == proposal_outcome::won);
    REQUIRE(got.at.value == made);
    at = made;
  }
  const auto campaigned = [&] { return p.answer<campaign_done>(p->campaign()); };
  REQUIRE(p.answer<node_joined>(p->join(node("a"), 5s)).outcome);
  const auto created = campaigned().created;
  CHECK(campaigned().created == created);
  CHECK(changes(witness).size() == 6 + 2);
}

TEST_CASE("etcd: records that cannot be read are reported and left out, foreign keys ignored",
          "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  etcd_settings s;
  s.endpoints = {local(server.port())};
  s.prefix = "/a/";
  own_world w{s};
  auto& p = w.join_in();
  open(p);
  put(server, "/a/partitions/00001", "not json");
  put(server, "/a/partitions/00099", "{}");
  put(server, "/a/later/thing", "x");
  put(server, "/ab/partitions/00002", "another prefix");
  put(server, "/a/nodes/n7", R"({"id":"n8","incarnation":"1","stamp":"1"})");
  const auto v = view(p);
  CHECK(v.partitions.empty());
  CHECK(v.nodes.empty());
  CHECK(p.count<record_refused>() == 3);
  put(server, "/a/nodes/n9", "[");
  const auto refused =
      p.news<record_refused>([](const record_refused& r) { return r.key == "/a/nodes/n9"; });
  CHECK(says(refused.why, "reading a node record"));
  // A cluster's record of a later build opens to nobody who does not know it.
  put(server, "/b/cluster",
      R"({"id":"c1","partitions":16,"format":2,"tenant_partitions":4,"seed":"1"})");
  w.settings.prefix = "/b/";
  auto& other = w.join_in();
  CHECK(open_error(other).code == ec::unsupported);
  put(server, "/c/cluster", "x");
  w.settings.prefix = "/c/";
  auto& third = w.join_in();
  CHECK(open_error(third).code == ec::malformed);
}

TEST_CASE("etcd: another etcd behind the addresses is not taken for ours", "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server ours;
  etcd_server other;
  etcd_settings s;
  s.endpoints = {local(ours.port()), local(other.port())};
  own_world w{s};
  auto& p = w.join_in();
  enter(p, "n1");
  view(p);
  const auto made = swap(p, 0, 0, assignment("n1"));
  SECTION("even when it holds the same cluster's record") {
    put(other, "/vedette/cluster", to_json(founding().record));
    ours.stop();
    CHECK(p.news<coordinator_estranged>().kind == estrangement::other_cluster);
  }
  SECTION("nor when another cluster's record is written over ours") {
    put(ours, "/vedette/cluster", to_json(founding("c2").record));
    CHECK(p.news<coordinator_estranged>().kind == estrangement::other_cluster);
  }
  CHECK_FALSE(p->heard_at());
  const auto late = swap(p, 0, made.answer.at.value, assignment("n1", 2, 2));
  CHECK(late.answer.outcome == proposal_outcome::lost);
}

TEST_CASE("etcd: a table larger than a page comes whole", "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  etcd_settings s;
  s.endpoints = {local(server.port())};
  own_world w{s};
  auto& p = w.join_in();
  const std::uint32_t count = 1110;
  REQUIRE(p.answer<cluster_opened>(p->open({{"c1", count, 1}, "", true})).outcome);
  const auto value = base::base64_encode(to_json(assignment("n1"), 1));
  for (std::uint32_t i = 0; i < count - 10;) {
    std::string puts;
    for (const auto end = i + 100; i < end; ++i)
      puts +=
          fmt::format(R"({}{{"requestPut":{{"key":"{}","value":"{}"}}}})", puts.empty() ? "" : ",",
                      base::base64_encode(fmt::format("/vedette/partitions/{:05}", i)), value);
    REQUIRE(says(server.call("/v3/kv/txn", R"({"success":[)" + puts + "]}"), "succeeded"));
  }
  std::vector<call_id> calls;
  for (std::uint32_t i = count - 10; i < count; ++i)
    calls.push_back(p->swap({i, {i}, {}, assignment("n1"), {}}));
  for (const auto call : calls)
    CHECK(p.answer<swap_done>(call).answer.outcome == proposal_outcome::won);
  const auto v = view(p);
  CHECK(v.partitions.size() == count);
  CHECK(v.partitions.at({1005}).value == assignment("n1"));
}

TEST_CASE("etcd: etcd stopped for longer than the lease deposes nobody", "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  etcd_settings s;
  s.endpoints = {local(server.port())};
  own_world w{s};
  auto& p = w.join_in();
  enter(p, "n1", 2s);
  const auto fence = p.answer<campaign_done>(p->campaign()).created;
  view(p);
  server.stop();
  w.pass(3s);
  CHECK_FALSE(p.news<reach_changed>().reachable);
  server.start();
  p.news<reach_changed>([](const reach_changed& r) { return r.reachable; });
  w.pass(2500ms);
  CHECK(p.count<session_lost>() == 0);
  CHECK(p.count<coordinator_estranged>() == 0);
  CHECK(p.count<view_began>() == 1);
  CHECK(p.answer<campaign_done>(p->campaign()).created == fence);
}

TEST_CASE("etcd: TLS needs the right authority and a client certificate", "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  const temp_place place;
  const authority ours{place, "ours"};
  const authority others{place, "others"};
  const auto server_files = ours.issue("server", "serverAuth,clientAuth");
  const auto client = ours.issue("client", "clientAuth");
  const auto stranger = others.issue("stranger", "clientAuth");
  etcd_server server{&server_files};
  const auto with = [&](const std::string& ca, const etcd_tls& files) {
    etcd_settings s;
    s.endpoints = {server.url()};
    s.ca_file = ca;
    s.certificate_file = files.certificate;
    s.key_file = files.key;
    return s;
  };
  {
    own_world w{with(ours.file(), client)};
    auto& p = w.join_in();
    enter(p, "n1");
    view(p);
    const auto made = swap(p, 0, 0, assignment("n1"));
    CHECK(made.answer.outcome == proposal_outcome::won);
    p.news<view_changed>(
        [&](const view_changed& c) { return revision_of(c.event) == made.answer.at.value; });
  }
  struct row {
    etcd_settings settings;
    const char* text;
    const char* why;
  };
  auto missing = with(ours.file(), client);
  missing.key_file = place.path("nothing.key");
  const std::vector<row> bad{
      {with(others.file(), client), "authority", "another authority"},
      {with(ours.file(), stranger), "client certificate", "another authority's client"},
      {with(ours.file(), {}), "client certificate", "no client certificate"},
      {missing, "certificate", "no such file"},
  };
  for (const auto& r : bad) {
    INFO(r.why);
    own_world w{r.settings};
    w.settings.call_deadline = 1s;
    auto& p = w.join_in();
    const auto e = open_error(p);
    INFO(e.context);
    CHECK(e.code == ec::unavailable);
    CHECK(says(e.context, r.text));
  }
}

TEST_CASE("etcd: a server certificate that is no client's is named as the cause",
          "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  const temp_place place;
  const authority ours{place, "ours"};
  const auto server_files = ours.issue("server", "serverAuth");
  const auto client = ours.issue("client", "clientAuth");
  etcd_server server{&server_files};
  etcd_settings s;
  s.endpoints = {server.url()};
  s.ca_file = ours.file();
  s.certificate_file = client.certificate;
  s.key_file = client.key;
  s.call_deadline = 1s;
  own_world w{s};
  auto& p = w.join_in();
  const auto e = open_error(p);
  INFO(e.context);
  CHECK(says(e.context, "serverAuth and clientAuth"));
}

TEST_CASE(
    "etcd: a login is renewed when etcd forgets it, and a wrong one is told without its secret",
    "[coordination][etcd]") {
  if (etcd_program().empty())
    return;
  etcd_server server;
  const std::string secret = "s3cret-\"quoted\"";
  const auto done = [&](const std::string& path, const std::string& body) {
    const auto answer = server.call(path, body);
    INFO(answer);
    REQUIRE(says(answer, "header"));
  };
  done("/v3/auth/user/add", R"({"name":"root","password":"r"})");
  done("/v3/auth/role/add", R"({"name":"root"})");
  done("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  done("/v3/auth/user/add", R"({"name":"vedette","password":"s3cret-\"quoted\""})");
  done("/v3/auth/role/add", R"({"name":"vedette"})");
  done("/v3/auth/role/grant",
       fmt::format(
           R"({{"name":"vedette","perm":{{"permType":"READWRITE","key":"{}","range_end":"{}"}}}})",
           base::base64_encode("/vedette/"), base::base64_encode("/vedette0")));
  done("/v3/auth/user/grant", R"({"user":"vedette","role":"vedette"})");
  done("/v3/auth/enable", "{}");
  etcd_settings s;
  s.endpoints = {local(server.port())};
  struct row {
    const char* user;
    std::string password;
    const char* prefix;
    const char* why;
  };
  const std::vector<row> bad{
      {"", "", "/vedette/", "no login"},
      {"vedette", "wrong", "/vedette/", "another password"},
      {"nobody", secret, "/vedette/", "no such user"},
      {"vedette", secret, "/elsewhere/", "a prefix it may not touch"},
  };
  for (const auto& r : bad) {
    INFO(r.why);
    auto wrong = s;
    wrong.user = r.user;
    wrong.password = r.password;
    wrong.prefix = r.prefix;
    own_world w{wrong};
    auto& p = w.join_in();
    const auto e = open_error(p);
    INFO(e.context);
    CHECK(e.code == ec::denied);
    CHECK_FALSE(says(e.context, "s3cret"));
    CHECK_FALSE(says(e.context, "wrong"));
  }
  s.user = "vedette";
  s.password = secret;
  own_world w{s};
  auto& p = w.join_in();
  enter(p, "n1", 5s);
  view(p);
  CHECK(swap(p, 0, 0, assignment("n1")).answer.outcome == proposal_outcome::won);
  // Tokens live in etcd's memory.
  server.stop();
  server.start();
  p.news<view_proved>();
  const auto again = swap(p, 1, 0, assignment("n1"));
  REQUIRE(again.answer.outcome == proposal_outcome::won);
  p.news<view_changed>(
      [&](const view_changed& c) { return revision_of(c.event) == again.answer.at.value; });
  CHECK(p.count<session_lost>() == 0);
}
