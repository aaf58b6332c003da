#include "base/hash.hpp"
#include "base/limits.hpp"
#include "io/files/text_file.hpp"
#include "tests/nodes/support.hpp"

#include <sys/stat.h>

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;

namespace {

std::string line_of(const std::string& path) {
  auto text = io::read_text(path);
  REQUIRE(text);
  return text->substr(0, text->find('\n'));
}

token_info viewer_of(const std::string& name, const std::string& tenant) {
  token_info t;
  t.name = name;
  t.roles = {io::role::viewer};
  t.tenants = {{tenant}};
  return t;
}

struct world {
  io::manual_clock clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")};
  std::shared_ptr<state::store> store = state::make_memory_store();
  temp_folder folder;
  std::string admin_file = folder.path("admin.token");
};

} // namespace

TEST_CASE_METHOD(world,
                 "tokens: the first start leaves an admin token that only its owner can read",
                 "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  struct ::stat facts {};
  REQUIRE(::stat(admin_file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777U) == 0600U);
  const auto who = tokens.authenticate(bearing(line_of(admin_file)));
  REQUIRE(who);
  CHECK(who->name == "admin");
  CHECK(who->all_tenants);
  CHECK(who->may(io::role::approver));
}

TEST_CASE_METHOD(world, "tokens: a restart knows the tokens of before and makes no other admin",
                 "[nodes]") {
  std::string token;
  {
    token_store tokens{local_tokens(store), clock};
    REQUIRE(tokens.open(admin_file));
    auto made = tokens.create(viewer_of("ro", "acme"));
    REQUIRE(made);
    token = made->token;
  }
  const auto admin = line_of(admin_file);
  token_store again{local_tokens(store), clock};
  REQUIRE(again.open(admin_file));
  CHECK(line_of(admin_file) == admin);
  CHECK(again.authenticate(bearing(admin)));
  const auto who = again.authenticate(bearing(token));
  REQUIRE(who);
  CHECK(who->sees({"acme"}));
  CHECK_FALSE(who->sees({"globex"}));
  CHECK_FALSE(who->may(io::role::admin));
}

TEST_CASE_METHOD(world,
                 "tokens: an emptied admin file brings a new admin token, a deleted one does not",
                 "[nodes]") {
  std::string old;
  {
    token_store tokens{local_tokens(store), clock};
    REQUIRE(tokens.open(admin_file));
    old = line_of(admin_file);
  }
  SECTION("emptied") {
    REQUIRE(io::write_text(admin_file, "", 0600));
    token_store again{local_tokens(store), clock};
    REQUIRE(again.open(admin_file));
    CHECK(line_of(admin_file) != old);
    CHECK_FALSE(again.authenticate(bearing(old)));
    CHECK(again.authenticate(bearing(line_of(admin_file))));
  }
  SECTION("deleted") {
    std::filesystem::remove(admin_file);
    token_store again{local_tokens(store), clock};
    REQUIRE(again.open(admin_file));
    CHECK_FALSE(std::filesystem::exists(admin_file));
    CHECK(again.authenticate(bearing(old)));
  }
}

TEST_CASE_METHOD(world, "tokens: the store never holds a token, only its digest", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  const auto token = line_of(admin_file);
  std::size_t records = 0;
  REQUIRE(store->entities().scan_meta("", [&](std::string_view, std::string_view value) {
    ++records;
    CHECK(value.find(token.substr(4)) == std::string_view::npos);
    return true;
  }));
  CHECK(records == 1);
}

TEST_CASE_METHOD(world, "tokens: rotated and revoked ones stop working at once", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  const auto first = tokens.create(viewer_of("ro", "acme"));
  REQUIRE(first);
  const auto second = tokens.rotate("ro");
  REQUIRE(second);
  CHECK_FALSE(tokens.authenticate(bearing(first->token)));
  CHECK(tokens.authenticate(bearing(second->token)));
  REQUIRE(tokens.revoke("ro"));
  CHECK_FALSE(tokens.authenticate(bearing(second->token)));
  CHECK(tokens.rotate("ro").err().code == base::ec::not_found);
}

TEST_CASE_METHOD(world, "tokens: what nobody made is refused", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  const auto admin = line_of(admin_file);
  struct row {
    const char* why;
    std::string token;
  };
  for (const auto& r : {row{"none", ""}, row{"nonsense", "x"},
                        row{"one digit short", admin.substr(0, admin.size() - 1)},
                        row{"one digit more", admin + "0"},
                        row{"the digest itself", base::to_hex(base::sha256(admin))}}) {
    INFO(r.why);
    const auto who = tokens.authenticate(bearing(r.token));
    REQUIRE_FALSE(who);
    CHECK(who.err().code == base::ec::denied);
  }
}

TEST_CASE_METHOD(world, "tokens: one that cannot be meant is not made", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  auto bad_tenant = viewer_of("a", "Not A Tenant");
  auto no_role = viewer_of("a", "acme");
  no_role.roles.clear();
  auto no_tenant = viewer_of("a", "acme");
  no_tenant.tenants.clear();
  struct row {
    const char* why;
    token_info wanted;
    base::ec code;
  };
  for (const auto& r :
       {row{"a name with a slash", viewer_of("a/b", "acme"), base::ec::invalid_argument},
        row{"no name", viewer_of("", "acme"), base::ec::invalid_argument},
        row{"a tenant that cannot be", bad_tenant, base::ec::invalid_argument},
        row{"no role", no_role, base::ec::invalid_argument},
        row{"no tenant", no_tenant, base::ec::invalid_argument},
        row{"a name that is taken", viewer_of("admin", "acme"), base::ec::conflict}}) {
    INFO(r.why);
    const auto made = tokens.create(r.wanted);
    REQUIRE_FALSE(made);
    CHECK(made.err().code == r.code);
  }
}

TEST_CASE_METHOD(world, "tokens: the last admin of all tenants cannot be revoked", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  CHECK(tokens.revoke("admin").err().code == base::ec::conflict);
  token_info second;
  second.name = "second";
  second.roles = {io::role::admin};
  second.all_tenants = true;
  REQUIRE(tokens.create(second));
  CHECK(tokens.revoke("admin"));
  CHECK(tokens.revoke("second").err().code == base::ec::conflict);
}

TEST_CASE_METHOD(world, "tokens: tokens_max bounds them", "[nodes]") {
  token_store tokens{local_tokens(store), clock};
  REQUIRE(tokens.open(admin_file));
  for (std::size_t i = 1; i < token_store::tokens_max; ++i)
    REQUIRE(tokens.create(viewer_of("t" + std::to_string(i), "acme")));
  CHECK(tokens.create(viewer_of("one-more", "acme")).err().code == base::ec::too_large);
}

TEST_CASE_METHOD(world, "keys: a key stands for its tenant until it is revoked, restarts included",
                 "[nodes]") {
  std::string kept, revoked;
  {
    key_store keys{local_keys(store), clock, "server"};
    REQUIRE(keys.open());
    const auto a = keys.create({{"acme"}, "eu", true, false}, "admin");
    const auto b = keys.create({{"globex"}, "", true, true}, "admin");
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->keys.server_key == "server");
    kept = a->info.public_key;
    revoked = b->info.public_key;
    REQUIRE(keys.revoke(revoked));
    CHECK_FALSE(keys.find(revoked).has_value());
    CHECK(keys.revoke(revoked).err().code == base::ec::not_found);
  }
  key_store again{local_keys(store), clock, "server"};
  REQUIRE(again.open());
  const auto owner = again.find(kept);
  REQUIRE(owner.has_value());
  CHECK(owner->tenant.value == "acme");
  CHECK(owner->source == "eu");
  CHECK_FALSE(owner->may_listen);
  CHECK_FALSE(again.find(revoked).has_value());
  CHECK(again.all().size() == 2);
}

TEST_CASE_METHOD(world, "keys: a rotated key hands its rights on and is refused from then on",
                 "[nodes]") {
  key_store keys{local_keys(store), clock, "server"};
  REQUIRE(keys.open());
  const auto first = keys.create({{"acme"}, "eu", false, true}, "admin");
  REQUIRE(first);
  const auto second = keys.rotate(first->info.public_key, "admin");
  REQUIRE(second);
  CHECK(second->info.public_key != first->info.public_key);
  CHECK(second->info.owner.may_listen);
  CHECK_FALSE(second->info.owner.may_send);
  CHECK_FALSE(keys.find(first->info.public_key).has_value());
  CHECK(keys.find(second->info.public_key).has_value());
}

TEST_CASE_METHOD(world, "keys: the secret half is never stored", "[nodes]") {
  key_store keys{local_keys(store), clock, "server"};
  REQUIRE(keys.open());
  const auto made = keys.create({{"acme"}, "", true, false}, "admin");
  REQUIRE(made);
  REQUIRE(store->entities().scan_meta("", [&](std::string_view name, std::string_view value) {
    CHECK(name.find(made->keys.secret_key) == std::string_view::npos);
    CHECK(value.find(made->keys.secret_key) == std::string_view::npos);
    return true;
  }));
}

TEST_CASE_METHOD(world, "keys: one that may nothing, or belongs to nobody, is not made",
                 "[nodes]") {
  key_store keys{local_keys(store), clock, "server"};
  REQUIRE(keys.open());
  struct row {
    const char* why;
    io::key_owner owner;
  };
  for (const auto& r :
       {row{"neither sends nor listens", {{"acme"}, "", false, false}},
        row{"no tenant", {{""}, "", true, false}},
        row{"a blank in the source", {{"acme"}, "a b", true, false}},
        row{"a source without end",
            {{"acme"}, std::string(base::limits::key_source_bytes + 1, 'x'), true, false}}}) {
    INFO(r.why);
    CHECK(keys.create(r.owner, "admin").err().code == base::ec::invalid_argument);
  }
}

TEST_CASE_METHOD(world, "stores: a damaged record stops the start instead of being skipped",
                 "[nodes]") {
  state::changes set;
  set.put_meta("token/x", "{not json");
  set.put_meta("key/y", "{}");
  REQUIRE(store->entities().apply(set));
  token_store tokens{local_tokens(store), clock};
  CHECK(tokens.open(admin_file).err().code == base::ec::corrupt);
  key_store keys{local_keys(store), clock, "server"};
  CHECK(keys.open().err().code == base::ec::corrupt);
}
