#include "state/keys.hpp"

#include "base/limits.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <random>

using namespace vedette;
using namespace vedette::state;

TEST_CASE("keys: bytes sort as keys do and come back equal", "[state][keys]") {
  std::mt19937 random{1};
  const char* tenants[] = {"a", "a-b", "ab", "b", "a.b", "0"};
  std::vector<state_key> keys;
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 5, '\0');
    for (auto& c : text)
      c = static_cast<char>(random() % 3 * 127);
    keys.push_back({{static_cast<std::uint32_t>(random() % 2 ? random() % 300 : random() >> 8)},
                    {tenants[random() % 6]},
                    static_cast<state_kind>(random() % 2 ? random() % 7 : 32 + random() % 7),
                    text});
  }
  for (const auto& k : keys)
    CHECK(parse_key(to_bytes(k)) == k);
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const auto& a = keys[i - 1];
    const auto& b = keys[i];
    // `char` is signed where text compares bytes.
    const auto order = [](const state_key& k) {
      return std::tuple{k.partition, k.tenant, k.kind, std::string_view{k.key}};
    };
    CHECK((to_bytes(a) < to_bytes(b)) == (order(a) < order(b)));
  }
}

TEST_CASE("keys: no prefix of one tenant, kind or partition begins another's key",
          "[state][keys]") {
  const state_key key{{1}, {"ab"}, state_kind::identity, "x"};
  const auto bytes = to_bytes(key);
  CHECK(bytes.starts_with(prefix({1})));
  CHECK(bytes.starts_with(prefix({1}, {"ab"})));
  CHECK(bytes.starts_with(prefix({1}, {"ab"}, state_kind::identity)));
  CHECK_FALSE(bytes.starts_with(prefix({1}, {"a"})));
  CHECK_FALSE(bytes.starts_with(prefix({257}, {"ab"})));
  CHECK_FALSE(bytes.starts_with(prefix({1}, {"ab"}, state_kind::session)));
  CHECK(bytes < after_prefix(prefix({1})));
  CHECK(after_prefix(std::string{"a\xff\xff", 3}) == "b");
  CHECK(after_prefix("\xff\xff").empty());
}

TEST_CASE("keys: what is no key is not parsed", "[state][keys]") {
  const auto good = to_bytes({{1}, {"ab"}, state_kind::ledger, "x"});
  for (std::size_t size = 0; size < good.size() - 1; ++size)
    CHECK_FALSE(parse_key(good.substr(0, size)));
  struct row {
    const char* why;
    std::string bytes;
  };
  const std::string head{"\0\0\0\1", 4};
  const auto r = GENERATE_COPY(values<row>({
      {"upper case in the tenant", head + std::string{"A\0\0x", 4}},
      {"no tenant", head + std::string{"\0\0x", 3}},
      {"a kind between the ranges", head + std::string{"a\0\x10x", 4}},
      {"a kind of a later build", head + std::string{"a\0\x7fx", 4}},
      {"text above limits::state_key_bytes",
       head + std::string{"a\0\0", 3} + std::string(base::limits::state_key_bytes + 1, 'k')},
  }));
  INFO(r.why);
  CHECK_FALSE(parse_key(r.bytes));
}

TEST_CASE("keys: a tenant is 1..64 of a small alphabet", "[state][keys]") {
  CHECK(is_tenant("acme-1.eu_x"));
  CHECK(is_tenant(std::string(64, 'a')));
  for (const auto* bad : {"", "A", "a b", "a/b", "a\n"})
    CHECK_FALSE(is_tenant(bad));
  CHECK_FALSE(is_tenant(std::string(65, 'a')));
}
