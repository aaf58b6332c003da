// Tokens and keys of a cluster as bytes.
#include "schemas/codec/access_codec.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::schemas;

namespace {

base::receive_time at(int second) {
  return base::receive_time{std::chrono::seconds{1'767'323'000 + second}};
}

token_document tokens() {
  return {7,
          std::string(64, 'a'),
          {{"admin", std::string(64, 'b'), {"admin"}, {}, true, at(0), at(5), "first start"},
           {"soc",
            std::string(64, 'c'),
            {"analyst", "not-made-yet"},
            {"acme", "globex"},
            false,
            at(1),
            at(1),
            "admin"}}};
}

key_document keys() {
  return {3,
          {{std::string(40, 'k'), "acme", "eu", true, false, at(0), {}, "admin"},
           {std::string(40, 'l'), "acme", "", false, true, at(1), at(2), "soc"}}};
}

} // namespace

TEST_CASE("access: tokens and keys come back as they went in", "[schemas][access]") {
  const auto t = decode_tokens(encode(tokens()));
  REQUIRE(t);
  CHECK(*t == tokens());
  const auto k = decode_keys(encode(keys()));
  REQUIRE(k);
  CHECK(*k == keys());
}

TEST_CASE("access: what cannot be tokens or keys is refused and says why", "[schemas][access]") {
  auto no_version = tokens();
  no_version.version = 0;
  auto no_digest = tokens();
  no_digest.tokens[1].digest = "the token itself";
  auto no_name = tokens();
  no_name.tokens[0].name.clear();
  auto later = encode(tokens());
  later[16] = 2; // behind the frame's table and the root's pointer: `format`
  auto short_key = keys();
  short_key.keys[0].public_key = "k";
  auto nobodys = keys();
  nobodys.keys[1].tenant.clear();
  struct wrong {
    std::string bytes;
    base::ec code;
    const char* why;
  };
  for (const auto& w : {wrong{encode(no_version), base::ec::malformed, "version 0"},
                        {encode(no_digest), base::ec::malformed, "no digest"},
                        {encode(no_name), base::ec::malformed, "no name"},
                        {later, base::ec::unsupported, "a later format"},
                        {"", base::ec::malformed, "nothing"},
                        {std::string(24, 'x'), base::ec::malformed, "noise"},
                        {encode(tokens()).substr(0, 64), base::ec::malformed, "cut short"}}) {
    INFO(w.why);
    const auto back = decode_tokens(w.bytes);
    REQUIRE(!back);
    CHECK(back.err().code == w.code);
  }
  for (const auto& w : {short_key, nobodys}) {
    const auto back = decode_keys(encode(w));
    REQUIRE(!back);
    CHECK(back.err().code == base::ec::malformed);
  }
}
