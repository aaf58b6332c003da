// Tokens and keys that several nodes share, and what may go wrong on the way.
#include "base/hash.hpp"
#include "io/clock/manual_clock.hpp"
#include "io/files/text_file.hpp"
#include "nodes/server/api/local_records.hpp"
#include "nodes/server/node_access.hpp"
#include "nodes/server/shared_records.hpp"
#include "tests/nodes/shared_nodes.hpp"
#include "tests/nodes/support.hpp"

#include <algorithm>
#include <atomic>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;

namespace {

token_info viewer(const std::string& name) {
  token_info t;
  t.name = name;
  t.roles = {io::role::viewer};
  t.tenants = {{"acme"}};
  return t;
}

/// As node.cpp puts them together, each with a data directory of its own.
struct nodes_with_access {
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  std::vector<std::unique_ptr<node_access>> who;
  temp_folder folder;
  std::vector<std::shared_ptr<state::store>> stores;
  shared_nodes nodes{3};

  nodes_with_access() {
    for (std::size_t n = 0; n < 3; ++n)
      join(n);
  }
  ~nodes_with_access() { nodes.stop(); }

  void join(std::size_t n) {
    stores.push_back(state::make_memory_store());
    who.push_back(
        std::make_unique<node_access>(stores.back(), clock, "server-of-" + shared_nodes::id(n)));
    REQUIRE(who[n]->open(admin_file(n)));
    REQUIRE(who[n]->share(nodes.at(n), shared_nodes::id(n)));
  }
  std::string admin_file(std::size_t n) const {
    return folder.path(shared_nodes::id(n) + ".token");
  }
  std::string admin(std::size_t n) const {
    const auto text = io::read_text(admin_file(n));
    REQUIRE(text);
    return text->substr(0, text->find('\n'));
  }
  /// Name of whoever has the token, as node `n` sees it; "" for nobody.
  std::string name(std::size_t n, const std::string& token) const {
    const auto p = who[n]->tokens().authenticate(bearing(token));
    return p ? p->name : std::string{};
  }
  bool everywhere(const std::function<bool(node_access&)>& holds) {
    return in_time([&] {
      return std::all_of(who.begin(), who.end(), [&](const auto& w) { return holds(*w); });
    });
  }
};

/// A place where somebody else is always first, or `lost` times.
struct contested_place final : token_place {
  int lost = 0, reads = 0, puts = 0;
  schemas::token_document now;

  base::result<schemas::token_document> read(std::optional<std::uint64_t> after) override {
    ++reads;
    // Whoever lost must not be given again what he lost with.
    if (after)
      CHECK(now.version > *after);
    return now;
  }
  base::status put(const schemas::token_document& next) override {
    ++puts;
    if (puts <= lost) {
      now.version += 1;
      now.tokens.push_back({"other-" + std::to_string(puts),
                            std::string(64, 'a'),
                            {"viewer"},
                            {"acme"},
                            false,
                            {},
                            {},
                            "x"});
      return base::error{base::ec::conflict, "another was first"};
    }
    now = next;
    return {};
  }
  void follow(std::function<base::status(schemas::token_document)>) override {}
};

} // namespace

TEST_CASE_METHOD(
    nodes_with_access,
    "access: a token made at one node works at every other, and revoked at another at none",
    "[nodes][access]") {
  const auto made = who[0]->tokens().create(viewer("soc"));
  REQUIRE(made);
  CHECK(name(0, made->token) == "soc");
  CHECK(everywhere(
      [&](node_access& a) { return a.tokens().authenticate(bearing(made->token)).has_value(); }));
  const auto again = who[1]->tokens().rotate("soc");
  REQUIRE(again);
  CHECK(name(1, made->token).empty());
  CHECK(everywhere([&](node_access& a) {
    return !a.tokens().authenticate(bearing(made->token)) &&
           a.tokens().authenticate(bearing(again->token));
  }));
  REQUIRE(who[2]->tokens().revoke("soc"));
  CHECK(name(2, again->token).empty());
  CHECK(
      everywhere([&](node_access& a) { return !a.tokens().authenticate(bearing(again->token)); }));
  CHECK(who[0]->tokens().revoke("soc").err().code == base::ec::not_found);
}

TEST_CASE_METHOD(
    nodes_with_access,
    "access: a key made at one node is known to the sockets of every other, until it is revoked",
    "[nodes][access]") {
  const auto made = who[1]->keys().create({{"acme"}, "eu", true, false}, "admin");
  REQUIRE(made);
  CHECK(made->keys.server_key == "server-of-n2");
  const auto& key = made->info.public_key;
  CHECK(everywhere([&](node_access& a) { return a.keys().find(key).has_value(); }));
  const auto next = who[2]->keys().rotate(key, "admin");
  REQUIRE(next);
  CHECK(everywhere(
      [&](node_access& a) { return !a.keys().find(key) && a.keys().find(next->info.public_key); }));
  CHECK(who[0]->keys().find(next->info.public_key)->source == "eu");
}

TEST_CASE_METHOD(nodes_with_access,
                 "access: changes made at the same time at three nodes all stand in the end",
                 "[nodes][access]") {
  constexpr int each = 6;
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < 3; ++n)
    threads.emplace_back([&, n] {
      for (int i = 0; i < each; ++i) {
        // Conflict after sixteen lost races is an answer too; then it is asked again.
        while (true) {
          const auto made =
              who[n]->tokens().create(viewer("t" + std::to_string(n) + "-" + std::to_string(i)));
          if (made)
            break;
          if (made.err().code != base::ec::conflict)
            return;
        }
        ++done;
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(done == 3 * each);
  CHECK(everywhere([&](node_access& a) { return a.tokens().all().size() == 3 * each + 1; }));
  CHECK(nodes.version("tokens") == 3 * each + 1); // no change was carried out twice
}

TEST_CASE_METHOD(
    nodes_with_access,
    "access: a node that was away takes over what was changed meanwhile, also a revocation",
    "[nodes][access]") {
  const auto old = who[0]->tokens().create(viewer("old"));
  REQUIRE(old);
  REQUIRE(everywhere([&](node_access& a) { return a.tokens().knows("old"); }));
  nodes.set_away(2, true);
  REQUIRE(who[0]->tokens().revoke("old"));
  const auto fresh = who[1]->tokens().create(viewer("fresh"));
  REQUIRE(fresh);
  CHECK(name(2, fresh->token).empty());
  nodes.set_away(2, false);
  CHECK(in_time([&] { return name(2, fresh->token) == "fresh"; }));
  CHECK(name(2, old->token).empty());
}

TEST_CASE_METHOD(nodes_with_access, "access: no secret is among what nodes share",
                 "[nodes][access]") {
  const auto token = who[0]->tokens().create(viewer("soc"));
  const auto key = who[0]->keys().create({{"acme"}, "", true, false}, "admin");
  REQUIRE(token);
  REQUIRE(key);
  for (std::size_t n = 0; n < 3; ++n) {
    std::size_t shared = 0;
    REQUIRE(nodes.store(n).entities().scan_meta("shared/", [&](std::string_view,
                                                               std::string_view value) {
      ++shared;
      for (const auto& secret : {token->token.substr(4), admin(n).substr(4), key->keys.secret_key})
        CHECK(value.find(secret) == std::string_view::npos);
      return true;
    }));
    CHECK(shared >= 2);
  }
}

TEST_CASE_METHOD(nodes_with_access,
                 "access: the first node's admin is the cluster's, the others' count at home only",
                 "[nodes][access]") {
  CHECK(name(0, admin(0)) == "admin");
  CHECK(name(1, admin(0)) == "admin");
  CHECK(name(2, admin(0)) == "admin");
  CHECK(name(1, admin(1)) == "admin@n2");
  CHECK(name(0, admin(1)).empty());
  CHECK(name(2, admin(1)).empty());
  const auto p = who[1]->tokens().authenticate(bearing(admin(1)));
  REQUIRE(p);
  CHECK(p->all_tenants);
  CHECK(p->may(io::role::admin));
  // Rotated elsewhere, the first node's file is worth nothing any more, there neither.
  const auto rotated = who[2]->tokens().rotate("admin");
  REQUIRE(rotated);
  CHECK(everywhere([&](node_access& a) { return !a.tokens().authenticate(bearing(admin(0))); }));
  CHECK(everywhere([&](node_access& a) {
    return a.tokens().authenticate(bearing(rotated->token)).has_value();
  }));
  CHECK(name(2, admin(2)) == "admin@n3"); // and no other node's file was touched
}

TEST_CASE_METHOD(nodes_with_access,
                 "access: an emptied admin file of any node brings a token of that node",
                 "[nodes][access]") {
  nodes.stop();
  shared_nodes fresh{1};
  REQUIRE(io::write_text(admin_file(0), "", 0600));
  node_access again{stores[0], clock, "k"};
  REQUIRE(again.open(admin_file(0)));
  // The cluster knows the token that the node had before.
  schemas::token_document standing;
  for (const auto& t : who[0]->tokens().all())
    standing.tokens.push_back({t.name, std::string(64, 'a'), {"admin"}, {}, true, {}, {}, "x"});
  standing.version = 1;
  standing.began = who[0]->tokens().began();
  REQUIRE(shared_tokens(fresh.at(0))->put(standing));
  REQUIRE(again.share(fresh.at(0), "n1"));
  const auto p = again.tokens().authenticate(bearing(admin(0)));
  REQUIRE(p);
  CHECK(p->name == "admin@n1");
  fresh.stop();
}

TEST_CASE_METHOD(
    nodes_with_access,
    "access: a change that a node does not take in is made nowhere and says which node",
    "[nodes][access]") {
  nodes.set_deaf(2);
  const auto before = nodes.version("tokens");
  const auto put = nodes.at(0).put("tokens", before, "bytes", std::chrono::milliseconds{50});
  REQUIRE(!put);
  CHECK(put.err().code == base::ec::unavailable);
  CHECK(put.err().context.find("n3") != std::string::npos);
  CHECK(nodes.version("tokens") == before);
}

TEST_CASE("access: the first tokens of a cluster are one node's, whole, and later nodes' are not "
          "mixed in",
          "[nodes][access]") {
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  temp_folder folder;
  shared_nodes nodes{2};
  const std::shared_ptr<state::store> a_store = state::make_memory_store();
  const std::shared_ptr<state::store> b_store = state::make_memory_store();
  const auto made_alone = [&](const std::shared_ptr<state::store>& store, const std::string& name) {
    token_store tokens{local_tokens(store), clock};
    REQUIRE(tokens.open(folder.path(name)));
    const auto t = tokens.create(viewer(name));
    REQUIRE(t);
    return t->token;
  };
  const auto kept = made_alone(a_store, "a");
  const auto lost = made_alone(b_store, "b");
  node_access a{a_store, clock, "k"}, b{b_store, clock, "k"};
  REQUIRE(a.open(folder.path("a")));
  REQUIRE(b.open(folder.path("b")));
  REQUIRE(a.share(nodes.at(0), "n1"));
  REQUIRE(b.share(nodes.at(1), "n2"));
  CHECK(b.tokens().authenticate(bearing(kept)));
  CHECK_FALSE(b.tokens().authenticate(bearing(lost)));
  CHECK_FALSE(a.tokens().authenticate(bearing(lost)));
  nodes.stop();
}

TEST_CASE("access: who is not first reads again and puts on top of that, and gives up in the end",
          "[nodes][access]") {
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  const auto place = std::make_shared<contested_place>();
  token_store tokens{place, clock};
  SECTION("three lost races cost three more reads and no change") {
    place->lost = 3;
    REQUIRE(tokens.create(viewer("mine")));
    CHECK(place->puts == 4);
    CHECK(place->now.tokens.size() == 4);
    CHECK(place->now.version == 4);
    CHECK(tokens.all().size() == 4);
  }
  SECTION("the name was taken meanwhile: conflict, without another try") {
    place->lost = 1;
    const auto made = tokens.create(viewer("other-1"));
    REQUIRE(!made);
    CHECK(made.err().code == base::ec::conflict);
    CHECK(place->puts == 1);
  }
  SECTION("always lost") {
    place->lost = 1000;
    const auto made = tokens.create(viewer("mine"));
    REQUIRE(!made);
    CHECK(made.err().code == base::ec::conflict);
    CHECK(place->puts == change_tries_max);
    CHECK_FALSE(tokens.knows("mine"));
  }
}

TEST_CASE(
    "access: a role that this build does not know gives nothing here and is kept for those that do",
    "[nodes][access]") {
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  const auto place = std::make_shared<contested_place>();
  place->now.version = 1;
  const std::string secret = "vdt_later";
  place->now.tokens.push_back({"later",
                               base::to_hex(base::sha256(secret)),
                               {"not-made-yet"},
                               {"acme"},
                               false,
                               {},
                               {},
                               "x"});
  token_store tokens{place, clock};
  REQUIRE(tokens.create(viewer("mine")));
  const auto who = tokens.authenticate(bearing(secret));
  REQUIRE(who);
  CHECK(who->roles.empty());
  REQUIRE(place->now.tokens.size() == 2);
  CHECK(place->now.tokens.front().roles == std::vector<std::string>{"not-made-yet"});
}
