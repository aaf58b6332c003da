#include "base/alert.hpp"
#include "base/arena.hpp"
#include "base/geo.hpp"
#include "base/hash.hpp"
#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace vedette::base;

TEST_CASE("alert: its id depends on every part and on their borders", "[base][alert]") {
  const auto id = [](const char* tenant, const char* rule, const char* entity, unsigned episode) {
    return alert_id({tenant}, {rule}, entity_kind::identity, entity, episode);
  };
  CHECK(id("a", "b", "c", 1) == id("a", "b", "c", 1));
  CHECK(id("a", "b", "c", 1) != id("a", "b", "c", 2));
  CHECK(id("ab", "", "c", 1) != id("a", "b", "c", 1));
  CHECK(id("a", "b", "c1", 1) != id("a", "b", "c", 11));
  CHECK(id("a", "b", "c", 1).size() == 32);
}

TEST_CASE("severity: raising stops at its bounds", "[base][severity]") {
  CHECK(raised(severity::high, 3) == severity::critical);
  CHECK(raised(severity::low, 2, severity::medium) == severity::medium);
  CHECK(raised(severity::low, -5) == severity::info);
  CHECK(parse_severity("informational") == severity::info);
  CHECK(!parse_severity("severe"));
}

TEST_CASE("json: bytes that are not UTF-8 still give valid output", "[base][json]") {
  json_writer w;
  w.begin_object()
      .member("a", std::string_view{"\xff"
                                    "b"})
      .member("n", 1.5)
      .end_object();
  CHECK(w.text() == "{\"a\":\"\xef\xbf\xbd"
                    "b\",\"n\":1.5}");
}

TEST_CASE("utf8: malformed sequences are found wherever they stand", "[base][utf8]") {
  struct row {
    const char* why;
    std::string_view bytes;
    bool valid;
  };
  auto r = GENERATE(values<row>({{"ascii", "plain text of some length", true},
                                 {"umlaut", "M\xc3\xbcnchen", true},
                                 {"emoji", "\xf0\x9f\x98\x80", true},
                                 {"overlong slash", "\xc0\xaf", false},
                                 {"surrogate", "\xed\xa0\x80", false},
                                 {"above the range", "\xf4\x90\x80\x80", false},
                                 {"cut short", "12345678\xe2\x82", false},
                                 {"tail alone", "\x80", false}}));
  INFO(r.why);
  CHECK(is_utf8(r.bytes) == r.valid);
  CHECK(is_utf8(to_utf8(r.bytes)));
}

TEST_CASE("arena: what was copied stays while more is added", "[base][arena]") {
  arena a;
  std::vector<std::string_view> kept;
  for (int i = 0; i < 5000; ++i)
    kept.push_back(a.copy("value " + std::to_string(i) + std::string(100, 'x')));
  for (int i = 0; i < 5000; ++i)
    CHECK(kept[i].substr(0, 6 + std::to_string(i).size()) == "value " + std::to_string(i));
  a.clear();
  CHECK(a.used() == 0);
}

TEST_CASE("geo: distances agree with known ones", "[base][geo]") {
  CHECK(distance_km({52.52f, 13.405f}, {-33.8688f, 151.2093f}) == Approx(16094).margin(20));
  CHECK(distance_km({0, 0}, {0, 0}) == 0);
  CHECK(distance_km({0, 179.5f}, {0, -179.5f}) == Approx(111.2).margin(0.5));
}

TEST_CASE("hash: digests agree with published vectors", "[base][hash]") {
  CHECK(to_hex(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(equal_in_constant_time("same", "same"));
  CHECK(!equal_in_constant_time("same", "sane"));
  CHECK(!equal_in_constant_time("same", "sam"));
}
